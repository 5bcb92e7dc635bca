import { messageOf } from '../common/errors.js'
import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { Actor } from '../facts/actor.js'
import { actorOf, type Step } from '../facts/arrangement-steps.js'
import type { ArrangementId, Arrangement } from '../facts/arrangement.js'
import type { Signals } from '../fleet/signals.js'
import type { Turns } from '../fleet/turns.js'
import { bySubject, type Ledger, type LedgerCondition, type LedgerEntry } from '../store/ledger.js'
import { isSettled, stateOf } from './arrangement.js'
import { checkpointSubject, dataOfCheckpoint, entriesSince, type Loaded } from './checkpoint.js'
import { dataOf, folded, stepOf, withStep } from './story.js'

export interface DiaryOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly alarms: Alarms
  /** Entries between checkpoints: they bound what a start has to read. Default 20,000. */
  readonly entriesPerCheckpoint?: number
  /** Other engines that write to the same ledger: their entries are followed, and an arrangement that is read and then changed is changed by one engine at a time. */
  readonly others?: OtherEngines | undefined
  /** Called with an arrangement that another engine has made or changed. */
  readonly onFollowed?: (arrangement: Arrangement) => void
}

export interface OtherEngines {
  readonly signals: Signals
  readonly turns: Turns
}

/** A settled one stays in memory and in the lists this long; after that it is found by its id. */
export const settledKeptMs = 3 * 24 * 60 * 60_000
const defaultEntriesPerCheckpoint = 20_000
/** Entries are numbered before they are committed: up to this many concurrent ones may appear after later ones. */
const underWay = 64
const owedRetryMs = 10_000
const pruneEveryMs = 60 * 60_000

/** A step known from the facts of calls that the ledger could not take yet. */
interface Owed {
  readonly id: ArrangementId
  readonly step: Step
}

/**
 * Everything that was arranged: the ledger is the truth of what was asked for, the calls' facts of what came of it; memory follows them. What
 * people ask for is on disk before it is in memory (`write`). What the facts of a call say is in memory at once, because it is on disk
 * already as those facts (`note`); an entry that the ledger cannot take is owed to it, and read from the facts again at the next start.
 *
 * Changes to one arrangement happen in turn (`inTurn`): between reading and writing no other code changes it, in any engine of the store, and
 * by then the other engines' changes have been read.
 */
export class Diary {
  readonly #known = new Map<ArrangementId, Arrangement>()
  readonly #byCall = new Map<string, ArrangementId>()
  /** `seq` of the entry that made each known arrangement. */
  readonly #madeAtSeq = new Map<ArrangementId, number>()
  readonly #turns = new Map<ArrangementId, Promise<unknown>>()
  /** `seq` of the last entry in memory of each arrangement. */
  readonly #lastSeqOf = new Map<ArrangementId, number>()
  /** Entries in memory, among those that may still appear late. */
  #seen = new Set<number>()
  readonly #catching = new Set<Promise<void>>()
  #unfollow: () => void = () => undefined
  #owed: Owed[] = []
  #sinceCheckpoint = 0
  #lastSeq = 0
  #cancelRetry: (() => void) | undefined
  #prunedAt: number

  private constructor(private readonly options: DiaryOptions) {
    this.#prunedAt = options.clock.now()
  }

  /** Reads open and lately settled arrangements from the ledger. Rejects if the ledger does not answer. */
  static async open(options: DiaryOptions): Promise<Diary> {
    const diary = new Diary(options)
    await diary.#load(await entriesSince(options.ledger))
    diary.#prune()
    // If unreadable now, it is read at the next turn or signal.
    if (options.others) diary.#unfollow = options.others.signals.on('arrangements', () => void diary.catchUp().catch(() => undefined))
    await diary.#checkpointWhenDue()
    return diary
  }

  /** Open ones, running ones, and those settled within `settledKeptMs`. */
  values(): IterableIterator<Arrangement> {
    return this.#known.values()
  }

