// Draws the rooms of `src` as floors, from the imports: `npm run structure` writes the picture into docs/architecture.md. A test compares the two.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The rooms by floor, from the top down: a floor imports only what is below it. */
export const floors = {
  programs: ['programs', 'engine', 'doctor', 'demo', 'config'],
  'web and API': ['web', 'admin', 'live', 'metrics'],
  'what people do': ['operations', 'reports', 'outbox', 'accounts', 'audit'],
  'what happens on calls': ['calls', 'arrangements', 'recordings', 'prompts', 'words', 'what-if'],
  telephony: ['switch', 'registrar', 'guard'],
  'what is kept': ['store', 'versions', 'availability', 'retention', 'keys', 'sealing'],
  'what is known': ['facts', 'figures', 'alarms', 'watch-list', 'directory'],
  'embedded switch': ['embedded'],
  ground: ['common', 'clock', 'text', 'shared', 'fleet', 'processes'],
}

const src = resolve(dirname(fileURLToPath(import.meta.url)), '../src')

/** The room of a file below `src`; the programs are directly in it. */
export function roomOf(file) {
  const parts = relative(src, file).split(sep)
  return parts.length === 1 ? 'programs' : (parts[0] ?? '')
}

export function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path)
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : []
  })
}

/** Files below `src` that a file imports; `types`: nothing but types. */
export function importsOf(file) {
  const text = readFileSync(file, 'utf8')
  return [...text.matchAll(/(import type [^']*?|)(?:from|import\(|import) ?'(\.[^']+)\.js'/g)]
    .map(([, types, path]) => ({ path: `${resolve(dirname(file), path ?? '')}.ts`, types: types !== '' }))
    .filter(({ path }) => path.startsWith(src + sep))
}

/** Which floor imports which, by their places from the top. An import up the house is of types alone, or a fault. */
export function arrows() {
  const names = Object.keys(floors)
  const floorOf = new Map(names.flatMap((floor, index) => floors[floor].map((room) => [room, index])))
  const found = new Map()
  for (const file of filesBelow(src)) {
    const from = floorOf.get(roomOf(file))
    if (from === undefined) throw new Error(`${roomOf(file)} is on no floor of scripts/structure.mjs`)
    for (const { path, types } of importsOf(file)) {
      const to = floorOf.get(roomOf(path))
      if (to === undefined) throw new Error(`${roomOf(path)} is on no floor of scripts/structure.mjs`)
      if (from === to) continue
      const known = found.get(`${from} ${to}`)
      found.set(`${from} ${to}`, { from, to, types: types && known?.types !== false, example: !types || !known ? file : known.example })
    }
  }
  return [...found.values()].sort((a, b) => a.from - b.from || a.to - b.to)
}

/** The picture as Mermaid: a box for each floor with its rooms. Arrows implied by another path down are left out. */
export function picture() {
  const all = arrows()
  const down = all.filter(({ from, to }) => to > from)
  const leads = (from, to, but) =>
    down.some((arrow) => arrow !== but && arrow.from === from && (arrow.to === to || (arrow.to < to && leads(arrow.to, to, but))))
  const drawn = all.filter((arrow) => arrow.to < arrow.from || !leads(arrow.from, arrow.to, arrow))
  const boxes = Object.entries(floors).map(([name, rooms], index) => `  f${index}["<b>${name}</b><br/>${rooms.join(', ')}"]`)
  const lines = drawn.map(({ from, to, types }) => (types ? `  f${from} -. types .-> f${to}` : `  f${from} --> f${to}`))
  return ['```mermaid', 'flowchart TD', ...boxes, ...lines, '```'].join('\n')
}

export const marks = { from: '<!-- structure: npm run structure -->', to: '<!-- structure ends -->' }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = resolve(src, '../docs/architecture.md')
  const text = readFileSync(file, 'utf8')
  const [from, to] = [text.indexOf(marks.from), text.indexOf(marks.to)]
  if (from < 0 || to < from) throw new Error(`${file} has no place for the picture between ${marks.from} and ${marks.to}`)
  writeFileSync(file, `${text.slice(0, from + marks.from.length)}\n\n${picture()}\n\n${text.slice(to)}`)
}
