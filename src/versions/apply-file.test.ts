import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exportLine, readDirectoryFile } from '../directory/load-directory.js'
import type { Directory } from '../directory/model.js'
import { parseDirectory } from '../directory/parse-directory.js'
import type { SavedDirectory } from '../directory/watch-directory.js'
import { writeDirectory } from '../directory/write-directory.js'
import { staff } from '../facts/actor.js'
import type { WritableDatabase } from '../store/database.js'
import { keptDirectory, type KeptDirectory } from '../store/kept-directory.js'
import { openForWriting } from '../store/sqlite/open.js'
import { applyFile, type FileRefused } from './apply-file.js'
import { DirectoryInForce, type Changed, type Proposal } from './directory-in-force.js'
import { takeOverEarlierRotas } from './earlier-rotas.js'

let folder: string
let file: string
let database: WritableDatabase
let store: KeptDirectory
let engine: DirectoryInForce
let other: DirectoryInForce
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringround-versions-'))
  file = join(folder, 'directory.yaml')
  database = await openForWriting(join(folder, 'ringround.db'))
  store = keptDirectory(database, database.db, 'engine-1', Date.now)
  engine = await DirectoryInForce.open(store, { pollMs: 0 })
  other = await DirectoryInForce.open(keptDirectory(database, database.db, 'engine-2', Date.now), { pollMs: 0 })
})
afterEach(async () => {
  await Promise.all([engine.close(), other.close()])
  await database.close()
  await rm(folder, { recursive: true })
})

const text = `# ours
areas: { a: { name: A } }
organisations:
  t: { kind: trust, name: T, area: a }
  p: { kind: gpPractice, name: P, area: a, dialIn: [1001, 01632 960201] }
clinicians:
  dr-a: { name: Dr A, role: x, numbers: 01632 960001 }
  dr-b: { name: Dr B, role: x, numbers: 01632 960002 }
lines:
  one:
    trust: t
    name: One
    code: 1
    hours: always
    access: everyone
    ring:
      ringSeconds: 20
rotas:
  one:
    pattern:
      - { session: Day, days: mon-fri, time: 08:00-18:00, entries: [dr-a, dr-b] }
      - { session: Day, days: sat, time: 08:00-18:00, entries: [dr-a, dr-b] }
`

async function saved(content: string): Promise<SavedDirectory> {
  await writeFile(file, content)
  const { parsed, ...read } = await readDirectoryFile(file)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return { ...read, directory: parsed.directory, advice: parsed.advice }
}

/** Saves the file like this, and applies it. */
async function save(content: string, by = engine, name = 'watched'): Promise<Changed<FileRefused>> {
  return applyFile(by, store, name, await saved(content), { actor: staff, source: 'file' })
}

/** Another person changes the current directory, as if by its file. */
function change(by: DirectoryInForce, from: string, to: string): Promise<Changed<never>> {
  return by.change({ actor: staff, source: 'api' }, (now): Proposal<never> => ({ kind: 'to', directory: edited(now.directory, from, to) }))
}

function edited(directory: Directory, from: string, to: string): Directory {
  const before = writeDirectory(directory)
  if (!before.includes(from)) throw new Error(`${from} is not in\n${before}`)
  const parsed = parseDirectory(before.replace(from, to), 'x')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}

const refusal = (result: Changed<FileRefused>) =>
  result.kind === 'refused'
    ? [result.refusal.code, ...result.refusal.errors.map(({ line, message }) => `${line}: ${message}`)]
    : [result.kind]

