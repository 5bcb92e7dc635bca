import { fleetTimes, type FleetTimes } from '../fleet-times.js'
import { Lapses } from '../lapses.js'
import type { EngineGone, EngineRun, EngineSeen, Presence } from '../presence.js'
import { LocalSignals, type Signals, type SignalTopic } from '../signals.js'
import type { Turns } from '../turns.js'
import { FleetConnection } from './fleet-connection.js'
import { PostgresTurns } from './postgres-turns.js'

/** Between two looks of an engine; after a longer pause it has not seen what happened in between. */
const breakMs = 1_500
/** A server that takes longer for one answer is given up, and asked over another connection. */
const answerMs = 1_000

export interface Fleet {
  readonly presence: Presence
  readonly signals: Signals
  readonly turns: Turns
}

interface RunRow {
  readonly incarnation: string
  readonly node: string
  readonly started_at: string
  readonly gone_at: string | null
  readonly how: EngineGone['how'] | null
  readonly beats: string
  readonly at: string
}

const nowMs = '(extract(epoch from clock_timestamp()) * 1000)::bigint'
/** An engine that starts is told of runs that went no longer ago than this, ms. */
const rememberedMs = 10 * 60_000

/** A sign of life of this run ($2; none while it starts), if it is not over; and the state of all runs. */
const beatSql = `with beat as (
    insert into engine_beats (incarnation, beats, at) select incarnation, 1, ${nowMs} from engine_runs where $2::boolean and incarnation = $1 and gone_at is null
    on conflict (incarnation) do update set beats = engine_beats.beats + 1, at = excluded.at
  )
  select incarnation, node, started_at, gone_at, how, coalesce(beats, 0) as beats, coalesce(at, started_at) as at
  from engine_runs left join engine_beats using (incarnation) where gone_at is null or gone_at > ${nowMs} - ${rememberedMs}`
