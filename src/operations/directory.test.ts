import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { arbitraryDirectory } from '../../test/kit/directory-arbitraries.js'
import { entitiesIn, sections } from '../directory/entities.js'
import { edited, entityInFile } from '../directory/file-form.js'
import { exportLine } from '../directory/load-directory.js'
import { parseDirectory } from '../directory/parse-directory.js'
import { writeDirectory } from '../directory/write-directory.js'
import type { WritableDatabase } from '../store/database.js'
import { keptDirectory } from '../store/kept-directory.js'
import { openForWriting } from '../store/sqlite/open.js'
import { DirectoryInForce, type Proposal } from '../versions/directory-in-force.js'
import { directoryOperations, type DirectoryEdit } from './directory.js'

let folder: string
let database: WritableDatabase
let inForce: DirectoryInForce
let operations: ReturnType<typeof directoryOperations>
let change: (edit: DirectoryEdit) => ReturnType<ReturnType<typeof directoryOperations>['change']>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-changes-'))
  database = await openForWriting(join(folder, 'ringround.db'))
  const store = { directory: keptDirectory(database, database.db, 'engine-1', Date.now) }
  inForce = await DirectoryInForce.open(store.directory, { pollMs: 0 })
  const parsed = parseDirectory(text, 'x')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  const { directory } = parsed
  await inForce.change({ actor: { kind: 'engine' }, source: 'file' }, (): Proposal<never> => ({ kind: 'to', directory }))
  operations = directoryOperations({ inForce, store })
  change = (edit) => operations.change({ kind: 'staff', id: 'sam' }, edit)
})
afterEach(async () => {
  await inForce.close()
  await database.close()
  await rm(folder, { recursive: true })
})

const text = `
areas: { a: { name: A } }
organisations: { t: { kind: trust, name: T, area: a }, p: { kind: gpPractice, name: P, area: a, dialIn: [1001, 01632 960201] } }
clinicians: { dr-a: { name: Dr A, role: x, numbers: 01632 960001 }, dr-b: { name: Dr B, role: x, numbers: 01632 960002 } }
lines: { one: { trust: t, name: One, code: 1, hours: always, access: everyone, number: 01632 960021, ring: { ringSeconds: 15 } } }
rotas: { one: { pattern: [{ session: Day, days: mon-fri, time: 08:00-18:00, entries: [dr-a, dr-b] }] } }
numbers: { 01632 960099: callBackCode }
`

describe('a preview of a change', () => {
  const sam = { kind: 'staff', id: 'sam' } as const
  const exported = () => `${exportLine(inForce.current().version)}\n${writeDirectory(inForce.current().directory)}`

  it('says what would differ, or what is wrong, without changing it', async () => {
    const set = { numbers: '01632 960009' }
    expect(await operations.check({ version: 1, changes: [{ section: 'clinicians', id: 'dr-a', set }] })).toMatchObject({
      kind: 'done',
      value: { version: 1, changes: [{ section: 'clinicians', id: 'dr-a', kind: 'changed' }] },
    })
    expect(await operations.check({ version: 1, changes: [{ section: 'clinicians', id: 'dr-a', set: { numbers: '99' } }] })).toMatchObject({
      kind: 'refused',
      code: 'directoryInvalid',
      field: 'clinicians.dr-a.numbers',
    })
    expect(await operations.checkText({ text: exported().replace('Dr A', 'Dr Z') })).toMatchObject({
      kind: 'done',
      value: { version: 1, changes: [{ id: 'dr-a' }] },
    })
    expect(inForce.current().version).toBe(1)
  })

  it('an exported file is a change against its version; any other file replaces everything', async () => {
    const file = exported()
    await change({ version: 1, changes: [{ section: 'clinicians', id: 'dr-b', set: { role: 'y' } }] })
    expect(await operations.apply(sam, { text: file.replace('Dr A', 'Dr Z') })).toMatchObject({
      kind: 'done',
      value: { version: 3, changes: [{ id: 'dr-a' }] },
    })
    expect(inForce.current().directory.clinicians.get('dr-b')?.role).toBe('y')
    expect(await operations.apply(sam, { text: file.replace('Dr A', 'Dr Q') })).toMatchObject({
      kind: 'refused',
      code: 'directoryConflict',
      field: 'clinicians.dr-a.name',
    })
    expect(await operations.checkText({ text: file.replace('Version 1', 'Version 9') })).toMatchObject({
      kind: 'refused',
      code: 'staleVersion',
    })
    expect(await operations.checkText({ text: 'areas: [' })).toMatchObject({ kind: 'refused', code: 'directoryInvalid', field: 'text' })
    expect(await operations.checkText({ text: 'areas: { a: { name: A } }' })).toMatchObject({
      kind: 'done',
      value: { changes: expect.arrayContaining([expect.objectContaining({ id: 'one', kind: 'removed' })]) as unknown },
    })
  })
})

