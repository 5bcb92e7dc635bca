import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Alarms } from '../calls/alarms.js'
import { callRecord } from '../calls/call-record.js'
import type { CallEvent, CallFact, CallFactType, EventLog } from '../calls/events.js'
import type { ArrangementFactType } from './arrangement-facts.js'
import type { CallFilter, CallPage } from './call-filter.js'
import type { StoredRecording } from './call-queries.js'
import { closingFacts, lastSignOfLife } from './interrupted.js'
import type { Ledger } from './ledger.js'
import { DiskReserve } from './disk-reserve.js'
import { isDiskFull, storeTrouble } from './store-error.js'
import { StoredEventLog } from './stored-event-log.js'
import { ThreadedDatabase } from './threaded-database.js'

export interface StoreSettings {
  /** Path of the SQLite file. Its folder is made where it is missing. */
  readonly file: string
  readonly alarms: Alarms
  /**
   * How long the append of a durable fact waits for a store that does not answer; then it says that the fact is not on disk, keeps it in
   * memory, and raises `store.slow`. Default 2000.
   */
  readonly durableWaitMs?: number
  /** Room on the disk that is kept for facts alone (see `DiskReserve`). Default 0: none. */
  readonly reserveBytes?: number
  /** Wall-clock ms. Default: the system's. */
  readonly now?: () => number
  /** Monotonic ms. Default: the system's. */
  readonly monotonic?: () => number
}

/** How the store is doing, for `/readyz` and the metrics. */
export interface StoreHealth {
  readonly writing: boolean
  readonly detail: string
  /** Facts in memory that are not on disk yet. */
  readonly queued: number
}

/** The facts of calls on disk, and what can be asked of them. Questions reject in the database's own words. */
export interface Store {
  readonly log: EventLog
  /** What is kept besides calls. */
  readonly ledger: Ledger
  /** As `log.append`, for a fact that happened at `at` (wall-clock ms) and became known only now. */
  appendLate(callId: string, fact: CallFact, at: number): Promise<CallEvent | undefined>
  /** The events of one call that are on disk, in order; empty when there is no such call. */
  events(callId: string): Promise<readonly CallEvent[]>
  /** Newest arrival first. */
  calls(filter: CallFilter): Promise<CallPage>
  recording(recordingId: string): Promise<StoredRecording | undefined>
  /** What became of ringing anybody since then (wall-clock ms), in the order in which it happened. */
  attemptEvents(since: number): Promise<readonly CallEvent[]>
  /** The facts of these types of the calls that arrived since then (wall-clock ms), in the order in which they happened. */
  eventsOfCallsSince(arrivedSince: number, types: readonly CallFactType[]): Promise<readonly CallEvent[]>
  /** The facts of these types since then (wall-clock ms), in the order in which they happened. */
  factsOf(types: readonly ArrangementFactType[], since: number): Promise<readonly CallEvent[]>
  /** Outcomes that were left since then (wall-clock ms), for calls of any age, in the order in which it happened. */
  outcomesSince(since: number): Promise<readonly CallEvent[]>
  /** Closes the calls that a dead engine left open. Call once at start-up, before calls are taken. @returns their ids */
  closeInterrupted(): Promise<readonly string[]>
  /** Holds the lists against the facts. @returns the calls for which they differ; none, unless somebody changed the file by hand */
  differing(): Promise<readonly string[]>
  /** Makes the lists anew from the facts. @returns how many calls there are */
  rebuild(): Promise<number>
  health(): StoreHealth
  /** Writes what is queued (within 5 s), then closes the file. May be called twice; never rejects. */
  close(): Promise<void>
}

const defaultDurableWaitMs = 2_000
const closeWithinMs = 5_000
/** How far an interrupted call's end may be off when nothing else is known of it. */
const aliveEveryMs = 5_000

/** Opens (and where needed creates and migrates) the store. Rejects with one clear line when the file cannot be used. */
export async function openStore(settings: StoreSettings): Promise<Store> {
  const reserve = await DiskReserve.open({ file: join(dirname(settings.file), 'reserve'), bytes: settings.reserveBytes ?? 0, alarms: settings.alarms })
  const writer = await withReserve(reserve, () => ThreadedDatabase.open({ file: settings.file, role: 'write' })).catch(async (error: unknown) => {
    await reserve.close()
    const why = storeTrouble(error)
    throw new Error(why.startsWith(settings.file) ? why : `${settings.file}: the store cannot be opened: ${why}`, { cause: error })
  })
  const reader = await ThreadedDatabase.open({ file: settings.file, role: 'read' }).catch(async (error: unknown) => {
    await writer.close()
    await reserve.close()
    throw error
  })
  // Nobody waits for it: a start is not the moment at which the disk is full.
  void reserve.restore()
  return new SqliteStore(writer, reader, reserve, settings)
}

