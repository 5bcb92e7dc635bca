import { engine, type Actor } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import type { RollUpRow } from '../figures/roll-up.js'
import type { FailingTarget } from '../watch-list/target-history.js'
import type { ArrangementFactType } from './arrangement-facts.js'
import type { CallFilter, CallPage } from './call-filter.js'
import type { ArrangementToDelete } from './delete-arrangement.js'
import { keptDirectory, type KeptDirectory } from './kept-directory.js'
import { LeftCalls } from './left-calls.js'
import type { Ledger, LedgerEntry } from './ledger.js'
import { DiskReserve } from './disk-reserve.js'
import { inOrder } from './in-order.js'
import { paged, partsOf } from './paged.js'
import type { StoredTarget, TargetPage } from './questions/list-targets.js'
import type { AfterOutcome } from './questions/outcomes-by-staff.js'
import type { StoredRecording } from './questions/recording.js'
import type { ConnectionsAsked } from '../figures/usual-connection.js'
import type { MonthAsked, MonthRead } from './questions/month-sums.js'
import type { RollUpsAsked } from './questions/roll-ups.js'
import type { DeletedArrangement, DeletedCall, OldCall } from './questions/deleted.js'
import type { OldRecording } from './questions/old-recordings.js'
import type { RecordingKey } from './questions/recording-keys.js'
import type { RungCandidate } from './questions/rung-candidates.js'
import { ChainWriter, type ChainHead } from './chain/chain-writer.js'
import { SpillFile } from './spill-file.js'
import { StoredEventLog } from './stored-event-log.js'
import { questions } from './questions.js'
import { ReplicaWatch } from './replica-watch.js'
import type { StoreDatabase } from './database.js'
import { writesTo, type Writes } from './writes.js'
import type { RecordingKeys, Store, StoreHealth, StoreSettings } from './store.js'

const defaultDurableWaitMs = 2_000
const closeWithinMs = 5_000
/** How far an interrupted call's end may be off when nothing else is known of it. */
const aliveEveryMs = 5_000
/** Rows in one message between the threads. */
const rowsPerPage = 1_000

/** A store in an open database, whichever it is. */
export class KeptStore implements Store {
  readonly log: StoredEventLog
  readonly ledger: Ledger
  readonly recordingKeys: RecordingKeys
  readonly directory: KeptDirectory
  readonly left: LeftCalls
  readonly tables: Store['tables']
  readonly #now: () => number
  readonly #beat: NodeJS.Timeout
  #closing: Promise<void> | undefined

  readonly #node: string
  readonly #writes: Writes
  readonly #chain: ChainWriter
  readonly #replica: ReplicaWatch | undefined
  #lastAlive: number | undefined

