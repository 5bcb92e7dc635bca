import { dirname, join } from 'node:path'
import type { Actor } from '../facts/actor.js'
import type { Alarms } from '../alarms/alarms.js'
import type { CallEvent, CallFact, EventLog } from '../facts/events.js'
import type { RollUpRow } from '../figures/roll-up.js'
import type { FailingTarget } from '../watch-list/target-history.js'
import type { ArrangementFactType } from './arrangement-facts.js'
import type { CallFilter, CallPage } from './call-filter.js'
import type { ArrangementToDelete } from './delete-arrangement.js'
import { type KeptDirectory } from './kept-directory.js'
import { LeftCalls } from './left-calls.js'
import type { Ledger } from './ledger.js'
import { DiskReserve } from './disk-reserve.js'
import type { StoredTarget, TargetPage } from './questions/list-targets.js'
import type { StoredRecording } from './questions/recording.js'
import type { ConnectionsAsked } from '../figures/usual-connection.js'
import type { MonthAsked, MonthRead } from './questions/month-sums.js'
import type { RollUpsAsked } from './questions/roll-ups.js'
import type { DeletedArrangement, DeletedCall, OldCall } from './questions/deleted.js'
import type { OldRecording } from './questions/old-recordings.js'
import type { RecordingKey } from './questions/recording-keys.js'
import type { RungCandidate } from './questions/rung-candidates.js'
import { type ChainHead } from './chain/chain-writer.js'
import { SpillFile } from './spill-file.js'
import { isDiskFull, storeTrouble } from './store-error.js'
import type { PostgresPlace } from './postgres/open.js'
import { openThreads } from './sqlite/open.js'
import type { Db } from './statements.js'
import { KeptStore } from './kept-store.js'
import { bringBack } from './spilled-facts.js'

