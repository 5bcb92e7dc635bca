import { unknownOrigin } from '../../src/facts/actor.js'
import { callRecord } from '../../src/facts/call-record.js'
import type { CallEvent, CallFact } from '../../src/facts/events.js'
import { rollUpOf, RollUpTotal } from '../../src/figures/roll-up.js'
import {
  hashOfEntry,
  hashOfFacts,
  nextLink,
  rowOfLink,
  type Covers,
  type Link,
  type LinkedEntry,
  type LinkedFacts,
} from '../../src/store/chain/link.js'
import { callsInOne, entriesInOne } from '../../src/store/chain/chain-writer.js'
import { originColumns } from '../../src/store/origin-columns.js'
import { project } from '../../src/store/projection.js'
import type { CallEventsTable, LedgerTable, Schema } from '../../src/store/schema.js'
import { LegsOfCall } from '../../src/store/spending.js'
import { rowOfTarget, stepIn } from '../../src/store/target-rows.js'
import { withStep, type TargetFigures } from '../../src/watch-list/target-figures.js'
import type { Selectable } from 'kysely'
import type { MadeCall } from './made-calls.js'

export type Take = (table: keyof Schema, row: object) => void

const origin = originColumns(unknownOrigin)

/** As `asRow` makes it. The field `type` comes first in every fact made here. */
function rowOfFact(callId: string, seq: number, at: number, elapsedMs: number, fact: CallFact): Selectable<CallEventsTable> {
  const text = JSON.stringify(fact)
  const end = `{"type":"${fact.type}"`.length
  return {
    call_id: callId,
    seq,
    at,
    elapsed_ms: elapsedMs,
    ...origin,
    type: fact.type,
    data: text[end] === ',' ? `{${text.slice(end + 1)}` : '{}',
  }
}

/** One of this many call-backs is still open. */
const openOneIn = 50

/**
 * The rows of a past, each once and in its final state: the same as from the store's own writer, fact by fact (a test compares the two), in a fraction of the time. Its calls are linked, so that no background work
 * remains during the measurement.
 */
export class PastRows {
  readonly #sums = new RollUpTotal()
  readonly #targets = new Map<string, TargetFigures>()
  readonly #candidates = new Map<string, number>()
  readonly #spent = new Map<string, { readonly quarter: number; readonly account: string; ms: number }>()
  readonly #linked: LinkedFacts[] = []
  readonly #entries: LinkedEntry[] = []
  #entry = 0
  #link: Link | undefined

  /** @param now when the past ends and its links were made, wall-clock ms */
  constructor(
    private readonly take: Take,
    private readonly now: number,
  ) {
    this.#cover({ kind: 'past', until: now, calls: [] })
  }

  /** In the order of their arrival. */
  call(made: MadeCall): void {
    const events = eventsOf(made)
    const record = callRecord(events)
    if (record === undefined) return
    const rows = made.facts.map(({ at, elapsedMs, fact }, index) => rowOfFact(made.callId, index + 1, at, elapsedMs, fact))
    for (const row of rows) this.take('call_events', row)
    const { call, attempts, recordings } = project(record)
    this.take('calls', { ...call, rolled_up: 1, owner: null })
    for (const row of attempts) this.take('attempts', row)
    for (const row of recordings) this.take('recordings', row)
    this.#sums.add(rollUpOf(record))
    const legs = new LegsOfCall()
    for (const event of events) {
      for (const { quarter, account, ms } of legs.apply(event)) {
        const key = `${quarter} ${account}`
        this.#spent.set(key, { quarter, account, ms: ms + (this.#spent.get(key)?.ms ?? 0) })
      }
      const rung = stepIn(event, record)
      if (rung === undefined) continue
      const now = withStep(rung.target, this.#targets.get(rung.target), rung.step)
      if (now !== undefined) this.#targets.set(rung.target, now)
      if (rung.step.type === 'started')
        this.#candidates.set(rung.step.candidate, Math.max(rung.step.at, this.#candidates.get(rung.step.candidate) ?? 0))
    }
    this.#linked.push([record.callId, 1, rows.length, hashOfFacts(rows)])
    if (this.#linked.length === callsInOne) this.#cover({ kind: 'calls', calls: this.#linked.splice(0) })
    for (const entry of entriesOf(made)) this.#note(entry)
  }

  end(): void {
    if (this.#linked.length > 0) this.#cover({ kind: 'calls', calls: this.#linked.splice(0) })
    for (let start = 0; start < this.#entries.length; start += entriesInOne) {
      const entries = this.#entries.slice(start, start + entriesInOne)
      this.#cover({ kind: 'entries', through: entries.at(-1)?.[0] ?? 0, entries })
    }
    for (const row of this.#sums.rows()) this.take('roll_ups', row)
    let id = 0
    for (const figures of this.#targets.values()) this.take('targets', { id: ++id, ...rowOfTarget(figures), version: 0 })
    for (const [candidate, at] of this.#candidates) this.take('candidates', { candidate, last_rung_at: at })
    for (const row of this.#spent.values()) this.take('spending', row)
    this.take('engines', { node: '', alive_at: this.now })
  }

  #note({ subject, at, type, data }: PastEntry): void {
    const row: Selectable<LedgerTable> = {
      seq: ++this.#entry,
      topic: 'arrangement',
      subject,
      at,
      ...origin,
      type,
      data: JSON.stringify(data),
    }
    this.take('ledger', row)
    this.#entries.push([this.#entry, hashOfEntry(row)])
  }

  #cover(covers: Covers): void {
    this.#link = nextLink(this.#link, covers, this.now, '')
    this.take('links', rowOfLink(this.#link))
  }
}

export function eventsOf({ callId, facts }: MadeCall): readonly CallEvent[] {
  return facts.map(({ at, elapsedMs, fact }, index) => ({ ...unknownOrigin, callId, seq: index + 1, at, elapsedMs, ...fact }))
}

export interface PastEntry {
  readonly subject: string
  readonly at: number
  readonly type: string
  readonly data: object
}

/** The arrangement of this call and its result, as the engine notes it. */
export function entriesOf({ arrangement, callId, facts }: MadeCall): readonly PastEntry[] {
  if (arrangement === undefined) return []
  const [first, last] = [facts[0]?.at ?? 0, facts.at(-1)?.at ?? 0]
  const note = (at: number, type: string, data: object): PastEntry => ({ subject: arrangement, at, type, data })
  return [
    note(first - 3_600_000, 'made', {
      made: {
        kind: 'callBack',
        madeAt: first - 3_600_000,
        madeBy: { kind: 'staff' },
        line: 'line-3',
        patientNumber: '+441632960889',
        dueAt: first + 3_600_000,
        clinician: 'dr-7',
      },
    }),
    note(first, 'begun', { callId, clinician: 'dr-7' }),
    note(last, 'ended', { callId, talked: true }),
    ...(Number(arrangement.split('-')[1]) % (40 * openOneIn) === 7 ? [] : [note(last, 'closed', { how: 'done' })]),
  ]
}
