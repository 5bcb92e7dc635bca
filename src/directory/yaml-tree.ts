import {
  EVENT_ID,
  getScalarValue,
  parseEvents,
  YAMLException,
  type Event,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml'
import { messageOf } from '../common/errors.js'

/**
 * YAML as a tree whose nodes know their place, so that an error can name its line. Every scalar is text: `01` stays `01`, `09:00`
 * stays a time, `no` stays a word. Built from the parser's event stream: twenty times as fast as a document model, and a directory has
 * hundreds of thousands of nodes.
 */
export type YamlNode = YamlMap | YamlList | YamlScalar

export interface YamlMap {
  readonly kind: 'map'
  readonly at: number
  readonly entries: readonly { readonly key: YamlScalar; readonly value: YamlNode }[]
}

export interface YamlList {
  readonly kind: 'list'
  readonly at: number
  readonly items: readonly YamlNode[]
}

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly at: number
  readonly text: string
}

/** A node at a place in the text; `at` is an offset in characters. */
export interface YamlProblem {
  readonly at: number
  readonly message: string
  readonly expected: string
}

export type YamlReading = { readonly ok: true; readonly root: YamlNode } | { readonly ok: false; readonly problem: YamlProblem }

/** An alias repeats a node without repeating its text: without a limit a small file could be a huge directory. */
const maxAliases = 1_000

/** Reads one YAML document. Anchors and aliases are understood; tags and merge keys are not. Never throws. */
export function readYaml(text: string): YamlReading {
  let events: readonly Event[]
  try {
    events = parseEvents(text, { maxDepth: 20 })
  } catch (error) {
    const reason = error instanceof YAMLException ? error.reason : String(error)
    const at = error instanceof YAMLException ? (error.mark?.position ?? 0) : 0
    return problem(at, `this is not YAML: ${reason}`, 'names and values as `name: value`, lists as `- item`, indented with spaces')
  }
  try {
    return new TreeBuilder(text, events).build()
  } catch (error) {
    // Decoding a scalar (an escape in quotes) may fail late.
    return problem(0, `this is not YAML: ${messageOf(error)}`, 'plain or quoted text')
  }
}

function problem(at: number, message: string, expected: string): { readonly ok: false; readonly problem: YamlProblem } {
  return { ok: false, problem: { at, message, expected } }
}

/** A list or map that is being filled. */
type OpenNode =
  | { readonly kind: 'document' }
  | { readonly kind: 'list'; readonly node: YamlNode; readonly items: YamlNode[] }
  | {
      readonly kind: 'map'
      readonly node: YamlNode
      readonly entries: { readonly key: YamlScalar; readonly value: YamlNode }[]
      key: YamlScalar | undefined
    }

type Failure = ReturnType<typeof problem>

class TreeBuilder {
  readonly #open: OpenNode[] = []
  readonly #anchors = new Map<string, YamlNode>()
  readonly #text: string
  readonly #events: readonly Event[]
  #root: YamlNode | undefined
  #aliases = 0
  /** The place of the last node that had one: an empty value has none of its own. */
  #last = 0

  constructor(text: string, events: readonly Event[]) {
    this.#text = text
    this.#events = events
  }

  build(): YamlReading {
    let documents = 0
    for (const event of this.#events) {
      switch (event.type) {
        case EVENT_ID.DOCUMENT:
          if (++documents > 1)
            return problem(this.#last, 'a second document begins in this file', 'one document a file, without `---` in the middle')
          this.#open.push({ kind: 'document' })
          break
        case EVENT_ID.POP:
          this.#open.pop()
          break
        case EVENT_ID.ALIAS: {
          const failure = this.#alias(event.anchorStart, this.#text.slice(event.anchorStart, event.anchorEnd))
          if (failure !== undefined) return failure
          break
        }
        default: {
          const failure = this.#node(event)
          if (failure !== undefined) return failure
        }
      }
    }
    return { ok: true, root: this.#root ?? { kind: 'scalar', at: 0, text: '' } }
  }

  #alias(at: number, name: string): Failure | undefined {
    const node = this.#anchors.get(name)
    this.#last = at
    if (node === undefined) return problem(at, `*${shortName(name)} refers to nothing above it`, 'the name of an anchor further up')
    if (++this.#aliases > maxAliases) return problem(at, 'too many aliases', `at most ${maxAliases} in a file`)
    // A node that contains itself would have no end.
    if (this.#open.some((open) => open.kind !== 'document' && open.node === node))
      return problem(at, `*${shortName(name)} stands inside the node that it repeats`, 'the name of an anchor further up')
    return this.#place(node)
  }

  #node(event: ScalarEvent | SequenceEvent | MappingEvent): Failure | undefined {
    if (event.tagStart >= 0) return problem(event.tagStart, 'a tag stands before this value', 'values without tags')
    const node = this.#created(event)
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node.node)
    const failure = this.#place(node.node)
    if (failure === undefined && node.open !== undefined) this.#open.push(node.open)
    return failure
  }

  #created(event: ScalarEvent | SequenceEvent | MappingEvent): { readonly node: YamlNode; readonly open?: OpenNode } {
    if (event.type === EVENT_ID.SCALAR) {
      if (event.valueStart >= 0) this.#last = event.valueStart
      return { node: { kind: 'scalar', at: this.#last, text: event.valueStart < 0 ? '' : getScalarValue(this.#text, event) } }
    }
    this.#last = event.start
    if (event.type === EVENT_ID.SEQUENCE) {
      const items: YamlNode[] = []
      const node: YamlNode = { kind: 'list', at: event.start, items }
      return { node, open: { kind: 'list', node, items } }
    }
    const entries: { key: YamlScalar; value: YamlNode }[] = []
    const node: YamlNode = { kind: 'map', at: event.start, entries }
    return { node, open: { kind: 'map', node, entries, key: undefined } }
  }

  /** Adds a node at the current position: as the root, the next item, the next name or its value. */
  #place(node: YamlNode): Failure | undefined {
    const parent = this.#open.at(-1)
    if (parent === undefined || parent.kind === 'document') {
      this.#root = node
    } else if (parent.kind === 'list') {
      parent.items.push(node)
    } else if (parent.key === undefined) {
      if (node.kind !== 'scalar')
        return problem(this.#last, 'a list or a group stands where a name should', 'a plain name before the colon')
      parent.key = node
    } else {
      parent.entries.push({ key: parent.key, value: node })
      parent.key = undefined
    }
    return undefined
  }
}

function shortName(name: string): string {
  return name.length > 40 ? `${name.slice(0, 37)}...` : name
}

/** Turns offsets in a text into line numbers, from 1. */
export function lineFinder(text: string): (at: number) => number {
  const starts = [0]
  for (const match of text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length)
  // Empty text after the last line break is no line.
  const lines = starts.length > 1 && starts.at(-1) === text.length ? starts.length - 1 : starts.length
  return (at) => {
    let low = 0
    let high = lines - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return low + 1
  }
}
