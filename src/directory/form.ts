import type { YamlMap, YamlNode, YamlScalar } from './yaml-tree.js'

/** An error in a directory file, its place, and what would be right. `line` counts from 1. */
export interface DirectoryError {
  readonly file: string
  readonly line: number
  readonly message: string
  readonly expected: string
}

/** The named values of a map, each with its place. */
export interface Fields {
  readonly at: YamlNode
  /** @returns undefined if absent or empty */
  get(name: string): YamlNode | undefined
}

/**
 * Reads YAML nodes into values and collects all errors. Each method returns undefined for what it could not read, after
 * noting why; reading goes on with the rest of the file, so that one round of corrections is enough.
 */
export class Form {
  readonly errors: DirectoryError[] = []

  constructor(
    readonly file: string,
    readonly lineOf: (at: number) => number,
  ) {}

  problem(node: { readonly at: number }, message: string, expected: string): undefined {
    this.errors.push({ file: this.file, line: this.lineOf(node.at), message, expected })
    return undefined
  }

  /** @param known the allowed names; any other is an error, since a misspelt name would silently have no effect */
  fields(node: YamlNode, what: string, known: readonly string[]): Fields | undefined {
    if (node.kind !== 'map') return this.problem(node, `${what} is ${describe(node)}`, `the names ${known.join(', ')}`)
    const { entries } = node
    for (const [index, { key }] of entries.entries()) {
      if (!known.includes(key.text)) this.problem(key, `${what} has no "${shorten(key.text)}"`, `one of ${known.join(', ')}`)
      else if (entries.findIndex((entry) => entry.key.text === key.text) !== index) this.#twice(key, what)
    }
    // A handful of names: a linear search is faster than a map, and a directory has a hundred thousand of these.
    return { at: node, get: (name) => nonEmpty(entries.find((entry) => entry.key.text === name)?.value) }
  }

  /** A map with free names; each may occur once. */
  map(node: YamlNode, what: string, expected: string): YamlMap | undefined {
    if (node.kind !== 'map') return this.problem(node, `${what} is ${describe(node)}`, expected)
    const seen = new Set<string>()
    const entries = node.entries.filter(({ key }) => {
      const first = !seen.has(key.text)
      if (!first) this.#twice(key, what)
      seen.add(key.text)
      return first
    })
    return { kind: 'map', at: node.at, entries }
  }

  #twice(key: YamlScalar, what: string): void {
    this.problem(key, `"${shorten(key.text)}" stands twice in ${what}`, 'every name once')
  }

  list(node: YamlNode, what: string): readonly YamlNode[] | undefined {
    return node.kind === 'list'
      ? node.items
      : this.problem(node, `${what} is ${describe(node)}`, 'a list: `[one, two]`, or a line `- one` for each')
  }

  /** One value, or a list of them. */
  oneOrMore(node: YamlNode): readonly YamlNode[] {
    return node.kind === 'list' ? node.items : [node]
  }

  /** Text to show or speak: one line, at most `most` characters, no control characters. */
  words(node: YamlNode | undefined, what: string, parent: { readonly at: number }, most = 200): string | undefined {
    if (node === undefined) return this.problem(parent, `${what} is missing`, `a text of at most ${most} characters`)
    if (node.kind !== 'scalar') return this.problem(node, `${what} is ${describe(node)}`, `a text of at most ${most} characters`)
    const text = node.text.replaceAll(/\s+/g, ' ').trim()
    if (text === '' || text.length > most || /[\u0000-\u001f\u007f-\u009f]/.test(text))
      return this.problem(node, `${what} cannot be used`, `a text of 1 to ${most} characters on one line`)
    return text
  }

  scalar(node: YamlNode, what: string, expected: string): string | undefined {
    return node.kind === 'scalar' ? node.text.trim() : this.problem(node, `${what} is ${describe(node)}`, expected)
  }

  oneOf<const T extends string>(node: YamlNode, what: string, choices: readonly T[]): T | undefined {
    const expected = `one of ${choices.join(', ')}`
    const text = this.scalar(node, what, expected)
    if (text === undefined) return undefined
    return choices.find((choice) => choice === text) ?? this.problem(node, `${what} is "${shorten(text)}"`, expected)
  }

  whole(node: YamlNode, what: string, least: number, most: number): number | undefined {
    const expected = `a whole number from ${least} to ${most}`
    const text = this.scalar(node, what, expected)
    if (text === undefined) return undefined
    const value = Number(text)
    return /^\d{1,6}$/.test(text) && value >= least && value <= most ? value : this.problem(node, `${what} is "${shorten(text)}"`, expected)
  }

  matching(node: YamlNode, what: string, pattern: RegExp, expected: string): string | undefined {
    const text = this.scalar(node, what, expected)
    if (text === undefined) return undefined
    return pattern.test(text) ? text : this.problem(node, `${what} is "${shorten(text)}"`, expected)
  }

  /** A name by which other parts of the directory refer to this one. */
  id(node: YamlNode, what: string): string | undefined {
    return this.matching(node, what, /^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and hyphens, such as dr-okafor')
  }
}

function nonEmpty(node: YamlNode | undefined): YamlNode | undefined {
  return node?.kind === 'scalar' && node.text === '' ? undefined : node
}

function describe(node: YamlNode): string {
  if (node.kind === 'map') return 'a group of names'
  if (node.kind === 'list') return 'a list'
  return node.text === '' ? 'empty' : `"${shorten(node.text)}"`
}

/** A text of the file for messages: short, and on one line. */
export function shorten(text: string): string {
  const oneLine = text.replaceAll(/\s+/g, ' ')
  return oneLine.length > 60 ? `${oneLine.slice(0, 57)}...` : oneLine
}
