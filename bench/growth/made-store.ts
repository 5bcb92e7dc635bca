import { statSync } from 'node:fs'
import { sql } from 'kysely'
import { unknownOrigin } from '../../src/facts/actor.js'
import type { CallEvent } from '../../src/facts/events.js'
import { openForWriting } from '../../src/store/sqlite/open.js'
import { writesTo } from '../../src/store/writes.js'
import { madeCalls, type MadeCall } from './made-calls.js'

/** Facts in one transaction. */
const factsPerWrite = 10_000
/** Of so many call-backs one is still open. */
const openOneIn = 50

/** Writes the past of a service through the store's own door, without waiting for the disk after each fact. @returns megabytes */
export async function makeStore(file: string, calls: number, now: number, tell: (line: string) => void): Promise<number> {
  const store = await openForWriting(file)
  const { db } = store
  for (const pragma of ['synchronous = OFF', 'cache_size = -400000', 'wal_autocheckpoint = 50000']) await sql.raw(`pragma ${pragma}`).execute(db)
  const writes = writesTo(store)
  let facts: CallEvent[] = []
  let made = 0
  for (const call of madeCalls(calls, now)) {
    facts.push(...call.facts.map(({ at, elapsedMs, fact }, index) => ({ ...unknownOrigin, callId: call.callId, seq: index + 1, at, elapsedMs, ...fact })))
    if (call.arrangement !== undefined) await arrange(writes, call)
    if (facts.length >= factsPerWrite) {
      await writes.append(facts)
      facts = []
    }
    if (++made % 100_000 === 0) tell(`${made.toLocaleString('en-GB')} calls made`)
  }
  await writes.append(facts)
  await writes.alive(now, '')
  await sql.raw('pragma wal_checkpoint(truncate)').execute(db)
  await store.close()
  return Math.round(statSync(file).size / 1_048_576)
}

/** What was arranged before this call, and what became of it, as the engine notes it. */
async function arrange(writes: ReturnType<typeof writesTo>, { arrangement, callId, facts }: MadeCall): Promise<void> {
  const [first, last] = [facts[0]?.at ?? 0, facts.at(-1)?.at ?? 0]
  const note = (at: number, type: string, data: object) => writes.keepEntry({ ...unknownOrigin, topic: 'arrangement', subject: arrangement ?? '', at, type, data })
  await note(first - 3_600_000, 'made', { made: { kind: 'callBack', madeAt: first - 3_600_000, madeBy: { kind: 'staff' }, line: 'line-3', patientNumber: '+441632960889', dueAt: first + 3_600_000, clinician: 'dr-7' } })
  await note(first, 'begun', { callId, clinician: 'dr-7' })
  await note(last, 'ended', { callId, talked: true })
  if (Number(arrangement?.split('-')[1]) % (40 * openOneIn) !== 7) await note(last, 'closed', { how: 'done' })
}