  get size(): number {
    return this.#known.size
  }

  get(id: ArrangementId): Arrangement | undefined {
    return this.#known.get(id)
  }

  /** As `get`, also for one settled long ago. Rejects if the ledger does not answer. */
  async find(id: ArrangementId): Promise<Arrangement | undefined> {
    return this.#known.get(id) ?? folded(id, await this.options.ledger.entriesAbout('arrangement', [id]))
  }

  /** As `find`, and keeps it in memory and in the lists from now on: it is about to change. In turn only. */
  async recall(id: ArrangementId): Promise<Arrangement | undefined> {
    const known = this.#known.get(id)
    if (known) return known
    const entries = await this.options.ledger.entriesAbout('arrangement', [id])
    const arrangement = folded(id, entries)
    if (!arrangement) return undefined
    const made = entries.find(({ type }) => type === 'made')
    if (made) this.#madeAtSeq.set(id, made.seq)
    this.#lastSeqOf.set(id, entries.at(-1)?.seq ?? 0)
    this.#keep(arrangement)
    return arrangement
  }

  /** Those of these ids that were never made, nor noted on another one. Rejects if the ledger does not answer. */
  async missing(ids: readonly ArrangementId[]): Promise<ReadonlySet<ArrangementId>> {
    const missing = new Set(ids.filter((id) => !this.#known.has(id)))
    for (const { subject, type } of await this.options.ledger.entriesAbout('arrangement', [...missing]))
      if (type === 'made' || type === 'repeats') missing.delete(subject)
    return missing
  }

  /** The arrangement that a call carries, or carried. */
  ofCall(callId: string): ArrangementId | undefined {
    return this.#byCall.get(callId)
  }

  /** Announces which arrangement a call will carry, so that its facts find it. */
  expect(callId: string, id: ArrangementId): void {
    this.#byCall.set(callId, id)
  }

  /** Withdraws that. */
  expectNot(callId: string, id: ArrangementId): void {
    if (this.#byCall.get(callId) === id && !this.#known.get(id)?.tries.some((one) => one.callId === callId)) this.#byCall.delete(callId)
  }

  /** Steps that are in memory and not in the ledger. */
  get owed(): number {
    return this.#owed.length
  }

  /** Runs `work` after all earlier work on this arrangement, in any engine. Rejects as `work` does. */
  inTurn<T>(id: ArrangementId, work: () => Promise<T>): Promise<T> {
    const { others } = this.options
    if (!others) return this.#after(id, work)
    return this.#after(id, () =>
      others.turns.inTurn(`arrangement ${id}`, async () => {
        // If the ledger does not answer, nothing is written either, except what the facts of a running call say.
        await this.options.ledger.entriesAbout('arrangement', [id]).then(
          (entries) => this.#follow(id, entries),
          () => undefined,
        )
        return work()
      }),
    )
  }

  /** As `inTurn`, for work that looks at all arrangements. `what`: not an arrangement's id. May take turns of arrangements, never the other way round. */
  inTurnOfAll<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { others } = this.options
    if (!others) return this.#after(what, work)
    return this.#after(what, () =>
      others.turns.inTurn(`arrangements: ${what}`, async () => {
        await this.catchUp().catch(() => undefined)
        return work()
      }),
    )
  }

