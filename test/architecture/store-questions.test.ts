import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { unknownOrigin } from '../../src/facts/actor.js'
import { SqliteConnection } from '../../src/store/sqlite/connection.js'
import { runnerHere } from '../../src/store/sqlite/dialect.js'
import { openForWriting, writable } from '../../src/store/sqlite/open.js'
import type { Result, Statement } from '../../src/store/statement.js'
import { questions } from '../../src/store/questions.js'
import { askAny, asked, events, failing, noon, samples, staffOutcome } from '../kit/question-samples.js'
import { writesTo } from '../../src/store/writes.js'
import { scratchFolder } from '../keeping/scratch-folder.js'
import { goodCall } from '../kit/sample-call.js'

/** Tables of a few rows: one for each engine. */
const small: ReadonlySet<string> = new Set(['engines', 'engine_runs'])

interface Run {
  readonly text: string
  readonly rows: number
}

/** A store with some calls, and a connection to it that notes every statement that it runs, with the rows that came of it. */
async function notedStore(calls: number) {
  const file = join(scratchFolder(), 'calls.db')
  const writing = await openForWriting(file)
  // Nobody pulls the plug.
  await sql`pragma synchronous = off`.execute(writing.db)
  const writes = writesTo(writing)
  for (let call = 0; call < calls; call++)
    await writes.append(
      events(call === 0 ? 'one' : `call-${call}`, noon + call * 60_000, [
        ...goodCall(call === 0 ? 'one' : `call-${call}`),
        ...(call === 0 ? [staffOutcome, ...failing] : []),
      ]),
    )
  await writes.append(
    events('placed', noon, [
      { type: 'call.placed', kind: 'pifuCallBack', arrangement: 'a', clinician: 'dr-okafor' },
      { type: 'code.refused', digits: 4, why: 'wrong' },
      { type: 'call.ended', ending: 'completed' },
    ]),
  )
  await writes.alive(noon, 'engine-1')
  await writes.keepEntry({ ...unknownOrigin, topic: 'arrangement', subject: 'a', at: noon, type: 'made', data: {} })
  await writing.close()
  const connection = SqliteConnection.open(file, 'write')
  const runs: Run[] = []
  const noted = (statement: Statement, result: Result): Result => {
    runs.push({ text: statement.sql, rows: result.rows.length })
    return result
  }
  const here = runnerHere(connection)
  const database = await writable({
    run: async (statement, inside) => noted(statement, await here.run(statement, inside)),
    batch: async (steps) => {
      const results = await here.batch(steps)
      return results.map((result, index) => noted(steps[index]!, result))
    },
    close: () => here.close(),
  })
  onTestFinished(() => database.close())
  return { database, db: database.db, runs, plan: (text: string) => connection.plan(text) }
}