export interface StoreSettings {
  /** Path of the SQLite file. Its folder is made where it is missing. Not used where there is `postgres`. */
  readonly file: string
  /** A PostgreSQL database instead; engines that share it have a `node` each. */
  readonly postgres?: PostgresPlace | undefined
  readonly alarms: Alarms
  /** Name of this engine, written beside every fact and every entry of the ledger. Default: none. */
  readonly node?: string
  /** Of this run of it, in PostgreSQL (`openPostgres`). Default: none. */
  readonly incarnation?: string | undefined
  /** Called when another engine has ended that run: nothing is written any more. */
  readonly onRunOver?: (() => void) | undefined
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
  /** Recordings that are kept since before an instant (wall-clock ms), the oldest first. Read in pages. */
  recordingsBefore(before: number): AsyncIterable<OldRecording>
  /** Calls that arrived before an instant (wall-clock ms) and of which nothing is recorded any more, the oldest first. Read in pages. */
  callsBefore(before: number): AsyncIterable<OldCall>
  /** Those of these calls that were deleted. */
  deletedCalls(callIds: readonly string[]): Promise<readonly DeletedCall[]>
  /** Deletes all facts of a call that is over, and what is read off them. @param certificate of the deletion in the ledger that names it @returns undefined: there is no such call */
  deleteCall(callId: string, certificate: string): Promise<DeletedCall | undefined>
  /** Those of these arrangements that were deleted. */
  deletedArrangements(ids: readonly string[]): Promise<readonly DeletedArrangement[]>
  /** The entries of an arrangement give way to rows that say so. @returns undefined: something has happened to it since it was read, or it is not in the chain yet */
  deleteArrangement(arrangement: ArrangementToDelete, certificate: string): Promise<DeletedArrangement | undefined>
  /** Keys of recordings, wrapped. */
  readonly recordingKeys: RecordingKeys
  /** What is kept besides calls. */
  readonly ledger: Ledger
  /** The versions of the directory. */
  readonly directory: KeptDirectory
  /** The tables of rooms that keep some of their own (`accounts`, `audit`): by which connection they are asked, and by which written. What was committed is in every later answer. */
  readonly tables: { readonly reading: Db; readonly writing: Db }
  /** As `log.append`, for a fact that happened at `at` (wall-clock ms) and became known only now. */
  appendLate(callId: string, fact: CallFact, at: number, actor?: Actor): Promise<CallEvent | undefined>
  /** The events of one call that are on disk, in order; empty when there is no such call. */
  events(callId: string): Promise<readonly CallEvent[]>
  /** Newest arrival first. */
  calls(filter: CallFilter): Promise<CallPage>
  recording(recordingId: string): Promise<StoredRecording | undefined>
  /** How these calls arrived, in no order. */
  arrivals(callIds: readonly string[]): Promise<readonly CallEvent[]>
  /** The facts of these types since then (wall-clock ms), by their instants; of each call in their order. Read in pages. */
  factsOf(types: readonly ArrangementFactType[], since: number): AsyncIterable<readonly CallEvent[]>
  /** Calls that can carry an arrangement, and for which staff left an outcome since then (wall-clock ms), in the order of that. Read in pages. */
  outcomesByStaff(since: number): AsyncIterable<string>
  /** How long each account was on outgoing legs through trunks that were answered since then (wall-clock ms) and are over, ms. */
  spentSince(since: number): Promise<ReadonlyMap<string, number>>
  /** The telephones that failed since a person was last reached there. Read in pages. */
  failingTargets(): AsyncIterable<FailingTarget>
  /** The candidates that hunts have rung since then (wall-clock ms). Read in pages. */
  rungCandidates(since: number): AsyncIterable<RungCandidate>
  /** Every telephone that was rung by a hunt, those on the watch list first, then by name. */
  targets(page: { readonly limit: number; readonly cursor?: string }): Promise<TargetPage>
  /** The telephones on the watch list, the latest first. */
  watched(page: { readonly limit: number; readonly cursor?: string }): Promise<TargetPage>
  /** @param id as the lists have it */
  target(id: number): Promise<StoredTarget | undefined>
  /** Takes a telephone off the watch list. On disk when it resolves. @returns wall-clock ms of that */
  clearTarget(target: string, actor?: Actor, why?: string): Promise<number>
  /** Lists and reports have nothing of after this instant (wall-clock ms): the replica that they are read from is behind (alarm `store.replicaBehind`). Undefined: they have everything. */
  reportsAsOf(): number | undefined
  /** What engines that are gone have left. */
  readonly left: LeftCalls
  /** Closes all calls left without an engine, for a program that continues none. @returns their ids */
  closeInterrupted(): Promise<readonly string[]>
  /** Holds the lists against the facts. @returns the calls, the telephones and the sums of months for which they differ; none, unless the file was changed by hand */
  differing(): Promise<readonly string[]>
  /** Makes the lists again from the facts. @returns how many calls there are */
  rebuild(): Promise<number>
  /**
   * Takes into the chain what was committed since the last time, so that a later change of it is noticed (docs/integrity.md). No fact waits for it.
   * @param breathe awaited between two links; `false`: the rest waits for the next time. Default: without a pause
   * @returns the last link; undefined where nothing was ever kept
   */
  extendChain(breathe?: () => Promise<boolean>): Promise<ChainHead | undefined>
  /** Makes what the database has to have ahead of time: now and then, by one engine. */
  upkeep(): Promise<void>
  /** Fills in what sums of months and lists need of calls that an earlier version has written, a few at a time. @returns how many were looked at; 0: nothing is left to be done */
  countPast(most: number): Promise<number>
  /** What the calls of some months add up to. */
  rollUps(asked: RollUpsAsked): Promise<readonly RollUpRow[]>
  /** The same of one month, a row for each figure. */
  monthSums(asked: MonthAsked): Promise<MonthRead>
  /** The number that identifies the state of each month's sums: a copy of them holds until it changes. */
  monthChanges(months: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** How many calls of some lines were answered at some hours, and how long their connection took together. */
  connectionsAtHours(asked: ConnectionsAsked): Promise<readonly Pick<RollUpRow, 'id' | 'figure' | 'amount'>[]>
  health(): StoreHealth
  /** Writes what is queued (within 5 s), then closes the file. May be called twice; never rejects. */
  close(): Promise<void>
}

export interface RecordingKeys {
  find(which: { readonly id: string } | { readonly recordingId: string }): Promise<RecordingKey | undefined>
  /** By their ids. Read in pages. */
  all(): AsyncIterable<RecordingKey>
  /** On disk when it resolves. Rejects where the recording has one. */
  keep(key: RecordingKey): Promise<void>
  /** Changes what it is wrapped by. */
  wrap(key: Pick<RecordingKey, 'id' | 'by' | 'wrapped'>): Promise<void>
  /** Rejects where the facts do not say that the recording was deleted. */
  delete(recordingId: string): Promise<void>
}

/** Opens (and where needed creates and migrates) the store. Rejects with one clear line when it cannot be used. */
export async function openStore(settings: StoreSettings): Promise<Store> {
  if (settings.postgres) return openOnPostgres(settings.postgres, settings)
  const reserve = await DiskReserve.open({
    file: join(dirname(settings.file), 'reserve'),
    bytes: settings.reserveBytes ?? 0,
    alarms: settings.alarms,
  })
  const database = await openThreads(settings.file, (work) => withReserve(reserve, work)).catch(async (error: unknown) => {
    await reserve.close()
    const why = storeTrouble(error)
    throw new Error(why.startsWith(settings.file) ? why : `${settings.file}: the store cannot be opened: ${why}`, { cause: error })
  })
  // Not waited for: a start is not the moment at which the disk is full.
  void reserve.restore()
  return new KeptStore(database, reserve, settings)
}

async function openOnPostgres(place: PostgresPlace, settings: StoreSettings): Promise<Store> {
  const { alarms, node = '', incarnation } = settings
  try {
    // Most engines have no use for it.
    const { openPostgres } = await import('./postgres/open.js')
    const database = await openPostgres(place, {
      node,
      incarnation,
      nameTaken: (isTaken) =>
        isTaken
          ? alarms.raise(
              'store.nameTaken',
              `another engine of the name ${node} writes to the database; at the next start of either, calls of the other would be closed. Give each engine a name of its own (engine.name)`,
            )
          : alarms.clear('store.nameTaken'),
    })
    const spill = new SpillFile(join(dirname(settings.file), 'facts-not-stored.jsonl'))
    try {
      await bringBack(spill, database, alarms, node)
    } catch (error) {
      await database.close()
      throw error
    }
    return new KeptStore(database, await DiskReserve.open({ file: settings.file, bytes: 0, alarms }), settings, spill)
  } catch (error) {
    throw new Error(`PostgreSQL (database.url): the store cannot be opened: ${storeTrouble(error)}`, { cause: error })
  }
}

/** Does work that needs room on the disk; where that is full, with room of the reserve while it lasts. */
async function withReserve<T>(reserve: DiskReserve, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isDiskFull(error) || !(await reserve.giveUp())) throw error
    }
  }
}
