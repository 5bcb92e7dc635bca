import type { Alarms } from '../calls/alarms.js'
import type { ArrangementId } from '../calls/arrangements.js'
import type { Clock } from '../clock/clock.js'
import type { Ledger, LedgerEntry } from '../store/ledger.js'
import { isSettled, stateOf, type Arrangement } from './arrangement.js'
import { checkpointSubject, dataOfCheckpoint, entriesSince, type Loaded } from './checkpoint.js'
import { dataOf, stepOf, withStep, type Step } from './story.js'

export interface DiaryOptions {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly alarms: Alarms
  /** So many entries after the last checkpoint the next one is written: what has to be read at a start stays bounded. Default 20,000. */
  readonly entriesPerCheckpoint?: number
}

/** What is settled stays in memory, and in the lists, for so long; after that it is found by its id. */
export const settledKeptMs = 3 * 24 * 60 * 60_000
const defaultEntriesPerCheckpoint = 20_000
const owedRetryMs = 10_000
const pruneEveryMs = 60 * 60_000

/** A step that the facts of calls have told, and the ledger could not take yet. */
interface Owed {
  readonly id: ArrangementId
  readonly step: Step
}

/**
 * Everything that was arranged: the ledger is the truth of what was asked for, the facts of the calls of what came of it; memory follows them. What
 * people ask for is on disk before it is in memory (`write`). What the facts of a call say is in memory at once, because it is on disk
 * already, as those facts (`note`); an entry that the ledger cannot take is owed to it, and read off the facts again at the next start.
 *
 * What happens to one arrangement happens in turn (`inTurn`): whoever looks and then writes is alone with it meanwhile.
 */
export class Diary {
  readonly #known = new Map<ArrangementId, Arrangement>()
  readonly #byCall = new Map<string, ArrangementId>()
  /** `seq` of the entry that made it, of those that are known. */
  readonly #madeAtSeq = new Map<ArrangementId, number>()
  readonly #turns = new Map<ArrangementId, Promise<unknown>>()
  #owed: Owed[] = []
  #sinceCheckpoint = 0
  #lastSeq = 0
  #cancelRetry: (() => void) | undefined
  #prunedAt: number

  private constructor(private readonly options: DiaryOptions) {
    this.#prunedAt = options.clock.now()
  }