describe('an entity in the words of the file', () => {
  it('is read back as what it was', () => {
    fc.assert(
      fc.property(arbitraryDirectory, (directory) => {
        for (const section of sections) {
          for (const id of entitiesIn(directory, section).keys()) {
            const set = entityInFile(directory, { section, id })
            if (set === undefined) throw new Error('it is not there')
            const again = edited(directory, [{ section, id, set }])
            if (!again.ok) throw new Error(JSON.stringify(again.problems))
            expect(again.directory).toEqual(directory)
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('has the numbers that reach it, and standalone numbers have their use', () => {
    const { directory } = inForce.current()
    expect(entityInFile(directory, { section: 'organisations', id: 'p' })).toEqual({
      kind: 'gpPractice',
      name: 'P',
      area: 'a',
      dialIn: ['1001', '01632 960201'],
    })
    expect(entityInFile(directory, { section: 'lines', id: 'one' })).toMatchObject({
      number: ['01632 960021'],
      ring: { ringSeconds: '15' },
    })
    expect(entityInFile(directory, { section: 'numbers', id: '+441632960099' })).toEqual({ use: 'callBackCode' })
    expect(entityInFile(directory, { section: 'clinicians', id: 'dr-x' })).toBeUndefined()
  })
})

describe('a change of the directory', () => {
  it('sets fields, makes and removes entities, in one version with who and why', async () => {
    const result = await change({
      version: 1,
      why: 'Dr B has left',
      changes: [
        { section: 'clinicians', id: 'dr-c', set: { name: 'Dr C', role: 'x', numbers: ['01632 960003'] } },
        {
          section: 'rotas',
          id: 'one',
          set: { pattern: [{ session: 'Day', days: 'mon-fri', time: '08:00-18:00', entries: ['dr-a', 'dr-c'] }] },
        },
        { section: 'clinicians', id: 'dr-b', remove: true },
        { section: 'organisations', id: 'p', set: { dialIn: ['1001', '1002'] } },
        { section: 'numbers', id: '01632 960098', set: { use: 'bypass' } },
        { section: 'lines', id: 'one', set: { ring: null } },
      ],
    })
    expect(result).toMatchObject({ kind: 'done', value: { version: 2 } })
    const { version, directory } = inForce.current()
    expect([
      version,
      [...directory.clinicians.keys()],
      [...directory.numbers.keys()],
      directory.lines.get('one')?.ring.ringSeconds,
    ]).toEqual([2, ['dr-a', 'dr-c'], ['1001', '+441632960021', '+441632960099', '1002', '+441632960098'], 20])
  })

  it('that changes nothing makes no version', async () => {
    expect(await change({ version: 1, changes: [{ section: 'lines', id: 'one', set: { name: 'One' } }] })).toEqual({
      kind: 'done',
      value: { version: 1, changes: [] },
    })
  })

  it('against an older version is merged with others’ changes of other fields', async () => {
    await change({ version: 1, changes: [{ section: 'lines', id: 'one', set: { name: 'Line one' } }] })
    expect(await change({ version: 1, changes: [{ section: 'lines', id: 'one', set: { blurb: 'Later' } }] })).toMatchObject({
      kind: 'done',
      value: { version: 3, changes: [{ section: 'lines', id: 'one', details: ['blurb:  -> Later'] }] },
    })
    expect(inForce.current().directory.lines.get('one')).toMatchObject({ name: 'Line one', blurb: 'Later' })
    expect(await change({ version: 1, merge: false, changes: [{ section: 'lines', id: 'one', set: { blurb: 'Never' } }] })).toMatchObject({
      kind: 'refused',
      code: 'staleVersion',
      field: 'version',
    })
  })

  it('of the same field is a conflict with both values, and nothing is done', async () => {
    await change({ version: 1, changes: [{ section: 'lines', id: 'one', set: { name: 'Line one' } }] })
    expect(await change({ version: 1, changes: [{ section: 'lines', id: 'one', set: { name: 'Uno', blurb: 'x' } }] })).toEqual({
      kind: 'refused',
      code: 'directoryConflict',
      field: 'lines.one.name',
      message: 'Others have changed the same since: lines.one.name was "One", is "Line one" by now, and would become "Uno".',
      problems: [
        {
          field: 'lines.one.name',
          message: 'lines.one.name was "One", is "Line one" by now, and would become "Uno".',
          inForce: '"Line one"',
          wanted: '"Uno"',
        },
      ],
    })
    expect(inForce.current()).toMatchObject({ version: 2 })
  })

  it.each([
    [{ section: 'lines', id: 'one', set: { code: 'abc' } }, 'lines.one.code', '1 to 4 digits'],
    [{ section: 'lines', id: 'one', set: { ring: { ringSeconds: 3 } } }, 'lines.one.ring.ringSeconds', 'a whole number from 5 to 120'],
    [
      { section: 'rotas', id: 'one', set: { pattern: [{ session: 'Day', days: 'mon', time: '08:00-18:00', entries: ['dr-x'] }] } },
      'rotas.one',
      'the name of one under `clinicians:`',
    ],
    [{ section: 'clinicians', id: 'dr-b', remove: true }, 'rotas.one', 'the name of one under `clinicians:`'],
    [{ section: 'clinicians', id: 'dr-x', remove: true }, 'clinicians.dr-x', 'what is there'],
    [{ section: 'organisations', id: 't', set: { dialIn: '1001' } }, 'organisations.t.dialIn', 'a number of its own'],
    [
      { section: 'clinicians', id: 'dr-c', set: { name: 'Dr C', role: 'x' } },
      'clinicians.dr-c',
      'at least one telephone number or SIP address',
    ],
    [{ section: 'clinicians', id: 'Dr C', set: {} }, 'clinicians.Dr C', 'small letters, digits and hyphens, such as dr-okafor'],
    [{ section: 'lines', id: 'one', set: { surprise: 1 } }, 'lines.one.surprise', expect.stringMatching(/^one of kind, trust/) as string],
  ])('%j is refused with its path and what would be right', async (edit, field, expected) => {
    const result = await change({ version: 1, changes: [edit] })
    expect(result).toMatchObject({ kind: 'refused', code: 'directoryInvalid', field })
    if (result.kind === 'refused') expect(result.problems).toContainEqual(expect.objectContaining({ field, expected }))
    expect(inForce.current().version).toBe(1)
  })

  it('that is valid alone, but not with others’ changes, is refused', async () => {
    await change({
      version: 1,
      changes: [
        { section: 'rotas', id: 'one', set: { pattern: [{ session: 'Day', days: 'mon-fri', time: '08:00-18:00', entries: ['dr-a'] }] } },
      ],
    })
    await change({ version: 2, changes: [{ section: 'clinicians', id: 'dr-b', remove: true }] })
    expect(
      await change({
        version: 2,
        changes: [
          {
            section: 'rotas',
            id: 'one',
            set: { changes: [{ date: '2026-12-24', session: 'Day', replace: ['dr-b'], time: '09:00-10:00' }] },
          },
        ],
      }),
    ).toMatchObject({ kind: 'refused', code: 'directoryInvalid', field: 'rotas.one' })
  })

  it.each([
    [{ version: 7, changes: [{ section: 'lines', id: 'one', set: {} }] }, 'staleVersion'],
    [{ version: 1, changes: [{ section: 'pools', id: 'one', set: {} }] }, 'badInput'],
  ])('%j is refused', async (edit, code) => {
    expect(await change(edit)).toMatchObject({ kind: 'refused', code })
  })
})