  constructor(
    private readonly database: StoreDatabase,
    private readonly reserve: DiskReserve,
    private readonly settings: StoreSettings,
    private readonly spill?: SpillFile,
  ) {
    this.#now = settings.now ?? Date.now
    const node = (this.#node = settings.node ?? '')
    const { incarnation: run } = settings
    const writes = (this.#writes = writesTo(database.writing, run))
    const { reading, writing, shared } = database
    this.#chain = new ChainWriter({ database, node, now: this.#now })
    this.tables = { reading, writing: writing.db }
    this.log = new StoredEventLog({
      write: (events) => writes.append(events),
      lastSeq: (callId) => questions.lastSeq.ask(reading, callId),
      alarms: settings.alarms,
      spill,
      node,
      onRunOver: settings.onRunOver,
      durableWaitMs: settings.durableWaitMs ?? defaultDurableWaitMs,
      now: this.#now,
      monotonic: settings.monotonic ?? (() => performance.now()),
    })
    this.ledger = {
      append: (topic, subject, type, data, actor = engine, condition) =>
        writes.keepEntry({ topic, subject, at: this.#now(), actor, node, type, data }, condition),
      // By the writing connection: it sees everything appended before.
      entries: (topic, from = 0) =>
        paged(rowsPerPage, (limit, after: LedgerEntry | undefined) =>
          questions.entriesOf.ask(writing.db, topic, after ? after.seq + 1 : from, limit),
        ),
      entriesAbout: async (topic, subjects) =>
        (await inParts(subjects, (some) => questions.entriesAbout.ask(writing.db, topic, some))).sort((a, b) => a.seq - b.seq),
      latest: (topic, subject) => questions.latestOf.ask(writing.db, topic, subject),
    }
    this.directory = keptDirectory(database.writing, reading, node, this.#now)
    this.left = new LeftCalls({ database, writes, log: this.log, asker: { node, run, shared }, now: this.#now })
    this.recordingKeys = {
      // By the writing connection: it finds what another engine has just made.
      find: (which) => questions.recordingKey.ask(writing.db, which),
      all: () => paged(rowsPerPage, (limit, after: RecordingKey | undefined) => questions.recordingKeys.ask(writing.db, limit, after)),
      keep: (key) => writes.keepRecordingKey(key),
      wrap: (key) => writes.wrapRecordingKey(key),
      delete: (recordingId) => writes.deleteRecordingKey(recordingId),
    }
    const { replica } = database
    this.#replica =
      replica &&
      new ReplicaWatch(
        async () => ({ own: await questions.aliveAt.ask(replica, node), newest: await questions.aliveAt.ask(replica) }),
        settings.alarms,
      )
    this.#beat = setInterval(() => void this.#alive(), aliveEveryMs)
    this.#beat.unref()
  }

  appendLate(callId: string, fact: CallFact, at: number, actor?: Actor): Promise<CallEvent | undefined> {
    return this.log.appendAt(callId, fact, at, actor)
  }

  events(callId: string): Promise<readonly CallEvent[]> {
    return questions.events.ask(this.database.reading, callId)
  }

  calls(filter: CallFilter): Promise<CallPage> {
    return questions.calls.ask(this.database.reports, filter)
  }

  recordingsBefore(before: number): AsyncIterable<OldRecording> {
    return paged(rowsPerPage, (limit, after: OldRecording | undefined) =>
      questions.oldRecordings.ask(this.database.reports, before, limit, after),
    )
  }

  callsBefore(before: number): AsyncIterable<OldCall> {
    return paged(rowsPerPage, (limit, after: OldCall | undefined) => questions.oldCalls.ask(this.database.reports, before, limit, after))
  }

  deletedCalls(callIds: readonly string[]): Promise<readonly DeletedCall[]> {
    // By the writing connection: it sees what was just deleted.
    return questions.deletedCalls.ask(this.database.writing.db, callIds)
  }

  deleteCall(callId: string, certificate: string): Promise<DeletedCall | undefined> {
    return this.#writes.deleteCall(callId, certificate, this.#now())
  }

  deletedArrangements(ids: readonly string[]): Promise<readonly DeletedArrangement[]> {
    return questions.deletedArrangements.ask(this.database.writing.db, ids)
  }

  deleteArrangement(arrangement: ArrangementToDelete, certificate: string): Promise<DeletedArrangement | undefined> {
    return this.#writes.deleteArrangement(arrangement, certificate, this.#now())
  }

  arrivals(callIds: readonly string[]): Promise<readonly CallEvent[]> {
    return inParts(callIds, (some) => questions.arrivalsOf.ask(this.database.reading, some))
  }

  async *factsOf(types: readonly ArrangementFactType[], since: number): AsyncGenerator<readonly CallEvent[]> {
    let after: CallEvent | undefined
    do {
      const page: readonly CallEvent[] = await questions.arrangementFactsSince.ask(this.database.reading, types, since, rowsPerPage, after)
      yield inOrder(page)
      after = page.length < rowsPerPage ? undefined : page.at(-1)
    } while (after !== undefined)
  }

  async *outcomesByStaff(since: number): AsyncGenerator<string> {
    for await (const { callId } of paged(rowsPerPage, (limit, after: AfterOutcome | undefined) =>
      questions.outcomesByStaff.ask(this.database.reading, since, limit, after),
    ))
      yield callId
  }

  spentSince(since: number): Promise<ReadonlyMap<string, number>> {
    return questions.spentSince.ask(this.database.reading, since)
  }

  failingTargets(): AsyncIterable<FailingTarget> {
    return paged(rowsPerPage, (limit, after: (FailingTarget & { readonly id: number }) | undefined) =>
      questions.failingTargets.ask(this.database.reading, limit, after?.id),
    )
  }

  rungCandidates(since: number): AsyncIterable<RungCandidate> {
    return paged(rowsPerPage, (limit, after: RungCandidate | undefined) =>
      questions.rungCandidates.ask(this.database.reading, since, limit, after),
    )
  }

  targets(page: { readonly limit: number; readonly cursor?: string }): Promise<TargetPage> {
    return questions.targets.ask(this.database.reports, page)
  }

  watched(page: { readonly limit: number; readonly cursor?: string }): Promise<TargetPage> {
    return questions.watched.ask(this.database.reports, page)
  }

  target(id: number): Promise<StoredTarget | undefined> {
    return questions.target.ask(this.database.reports, id)
  }

  async clearTarget(target: string, actor: Actor = engine, why?: string): Promise<number> {
    const entry = {
      topic: 'watchList',
      subject: target,
      at: this.#now(),
      actor,
      node: this.#node,
      type: 'cleared',
      data: why === undefined ? {} : { why },
    } as const
    return (await this.#writes.clearTarget(entry)).at
  }

  recording(recordingId: string): Promise<StoredRecording | undefined> {
    return questions.recording.ask(this.database.reading, recordingId)
  }

  async differing(): Promise<readonly string[]> {
    return [
      ...(await questions.differing.ask(this.database.reports)),
      ...(await questions.differingTargets.ask(this.database.reports)),
      ...(await questions.differingRollUps.ask(this.database.reports)),
    ]
  }

  rebuild(): Promise<number> {
    return this.#writes.rebuild()
  }

  async upkeep(): Promise<void> {
    await this.database.upkeep?.(this.#now())
  }

  countPast(most: number): Promise<number> {
    return this.#writes.countPast(most)
  }

  rollUps(asked: RollUpsAsked): Promise<readonly RollUpRow[]> {
    return questions.rollUps.ask(this.database.reports, asked)
  }

  monthSums(asked: MonthAsked): Promise<MonthRead> {
    return questions.monthSums.ask(this.database.reports, asked)
  }

  monthChanges(months: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return questions.monthChanges.ask(this.database.reports, months)
  }

  connectionsAtHours(asked: ConnectionsAsked): Promise<readonly Pick<RollUpRow, 'id' | 'figure' | 'amount'>[]> {
    return questions.connectionsAtHours.ask(this.database.reports, asked)
  }

  async closeInterrupted(): Promise<readonly string[]> {
    const claimed = await this.left.claim(await this.left.open())
    await this.left.close(claimed)
    return claimed.map(({ callId }) => callId)
  }

  extendChain(breathe: () => Promise<boolean> = () => Promise.resolve(true)): Promise<ChainHead | undefined> {
    return this.#chain.extend(breathe)
  }

  reportsAsOf(): number | undefined {
    return this.#replica?.asOf
  }

  health(): StoreHealth {
    const failing = this.log.failing
    return { writing: failing === undefined, detail: failing ?? 'facts are written', queued: this.log.queued }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** A sign of life that cannot be written does not matter: the facts raise the alarm. */
  async #alive(): Promise<void> {
    if (this.#lastAlive !== undefined) void this.#replica?.look(this.#lastAlive)
    const now = this.#now()
    await this.#writes.alive(now, this.#node).then(
      () => (this.#lastAlive = now),
      () => undefined,
    )
  }

  async #close(): Promise<void> {
    clearInterval(this.#beat)
    const left = await this.log.close(closeWithinMs)
    if (left > 0) this.settings.alarms.raise('store.factsLost', `${left} facts could not be written before the engine stopped`)
    await Promise.all([this.database.close(), this.reserve.close(), this.spill?.close()])
  }
}

/** Asks in portions that fit one statement. */
async function inParts<T>(names: readonly string[], ask: (some: readonly string[]) => Promise<readonly T[]>): Promise<T[]> {
  const found: T[] = []
  for (const some of partsOf(names)) found.push(...(await ask(some)))
  return found
}
