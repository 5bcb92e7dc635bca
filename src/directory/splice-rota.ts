import { isMap, isNode, isSeq, parse, parseDocument, visit, type Document, type Node, type YAMLMap } from 'yaml'
import type { Directory, LineId, Rota } from './model.js'
import { parseDirectory } from './parse-directory.js'
import { commentsOf, spliceChanges } from './splice-changes.js'
import { rotaLines, writeDirectory } from './write-directory.js'
import { readYaml } from './yaml-tree.js'

/**
 * A directory file with one line's rota replaced. Everything else stays to the letter, and no comment is lost: if only the changes for dates
 * differ, only those lines are touched; if the rota cannot be cut out of the file (written in braces, or with an anchor that others use), the
 * file is rewritten from its YAML document, which keeps the comments.
 * @param text a directory file without errors
 * @param directory what it says
 * @returns text that reads as the directory with this rota
 */
export function spliceRota(text: string, directory: Directory, line: LineId, rota: Rota): string {
  const rotas = new Map(directory.rotas)
  rotas.set(line, rota)
  const wanted = writeDirectory({ ...directory, rotas })
  const before = directory.rotas.get(line)
  const ways: readonly (() => string | undefined)[] = [
    () => (before === undefined ? undefined : spliceChanges(text, line, before, rota)),
    () => withoutLoss(text, splice(text, line, rota)),
    () => rewritten(text, line, rota),
    () => splice(text, line, rota),
  ]
  for (const way of ways) {
    const changed = way()
    // Cutting text by position is trusted only if the result reads the same.
    if (changed === undefined) continue
    const parsed = parseDirectory(changed, line)
    if (parsed.ok && writeDirectory(parsed.directory) === wanted) return changed
  }
  return wanted
}

/** The changed text, unless it has fewer comments than the one before. */
function withoutLoss(text: string, changed: string | undefined): string | undefined {
  return changed !== undefined && commentsOf(changed).length >= commentsOf(text).length ? changed : undefined
}

/** The document with the rota set in it. All scalars stay text: `01` is not a number, `no` not a boolean. */
function rewritten(text: string, line: LineId, rota: Rota): string | undefined {
  try {
    const document = parseDocument(text, { schema: 'failsafe' })
    const body: unknown = parse(rotaLines(rota).join('\n'), { schema: 'failsafe' })
    if (typeof body !== 'object' || body === null) return undefined
    const old = document.getIn(['rotas', line])
    if (!isMap(old)) document.setIn(['rotas', line], document.createNode(body))
    else {
      // Name by name: what is equal stays as it is.
      for (const name of ['pattern', 'changes']) setList(document, old, name, (body as Record<string, unknown>)[name])
    }
    return document.toString({ lineWidth: 0 })
  } catch {
    // An alias without its anchor, or anything else that this library does not write.
    return undefined
  }
}

/** Replaces a list by another, keeping its comments. Items are written one a line. */
function setList(document: Document, rota: YAMLMap, name: string, value: unknown): void {
  const before = rota.get(name, true)
  if (isNode(before) && JSON.stringify(before.toJS(document)) === JSON.stringify(value)) return
  const comments = isNode(before) ? commentsWithin(before) : []
  if (value === undefined) {
    rota.delete(name)
    if (comments.length > 0) rota.comment = [rota.comment, ...comments].filter((comment) => typeof comment === 'string').join('\n')
    return
  }
  const list = document.createNode(value)
  if (isSeq(list)) for (const item of list.items) if (isMap(item)) item.flow = true
  if (comments.length > 0) list.commentBefore = comments.join('\n')
  rota.set(name, list)
}

function commentsWithin(node: Node): readonly string[] {
  const found: string[] = []
  visit(node, (_key, inner) => {
    if (!isNode(inner)) return
    for (const comment of [inner.commentBefore, inner.comment]) if (typeof comment === 'string') found.push(comment)
  })
  return found
}

function splice(text: string, line: LineId, rota: Rota): string | undefined {
  const tree = readYaml(text)
  if (!tree.ok || tree.root.kind !== 'map') return undefined
  const section = tree.root.entries.find((entry) => entry.key.text === 'rotas')?.value
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (section === undefined) return `${text.replace(/\s*$/, '')}${eol}${eol}rotas:${eol}${block('  ', line, rota, eol)}`
  if (section.kind !== 'map' || text.charAt(section.at) === '{') return undefined
  // A line without a rota so far comes after the others.
  const key = section.entries.find((entry) => entry.key.text === line)?.key ?? section.entries.at(-1)?.key
  if (key === undefined) return undefined
  const start = text.lastIndexOf('\n', key.at) + 1
  const indent = text.slice(start, key.at)
  if (indent === '' || indent.trim() !== '') return undefined
  const end = endOfBlock(text, text.indexOf('\n', start) + 1, indent.length)
  const lead = end === text.length && !text.endsWith('\n') ? eol : ''
  return text.slice(0, key.text === line ? start : end) + lead + block(indent, line, rota, eol) + text.slice(end)
}

function block(indent: string, line: LineId, rota: Rota, eol: string): string {
  return [`${indent}${line}:`, ...rotaLines(rota).map((rotaLine) => `${indent}  ${rotaLine}`), ''].join(eol)
}

/** The end of the lines indented deeper than the block's name; comments and empty lines before the next name belong to that. */
function endOfBlock(text: string, from: number, indent: number): number {
  if (from === 0) return text.length
  let end = from
  let at = from
  while (at < text.length) {
    const next = text.indexOf('\n', at)
    const lineEnd = next < 0 ? text.length : next + 1
    const content = text.slice(at, lineEnd)
    const depth = content.length - content.trimStart().length
    const blank = content.trim() === ''
    // `- item` may have the indentation of its name, which is still deeper than the block's.
    if (!blank && depth <= indent) break
    if (!blank) end = lineEnd
    at = lineEnd
  }
  return end
}
