import type { Directory, LineId, Rota } from './model.js'
import { parseDirectory } from './parse-directory.js'
import { rotaLines, writeDirectory } from './write-directory.js'
import { readYaml } from './yaml-tree.js'

/**
 * A directory file with one line's rota replaced. Everything else stays to the letter, comments included; a comment inside the replaced rota goes.
 * Where the rota cannot be cut out of the file (written in braces, or with an anchor that others use), the whole directory is written anew.
 * @param text a directory file without errors
 * @param directory what it says
 * @returns text that reads as the directory with this rota
 */
export function spliceRota(text: string, directory: Directory, line: LineId, rota: Rota): string {
  const rotas = new Map(directory.rotas)
  rotas.set(line, rota)
  const wanted: Directory = { ...directory, rotas }
  const spliced = splice(text, line, rota)
  // Cutting text by positions is trusted only as far as its result says the same.
  if (spliced !== undefined) {
    const parsed = parseDirectory(spliced, line)
    if (parsed.ok && writeDirectory(parsed.directory) === writeDirectory(wanted)) return spliced
  }
  return writeDirectory(wanted)
}

function splice(text: string, line: LineId, rota: Rota): string | undefined {
  const tree = readYaml(text)
  if (!tree.ok || tree.root.kind !== 'map') return undefined
  const section = tree.root.entries.find((entry) => entry.key.text === 'rotas')?.value
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  if (section === undefined) return `${text.replace(/\s*$/, '')}${eol}${eol}rotas:${eol}${block('  ', line, rota, eol)}`
  if (section.kind !== 'map' || text.charAt(section.at) === '{') return undefined
  // A line that had no rota yet goes behind the others.
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

/** Where the lines that are indented deeper than the block's name end; comments and empty lines before the next name belong to that. */
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
    // `- item` may stand at the depth of its own name, which is still deeper than the block's.
    if (!blank && depth <= indent) break
    if (!blank) end = lineEnd
    at = lineEnd
  }
  return end
}
