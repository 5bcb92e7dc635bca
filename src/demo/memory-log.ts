import type { Clock } from '../clock/clock.js'
import { engine, type Actor } from '../facts/actor.js'
import type { CallEvent, CallFact, EventLog } from '../facts/events.js'

/** An event log in memory: for tests and replayed calls. Facts are durable `delayMs` after they were appended. */
export class MemoryLog implements EventLog {
  /** Everything appended, in order. */
  readonly told: CallEvent[] = []
  /** Everything durable, with the monotonic time at which it became so. */
  readonly stored: { readonly at: number; readonly event: CallEvent }[] = []
  readonly #clock: Clock
  readonly #delayMs: () => number
  readonly #seqs = new Map<string, number>()
  readonly #began = new Map<string, number>()
  readonly #listeners = new Set<(event: CallEvent) => void>()

  constructor(clock: Clock, delayMs: () => number = () => 0) {
    this.#clock = clock
    this.#delayMs = delayMs
  }

  append(callId: string, fact: CallFact, actor: Actor = engine): Promise<CallEvent> {
    const seq = (this.#seqs.get(callId) ?? 0) + 1
    this.#seqs.set(callId, seq)
    const now = this.#clock.monotonic()
    const beganAt = this.#began.get(callId) ?? now
    this.#began.set(callId, beganAt)
    const event: CallEvent = { callId, seq, at: this.#clock.now(), elapsedMs: now - beganAt, actor, node: 'memory', ...fact }
    this.told.push(event)
    for (const listener of this.#listeners) listener(event)
    const store = (): CallEvent => {
      this.stored.push({ at: this.#clock.monotonic(), event })
      return event
    }
    const delayMs = this.#delayMs()
    if (delayMs <= 0) return Promise.resolve(store())
    return new Promise((resolve) => this.#clock.after(delayMs, () => resolve(store())))
  }

  subscribe(listener: (event: CallEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The events of one call, in order. */
  of(callId: string): readonly CallEvent[] {
    return this.told.filter((event) => event.callId === callId)
  }
}
