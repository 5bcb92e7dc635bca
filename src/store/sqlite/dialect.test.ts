import Database from 'libsql'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { unknownOrigin } from '../../facts/actor.js'
import { goodCall } from '../../../test/kit/sample-call.js'
import type { CallEvent } from '../../facts/events.js'
import { CallDatabase } from '../call-database.js'
import type { WritableDatabase } from '../database.js'
import { questions } from '../questions.js'
import type { Step } from '../statement.js'
import { SqliteConnection } from './connection.js'
import { runnerHere, type SqliteRunner } from './dialect.js'
import { openForWriting, openThreads, writable } from './open.js'

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'ringround-dialect-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

async function opened(): Promise<WritableDatabase> {
  const database = await openForWriting(join(folder(), 'calls.db'))
  onTestFinished(() => database.close())
  return database
}

const alive = (node: string, at = 1): Step => ({ sql: 'insert into engines (node, alive_at) values (?, ?)', parameters: [node, at] })
const beat = (node: string, at: number, mustChange: number): Step => ({
  sql: 'update engines set alive_at = ? where node = ?',
  parameters: [at, node],
  mustChange,
})
const nodes = async ({ db }: Pick<WritableDatabase, 'db'>) =>
  (await db.selectFrom('engines').selectAll().orderBy('node').execute()).map(({ node, alive_at: at }) => `${node} ${at}`)

function events(callId: string, at: number, facts = goodCall(callId)): readonly CallEvent[] {
  return facts.map((fact, index) => ({ ...unknownOrigin, callId, seq: index + 1, at: at + index, ...fact }))
}

test('a batch is one transaction: where one statement is refused, nothing of it is there', async () => {
  const database = await opened()
  expect(await database.batch([alive('a'), beat('a', 5, 1)])).toMatchObject([{ changed: 1 }, { changed: 1 }])
  await expect(database.batch([alive('b'), alive('a')])).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' })
  await expect(database.batch([alive('b'), { sql: 'insert into nowhere values (1)', parameters: [] }])).rejects.toThrow(/nowhere/)
  expect(await nodes(database)).toEqual(['a 5'])
})

test('a statement that must change a row and finds none takes its whole batch back', async () => {
  const database = await opened()
  await expect(database.batch([alive('a'), beat('b', 5, 1)])).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await nodes(database)).toEqual([])
})

test('what is written meanwhile waits for the end of a transaction, and is no part of it', async () => {
  const database = await opened()
  const outside: Promise<unknown>[] = []
  const order: string[] = []
  await expect(
    database.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('engines').values({ node: 'inside', alive_at: 1 }).execute()
      outside.push(
        database.batch([alive('batch')]).then(() => order.push('batch')),
        nodes(database).then((found) => order.push(`read ${found.join()}`)),
      )
      expect(await nodes({ db: transaction })).toEqual(['inside 1'])
      order.push('end')
      throw new Error('taken back')
    }),
  ).rejects.toThrow('taken back')
  await Promise.all(outside)
  expect(order).toEqual(['end', 'batch', 'read batch 1'])
})

test('two transactions follow each other', async () => {
  const database = await opened()
  const add = (node: string) =>
    database.db.transaction().execute(async (transaction) => {
      const before = await nodes({ db: transaction })
      await transaction.insertInto('engines').values({ node, alive_at: before.length }).execute()
    })
  await Promise.all(['a', 'b', 'c'].map(add))
  expect(await nodes(database)).toEqual(['a 0', 'b 1', 'c 2'])
})

test('a transaction that has read may write: no other has written since', async () => {
  const file = join(folder(), 'calls.db')
  const database = await openForWriting(file)
  onTestFinished(() => database.close())
  const beside = new Database(file)
  onTestFinished(() => void beside.close())
  await database.db.transaction().execute(async (transaction) => {
    expect(await nodes({ db: transaction })).toEqual([])
    expect(() => beside.exec("insert into engines (node, alive_at) values ('beside', 1)")).toThrow(/locked/)
    await transaction.insertInto('engines').values({ node: 'inside', alive_at: 1 }).execute()
  })
  beside.exec("insert into engines (node, alive_at) values ('beside', 1)")
  expect(await nodes(database)).toEqual(['beside 1', 'inside 1'])
})

test('a transaction whose connection was lost writes nothing more', async () => {
  const file = join(folder(), 'calls.db')
  const first = await openForWriting(file)
  await first.close()
  let connection = SqliteConnection.open(file, 'write')
  const runner: SqliteRunner = {
    run: (statement, inside) => runnerHere(connection).run(statement, inside),
    batch: (steps) => runnerHere(connection).batch(steps),
    close: () => runnerHere(connection).close(),
  }
  const database = await writable(runner)
  onTestFinished(() => database.close())
  await expect(
    database.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('engines').values({ node: 'before', alive_at: 1 }).execute()
      connection.close()
      connection = SqliteConnection.open(file, 'write')
      await transaction.insertInto('engines').values({ node: 'after', alive_at: 1 }).execute()
    }),
  ).rejects.toMatchObject({ code: 'LOST_TRANSACTION' })
  expect(await nodes(database)).toEqual([])
  await database.batch([alive('again')])
  expect(await nodes(database)).toEqual(['again 1'])
})

test('an engine has one thread that writes and another that answers, which may not write', async () => {
  const database = await openThreads(join(folder(), 'calls.db'), (work) => work())
  onTestFinished(() => database.close())
  await database.writing.batch([alive('a')])
  expect(await nodes({ db: database.reading })).toEqual(['a 1'])
  await expect(database.reading.insertInto('engines').values({ node: 'b', alive_at: 1 }).execute()).rejects.toThrow(/readonly/)
  await database.close()
  await expect(database.writing.batch([alive('b')])).rejects.toThrow('the store is closed')
})

test('two who write to one store and know nothing of each other lose no ringing of a telephone, and no fact of a call', async () => {
  const database = await opened()
  const [one, other] = [new CallDatabase(database), new CallDatabase(database)]
  // The same two telephones in every call.
  for (let call = 0; call < 6; call++) await (call % 2 === 0 ? one : other).append(events(`call-${call}`, call * 1_000))
  const x = events('x', 10_000)
  await Promise.all([one.append(x), other.append(events('y', 10_000))])
  expect((await questions.targets.ask(database.db, { limit: 10 })).targets.map(({ rung }) => rung)).toEqual([8, 8])
  // Staff leave an outcome by the other engine, then by the first, which knows of none.
  const last = goodCall('call-0').length
  const outcome = (at: number): CallEvent => ({
    ...unknownOrigin,
    callId: 'call-0',
    seq: last + 1,
    at,
    type: 'outcome.left',
    outcome: 'referral-made',
    by: 'staff',
  })
  expect(await other.append([outcome(20_000)])).toEqual([])
  expect(await one.append([outcome(30_000)])).toEqual([{ ...outcome(30_000), seq: last + 2 }])
  expect(await one.append([outcome(20_000), outcome(30_000)])).toMatchObject([{ seq: last + 3 }])
  // The answer to a call's first facts was lost: they are not written twice.
  expect(await new CallDatabase(database).append(x)).toEqual([])
  expect(await questions.differing.ask(database.db)).toEqual([])
  expect(await questions.differingTargets.ask(database.db)).toEqual([])
})
