import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { AlarmBoard } from '../../src/alarms/alarm-board.js'
import { engine } from '../../src/facts/actor.js'
import { openForAsking } from '../../src/store/open-for-asking.js'
import { directoryTables, type DirectoryTable } from '../../src/store/questions/whole-store.js'
import type { Db } from '../../src/store/statements.js'
import { openStore, type StoreSettings } from '../../src/store/store.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { translated } from '../keeping/translated.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { smallDirectory } from './directory-contract.js'
import { goodCall, untilTalking } from '../kit/sample-call.js'

/** Runs the command as its own process. */
async function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const program = await translated('src/store-command.ts', [])
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', ...env },
  })
  return { status, out: stdout, error: stderr }
}

/** Some calls, one of which runs, and entries of the ledger; the store is left open. */
async function filled(settings: Pick<StoreSettings, 'file' | 'postgres' | 'node'>) {
  const store = await openStore({ ...settings, alarms: new AlarmBoard() })
  onTestFinished(() => store.close())
  for (const callId of ['one', 'two', 'Ärger', 'zoo']) await Promise.all(goodCall(callId).map((fact) => store.log.append(callId, fact)))
  await Promise.all(untilTalking('runs').map((fact) => store.log.append('runs', fact)))
  await store.ledger.append('device', 'desk', 'made', { owner: 'dr-okafor', note: "it's \u00e9" })
  await store.ledger.append('watchList', '+447700900123', 'cleared', {}, { kind: 'staff', id: 'x' })
  const one = smallDirectory({ one: 1, two: 2 }, { one: 'dr-a' })
  await store.directory.add({
    from: undefined,
    to: one,
    actor: engine,
    source: 'file',
    file: { file: 'a.yaml', sha256: 'aa', directory: one },
  })
  const two = smallDirectory({ two: 2 }, { two: 'dr-b' })
  await store.directory.add({
    from: await store.directory.inForce(),
    to: two,
    actor: { kind: 'staff', id: 'x' },
    source: 'file',
    why: 'Änderung',
    file: { file: 'a.yaml', sha256: 'bb', directory: one },
  })
  await store.directory.keepEarlierRotas([{ validFrom: 1, timeZone: 'UTC', names: {}, rota: one.rotas.get('one')! }])
  return store
}

const facts = 4 * goodCall('one').length + untilTalking('runs').length
const numbers = (out: string) => out.split('\n').slice(0, 3)

test('a backup of a store whose engine runs holds the same; what was changed by hand is found out', async () => {
  const folder = scratchFolder()
  const file = join(folder, 'data', 'ringround.db')
  const env = { RINGROUND_DATA_FOLDER: join(folder, 'data') }
  await filled({ file })
  const backup = join(folder, 'backup.db')
  const made = await command(['backup', backup], env)
  expect(made).toMatchObject({ status: 0, error: '' })
  expect(made.out).toMatch(
    new RegExp(
      `^5 calls, ${facts} facts {3}[0-9a-f]{64}\\n2 entries of the ledger {3}[0-9a-f]{64}\\n2 versions of the directory {3}[0-9a-f]{64}\\n`,
    ),
  )
  expect(readdirSync(folder).toSorted()).toEqual(['backup.db', 'data'])
  expect(statSync(backup).mode & 0o777).toBe(0o600)
  const verified = await command(['verify', backup])
  expect(verified.status).toBe(0)
  expect(numbers(verified.out)).toEqual(numbers(made.out))
  expect(numbers((await command(['verify'], env)).out)).toEqual(numbers(made.out))
  expect(await command(['backup', backup], env)).toMatchObject({ status: 1, error: expect.stringMatching(/is there already/) as string })

  const byHand = new Database(backup)
  byHand.exec("update calls set ending = 'unanswered' where call_id = 'two'")
  byHand.exec('drop trigger call_events_no_delete')
  byHand.exec('drop trigger directory_entities_no_delete')
  byHand.exec("delete from directory_entities where section = 'rotas' and id = 'two'")
  byHand.exec("delete from call_events where call_id = 'one' and seq = 5")
  byHand.close()
  const wrong = await command(['verify', backup])
  expect(wrong.status).toBe(1)
  expect(wrong.out).toMatch(/WRONG: facts are missing in one\n/)
  expect(wrong.out).toMatch(/WRONG: the lists do not say what the facts say of .*two/)
  expect(wrong.out).toMatch(/WRONG: the directory's versions are not whole: 2\n/)
  expect(numbers(wrong.out)[0]).not.toBe(numbers(made.out)[0])
})

test('a backup is restored into an empty store, and into no other; the next entry of the ledger follows', async () => {
  const folder = scratchFolder()
  const file = join(folder, 'a', 'ringround.db')
  await (await filled({ file })).close()
  const [from, to] = [{ RINGROUND_DATA_FOLDER: join(folder, 'a') }, { RINGROUND_DATA_FOLDER: join(folder, 'b') }]
  const backup = join(folder, 'backup.db')
  const made = await command(['backup', backup], from)
  expect(numbers((await command(['restore', backup], to)).out)).toEqual(numbers(made.out))
  expect(await command(['restore', backup], to)).toMatchObject({
    status: 1,
    error: expect.stringMatching(/holds facts, or a directory, already/) as string,
  })
  const store = await openStore({ file: join(folder, 'b', 'ringround.db'), alarms: new AlarmBoard() })
  onTestFinished(() => store.close())
  expect(await store.ledger.append('device', 'desk', 'removed', {})).toMatchObject({ seq: 3 })
  expect(await store.closeInterrupted()).toEqual(['runs'])
  expect(await command(['restore', backup], to)).toMatchObject({
    status: 1,
    error: expect.stringMatching(/in use by another engine/) as string,
  })
})

test.each([
  [['verify', '/nowhere/calls.db'], /there is no such file/],
  [['copy', 'a'], /Usage/],
  [['burn'], /Usage/],
  [['verify', 'postgres://u:hunter2@127.0.0.1:1/x'], /PostgreSQL 127\.0\.0\.1:1\/x: the database server cannot be reached/],
])('refuses %s in words', async (args, words) => {
  const { status, error } = await command(args)
  expect(status).toBe(1)
  expect(error).toMatch(words)
  expect(error).not.toContain('hunter2')
})

/** A row for each table that is copied row by row, whatever its columns. */
async function aRowInEach(db: Db): Promise<void> {
  for (const { name, columns } of await db.introspection.getTables()) {
    if (!(name in directoryTables)) continue
    const row = columns.map((column) => [column.name, /int|double|real/i.test(column.dataType) ? 77 : `${name} ${column.name}`])
    await db
      .insertInto(name as 'people')
      .values(Object.fromEntries(row) as never)
      .execute()
  }
}

/** Every row of these tables, by table; numbers as text, as PostgreSQL's driver has some of them. */
async function rowsOfEach(db: Db): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {}
  for (const table of Object.keys(directoryTables) as DirectoryTable[]) {
    const rows = (await db
      .selectFrom(table as 'people')
      .selectAll()
      .execute()) as readonly object[]
    found[table] = rows
      .map((row) =>
        JSON.stringify(
          Object.entries(row)
            .map(([key, value]) => [key, String(value)])
            .sort(),
        ),
      )
      .sort()
  }
  return found
}

