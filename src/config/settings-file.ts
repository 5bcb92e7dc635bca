import { parseDocument, LineCounter, isMap, isScalar, isSeq, type Document } from 'yaml'
import { readTextFileSync } from '../text/read-text-file.js'

/** The place of a value in the settings file, for error messages. */
export interface Found {
  readonly value: string
  readonly where: string
  /** If the file has a list: its entries, scalars as written. */
  readonly list?: readonly unknown[]
}

export function notOneValue(where: string, key: string): string {
  return `${where}: "${key}" has to be one value; lists are written with commas: "a, b".`
}

/** The scalars of the file by dotted path, with their lines. */
export function fileValues(file: string, problems: string[]): Map<string, Found> {
  const lines = new LineCounter()
  const values = new Map<string, Found>()
  const read = readTextFileSync(file)
  if (!read.ok) {
    problems.push(`${file}:${read.problem.line}: ${read.problem.message}; expected: ${read.problem.expected}`)
    return values
  }
  const document: Document = parseDocument(read.text, { lineCounter: lines })
  for (const error of document.errors)
    problems.push(`${file}:${lines.linePos(error.pos[0]).line}: ${error.message.split('\n')[0] ?? 'not YAML'}`)
  const walk = (node: unknown, path: string): void => {
    if (!isMap(node)) return
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : ''
      const name = path === '' ? key : `${path}.${key}`
      const line = isScalar(pair.key) && pair.key.range ? lines.linePos(pair.key.range[0]).line : 1
      const where = `${file}:${line}`
      if (isMap(pair.value)) walk(pair.value, name)
      else if (isScalar(pair.value) || pair.value === null) {
        // The text as written: a telephone number must not become a floating-point one.
        values.set(name, { value: isScalar(pair.value) ? (pair.value.source ?? '').trim() : '', where })
      } else if (isSeq(pair.value)) values.set(name, { value: '', where, list: pair.value.items.map(written) })
      else problems.push(notOneValue(where, name))
    }
  }
  walk(document.contents, '')
  return values
}

/** Mappings and lists as such, scalars as text: a password of digits keeps its zeros. */
function written(node: unknown): unknown {
  if (isScalar(node)) return (node.source ?? '').trim()
  if (isSeq(node)) return node.items.map(written)
  if (isMap(node))
    return Object.fromEntries(node.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', written(pair.value)]))
  return undefined
}
