import type { Schema } from '../../src/store/schema.js'
import { madeCalls } from './made-calls.js'
import { PastRows } from './past-rows.js'

/** A store that is being filled: its tables are made, its indexes are not. */
export interface Filling {
  readonly insert: (table: keyof Schema, row: object) => void
  /** Called now and then: rows so far may go to the database. */
  readonly breathe: () => Promise<void>
  /** Inserts everything and makes the indexes. @returns megabytes */
  readonly end: () => Promise<number>
}

const breatheEvery = 2_000

/** Fills an empty store with the past of a service. @returns megabytes */
export async function makePast(store: Filling, calls: number, now: number, tell: (line: string) => void): Promise<number> {
  const past = new PastRows(store.insert, now)
  let made = 0
  for (const call of madeCalls(calls, now)) {
    past.call(call)
    if (++made % breatheEvery === 0) await store.breathe()
    if (made % 100_000 === 0) tell(`${made.toLocaleString('en-GB')} calls made`)
  }
  past.end()
  return store.end()
}
