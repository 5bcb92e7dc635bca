import type { LineId, Rota, RotaChange } from './model.js'
import { changeText, rotaLines } from './write-directory.js'
import { readYaml, type YamlNode } from './yaml-tree.js'

/** One change in the file: the comments above it, and its own lines. */
interface Chunk {
  readonly change: RotaChange
  readonly lead: string
  readonly body: string
}

/**
 * A directory file with other changes for dates in one rota. Only lines of changes that differ are touched: the rest stays to
 * the letter, and a comment stays even if its change goes.
 * @returns undefined if the rota is not a list with each change on its own line or lines, or if its pattern differs
 */
export function spliceChanges(text: string, line: LineId, before: Rota, after: Rota): string | undefined {
  if (rotaLines({ ...before, changes: [] }).join('\n') !== rotaLines({ ...after, changes: [] }).join('\n')) return undefined
  const tree = readYaml(text)
  const rota = tree.ok ? child(child(tree.root, 'rotas'), line) : undefined
  if (rota?.kind !== 'map' || text.charAt(rota.at) === '{') return undefined
  const list = child(rota, 'changes')
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (list === undefined) return withList(text, rota, after, eol)
  if (list.kind !== 'list' || list.items.length !== before.changes.length || list.items.length === 0 || text.charAt(list.at) === '[')
    return undefined
  const starts = list.items.map((item) => lineStart(text, item.at))
  const [first] = starts
  if (first === undefined) return undefined
  const dash = /^[ ]*/.exec(text.slice(first))?.[0] ?? ''
  if (starts.some((start, index) => !text.startsWith(`${dash}-`, start) || (index > 0 && start <= (starts[index - 1] ?? 0))))
    return undefined

  const ends = starts.map((start) => endOfItem(text, start, dash.length))
  const chunks: readonly Chunk[] = before.changes.map((change, index) => ({
    change,
    lead: text.slice(index === 0 ? first : (ends[index - 1] ?? first), starts[index]),
    body: whole(text.slice(starts[index], ends[index]), eol),
  }))
  const written = write(chunks, after.changes, (change) => `${dash}- ${changeText(change)}${eol}`, dash, eol)
  return text.slice(0, first) + written + text.slice(ends.at(-1))
}

/** The chunks of the new list, in order; removed ones leave their comments. */
function write(
  chunks: readonly Chunk[],
  changes: readonly RotaChange[],
  fresh: (change: RotaChange) => string,
  dash: string,
  eol: string,
): string {
  const unused = [...chunks]
  const take = (matches: (chunk: Chunk) => boolean): Chunk | undefined => {
    const index = unused.findIndex(matches)
    return index < 0 ? undefined : unused.splice(index, 1)[0]
  }
  // First those that stay: a removed change must not take the place of one of them.
  const kept = changes.map((change) => take((chunk) => changeText(chunk.change) === changeText(change)))
  const parts = changes.map((change, index) => {
    const same = kept[index]
    if (same !== undefined) return same.lead + same.body
    const replaced = take((chunk) => chunk.change.date === change.date && chunk.change.session === change.session)
    if (replaced === undefined) return fresh(change)
    const [beside, ...others] = commentsOf(replaced.body)
    const own = beside === undefined ? fresh(change) : `${fresh(change).trimEnd()} ${beside}${eol}`
    return replaced.lead + own + others.map((comment) => `${dash}${comment}${eol}`).join('')
  })
  const left = unused
    .map(
      ({ lead, body }) =>
        lead +
        commentsOf(body)
          .map((comment) => `${dash}${comment}${eol}`)
          .join(''),
    )
    .filter((comments) => comments.trim() !== '')
  return parts.join('') + left.join('')
}

function withList(text: string, rota: YamlNode, after: Rota, eol: string): string | undefined {
  if (rota.kind !== 'map' || after.changes.length === 0) return undefined
  const key = rota.entries.at(-1)?.key
  if (key === undefined) return undefined
  const start = lineStart(text, key.at)
  const indent = text.slice(start, key.at)
  if (indent.trim() !== '') return undefined
  const end = endOfItem(text, start, indent.length, true)
  return (
    whole(text.slice(0, end), eol) +
    `${indent}changes:${eol}` +
    after.changes.map((change) => `${indent}  - ${changeText(change)}${eol}`).join('') +
    text.slice(end)
  )
}

/**
 * The end of an item (or a name) that begins at `start`: its lines are indented deeper. Comments and empty lines after it are not
 * its own.
 * @param named a list may have the indentation of its name
 */
function endOfItem(text: string, start: number, depth: number, named = false): number {
  let end = endOfLine(text, start)
  for (let at = end; at < text.length;) {
    const next = endOfLine(text, at)
    const content = text.slice(at, next)
    const indent = content.length - content.trimStart().length
    if (!isEmpty(content)) {
      if (indent < depth || (indent === depth && !(named && content.trimStart().startsWith('- ')))) break
      end = next
    }
    at = next
  }
  return end
}

/** A line with only a comment. */
function isEmpty(line: string): boolean {
  return /^\s*(?:#.*)?$/.test(line.trimEnd())
}

/** Every comment of a text, from its `#`. YAML 1.2.2, section 6.6: a space (or the start of the line) precedes it; in quotes it is none. */
export function commentsOf(text: string): readonly string[] {
  const comments: string[] = []
  let quote: string | undefined
  for (const line of text.split(/\r\n|\n|\r/)) {
    for (let at = 0; at < line.length; at++) {
      const character = line.charAt(at)
      if (quote !== undefined) {
        if (character === '\\' && quote === '"') at++
        else if (character === quote) quote = undefined
      } else if ((character === '"' || character === "'") && /(?:^|[\s[{,:-])$/.test(line.slice(0, at))) quote = character
      else if (character === '#' && /(?:^|\s)$/.test(line.slice(0, at))) {
        comments.push(line.slice(at).trimEnd())
        break
      }
    }
  }
  return comments
}

function child(node: YamlNode | undefined, name: string): YamlNode | undefined {
  return node?.kind === 'map' ? node.entries.find(({ key }) => key.text === name)?.value : undefined
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

function endOfLine(text: string, at: number): number {
  const next = text.indexOf('\n', at)
  return next < 0 ? text.length : next + 1
}

/** The last line of a file may have no end. */
function whole(text: string, eol: string): string {
  return text.endsWith('\n') ? text : text + eol
}