/** What a plan reads without an index that leads to it. In the order of an index, and no further than a page, is no such reading. */
function scans(text: string, plan: readonly string[]): readonly string[] {
  const inOrder = / limit /i.test(text) && !plan.some((step) => /USE TEMP B-TREE FOR ORDER BY/.test(step))
  // Lists in the statement itself.
  const given = [...text.matchAll(/\(values .*?\) as "?(\w+)/gs)].map(([, alias]) => `SCAN ${alias}`)
  return plan.filter((step) => {
    const table = /^SCAN (\S+)/.exec(step)?.[1]
    if (/^SCAN (\d+ )?CONSTANT ROWS?$/.test(step) || given.includes(step)) return false
    return table !== undefined && !small.has(table) && !(inOrder && / USING (COVERING )?INDEX /.test(step))
  })
}

describe('no question scans a table that grows', () => {
  test('at the start, during calls, in a list or in a report', async () => {
    const { db, runs, plan } = await notedStore(3)
    const found: string[] = []
    for (const name of asked('start', 'call', 'list', 'report')) {
      for (const args of samples[name]) {
        runs.length = 0
        await askAny(name, db, args)
        expect(runs.length, `${name} asks nothing`).toBeGreaterThan(0)
        for (const { text } of runs) {
          const steps = plan(text)
          found.push(
            ...[
              ...scans(text, steps),
              ...steps.filter(
                (step) => /USE TEMP B-TREE FOR ORDER BY/.test(step) && questions[name].when === 'list' && / limit /i.test(text),
              ),
            ].map((step) => `${name}: ${step}: ${text}`),
          )
        }
      }
    }
    expect(found).toEqual([])
  })

  test('nor does anything that is written', async () => {
    const { database, runs, plan } = await notedStore(3)
    const writes = writesTo(database)
    runs.length = 0
    // A call in memory, one that was written by another run of the engine, a fact that is there already, one whose place is taken.
    const call = events('new', noon, goodCall('new'))
    for (const event of call) await writes.append([event])
    await writes.append(call.slice(0, 2))
    await writes.append([{ ...unknownOrigin, callId: 'one', seq: 2, at: noon, ...staffOutcome }])
    await writes.alive(noon, 'engine-1')
    await writes.keepEntry({ ...unknownOrigin, topic: 'arrangement', subject: 'a', at: noon, type: 'closed', data: {} })
    await writes.clearTarget({ ...unknownOrigin, topic: 'watchList', subject: '+447700900999', at: noon * 2, type: 'cleared', data: {} })
    const texts = [...new Set(runs.map(({ text }) => text))].filter((text) => !/^(begin|commit|rollback)$/.test(text))
    expect(texts.length).toBeGreaterThan(10)
    expect(texts.flatMap((text) => scans(text, plan(text)).map((step) => `${step}: ${text}`))).toEqual([])
  })
})

test('a start reads as many rows with many calls behind it as with few', async () => {
  const read = async (calls: number) => {
    const { db, runs } = await notedStore(calls)
    const rows: Record<string, number> = {}
    for (const name of asked('start')) {
      runs.length = 0
      for (const args of samples[name]) await askAny(name, db, args)
      rows[name] = runs.reduce((sum, run) => sum + run.rows, 0)
    }
    return rows
  }
  const few = await read(3)
  expect(await read(60)).toEqual(few)
})

test('nothing but the questions, the writes and the steps that make the tables knows the database', () => {
  // Rooms with tables of their own ask them themselves.
  const owners = ['store', 'accounts', 'audit', 'outbox'].map((room) => join('src', room))
  const outside = sourcesBelow('src').filter(
    (file) => !owners.some((room) => file.startsWith(room)) && /from 'kysely'|from 'libsql'/.test(readFileSync(file, 'utf8')),
  )
  expect(outside).toEqual([])
  // Whoever asks the database stands in a file of its own, which the registry names.
  const asking = sourcesBelow(join('src', 'store')).filter(
    (file) => /\b(selectFrom|executeQuery)\b/.test(readFileSync(file, 'utf8')) && !file.includes(join('store', 'questions')),
  )
  expect(asking.map((file) => file.split('/').at(-1)).sort()).toEqual([
    'call-database.ts',
    'dialect.ts',
    'growth-migration.ts',
    'open-for-asking.ts',
    'statements.ts',
    'target-rows.ts',
  ])
  const registry = readFileSync(join('src', 'store', 'questions.ts'), 'utf8')
  const writers = ['call-database.ts', 'copy.ts', 'growth-migration.ts', 'writes.ts', 'differing.ts']
    .map((file) => sourcesBelow(join('src', 'store')).find((one) => one.endsWith(file)) ?? '')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n')
  const others = readdirSync(join('src', 'store', 'questions'))
    .map((file) => readFileSync(join('src', 'store', 'questions', file), 'utf8'))
    .join('\n')
  const forgotten = readdirSync(join('src', 'store', 'questions')).filter(
    (file) =>
      !registry.includes(`./questions/${file.replace('.ts', '.js')}`) &&
      !`${writers}\n${others}`.includes(`/${file.replace('.ts', '.js')}'`),
  )
  expect(forgotten).toEqual([])
})

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return sourcesBelow(path)
    return name.endsWith('.ts') && !name.endsWith('.test.ts') ? [path] : []
  })
}
