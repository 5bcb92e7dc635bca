import { entryOf, type AlarmName, type Severity } from './alarm-list.js'
import type { AlarmAbout, Alarms } from './alarms.js'

export interface ActiveAlarm {
  readonly alarm: AlarmName
  readonly severity: Severity
  readonly detail: string
  /** Wall-clock ms of the first raising since it was last cleared, and of the latest. */
  readonly since: number
  readonly lastAt: number
  /** How often it was raised since then. */
  readonly times: number
  /** Its owners since then; undefined: the service as a whole. */
  readonly about?: readonly AlarmAbout[]
  /** Its owner the latest time, which `detail` is about, if different from before. */
  readonly lately?: readonly AlarmAbout[]
}

/** How many owners are remembered. */
const maxAbout = 50

/** The alarms now up, in memory. The log keeps their history. */
export class AlarmBoard implements Alarms {
  readonly #active = new Map<AlarmName, ActiveAlarm>()
  readonly #listeners = new Set<(alarm: ActiveAlarm, up: boolean) => void>()
  #raised = 0

  /** @param note an addition to an alarm's detail, by its name */
  constructor(
    private readonly now: () => number = Date.now,
    private readonly note: (alarm: AlarmName) => string | undefined = () => undefined,
  ) {}

  raise(alarm: AlarmName, what: string, about: readonly AlarmAbout[] = []): void {
    const at = this.now()
    const note = this.note(alarm)
    const detail = note === undefined ? what : `${what}. ${note}`
    const before = this.#active.get(alarm)
    const active = {
      alarm,
      severity: entryOf(alarm).severity,
      detail,
      since: before?.since ?? at,
      lastAt: at,
      times: (before?.times ?? 0) + 1,
      ...whose(before?.about, about),
    }
    this.#active.set(alarm, active)
    this.#raised++
    this.#tell(active, true)
  }

  clear(alarm: AlarmName): void {
    const active = this.#active.get(alarm)
    if (!active) return
    this.#active.delete(alarm)
    this.#tell(active, false)
  }

  /** Oldest first. */
  active(): readonly ActiveAlarm[] {
    return [...this.#active.values()]
  }

  /** How often any alarm was raised since the start. */
  get raised(): number {
    return this.#raised
  }

  /** Called at every raising (`up`) and clearing. @returns stops it */
  subscribe(listener: (alarm: ActiveAlarm, up: boolean) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(alarm: ActiveAlarm, up: boolean): void {
    for (const listener of this.#listeners) listener(alarm, up)
  }
}

function whose(before: readonly AlarmAbout[] = [], lately: readonly AlarmAbout[]): Pick<ActiveAlarm, 'about' | 'lately'> {
  const all = new Map([...before, ...lately].map((one) => [JSON.stringify(one), one]))
  if (all.size === 0) return {}
  return { about: [...all.values()].slice(-maxAbout), ...(all.size === lately.length ? {} : { lately }) }
}