  /** Reads what other engines have written into memory. Not in turn of an arrangement. Rejects if the ledger does not answer. */
  async catchUp(): Promise<void> {
    if (!this.options.others) return
    const catching = this.#catchUpNow()
    this.#catching.add(catching)
    try {
      // An earlier catch-up that saw it first may not have put it into memory yet.
      await Promise.all(this.#catching)
    } finally {
      this.#catching.delete(catching)
    }
  }

  async #catchUpNow(): Promise<void> {
    const fresh = new Set<ArrangementId>()
    for await (const entry of this.options.ledger.entries('arrangement', this.#lastSeq - underWay + 1)) {
      if (!this.#seen.has(entry.seq) && stepOf(entry)) fresh.add(entry.subject)
      this.#note(entry.seq)
    }
    const changed = bySubject(await this.options.ledger.entriesAbout('arrangement', [...fresh]))
    await Promise.all([...changed].map(([id, entries]) => this.#after(id, () => Promise.resolve(this.#follow(id, entries)))))
  }

  /** Runs `work` after everything that this engine has under way for an arrangement. */
  #after<T>(id: ArrangementId, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(id) ?? Promise.resolve()
    const turn = before.then(work, work)
    const last: Promise<void> = turn.then(
      () => this.#over(id, last),
      () => this.#over(id, last),
    )
    this.#turns.set(id, last)
    return turn
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#turns.size > 0) await Promise.all(this.#turns.values())
  }

  /** The arrangement from its entries. What is only in memory stays: a running talk, and what the ledger is owed. */
  #follow(id: ArrangementId, entries: readonly LedgerEntry[]): void {
    const last = entries.at(-1)?.seq ?? 0
    if (last <= (this.#lastSeqOf.get(id) ?? 0)) return
    let arrangement = folded(id, entries)
    if (!arrangement) return
    const talks = new Set(
      this.#known
        .get(id)
        ?.tries.filter(({ talked }) => talked)
        .map(({ callId }) => callId),
    )
    arrangement = { ...arrangement, tries: arrangement.tries.map((one) => (talks.has(one.callId) ? { ...one, talked: true } : one)) }
    for (const { step } of this.#owed.filter((one) => one.id === id))
      arrangement = withStep(id, arrangement, step, this.options.clock.now()) ?? arrangement
    this.#lastSeqOf.set(id, last)
    const made = entries.find(({ type }) => type === 'made')
    if (made) this.#madeAtSeq.set(id, made.seq)
    this.#keep(arrangement)
    this.options.onFollowed?.(arrangement)
  }

  #note(seq: number): void {
    this.#lastSeq = Math.max(this.#lastSeq, seq)
    if (!this.options.others) return
    this.#seen.add(seq)
    if (this.#seen.size > 4 * underWay) this.#seen = new Set([...this.#seen].filter((one) => one > this.#lastSeq - underWay))
  }

  /** One more step: on disk, then in memory. `actor`: who did it, if not the usual actor of such a step. Rejects with the database's error when it is not on disk; nothing has changed then. In turn only. */
  async write(id: ArrangementId, step: Step, actor: Actor = actorOf(step)): Promise<Arrangement | undefined> {
    await this.#payFor(id)
    const entry = await this.#append(id, step, actor, this.options.others && { after: this.#lastSeqOf.get(id) ?? 0 })
    return this.#apply(id, step, entry.at)
  }

  /** One more step from the facts of a call. Never rejects. In turn only. */
  async note(id: ArrangementId, step: Step): Promise<Arrangement | undefined> {
    const now = this.#apply(id, step, this.options.clock.now())
    // A running talk is written at its end.
    if (step.type === 'talked') return now
    await this.#payFor(id)
      .then(() => this.#append(id, step))
      .catch((error: unknown) => this.#owe({ id, step }, error))
    return now
  }

  /** Stops the timers once the work under way is done. */
  async close(): Promise<void> {
    this.#unfollow()
    await this.settled()
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  async #append(id: ArrangementId, step: Step, actor: Actor = actorOf(step), condition?: LedgerCondition): Promise<LedgerEntry> {
    const entry = await this.options.ledger.append('arrangement', id, step.type, dataOf(step), actor, condition)
    this.#note(entry.seq)
    this.#lastSeqOf.set(id, entry.seq)
    this.options.others?.signals.tell('arrangements', id)
    if (step.type === 'made') this.#madeAtSeq.set(id, entry.seq)
    this.#sinceCheckpoint++
    return entry
  }

  #apply(id: ArrangementId, step: Step, at: number): Arrangement | undefined {
    const after = withStep(id, this.#known.get(id), step, at)
    if (after) this.#keep(after)
    if (this.options.clock.now() - this.#prunedAt > pruneEveryMs) this.#prune()
    return after
  }

  #keep(arrangement: Arrangement): void {
    this.#known.set(arrangement.id, arrangement)
    for (const { callId } of arrangement.tries) if (!this.#byCall.has(callId)) this.#byCall.set(callId, arrangement.id)
  }

  #over(id: ArrangementId, last: Promise<unknown>): void {
    if (this.#turns.get(id) === last) this.#turns.delete(id)
    if (this.#turns.size === 0) void this.#checkpointWhenDue()
  }

  #owe(owed: Owed, error: unknown): void {
    this.#owed.push(owed)
    this.#payLater(error)
  }

  #payLater(error: unknown): void {
    this.options.alarms.raise(
      'arrangements.notKept',
      `${this.#owed.length} steps of arranged calls are not in the ledger yet: ${messageOf(error)}`,
    )
    this.#cancelRetry ??= this.options.clock.after(owedRetryMs, () => {
      this.#cancelRetry = undefined
      for (const id of new Set(this.#owed.map((one) => one.id)))
        void this.inTurn(id, () => this.#payFor(id)).catch((again: unknown) => this.#payLater(again))
    })
  }

  /** Writes what the ledger is owed about this arrangement. Rejects when it still cannot take it. */
  async #payFor(id: ArrangementId): Promise<void> {
    for (let next = this.#owedOf(id); next; next = this.#owedOf(id)) {
      const paid = next
      await this.#append(id, paid.step)
      this.#owed = this.#owed.filter((one) => one !== paid)
      if (this.#owed.length === 0) this.options.alarms.clear('arrangements.notKept')
    }
  }

  #owedOf(id: ArrangementId): Owed | undefined {
    return this.#owed.find((one) => one.id === id)
  }

  async #load({ entries, from }: Loaded): Promise<void> {
    for await (const entry of entries) {
      const step = stepOf(entry)
      if (!step) continue
      if (step.type === 'made') this.#madeAtSeq.set(entry.subject, entry.seq)
      const after = withStep(entry.subject, this.#known.get(entry.subject), step, entry.at)
      if (after) this.#keep(after)
      if (entry.seq >= from) this.#sinceCheckpoint++
      this.#note(entry.seq)
      this.#lastSeqOf.set(entry.subject, entry.seq)
    }
  }

  #prune(): void {
    const now = this.options.clock.now()
    this.#prunedAt = now
    for (const [id, arrangement] of this.#known) {
      const expiredAt = arrangement.kind === 'callBack' ? 0 : arrangement.expiresAt
      if (Math.max(arrangement.changedAt, expiredAt) > now - settledKeptMs || !isSettled(stateOf(arrangement, now)) || this.#turns.has(id))
        continue
      this.#known.delete(id)
      this.#madeAtSeq.delete(id)
      this.#lastSeqOf.delete(id)
      for (const { callId } of arrangement.tries) this.#byCall.delete(callId)
    }
  }

  /** A failed checkpoint does no harm: the next start reads more. */
  async #checkpointWhenDue(): Promise<void> {
    if (this.#sinceCheckpoint < (this.options.entriesPerCheckpoint ?? defaultEntriesPerCheckpoint) || this.#owed.length > 0) return
    this.#sinceCheckpoint = 0
    this.#prune()
    // Work under way in other engines is read by `seq`, not by name.
    const lastSeq = this.options.others ? Math.max(0, this.#lastSeq - underWay) : this.#lastSeq
    const data = dataOfCheckpoint(this.#known.values(), this.#madeAtSeq, { lastSeq, recentSince: this.options.clock.now() - settledKeptMs })
    await this.options.ledger.append('arrangement', checkpointSubject, 'checkpoint', data).catch(() => undefined)
  }
}
