import { callRecord, withEvent, type CallRecord } from '../facts/call-record.js'
import type { CallEvent } from '../facts/events.js'
import { rollUpChange, rollUpOf, RollUpTotal } from '../figures/roll-up.js'
import type { Place } from './call-filter.js'
import type { WritableDatabase } from './database.js'
import { listColumnsOf } from './list-columns.js'
import { isPastListed, notListed } from './questions/not-listed.js'
import { hashOfFacts } from './chain/link.js'
import type { DeletedCall } from './questions/deleted.js'
import { asEvent, asRow, eventsOf, isSameFact } from './questions/events-of.js'
import { factsOfCalls } from './questions/links.js'
import { callIds } from './questions/call-ids.js'
import { callRows, spendSteps, unlinkedStep } from './call-steps.js'
import { project, type ProjectedCall } from './projection.js'
import { allTargets } from './questions/all-targets.js'
import { targetFromRecord } from './questions/target-from-record.js'
import { deletedSums, notRolledUp } from './questions/roll-ups.js'
import { addToRollUps, rolledUp } from './roll-ups.js'
import { LegsOfCall, type Spent } from './spending.js'
import type { Result, Step } from './statement.js'
import { runOn, Statements, type Db } from './statements.js'
import { isConflict } from './store-error.js'
import { laterRung, rowOfTarget, stepIn, TargetRows } from './target-rows.js'

/** Calls whose record is kept in memory between two batches of facts. */
const keptCalls = 1_000

interface KnownCall {
  readonly record: CallRecord
  readonly rows: ProjectedCall
  readonly legs: LegsOfCall
  /** It is among those that are not linked, and stays there until it is over. */
  readonly unlinked: boolean
  readonly rolledUp: boolean
}

/**
 * A call while a batch is being written. `stored`: its rows as they are on disk; undefined where that is not known. `before`: as it is on disk; undefined where it is not there yet.
 * `rolledUp`: whether the sums of its month include it as it is on disk.
 */
interface Work {
  record: CallRecord | undefined
  readonly legs: LegsOfCall
  readonly stored: ProjectedCall | undefined
  readonly unlinked: boolean
  readonly before: CallRecord | undefined
  readonly rolledUp: boolean
}

/** Tries of a write while other engines are quicker. */
const maxTries = 5

/**
 * Writes facts and what is read off them, in one transaction. One instance per store and engine, one write at a time: it keeps the records of recent
 * calls in memory, and works out beforehand what has to be written, so that a batch is one message to the database.
 */
export class CallDatabase {
  readonly #known = new Map<string, KnownCall>()
  readonly #statements: Statements
  readonly #targets: TargetRows
  /** Up to here past calls have the columns that a list shows. */
  #listedTo: Place | undefined
  #last: Promise<unknown> = Promise.resolve()

  /** @param owner the run that owns the calls which begin here. Undefined: none */
  constructor(
    private readonly database: WritableDatabase,
    private readonly owner?: string,
  ) {
    this.#statements = new Statements(database.db)
    this.#targets = new TargetRows(database.db, this.#statements)
  }

  /**
   * Writes facts; all of them or none. A fact that exists already (the answer to an earlier attempt was lost) is not written
   * twice; one whose place is taken by another fact gets the next free one, because a fact is never dropped.
   * @returns the facts that got another `seq`
   */
  append(events: readonly CallEvent[]): Promise<readonly CallEvent[]> {
    return this.#inTurn((again) => this.#append(events, again))
  }

