import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { arrows, filesBelow, floors, marks, picture, roomOf } from './structure.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const architecture = readFileSync(join(root, 'docs/architecture.md'), 'utf8')

/** A file longer than this holds more than one subject. */
const maxLines = 400

/** Longer ones from before the limit. Remove split ones; add none. */
const stillLonger = new Set([
  'src/registrar/registrar.test.ts',
  'test/contract/audio-contract.ts',
  'test/contract/phone/phone.ts',
  'test/contract/port-contract.ts',
  'test/contract/store-contract.ts',
  'test/contract/traps.test.ts',
  'test/e2e/browser-calls.test.ts',
  'test/e2e/engine.ts',
  'test/e2e/guard.test.ts',
  'test/e2e/softphones.test.ts',
  'test/keeping/admin.test.ts',
  'test/kit/calls/invariants.ts',
  'test/media/media-contract.ts',
  'test/wire/signalling.test.ts',
])

function everyFile(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|mjs)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

test('every room is on one floor, and every floor has its rooms', () => {
  const placed = Object.values(floors).flat()
  const rooms = new Set(filesBelow(join(root, 'src')).map(roomOf))
  expect(placed.toSorted()).toEqual([...rooms].toSorted())
})

test('a floor imports what is below it; upwards go types alone', () => {
  expect(arrows().filter(({ from, to, types }) => to < from && !types)).toEqual([])
})

test('the picture in docs/architecture.md is that of the imports', () => {
  const there = architecture.slice(architecture.indexOf(marks.from) + marks.from.length, architecture.indexOf(marks.to)).trim()
  expect(there, 'npm run structure').toBe(picture())
})

test('everything named in docs/architecture.md exists', () => {
  const table = architecture.slice(architecture.indexOf('## Where do I change'), architecture.indexOf('## The rooms'))
  const named = [...table.matchAll(/`((?:src|test|scripts|docs|config|prompts|packages)\/[^`*]+)`/g)].map(([, path]) => path)
  expect(named.length).toBeGreaterThan(20)
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

test(`no file is longer than ${maxLines} lines, but for those that were`, () => {
  const longer = ['src', 'test', 'bench', 'scripts']
    .flatMap((folder) => everyFile(join(root, folder)))
    .filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > maxLines + 1)
  expect(longer.toSorted()).toEqual([...stillLonger].toSorted())
})