  /** Reads what is open, and what was settled lately, from the ledger. Rejects when the ledger cannot be asked. */
  static async open(options: DiaryOptions): Promise<Diary> {
    const diary = new Diary(options)
    diary.#load(await entriesSince(options.ledger))
    diary.#prune()
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

  /** As `get`, also for one that was settled long ago. Rejects when the ledger cannot be asked. */
  async find(id: ArrangementId): Promise<Arrangement | undefined> {
    return this.#known.get(id) ?? folded(id, await this.options.ledger.entriesAbout('arrangement', [id]))
  }

  /** As `find`, and it is in memory, and in the lists, from now on: something is about to happen to it. In turn only. */
  async recall(id: ArrangementId): Promise<Arrangement | undefined> {
    const known = this.#known.get(id)
    if (known) return known
    const entries = await this.options.ledger.entriesAbout('arrangement', [id])
    const arrangement = folded(id, entries)
    if (!arrangement) return undefined
    const made = entries.find(({ type }) => type === 'made')
    if (made) this.#madeAtSeq.set(id, made.seq)
    this.#keep(arrangement)
    return arrangement
  }

  /** Those of these ids that were never made, and not noted on another one. Rejects when the ledger cannot be asked. */
  async missing(ids: readonly ArrangementId[]): Promise<ReadonlySet<ArrangementId>> {
    const missing = new Set(ids.filter((id) => !this.#known.has(id)))
    for (const { subject, type } of await this.options.ledger.entriesAbout('arrangement', [...missing])) if (type === 'made' || type === 'repeats') missing.delete(subject)
    return missing
  }

  /** The arrangement that a call carries, or carried. */
  ofCall(callId: string): ArrangementId | undefined {
    return this.#byCall.get(callId)
  }

  /** Says beforehand which arrangement a call is going to carry, so that its facts find it. */
  expect(callId: string, id: ArrangementId): void {
    this.#byCall.set(callId, id)
  }

  /** It is not going to. */
  expectNot(callId: string, id: ArrangementId): void {
    if (this.#byCall.get(callId) === id && !this.#known.get(id)?.tries.some((one) => one.callId === callId)) this.#byCall.delete(callId)
  }

  /** Steps that are in memory and not in the ledger. */
  get owed(): number {
    return this.#owed.length
  }

  /** Does `work` when everything asked for before about this arrangement is done. Rejects as `work` does. */
  inTurn<T>(id: ArrangementId, work: () => Promise<T>): Promise<T> {
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

  /** One more step: on disk, then in memory. Rejects in the database's words when it is not on disk; nothing has changed then. In turn only. */
  async write(id: ArrangementId, step: Step): Promise<Arrangement | undefined> {
    await this.#payFor(id)
    const entry = await this.#append(id, step)
    return this.#apply(id, step, entry.at)
  }

  /** One more step that the facts of a call have told. Never rejects. In turn only. */
  async note(id: ArrangementId, step: Step): Promise<Arrangement | undefined> {
    const now = this.#apply(id, step, this.options.clock.now())
    // The talk that runs is told for good by its end.
    if (step.type === 'talked') return now
    await this.#payFor(id)
      .then(() => this.#append(id, step))
      .catch((error: unknown) => this.#owe({ id, step }, error))
    return now
  }

  /** Stops the timers, when what is under way is done. */
  async close(): Promise<void> {
    await this.settled()
    this.#cancelRetry?.()
    this.#cancelRetry = undefined
  }

  async #append(id: ArrangementId, step: Step): Promise<LedgerEntry> {
    const entry = await this.options.ledger.append('arrangement', id, step.type, dataOf(step))
    this.#lastSeq = Math.max(this.#lastSeq, entry.seq)
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
    this.options.alarms.raise('arrangements.notKept', `${this.#owed.length} steps of arranged calls are not in the ledger yet: ${error instanceof Error ? error.message : String(error)}`)
    this.#cancelRetry ??= this.options.clock.after(owedRetryMs, () => {
      this.#cancelRetry = undefined
      for (const id of new Set(this.#owed.map((one) => one.id))) void this.inTurn(id, () => this.#payFor(id)).catch((again: unknown) => this.#payLater(again))
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

  #load({ entries, from }: Loaded): void {
    for (const entry of entries) {
      const step = stepOf(entry)
      if (!step) continue
      if (step.type === 'made') this.#madeAtSeq.set(entry.subject, entry.seq)
      const after = withStep(entry.subject, this.#known.get(entry.subject), step, entry.at)
      if (after) this.#keep(after)
      if (entry.seq >= from) this.#sinceCheckpoint++
      this.#lastSeq = Math.max(this.#lastSeq, entry.seq)
    }
  }

  #prune(): void {
    const now = this.options.clock.now()
    this.#prunedAt = now
    for (const [id, arrangement] of this.#known) {
      const expiredAt = arrangement.kind === 'callBack' ? 0 : arrangement.expiresAt
      if (Math.max(arrangement.changedAt, expiredAt) > now - settledKeptMs || !isSettled(stateOf(arrangement, now)) || this.#turns.has(id)) continue
      this.#known.delete(id)
      this.#madeAtSeq.delete(id)
      for (const { callId } of arrangement.tries) this.#byCall.delete(callId)
    }
  }

  /** A checkpoint that cannot be written is not missed: the next start reads more. */
  async #checkpointWhenDue(): Promise<void> {
    if (this.#sinceCheckpoint < (this.options.entriesPerCheckpoint ?? defaultEntriesPerCheckpoint) || this.#owed.length > 0) return
    this.#sinceCheckpoint = 0
    this.#prune()
    const data = dataOfCheckpoint(this.#known.values(), this.#madeAtSeq, { lastSeq: this.#lastSeq, recentSince: this.options.clock.now() - settledKeptMs })
    await this.options.ledger.append('arrangement', checkpointSubject, 'checkpoint', data).catch(() => undefined)
  }
}

/** One arrangement from its entries. */
function folded(id: ArrangementId, entries: readonly LedgerEntry[]): Arrangement | undefined {
  let arrangement: Arrangement | undefined
  for (const entry of entries) {
    const step = stepOf(entry)
    if (step) arrangement = withStep(id, arrangement, step, entry.at)
  }
  return arrangement
}
