import { messageOf } from '../common/errors.js'
import type { Alarms } from '../alarms/alarms.js'
import { engine, type Actor, type Origin } from '../facts/actor.js'
import type { Moment } from '../facts/call-time.js'
import type { Spill } from './spill-file.js'
import { isRunOver, storeTrouble } from './store-error.js'
import { mustBeDurable, type CallEvent, type CallFact, type EventLog } from '../facts/events.js'

/** Facts on which nothing depends wait this long for others, to share one write to the disk. A durable fact never waits. */
const lingerMs = 20
const factsPerWrite = 1_000
/** Between two tries of a store that cannot write. */
const firstRetryMs = 250
const longestRetryMs = 5_000
/** Calls whose last `seq` is kept in memory. */
const keptCalls = 20_000

export interface EventLogSettings {
  /** Writes facts, all or none; resolves when they are on the disk. */
  readonly write: (events: readonly CallEvent[]) => Promise<readonly CallEvent[]>
  /** Last `seq` on disk of a call that this log has not seen yet; 0 for none. */
  readonly lastSeq: (callId: string) => Promise<number>
  readonly alarms: Alarms
  /** Where facts are kept while they cannot be written. Undefined: in memory alone. */
  readonly spill?: Spill | undefined
  readonly durableWaitMs: number
  /** Name of this engine, written beside every fact. */
  readonly node: string
  /** Called when the database refuses every fact of this run of the engine, because the run is over: they are not kept anywhere. */
  readonly onRunOver?: (() => void) | undefined
  /** Wall-clock ms. */
  readonly now: () => number
  /** Monotonic ms. */
  readonly monotonic: () => number
}

interface Queued {
  readonly event: CallEvent
  readonly durable: boolean
  /** `kept`: the fact is on the disk. Otherwise it will be when the store can write again. */
  readonly settle: (kept: boolean) => void
}

/** How far a call's numbering has come. `last` is undefined until the store has said. */
interface Numbering {
  last: number | undefined
  /** Appends of a call from before the start wait here, in order, until `last` is known. */
  waiting: Promise<void>
  ended: boolean
  /** Monotonic ms of the call's first fact. Undefined for a call that began before this log did: its time is no longer known. */
  readonly beganAt: number | undefined
}

/**
 * The event log over a store that writes in groups: whatever has gathered while one write was under way goes into the next, in one
 * transaction and one wait for the disk. Facts reach the disk in the order of `append`, so a durable fact is never there without those
 * before it.
 *
 * Modes, changed in `#write` only: idle (nothing to write) → lingering (only facts that can wait) → writing → idle; a write that
 * fails leads to retrying (`store.cannotWrite` is up, every fact stays in memory, durable appends are told at once that they are not
 * on disk) until one succeeds.
 */
export class StoredEventLog implements EventLog {
  readonly #listeners = new Set<(event: CallEvent) => void>()
  readonly #numbering = new Map<string, Numbering>()
  #queue: Queued[] = []
  #writing: Promise<void> | undefined
  #linger: NodeJS.Timeout | undefined
  #wakeRetry: (() => void) | undefined
  #failing: string | undefined
  /** A fact was not on disk in time, and nothing has been written since. */
  #slow = false
  /** Facts at the head of the queue that are in the spill, or on their way there. */
  #spilled = 0
  #spilling: Promise<boolean> = Promise.resolve(true)
  #closed = false
  /** Closed while the store could not write: what is left stays unwritten. */
  #abandoned = false

  constructor(private readonly settings: EventLogSettings) {}

  append(callId: string, fact: CallFact, actor: Actor = engine): Promise<CallEvent | undefined> {
    const numbering = this.#numberingOf(callId, fact)
    const elapsed = numbering.beganAt === undefined ? {} : { elapsedMs: Math.round(this.settings.monotonic() - numbering.beganAt) }
    return this.#inTurn(callId, fact, { at: this.settings.now(), ...elapsed, actor, node: this.settings.node }, numbering)
  }