  /**
   * Moves calls from the run that owns them to another one, each if it is still open and still owned by it.
   * @returns those that moved; what is known of them is read again
   */
  claim(calls: readonly { readonly callId: string; readonly owner: string | null }[], run: string): Promise<ReadonlySet<string>> {
    return this.#inTurn(async () => {
      // In the same order at every engine: of two that claim the same calls one waits for the other, and never both.
      const sorted = calls.toSorted((a, b) => (a.callId < b.callId ? -1 : a.callId > b.callId ? 1 : 0))
      const steps = sorted.map(({ callId, owner }) =>
        this.database.db
          .updateTable('calls')
          .set({ owner: run })
          .where('call_id', '=', callId)
          .where('owner', owner === null ? 'is' : '=', owner)
          .where('ending', 'is', null)
          .compile(),
      )
      const results = await this.database.batch(steps)
      const claimed = new Set(sorted.filter((_, place) => results[place]?.changed === 1).map(({ callId }) => callId))
      for (const callId of claimed) this.#known.delete(callId)
      return claimed
    })
  }

  /** Notes that an engine is alive, so that its interrupted calls are closed at a sensible time. */
  async alive(at: number, node: string): Promise<void> {
    await this.database.batch(this.#statements.insert('engines', [{ node, alive_at: at }], ['node']))
  }

  /**
   * Takes a telephone off the watch list, by hand.
   * @param at wall-clock ms
   * @param note records that, in the same transaction
   * @returns the result of the note
   */
  clearTarget(target: string, at: number, note: Step): Promise<Result | undefined> {
    return this.#inTurn(async () => {
      const targets = this.#targets.batch()
      await targets.apply(target, { type: 'cleared', at })
      const results = await this.database.batch([...targets.steps(), note])
      targets.keep()
      return results.at(-1)
    })
  }

  /** Reads every call's facts again and rebuilds everything read off them. @returns how many calls there are */
  rebuild(): Promise<number> {
    return this.#inTurn(async () => {
      this.#forget()
      return this.database.db.transaction().execute(async (transaction) => {
        const owners = new Map(
          (await transaction.selectFrom('calls').select(['call_id', 'owner']).where('ending', 'is', null).execute()).map((row) => [
            row.call_id,
            row.owner ?? undefined,
          ]),
        )
        for (const table of ['calls', 'attempts', 'recordings', 'targets', 'candidates', 'spending'] as const)
          await transaction.deleteFrom(table).execute()
        await transaction.deleteFrom('roll_ups').where('scope', '<>', 'month').execute()
        let calls = 0
        const total = new RollUpTotal()
        for await (const callId of callIds(transaction)) {
          const events = await eventsOf(transaction, callId, this.#statements)
          const record = callRecord(events)
          const legs = new LegsOfCall()
          total.add(rollUpOf(record))
          const steps = [
            ...(record ? callRows(this.#statements, undefined, project(record), true, owners.get(callId)) : []),
            ...spendSteps(
              this.#statements,
              events.flatMap((event) => legs.apply(event)),
            ),
          ]
          for (const step of steps) await runOn(transaction, step)
          calls++
        }
        total.add(await deletedSums(transaction))
        for (const step of addToRollUps(this.#statements, total.rows())) await runOn(transaction, step)
        await this.#rebuildTargets(transaction)
        return calls
      })
    })
  }

  /**
   * Counts calls of a store from before there were sums of months, and fills in the columns that came with them; then those that lists read, where an older version wrote the row.
   * @param most calls in one transaction
   * @returns how many it was; 0: nothing is left to be done
   */
  countPast(most: number): Promise<number> {
    return this.#inTurn(async () => {
      const ids = await notRolledUp(this.database.db, most)
      const total = new RollUpTotal()
      const steps: Step[] = []
      if (ids.length === 0) return this.#listPast(most)
      for (const callId of ids) {
        const record = callRecord(await eventsOf(this.database.db, callId, this.#statements))
        if (record) steps.push(...callRows(this.#statements, undefined, project(record)))
        steps.push(rolledUp(this.#statements, callId))
        total.add(rollUpOf(record))
        this.#known.delete(callId)
      }
      if (steps.length > 0) await this.database.batch([...steps, ...addToRollUps(this.#statements, total.rows())])
      return ids.length
    })
  }

  /** The newest first. @returns how many were looked at */
  async #listPast(most: number): Promise<number> {
    const { db } = this.database
    if (this.#listedTo === undefined && (await isPastListed(db))) return 0
    const found = await notListed(db, this.#listedTo, most)
    if (found === undefined) return 0
    const steps: Step[] = []
    for (const callId of found.ids) {
      const record = callRecord(await eventsOf(db, callId, this.#statements))
      // If another engine has written a fact meanwhile, it has written these too.
      if (record) steps.push(this.#statements.update('calls', listColumnsOf(record), { call_id: callId, last_seq: record.lastSeq }))
      this.#known.delete(callId)
    }
    if (steps.length > 0) await this.database.batch(steps)
    this.#listedTo = found.last
    return found.calls
  }

  /**
   * Deletes a call that is over, with everything read off it: its share of the sums stays in them, the figures of the telephones that it rang become those of the remaining calls.
   * @param certificate of the deletion that names it
   * @param at wall-clock ms
   * @returns what is kept in its place; undefined: there is no such call
   */
  deleteCall(callId: string, certificate: string, at: number): Promise<DeletedCall | undefined> {
    return this.#inTurn(async () => {
      const { db } = this.database
      const rows = await factsOfCalls(db, [callId])
      const record = callRecord(rows.map(asEvent))
      if (record?.ending === undefined) return undefined
      const deleted: DeletedCall = { callId, certificate, deletedAt: at, facts: rows.length, hash: hashOfFacts(rows) }
      const sums = new RollUpTotal()
      sums.add(rollUpOf(record))
      const telephones = new Set(record.attempts.flatMap(({ pool, target }) => (pool === 'direct' ? [] : [target])))
      const steps: Step[] = []
      for (const target of [...telephones].sort()) steps.push(...(await this.#targets.without(target, callId)))
      await this.database.batch([
        ...this.#statements.insert('deleted_calls', [{ call_id: callId, at, certificate, facts: deleted.facts, hash: deleted.hash }]),
        ...(['call_events', 'attempts', 'recordings', 'calls', 'unlinked'] as const).map((table) =>
          this.#statements.step(`delete ${table}`, (from) => from.deleteFrom(table).where('call_id', '=', callId), [callId]),
        ),
        ...steps,
        ...addToRollUps(this.#statements, sums.rows(), 'deleted_sums'),
      ])
      this.#forget()
      return deleted
    })
  }

  /** One after the other, and again where another engine was quicker: what was known is then read again. */
  #inTurn<T>(work: (again: boolean) => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      for (let tries = 1; ; tries++) {
        try {
          return await work(tries > 1)
        } catch (error) {
          // Legs that were followed and are not on disk are read off the disk again.
          this.#forget()
          if (!isConflict(error) || tries === maxTries) throw error
        }
      }
    })
    this.#last = done.catch(() => undefined)
    return done
  }

  #forget(): void {
    this.#known.clear()
    this.#targets.forget()
  }

  async #append(events: readonly CallEvent[], again: boolean): Promise<readonly CallEvent[]> {
    const calls = new Map<string, Work>()
    const moved: CallEvent[] = []
    const facts: CallEvent[] = []
    const spent: Spent[] = []
    const targets = this.#targets.batch()
    for (const event of events) {
      const work = calls.get(event.callId) ?? (await this.#begin(event, again))
      calls.set(event.callId, work)
      const placed = work.record && event.seq <= work.record.lastSeq ? await this.#place(event, work, facts) : event
      if (!placed) continue
      if (placed !== event) moved.push(placed)
      facts.push(placed)
      work.record = withEvent(work.record, placed)
      spent.push(...work.legs.apply(placed))
      const rung = stepIn(placed, work.record)
      if (rung) await targets.apply(rung.target, rung.step)
    }
    const written = new Map<string, KnownCall>()
    const steps: Step[] = [...this.#statements.insert('call_events', facts.map(asRow))]
    const begun = firsts(facts)
    const sums = new RollUpTotal()
    for (const [callId, { record, stored, legs, unlinked, before, rolledUp: counted }] of calls) {
      if (!record) continue
      const rows = project(record)
      steps.push(...callRows(this.#statements, stored, rows, before === undefined, this.owner))
      const [first, over] = [begun.get(callId), record.ending !== undefined]
      if (first !== undefined && (over || !unlinked)) steps.push(unlinkedStep(this.#statements, callId, first, record.lastSeq))
      if (!counted) steps.push(rolledUp(this.#statements, callId))
      sums.add(rollUpChange(counted ? rollUpOf(before) : new Map(), rollUpOf(record)))
      written.set(callId, { record, rows, legs, unlinked: !over, rolledUp: true })
    }
    steps.push(...targets.steps(), ...spendSteps(this.#statements, spent), ...addToRollUps(this.#statements, sums.rows()))
    if (steps.length > 0) await this.database.batch(steps)
    // Only now: a batch that was rolled back is not remembered.
    targets.keep()
    for (const [callId, known] of written) this.#remember(callId, known)
    return moved
  }

  async #rebuildTargets(transaction: Db): Promise<void> {
    for await (const target of allTargets(transaction)) {
      const { figures, rungAt } = await targetFromRecord(transaction, target)
      if (figures === undefined) continue
      for (const step of this.#statements.insert('targets', [rowOfTarget(figures)])) await runOn(transaction, step)
      for (const [candidate, at] of rungAt) await runOn(transaction, laterRung(this.#statements, candidate, at))
    }
  }

  async #begin({ callId, seq }: CallEvent, again: boolean): Promise<Work> {
    const known = this.#known.get(callId)
    // The record is a value; the legs are followed, and are read off the disk again where this batch fails.
    if (known)
      return {
        record: known.record,
        legs: known.legs,
        stored: known.rows,
        unlinked: known.unlinked,
        before: known.record,
        rolledUp: known.rolledUp,
      }
    const legs = new LegsOfCall()
    // A call's first fact: nothing is there, or the database refuses a second one of that number and the call is read.
    if (seq === 1 && !again) return { record: undefined, legs, stored: undefined, unlinked: false, before: undefined, rolledUp: true }
    const events = await eventsOf(this.database.db, callId, this.#statements)
    for (const event of events) legs.apply(event)
    const record = callRecord(events)
    const row = await this.database.db.selectFrom('calls').select('rolled_up').where('call_id', '=', callId).executeTakeFirst()
    return { record, legs, stored: undefined, unlinked: false, before: record, rolledUp: record === undefined || row?.rolled_up != null }
  }

  /** @returns undefined: the very same fact exists already */
  async #place(event: CallEvent, { record }: Work, facts: readonly CallEvent[]): Promise<CallEvent | undefined> {
    const sameBatch = facts.find((fact) => fact.callId === event.callId && fact.seq === event.seq)
    const there = sameBatch
      ? asRow(sameBatch)
      : await this.database.db
          .selectFrom('call_events')
          .selectAll()
          .where('call_id', '=', event.callId)
          .where('seq', '=', event.seq)
          .executeTakeFirst()
    return there && isSameFact(there, event) ? undefined : { ...event, seq: (record?.lastSeq ?? 0) + 1 }
  }

  #remember(callId: string, known: KnownCall): void {
    this.#known.delete(callId)
    this.#known.set(callId, known)
    if (this.#known.size <= keptCalls) return
    const oldest = this.#known.keys().next()
    if (!oldest.done) this.#known.delete(oldest.value)
  }
}

/** Of each call the first of these facts. */
function firsts(facts: readonly CallEvent[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { callId, seq } of facts) found.set(callId, Math.min(seq, found.get(callId) ?? seq))
  return found
}