describe('a directory file', () => {
  it('is the first version if there is none, and makes no other if nothing differs', async () => {
    expect(await save(text)).toMatchObject({ kind: 'changed', version: { version: 1, source: 'file', actor: { kind: 'staff' } } })
    expect(await save(text)).toEqual({ kind: 'same', version: 1 })
    expect(await save(text.replace('# ours', '# of us all'))).toEqual({ kind: 'same', version: 1 })
    expect(engine.current().directory.lines.get('one')?.ring.ringSeconds).toBe(20)
  })

  it('is a change against its previous state: others’ changes stay', async () => {
    await save(text)
    await change(other, 'ringSeconds: 20', 'ringSeconds: 15')
    expect(await save(text.replace('name: One', 'name: Line one'))).toMatchObject({ kind: 'changed', version: { version: 3 } })
    const one = engine.current().directory.lines.get('one')
    expect([one?.name, one?.ring.ringSeconds]).toEqual(['Line one', 15])
    // Nor is it brought back by the next change of the file, which still has 20.
    await save(text.replace('name: One', 'name: Line 1'))
    expect(engine.current().directory.lines.get('one')?.ring.ringSeconds).toBe(15)
    // A file without changes takes over the others'.
    await other.refresh()
    expect(other.current()).toEqual(engine.current())
  })

  it('that conflicts with others’ changes is refused with line and both values, and nothing of it is applied', async () => {
    await save(text)
    await change(other, 'ringSeconds: 20', 'ringSeconds: 15')
    await change(other, 'name: Dr B', 'name: Dr Bee')
    const conflicting = text
      .replace('ringSeconds: 20', 'ringSeconds: 30')
      .replace('Dr B,', 'Dr Bea,')
      .replace('name: One', 'name: Line one')
    expect(refusal(await save(conflicting))).toEqual([
      'conflict',
      '8: clinicians dr-b: name is Dr Bea here, and another person has changed it to Dr Bee (before both it was Dr B)',
      '17: lines one: ring.ringSeconds is 30 here, and another person has changed it to 15 (before both it was 20)',
    ])
    expect(await store.newest()).toBe(3)
    expect(engine.current().directory.lines.get('one')?.name).toBe('One')
    // Solved by taking over the current value.
    expect(await save(conflicting.replace('ringSeconds: 30', 'ringSeconds: 15').replace('Dr Bea', 'Dr Bee'))).toMatchObject({
      kind: 'changed',
      version: { version: 4, changed: 1 },
    })
  })

  it('names the line of a session, of a date, of a number, and of what it no longer has', async () => {
    await save(text)
    await change(
      other,
      'days: mon-sat, time: 08:00-18:00, entries: [dr-a, dr-b] }',
      'days: mon-fri, time: 08:00-18:00, entries: [dr-a, dr-b] }\n      - { session: Day, days: sat, time: 08:00-18:00, entries: [dr-b] }',
    )
    await change(other, '01632 960201', '01632 960202')
    const [line, ...others] = refusal(
      await save(text.replace('days: sat, time: 08:00-18:00, entries: [dr-a, dr-b]', 'days: sat, time: 08:00-18:00, entries: [dr-a]')),
    ).slice(1)
    expect([line, others]).toEqual([
      expect.stringMatching(
        /^22: rotas one: pattern\.sat\.Day is Day sat 08:00-18:00 \[dr-a\] here, and another person has changed it to Day sat 08:00-18:00 \[dr-b\] /,
      ),
      [],
    ])
    // Another person has changed the hours of a line that is no longer in the file.
    await change(other, 'ringSeconds: 20', 'ringSeconds: 15')
    expect(refusal(await save(text.slice(0, text.indexOf('lines:'))))).toContainEqual(
      '1: lines one: ring.ringSeconds is not there here, and another person has changed it to 15 (before both it was 20)',
    )
  })

  it('that removes a clinician whom others have put on a rota is refused: a contradiction', async () => {
    await save(text.replaceAll('[dr-a, dr-b]', '[dr-a]'))
    await change(other, 'entries: [dr-a]', 'entries: [dr-a, dr-b]')
    const without = text.replaceAll('[dr-a, dr-b]', '[dr-a]').replace('  dr-b: { name: Dr B, role: x, numbers: 01632 960002 }\n', '')
    expect(refusal(await save(without))).toEqual([
      'conflict',
      expect.stringMatching(/^\d+: with what others have changed meanwhile, there is no clinician "dr-b"$/),
    ])
  })

  it('never applied before is refused if there is a directory; one applied by another engine is known', async () => {
    await save(text)
    expect(refusal(await save(text.replace('One', 'Two'), other, 'watched by engine-2'))).toEqual([
      'unknown',
      '1: this engine has never applied this file, and a directory is in force already (version 1)',
    ])
    await change(other, 'ringSeconds: 20', 'ringSeconds: 15')
    expect(await save(text, other, 'watched by engine-2')).toEqual({ kind: 'same', version: 2 })
    // From here on it is a change against that version.
    expect(await save(text.replace('name: One', 'name: Line one'), other, 'watched by engine-2')).toMatchObject({
      kind: 'changed',
      version: { version: 3 },
    })
    expect(other.current().directory.lines.get('one')).toMatchObject({ name: 'Line one', ring: { ringSeconds: 15 } })
    // The first engine's file is unchanged, so it makes no change.
    expect(await save(text)).toEqual({ kind: 'same', version: 3 })
    expect(engine.current().directory.lines.get('one')?.name).toBe('Line one')
  })

  it('that is an export is a change against its version', async () => {
    await save(text)
    await change(other, 'ringSeconds: 20', 'ringSeconds: 15')
    const exported = `${exportLine(2)}\n${writeDirectory(other.current().directory)}`
    await change(other, 'ringSeconds: 15', 'ringSeconds: 12')
    expect(await save(exported.replace('name: One', 'name: Line one'))).toMatchObject({ kind: 'changed', version: { version: 4 } })
    expect(engine.current().directory.lines.get('one')).toMatchObject({ name: 'Line one', ring: { ringSeconds: 12 } })
  })
})

