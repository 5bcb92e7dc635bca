import type { Alarms } from '../calls/alarms.js'
import type { CallEnding, CallEvent, EventLog } from '../calls/events.js'

export interface StoreSettings {
  /** Path of the SQLite file. Its folder is made where it is missing. */
  readonly file: string
  readonly alarms: Alarms
  /**
   * How long the append of a durable fact waits for a store that does not answer before the call goes on with the fact in memory and
   * `store.slow` raised. Default 2000.
   */
  readonly durableWaitMs?: number
}

/** How the store is doing, for `/readyz` and the metrics. */
export interface StoreHealth {
  readonly writing: boolean
  readonly detail: string
  /** Facts in memory that are not on disk yet. */
  readonly queued: number
}

export interface CallFilter {
  /** Wall-clock ms; arrival at or after `from`, before `to`. */
  readonly from?: number
  readonly to?: number
  readonly line?: string
  readonly organisation?: string
  readonly ending?: CallEnding
  /** 1 to 200; default 50. */
  readonly limit?: number
  /** `nextCursor` of the page before. */
  readonly cursor?: string
}

/** The facts of calls on disk, and what can be asked of them. */
export interface Store {
  readonly log: EventLog
  /** The events of one call, in order; empty when there is no such call. */
  events(callId: string): Promise<readonly CallEvent[]>
  /** Closes the calls that a dead engine left open. Call once at start-up, before calls are taken. @returns their ids */
  closeInterrupted(): Promise<readonly string[]>
  health(): StoreHealth
  /** Writes what is queued (within a bound), then closes the file. May be called twice. */
  close(): Promise<void>
}

/** Opens (and where needed creates and migrates) the store. Rejects with one clear line when the file cannot be used. */
export function openStore(_settings: StoreSettings): Promise<Store> {
  return Promise.reject(new Error('not yet'))
}