  /** As `append`, for a fact that happened earlier than it became known (closing what a dead engine left open). */
  appendAt(callId: string, fact: CallFact, at: number, actor: Actor = engine): Promise<CallEvent | undefined> {
    return this.#inTurn(callId, fact, { at, actor, node: this.settings.node }, this.#numberingOf(callId, fact))
  }

  #inTurn(callId: string, fact: CallFact, moment: Moment & Origin, numbering: Numbering): Promise<CallEvent | undefined> {
    if (numbering.last !== undefined) return this.#append(callId, fact, moment, numbering)
    const appended = numbering.waiting.then(() => this.#append(callId, fact, moment, numbering))
    numbering.waiting = appended.then(
      () => undefined,
      () => undefined,
    )
    return appended
  }

  /** Others have told facts of this call meanwhile: its numbering is asked for again. */
  readAgain(callId: string): void {
    this.#numbering.delete(callId)
  }

  subscribe(listener: (event: CallEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Facts in memory that are not on disk. */
  get queued(): number {
    return this.#queue.length
  }

  /** Why the store cannot write; undefined when it can. */
  get failing(): string | undefined {
    return this.#failing
  }

  /** Writes what is queued, for at most `withinMs`. @returns how many facts are kept nowhere */
  async close(withinMs: number): Promise<number> {
    this.#closed = true
    this.#kick(true)
    this.#wakeRetry?.()
    let timer: NodeJS.Timeout | undefined
    const tooLate = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs)
    })
    await Promise.race([this.#written(), tooLate])
    clearTimeout(timer)
    this.#abandoned = true
    this.#wakeRetry?.()
    this.#spill()
    return this.settings.spill !== undefined && (await this.#spilling) ? 0 : this.#queue.length
  }

  /** Keeps what is queued where it outlives this engine. */
  #spill(): void {
    const { spill, alarms } = this.settings
    const more = this.#queue.slice(this.#spilled).map(({ event }) => event)
    if (spill === undefined || more.length === 0) return
    this.#spilled = this.#queue.length
    const before = this.#spilling
    const kept = spill.keep(more).then(
      () => {
        alarms.clear('store.notSpilled')
        return before
      },
      (error: unknown) => {
        // All of it is tried again with the next fact, or the next try of the store; what is there twice is known for one fact.
        this.#spilled = 0
        this.#spilling = Promise.resolve(true)
        alarms.raise('store.notSpilled', `facts are in memory alone: ${storeTrouble(error)}`)
        return false
      },
    )
    this.#spilling = kept
  }

  /** @param written facts of the head of the queue that are in the store now */
  #leaveSpill(written: number): void {
    if (this.#spilled === 0) return
    this.#spilled = Math.max(0, this.#spilled - written)
    if (this.#spilled > 0) return
    this.#spilling = Promise.resolve(true)
    // Where that fails they are found there at the next start, and known for those that are in the store.
    this.settings.spill?.forget().catch(() => undefined)
  }

  async #written(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  #append(callId: string, fact: CallFact, moment: Moment & Origin, numbering: Numbering): Promise<CallEvent | undefined> {
    const seq = (numbering.last ?? 0) + 1
    numbering.last = seq
    if (fact.type === 'call.ended') numbering.ended = true
    const event: CallEvent = { callId, seq, ...moment, ...fact }
    const durable = mustBeDurable.has(fact.type)
    const settled = new Promise<CallEvent | undefined>((resolve) => {
      const timer = durable ? setTimeout(() => this.#tooSlow(settle), this.settings.durableWaitMs) : undefined
      const settle = (kept: boolean) => {
        clearTimeout(timer)
        resolve(kept || !durable ? event : undefined)
      }
      this.#queue.push({ event, durable, settle })
      // A store that is known to be down is not waited for: the alarm is up, the fact is in memory, and the caller is told.
      if (!durable || this.#failing !== undefined) settle(false)
    })
    if (this.#failing !== undefined) this.#spill()
    this.#tell(event)
    this.#kick(durable)
    return settled
  }

  #tooSlow(settle: (kept: boolean) => void): void {
    this.#slow = true
    this.#spill()
    this.settings.alarms.raise('store.slow', `a fact was not on disk after ${this.settings.durableWaitMs} ms`)
    settle(false)
  }

  #tell(event: CallEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.settings.alarms.raise('store.listenerFailed', `${event.type}: ${messageOf(error)}`)
      }
    }
  }

