import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { ClinicianId } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import type { Signals } from '../fleet/signals.js'
import type { Store } from '../store/store.js'

/** Why a person takes no calls: a closed list, so that nobody writes a patient's name. */
export const notNowReasons = {
  withPatient: 'With a patient',
  inTheatre: 'In theatre',
  travelling: 'Travelling',
  other: 'Another reason',
} as const
export type NotNowReason = keyof typeof notNowReasons

/** A person takes no calls until then (wall-clock ms). */
export interface NotNow {
  readonly clinician: ClinicianId
  readonly since: number
  readonly until: number
  readonly why: NotNowReason
}

export interface AvailabilityOptions {
  readonly store: Pick<Store, 'ledger' | 'tables'>
  readonly clock: Clock
  readonly alarms: Alarms
  /** Other engines ring the same people. */
  readonly signals: Signals
}

/** A lost signal is made up for after this long, ms. */
const lookEveryMs = 15_000

/** The people who said "not now" at any engine, from the store, in memory for hunts. It ends by itself. */
export class Availability {
  #known: ReadonlyMap<ClinicianId, NotNow> = new Map()
  #looking: Promise<void> = Promise.resolve()
  #cancel: () => void = () => undefined
  readonly #stop: () => void
  readonly #listeners = new Set<() => void>()
  #closed = false

  private constructor(private readonly options: AvailabilityOptions) {
    this.#stop = options.signals.on('availability', () => void this.look())
  }

  static async open(options: AvailabilityOptions): Promise<Availability> {
    const availability = new Availability(options)
    await availability.look()
    availability.#regularly()
    return availability
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stop()
    this.#cancel()
    await this.#looking
  }

  /** Undefined: they take calls. */
  of(clinician: ClinicianId): NotNow | undefined {
    const said = this.#known.get(clinician)
    return said && said.until > this.options.clock.now() ? said : undefined
  }

  /** All at present, the first to be back first. */
  now(): readonly NotNow[] {
    const at = this.options.clock.now()
    return [...this.#known.values()]
      .filter(({ until }) => until > at)
      .sort((a, b) => a.until - b.until || (a.clinician < b.clinician ? -1 : 1))
  }

  /** Called when a person sets or clears it, at any engine; not when the time is up. @returns stops it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sets it until then. On disk when it resolves; rejects with the database's error. */
  async notNow(clinician: ClinicianId, until: number, why: NotNowReason, actor: Actor): Promise<NotNow> {
    const { at } = await this.#keep(clinician, 'notNow', until, why, actor)
    return { clinician, since: at, until, why }
  }

  /** Clears it. */
  async on(clinician: ClinicianId, actor: Actor): Promise<void> {
    if (this.of(clinician)) await this.#keep(clinician, 'on', 0, 'other', actor)
  }

  async #keep(
    clinician: ClinicianId,
    type: 'notNow' | 'on',
    until: number,
    why: NotNowReason,
    actor: Actor,
  ): Promise<{ readonly at: number }> {
    const { store, signals } = this.options
    const { seq, at } = await store.ledger.append('availability', clinician, type, type === 'notNow' ? { until, why } : {}, actor)
    const row = { since: at, until, why, seq }
    await store.tables.writing
      .insertInto('not_now')
      .values({ clinician, ...row })
      // Of two engines told at the same time, the later ledger entry holds.
      .onConflict((conflict) => conflict.column('clinician').doUpdateSet(row).where('not_now.seq', '<', seq))
      .execute()
    await this.look()
    signals.tell('availability')
    return { at }
  }

  /** Reads the store again. Never rejects: what is unreadable now is read the next time. */
  look(): Promise<void> {
    return (this.#looking = this.#looking.then(async () => {
      if (this.#closed) return
      const rows = await this.options.store.tables.reading
        .selectFrom('not_now')
        .selectAll()
        .where('until', '>', this.options.clock.now())
        .execute()
        .catch(() => undefined)
      if (!rows) return
      const before = this.#known
      this.#known = new Map(
        rows.map(({ clinician, since, until, why }) => [
          clinician,
          {
            clinician,
            since: Number(since),
            until: Number(until),
            why: Object.hasOwn(notNowReasons, why) ? (why as NotNowReason) : 'other',
          },
        ]),
      )
      if (wordsOf(before) !== wordsOf(this.#known)) for (const listener of this.#listeners) listener()
    }))
  }

  #regularly(): void {
    this.#cancel = this.options.clock.after(lookEveryMs, () => {
      void this.look().then(() => {
        if (!this.#closed) this.#regularly()
      })
    })
  }
}

function wordsOf(known: ReadonlyMap<ClinicianId, NotNow>): string {
  return JSON.stringify([...known.values()].sort((a, b) => (a.clinician < b.clinician ? -1 : 1)))
}
