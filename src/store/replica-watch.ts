import type { Alarms } from '../alarms/alarms.js'
import { storeTrouble } from './store-error.js'

/** An engine writes a sign of life every five seconds: a replica that replays as it should shows the one before the latest. */
export const behindAfterMs = 30_000

/** What a replica shows of the signs of life, wall-clock ms; undefined: none. */
export interface SeenOnReplica {
  /** The latest of this engine: held against what it has written by the same clock. */
  readonly own: number | undefined
  /** The latest of any engine. */
  readonly newest: number | undefined
}

/** Whether the replica that lists and reports are read from keeps up: a replica that stands still answers every question, of a past that grows older. */
export class ReplicaWatch {
  #first: number | undefined
  #seen: SeenOnReplica = { own: undefined, newest: undefined }
  #asOf: number | undefined
  #looking = false

  constructor(
    private readonly see: () => Promise<SeenOnReplica>,
    private readonly alarms: Alarms,
  ) {}

  /** Lists and reports have nothing of after this instant, wall-clock ms. Undefined: the replica keeps up. */
  get asOf(): number | undefined {
    return this.#asOf
  }

  /** @param written the sign of life that this engine has written last, some seconds ago; wall-clock ms */
  async look(written: number): Promise<void> {
    // One that does not answer is not asked again meanwhile.
    if (this.#looking) return
    this.#looking = true
    this.#first ??= written
    let trouble: string | undefined
    try {
      this.#seen = await this.see()
    } catch (error) {
      trouble = storeTrouble(error)
    } finally {
      this.#looking = false
    }
    // What an engine wrote before this run may be hours old, on a replica that keeps up as well.
    if (written - Math.max(this.#seen.own ?? 0, this.#first) < behindAfterMs) {
      this.#asOf = undefined
      this.alarms.clear('store.replicaBehind')
      return
    }
    this.#asOf = this.#seen.newest ?? this.#first
    this.alarms.raise(
      'store.replicaBehind',
      `${untilWhen(this.#seen.newest)}${trouble === undefined ? '' : `; it cannot be asked: ${trouble}`}`,
    )
  }
}

/** To the minute: one that lags, and moves, does not have other words every five seconds. */
function untilWhen(newest: number | undefined): string {
  return newest === undefined
    ? 'the replica (database.readUrl) has nothing of what this engine writes: is it a replica of database.url?'
    : `the replica (database.readUrl) has nothing of after ${new Date(newest).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