describe('several people who change the directory at once', () => {
  it('lose nothing of each other’s: the second change is proposed again on top of the first', async () => {
    await save(text)
    await other.refresh()
    const add = (by: DirectoryInForce, id: string) =>
      by.change({ actor: staff, source: 'api' }, (now): Proposal<never> => ({
        kind: 'to',
        directory: { ...now.directory, areas: new Map(now.directory.areas).set(id, { id, name: id }) },
      }))
    const results = await Promise.all(['b', 'c', 'd', 'e', 'f', 'g'].map((id, index) => add(index % 2 === 0 ? engine : other, id)))
    expect(results.map(({ kind }) => kind)).toEqual(Array(6).fill('changed'))
    await Promise.all([engine.refresh(), other.refresh()])
    for (const one of [engine, other])
      expect([one.current().version, [...one.current().directory.areas.keys()].toSorted()]).toEqual([
        7,
        ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      ])
  })

  it('hear of each other, and running calls keep their directory', async () => {
    const heard: string[] = []
    const third = await DirectoryInForce.open(store, {
      pollMs: 5,
      onChange: ({ version, directory }, before) => heard.push(`${version}: ${before.areas.size} -> ${directory.areas.size} areas`),
    })
    await save(text)
    await expect.poll(() => heard).toEqual(['1: 0 -> 1 areas'])
    const taken = third.current()
    await change(engine, 'name: One', 'name: Uno')
    await expect.poll(() => heard).toHaveLength(2)
    expect([taken.directory.lines.get('one')?.name, third.current().directory.lines.get('one')?.name]).toEqual(['One', 'Uno'])
    await third.close()
  })
})

describe('the rotas from before', () => {
  const history = (from: number) =>
    `${JSON.stringify({ validFrom: from, timeZone: 'Europe/London', rota: { line: 'one', pattern: [], changes: [] }, names: {} })}\n`

  it('are migrated from their file, once; a last line cut short by a crash does not count', async () => {
    const kept = join(folder, 'rota-history.jsonl')
    await writeFile(kept, `${history(100)}${history(200)}{"validFrom": 3`)
    await takeOverEarlierRotas(kept, store)
    await takeOverEarlierRotas(kept, store)
    expect((await store.rotaHistory('one')).map(({ validFrom }) => validFrom)).toEqual([100, 200])
    // Killed before the file was put aside, it runs again.
    await writeFile(kept, `${history(100)}${history(200)}`)
    await takeOverEarlierRotas(kept, store)
    expect((await store.rotaHistory('one')).map(({ validFrom }) => validFrom)).toEqual([100, 200])
  })

  it('stay where they are when their file is damaged', async () => {
    const kept = join(folder, 'rota-history.jsonl')
    await writeFile(kept, `${history(100)}not a version\n`)
    await expect(takeOverEarlierRotas(kept, store)).rejects.toThrow('rota-history.jsonl:2: the rota history is damaged')
    expect(await store.rotaHistory('one')).toEqual([])
  })
})