/** Its connections first: a transaction that it left open would hold up the end of its run. */
const cutOffSql = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = current_user and right(application_name, length($1)) = $1`
const endSql = `update engine_runs set gone_at = ${nowMs}, how = 'lapsed' where incarnation = $1 and gone_at is null
  and not exists (select 1 from engine_beats where incarnation = $1 and beats <> $2) returning incarnation`
const leaveSql = `update engine_runs set gone_at = ${nowMs}, how = 'left' where incarnation = $1 and gone_at is null`
const channel = 'ringround'
const longestAbout = 1_000

/**
 * Presence and signals over PostgreSQL. Each run beats three times a second from `begin` on; an engine that sees another one stop ends that run in the database, where one engine is first,
 * and from then on the facts of that run are refused (`ringround_fence`). The run itself was begun when the store was opened.
 */
export async function joinFleet(url: string, self: EngineRun, times: FleetTimes = fleetTimes): Promise<Fleet> {
  const fleet = new PostgresFleet(url, self, times)
  await fleet.open()
  return { presence: fleet, signals: fleet.signals, turns: fleet.turns }
}

class PostgresFleet implements Presence {
  readonly signals: PostgresSignals
  readonly turns: Turns
  readonly #connection: FleetConnection
  readonly #lapses: Lapses
  readonly #changed = new Set<() => void>()
  readonly #hearsGone = new Set<(engine: EngineGone) => void>()
  readonly #hearsLost = new Set<() => void>()
  readonly #waiting = new Set<(goesOn: boolean) => void>()
  readonly #gone = new Map<string, EngineGone>()
  #engines: readonly EngineSeen[]
  #beat: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  /** When this engine last certainly ran, monotonic ms. */
  #ranAt = performance.now()
  /** Since when it is not certain that this run goes on, monotonic ms. */
  #doubtSince: number | undefined
  /** When a sign of life last reached the database, monotonic ms. */
  #heardAt = performance.now()
  #lost = false
  #begun = false
  #closing: Promise<void> | undefined

  constructor(
    url: string,
    readonly self: EngineRun,
    private readonly times: FleetTimes,
  ) {
    const now = Date.now()
    this.#engines = [{ ...self, since: now, lastSeen: now }]
    this.#lapses = new Lapses(times.leaseMs, breakMs, times.startMs)
    this.#connection = new FleetConnection(
      url,
      `ringround fleet @ ${self.name}`.slice(0, 62 - self.incarnation.length) + ` ${self.incarnation}`,
      answerMs,
      {
        connected: async () => {
          await this.#connection.ask(`listen ${channel}`)
          this.signals.connected()
          await this.#look()
        },
        lost: () => undefined,
        notified: (payload) => this.signals.notified(payload),
      },
    )
    this.turns = new PostgresTurns(this.#connection)
    this.signals = new PostgresSignals(this.#connection, self.incarnation)
    this.signals.on('engines', () => void this.#look())
  }

  async open(): Promise<void> {
    await this.#connection.open()
    this.#next()
  }

  async begin(): Promise<void> {
    this.#begun = true
    // A look already under way gives no sign of life.
    await this.#looking
    await this.#look()
  }

  engines(): readonly EngineSeen[] {
    return this.#engines
  }

  onChange(listener: () => void): () => void {
    this.#changed.add(listener)
    return () => this.#changed.delete(listener)
  }

  onGone(listener: (engine: EngineGone) => void): () => void {
    this.#hearsGone.add(listener)
    setImmediate(() => {
      for (const engine of this.#gone.values()) if (this.#hearsGone.has(listener)) listener(engine)
    })
    return () => this.#hearsGone.delete(listener)
  }

  get lost(): boolean {
    return this.#lost
  }

  onLost(listener: () => void): () => void {
    if (this.#lost) queueMicrotask(listener)
    else this.#hearsLost.add(listener)
    return () => this.#hearsLost.delete(listener)
  }

  get unheardMs(): number {
    return performance.now() - this.#heardAt
  }

  get certain(): boolean {
    this.#ran()
    return !this.#lost && this.#doubtSince === undefined
  }

  whenCertain(): Promise<boolean> {
    if (this.certain || this.#lost) return Promise.resolve(!this.#lost)
    return new Promise((resolve) => this.#waiting.add(resolve))
  }

  close(): Promise<void> {
    return (this.#closing ??= (async () => {
      clearTimeout(this.#beat)
      if (this.#connection.up && !this.#lost) {
        await this.#connection.ask(leaveSql, [this.self.incarnation]).catch(() => undefined)
        this.signals.tell('engines')
        await this.signals.flush()
      }
      await this.#connection.close()
    })())
  }

  /** This engine runs now. If it did not for longer than its lease, others may have ended its run meanwhile. */
  #ran(): void {
    const now = performance.now()
    const stoodStill = now - this.#ranAt > this.times.leaseMs
    this.#ranAt = now
    if (!stoodStill || this.#lost) return
    this.#doubtSince = now
    void this.#look()
  }

  #next(): void {
    if (this.#closing) return
    this.#beat = setTimeout(() => {
      this.#ran()
      // While the database is away it is away for all: no engine can have ended a run since, and the calls go on.
      if (this.#doubtSince !== undefined && performance.now() - this.#doubtSince > this.times.leaseMs) this.#settled(true)
      void this.#look().finally(() => this.#next())
    }, this.times.beatMs)
    this.#beat.unref()
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookNow()
      .catch(() => undefined)
      .finally(() => (this.#looking = undefined))
    return this.#looking
  }

  /** By itself: no other took its place. */
  #hasLeft(): boolean {
    return this.#closing !== undefined
  }

  async #lookNow(): Promise<void> {
    if (!this.#connection.up || this.#hasLeft()) return
    const doubted = this.#doubtSince
    const rows = await this.#connection.ask<RunRow>(beatSql, [this.self.incarnation, this.#begun])
    const own = rows.find(({ incarnation }) => incarnation === this.self.incarnation)
    if (this.#hasLeft()) return
    if (own?.gone_at !== null) return this.#isLost()
    this.#heardAt = performance.now()
    // Only if the look began after the doubt did.
    if (doubted !== undefined) this.#settled(true)
    this.#take(rows)
    const others = rows.filter((row) => row.gone_at === null && row !== own)
    for (const { incarnation, beats } of this.#lapses.look(
      performance.now(),
      others.map((row) => ({ incarnation: row.incarnation, beats: Number(row.beats) })),
    ))
      await this.#end(incarnation, beats)
  }

  /** Ends the run of an engine that gives no signs of life. The first to do so tells the others. */
  async #end(incarnation: string, beats: number): Promise<void> {
    await this.#connection.ask(cutOffSql, [incarnation])
    const ended = await this.#connection.ask(endSql, [incarnation, beats])
    if (ended.length > 0) this.signals.tell('engines')
  }

  #take(rows: readonly RunRow[]): void {
    const running = rows.filter(({ gone_at: goneAt }) => goneAt === null)
    const engines = running
      .map(({ node, incarnation, started_at: since, at }) => ({ name: node, incarnation, since: Number(since), lastSeen: Number(at) }))
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.since - b.since))
    const others =
      engines.length !== this.#engines.length || engines.some(({ incarnation }, place) => incarnation !== this.#engines[place]?.incarnation)
    this.#engines = engines
    if (others) for (const listener of this.#changed) queueMicrotask(listener)
    const gone = rows
      .flatMap(({ incarnation, node, gone_at: at, how }) =>
        at === null || how === null ? [] : [{ name: node, incarnation, how, at: Number(at) }],
      )
      .sort((a, b) => a.at - b.at)
    for (const engine of gone) {
      if (this.#gone.has(engine.incarnation)) continue
      this.#gone.set(engine.incarnation, engine)
      for (const listener of this.#hearsGone) queueMicrotask(() => listener(engine))
    }
    // Runs that the database no longer lists were reported long ago.
    const told = new Set(gone.map(({ incarnation }) => incarnation))
    for (const incarnation of this.#gone.keys()) if (!told.has(incarnation)) this.#gone.delete(incarnation)
  }

  #isLost(): void {
    if (this.#lost) return
    this.#lost = true
    this.#settled(false)
    for (const listener of this.#hearsLost) queueMicrotask(listener)
    this.#hearsLost.clear()
  }

  #settled(goesOn: boolean): void {
    this.#doubtSince = undefined
    for (const resolve of this.#waiting) resolve(goesOn)
    this.#waiting.clear()
  }
}

/** By NOTIFY on one channel. Signals that cannot be sent now are sent when the connection is back. */
class PostgresSignals extends LocalSignals {
  readonly #untold = new Set<string>()
  #telling: Promise<void> = Promise.resolve()
  #wasConnected = false

  constructor(
    private readonly connection: FleetConnection,
    private readonly from: string,
  ) {
    super()
  }

  override tell(topic: SignalTopic, about?: string): void {
    super.tell(topic, about)
    const brief = about !== undefined && Buffer.byteLength(about) > longestAbout ? undefined : about
    this.#untold.add(JSON.stringify([this.from, topic, brief]))
    void this.flush()
  }

  /** Sends the signals that wait. Never rejects. */
  flush(): Promise<void> {
    return (this.#telling = this.#telling.then(async () => {
      for (const payload of this.#untold) {
        if (!this.connection.up) return
        const told = await this.connection.ask('select pg_notify($1, $2)', [channel, payload]).then(
          () => true,
          () => false,
        )
        if (told) this.#untold.delete(payload)
      }
    }))
  }

  connected(): void {
    if (this.#wasConnected) this.missed()
    this.#wasConnected = true
    void this.flush()
  }

  notified(payload: string): void {
    // Written above, by an engine of this program.
    const [from, topic, about] = JSON.parse(payload) as [string, SignalTopic, string | null]
    if (from !== this.from) this.hear(topic, about ?? undefined)
  }
}