describe.skipIf(noPostgres !== undefined)(
  `between SQLite and PostgreSQL${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  () => {
    let postgres: Postgres
    beforeAll(async () => {
      postgres = await Postgres.start()
    }, 120_000)
    afterAll(() => postgres.close())

    test('a whole store goes there and back, the same by numbers and hashes', async () => {
      const folder = scratchFolder()
      const file = join(folder, 'ringround.db')
      await (await filled({ file })).close()
      const url = await postgres.database()
      const there = await command(['copy', file, url])
      expect(there).toMatchObject({ status: 0, error: '' })
      // An engine goes on where it was, and the copy back is made beside it.
      const store = await openStore({ file: join(folder, 'unused.db'), postgres: { url }, node: 'engine-1', alarms: new AlarmBoard() })
      onTestFinished(() => store.close())
      expect(await store.differing()).toEqual([])
      expect(numbers((await command(['verify', url])).out)).toEqual(numbers(there.out))
      expect(await store.ledger.append('device', 'desk', 'removed', {})).toMatchObject({ seq: 3 })
      await store.log.append('one', { type: 'outcome.left', outcome: 'referral-made', by: 'staff' })
      const back = join(folder, 'back.db')
      const copied = await command(['copy', url, back])
      expect(copied).toMatchObject({ status: 0, error: '' })
      expect(copied.out).toContain(`5 calls, ${facts + 1} facts`)
      expect(numbers((await command(['verify', back])).out)).toEqual(numbers(copied.out))
      expect(await command(['copy', back, url])).toMatchObject({
        status: 1,
        error: expect.stringMatching(/holds facts, or a directory, already/) as string,
      })
    })

    test('no table is left behind on the way there and back', async () => {
      const folder = scratchFolder()
      const file = join(folder, 'ringround.db')
      const store = await filled({ file })
      await aRowInEach(store.tables.writing)
      const before = await rowsOfEach(store.tables.writing)
      for (const [table, rows] of Object.entries(before)) expect(rows.length, table).toBeGreaterThan(0)
      await store.close()
      const [url, back] = [await postgres.database(), join(folder, 'back.db')]
      expect(await command(['copy', file, url])).toMatchObject({ status: 0, error: '' })
      expect(await command(['copy', url, back])).toMatchObject({ status: 0, error: '' })
      for (const place of [
        { file: 'unused', postgres: { url } },
        { file: back, postgres: undefined },
      ]) {
        const copy = await openForAsking(place)
        onTestFinished(() => copy.close())
        expect(await rowsOfEach(copy.db)).toEqual(before)
      }
    })
  },
)