/** Does what needs room on the disk; where there is none, with room of the reserve, as long as there is some. */
async function withReserve<T>(reserve: DiskReserve, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isDiskFull(error) || !(await reserve.giveUp())) throw error
    }
  }
}

class SqliteStore implements Store {
  readonly log: StoredEventLog
  readonly ledger: Ledger
  readonly #now: () => number
  readonly #beat: NodeJS.Timeout
  #closing: Promise<void> | undefined

  constructor(
    private readonly writer: ThreadedDatabase,
    private readonly reader: ThreadedDatabase,
    private readonly reserve: DiskReserve,
    private readonly settings: StoreSettings,
  ) {
    this.#now = settings.now ?? Date.now
    this.log = new StoredEventLog({
      write: (events) => withReserve(reserve, () => writer.ask('append', events)),
      lastSeq: (callId) => reader.ask('lastSeq', callId),
      alarms: settings.alarms,
      durableWaitMs: settings.durableWaitMs ?? defaultDurableWaitMs,
      now: this.#now,
      monotonic: settings.monotonic ?? (() => performance.now()),
    })
    this.ledger = {
      append: (topic, subject, type, data) => withReserve(reserve, () => writer.ask('keepEntry', { topic, subject, at: this.#now(), type, data })),
      // The thread that writes: what was appended before is in the answer.
      entries: (topic, from) => writer.ask('entriesOf', topic, from),
      entriesAbout: (topic, subjects) => writer.ask('entriesAbout', topic, subjects),
      latest: (topic, subject) => writer.ask('latestOf', topic, subject),
    }
    // A sign of life that cannot be written is not missed: the facts raise the alarm.
    this.#beat = setInterval(() => void writer.ask('alive', this.#now()).catch(() => undefined), aliveEveryMs)
    this.#beat.unref()
  }

  appendLate(callId: string, fact: CallFact, at: number): Promise<CallEvent | undefined> {
    return this.log.appendAt(callId, fact, at)
  }

  events(callId: string): Promise<readonly CallEvent[]> {
    return this.reader.ask('events', callId)
  }

  calls(filter: CallFilter): Promise<CallPage> {
    return this.reader.ask('calls', filter)
  }

  attemptEvents(since: number): Promise<readonly CallEvent[]> {
    return this.reader.ask('attemptEvents', since)
  }

  eventsOfCallsSince(arrivedSince: number, types: readonly CallFactType[]): Promise<readonly CallEvent[]> {
    return this.reader.ask('eventsOfCallsSince', arrivedSince, types)
  }

  factsOf(types: readonly ArrangementFactType[], since: number): Promise<readonly CallEvent[]> {
    return this.reader.ask('factsOf', types, since)
  }

  outcomesSince(since: number): Promise<readonly CallEvent[]> {
    return this.reader.ask('outcomesSince', since)
  }

  recording(recordingId: string): Promise<StoredRecording | undefined> {
    return this.reader.ask('recording', recordingId)
  }

  differing(): Promise<readonly string[]> {
    return this.reader.ask('differing')
  }

  rebuild(): Promise<number> {
    return this.writer.ask('rebuild')
  }

  async closeInterrupted(): Promise<readonly string[]> {
    const [callIds, engineAliveAt] = await Promise.all([this.reader.ask('unended'), this.reader.ask('aliveAt')])
    const closed: string[] = []
    for (const callId of callIds) {
      const events = await this.events(callId)
      const record = callRecord(events)
      if (!record) continue
      const lastFactAt = events.reduce((latest, event) => Math.max(latest, event.at), 0)
      const sounds = await Promise.all(record.recordings.filter((one) => one.state === 'running').map((one) => changedAt(one.spoolPath)))
      const lastSoundAt = sounds.reduce<number | undefined>((latest, at) => (at === undefined ? latest : Math.max(latest ?? 0, at)), undefined)
      const at = lastSignOfLife({ lastFactAt, engineAliveAt, lastSoundAt, now: this.#now() })
      await Promise.all(closingFacts(record).map((fact) => this.log.appendAt(callId, fact, at)))
      closed.push(callId)
    }
    await this.writer.ask('alive', this.#now())
    return closed
  }

  health(): StoreHealth {
    const failing = this.log.failing
    return { writing: failing === undefined, detail: failing ?? 'facts are written', queued: this.log.queued }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearInterval(this.#beat)
    const left = await this.log.close(closeWithinMs)
    if (left > 0) this.settings.alarms.raise('store.factsLost', `${left} facts could not be written before the engine stopped`)
    await Promise.all([this.reader.close(), this.writer.close(), this.reserve.close()])
  }
}

/** When a file was last written to, ms since the epoch; undefined when it is not there. */
async function changedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => Math.round(found.mtimeMs),
    () => undefined,
  )
}
