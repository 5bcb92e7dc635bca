import { stat } from 'node:fs/promises'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import { carrierOf } from '../facts/carrier.js'
import type { CallEvent } from '../facts/events.js'
import type { StoreDatabase } from './database.js'
import { closingFacts, lastSignOfLife } from './interrupted.js'
import { partsOf } from './paged.js'
import { questions } from './questions.js'
import type { Asker } from './questions/left-open.js'
import type { StoredEventLog } from './stored-event-log.js'
import type { Writes } from './writes.js'

/** A call that a dead engine has left open. */
export interface LeftCall {
  readonly callId: string
  /** The run that has it in the store; null: from before that was kept. */
  readonly owner: string | null
  /** Name of the engine that had it last. */
  readonly node: string
  /** When that engine was last known to run, wall-clock ms. */
  readonly aliveAt: number | undefined
  /** Its facts so far, in order. */
  readonly events: readonly CallEvent[]
}

export interface LeftCallsOptions {
  readonly database: StoreDatabase
  readonly writes: Writes
  readonly log: StoredEventLog
  readonly asker: Asker
  /** Wall-clock ms. */
  readonly now: () => number
}

/**
 * Calls left by dead engines, and their new owners. The owner of a call is the run of an engine. The database decides which run is the next owner, by a condition on
 * the last; and as it refuses every write of a run that is over (`ringround_fence`), only its owner writes to a call.
 */
export class LeftCalls {
  constructor(private readonly options: LeftCallsOptions) {}

  /** The calls left without an engine, the oldest first. Asking claims none. */
  async open(): Promise<readonly LeftCall[]> {
    const { database, asker } = this.options
    const rows = await questions.leftOpen.ask(database.reading, asker)
    const left = await Promise.all(
      rows.map(async ({ callId, owner, goneAt }): Promise<LeftCall | undefined> => {
        const events = await questions.events.ask(database.reading, callId)
        const node = carrierOf(events)
        if (node === undefined) return undefined
        // An engine that has the store to itself may have had another name.
        const seenAt = await questions.aliveAt.ask(database.reading, database.shared ? node : undefined)
        return {
          callId,
          owner,
          node,
          aliveAt: goneAt === undefined || seenAt === undefined ? (seenAt ?? goneAt) : Math.min(seenAt, goneAt),
          events,
        }
      }),
    )
    return left.filter((one) => one !== undefined)
  }

  /**
   * Takes calls for this run. Of several engines that want the same one, one gets it, once and for all.
   * @returns those that are this run's now. Rejects when the database cannot be reached, or this run is over
   */
  async claim(left: readonly LeftCall[]): Promise<readonly LeftCall[]> {
    const { asker, writes, log } = this.options
    if (asker.run === undefined || left.length === 0) return left
    const claimed = await writes.claim(left, asker.run)
    for (const callId of claimed) log.readAgain(callId)
    return left.filter(({ callId }) => claimed.has(callId))
  }

  /** Whether the INVITE of this call has come again, and is another call now: its caller is found by the same names. Rejects when the database cannot be reached. */
  cameAgain({ callId, sipCallId }: Pick<CallRecord, 'callId' | 'sipCallId'>): Promise<boolean> {
    return sipCallId === undefined ? Promise.resolve(false) : questions.cameAgain.ask(this.options.database.reading, callId, sipCallId)
  }

  /** Closes calls of this run's at the last sign of life: as interrupted, or as come again where another engine was handed them. */
  async close(left: readonly LeftCall[]): Promise<void> {
    const { log, now } = this.options
    for (const { callId, events, aliveAt } of left) {
      const record = callRecord(events)
      if (!record) continue
      const lastFactAt = events.reduce((latest, event) => Math.max(latest, event.at), 0)
      const sounds = await Promise.all(record.recordings.filter((one) => one.state === 'running').map((one) => changedAt(one.spoolPath)))
      const lastSoundAt = sounds.reduce<number | undefined>(
        (latest, at) => (at === undefined ? latest : Math.max(latest ?? 0, at)),
        undefined,
      )
      const at = lastSignOfLife({ lastFactAt, engineAliveAt: aliveAt, lastSoundAt, now: now() })
      const cameAgain = record.answeredAt === undefined && (await this.cameAgain(record))
      await Promise.all(closingFacts(record, { cameAgain }).map((fact) => log.appendAt(callId, fact, at)))
    }
  }

  /**
   * Of these calls, those that another running engine carries, or has carried to their end.
   * @param since wall-clock ms; those that ended before are not among them
   */
  async elsewhere(callIds: readonly string[], since: number): Promise<ReadonlySet<string>> {
    const { database, asker } = this.options
    const found = await Promise.all([...partsOf(callIds)].map((some) => questions.heldElsewhere.ask(database.reading, asker, some, since)))
    return new Set(found.flat())
  }
}

/** When a file was last written to, ms since the epoch; undefined when it is not there. */
async function changedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => Math.round(found.mtimeMs),
    () => undefined,
  )
}