  #numberingOf(callId: string, fact: CallFact): Numbering {
    const known = this.#numbering.get(callId)
    if (known) return known
    const begins = fact.type === 'call.arrived' || fact.type === 'call.placed'
    const numbering: Numbering = {
      last: undefined,
      waiting: Promise.resolve(),
      ended: false,
      beganAt: begins ? this.settings.monotonic() : undefined,
    }
    this.#numbering.set(callId, numbering)
    this.#forget()
    if (begins) numbering.last = 0
    else {
      numbering.waiting = this.settings.lastSeq(callId).then(
        (last) => {
          numbering.last = last
        },
        () => {
          // The store cannot even be asked. It moves a fact whose place is taken when it writes (`CallDatabase.append`).
          numbering.last = 0
        },
      )
    }
    return numbering
  }

  /** Drops the numbering of calls long over. Only while nothing is queued, so that the store knows all of them. */
  #forget(): void {
    if (this.#numbering.size <= keptCalls || this.#queue.length > 0) return
    for (const [callId, numbering] of this.#numbering) {
      if (numbering.ended) this.#numbering.delete(callId)
      if (this.#numbering.size <= keptCalls / 2) return
    }
  }

  #kick(now: boolean): void {
    if (this.#writing || this.#queue.length === 0 || this.#abandoned) return
    if (!now && !this.#closed) {
      this.#linger ??= setTimeout(() => {
        this.#linger = undefined
        this.#kick(true)
      }, lingerMs)
      return
    }
    clearTimeout(this.#linger)
    this.#linger = undefined
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined
      this.#kick(this.#queue.some((one) => one.durable))
    })
  }

  async #write(): Promise<void> {
    let retryMs = firstRetryMs
    // After the first round only durable facts keep it going; the others linger for company.
    for (
      let first = true;
      !this.#abandoned &&
      this.#queue.length > 0 &&
      (first || this.#closed || this.#failing !== undefined || this.#queue.some((one) => one.durable));
      first = false
    ) {
      const batch = this.#queue.slice(0, factsPerWrite)
      try {
        const moved = await this.settings.write(batch.map((one) => one.event))
        if (moved.length > 0)
          this.settings.alarms.raise(
            'store.factsMoved',
            `${moved.length} facts had the number of another fact, first in call ${moved[0]?.callId ?? ''}`,
          )
        for (const event of moved) this.#renumber(event)
        this.#queue = this.#queue.slice(batch.length)
        for (const one of batch) one.settle(true)
        this.#leaveSpill(batch.length)
        this.#recovered()
        retryMs = firstRetryMs
      } catch (error) {
        this.#failing = storeTrouble(error)
        if (isRunOver(error)) {
          // What this engine has to say of its calls is not true any more: others go on with them.
          this.#abandoned = true
          for (const one of this.#queue) one.settle(false)
          this.settings.onRunOver?.()
          return
        }
        this.settings.alarms.raise(
          'store.cannotWrite',
          `${this.#failing}; ${this.#queue.length} facts are kept ${this.settings.spill === undefined ? 'in memory' : 'by the engine'}`,
        )
        for (const one of this.#queue) one.settle(false)
        this.#spill()
        if (this.#closed) {
          this.#abandoned = true
          return
        }
        await this.#pause(retryMs)
        retryMs = Math.min(longestRetryMs, retryMs * 2)
      }
    }
  }

  #recovered(): void {
    if (this.#slow) this.settings.alarms.clear('store.slow')
    this.#slow = false
    if (this.#failing === undefined) return
    this.#failing = undefined
    this.settings.alarms.clear('store.cannotWrite')
  }

  #renumber(event: CallEvent): void {
    const numbering = this.#numbering.get(event.callId)
    if (numbering) numbering.last = Math.max(numbering.last ?? 0, event.seq)
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#wakeRetry = undefined
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.#wakeRetry = done
    })
  }
}
