import type { LineId } from '../../directory/model.js'
import { whenIn, type RollUpRow } from '../../figures/roll-up.js'
import { figuresOf, grouped, type PeriodFigures } from '../../figures/summary.js'
import type { Store } from '../../store/store.js'

export interface TodayParts {
  readonly store: Pick<Store, 'rollUps'>
  /** Wall-clock ms. */
  readonly now: () => number
  /** Monotonic ms. */
  readonly monotonic: () => number
}

/** What the calls of today come to, line by line: the store's sums of the day, which the facts of all engines keep, and the functions of the reports. */
export class Today {
  #day = ''
  #byLine: ReadonlyMap<LineId, readonly RollUpRow[]> = new Map()
  readonly #figures = new Map<LineId, PeriodFigures>()
  #readAt = Number.NEGATIVE_INFINITY
  #readWhen: number | undefined
  #reading: Promise<void> | undefined

  constructor(private readonly parts: TodayParts) {}

  /** The day of which the figures are, `2026-11-30`, in the time zone of the service. */
  get day(): string {
    return this.#day
  }

  /** When they were read, wall-clock ms. */
  get readAt(): number | undefined {
    return this.#readWhen
  }

  /** Whether what is known is as old as that. */
  isOlderThan(ms: number): boolean {
    return this.parts.monotonic() - this.#readAt >= ms || whenIn(this.parts.now()).date !== this.#day
  }

  /** Reads the sums. Several who ask meanwhile share one reading. Rejects in the database's own words. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const { date } = whenIn(this.parts.now())
    const begunAt = this.parts.monotonic()
    const rows = await this.parts.store.rollUps({ from: date, to: date, scope: 'lineDay' })
    this.#byLine = grouped(rows, ({ id }) => id)
    this.#figures.clear()
    this.#day = date
    this.#readAt = begunAt
    this.#readWhen = this.parts.now()
  }

  /** Lines with calls today, those included that are not in the directory any more. */
  lines(): Iterable<LineId> {
    return this.#byLine.keys()
  }

  of(line: LineId): PeriodFigures {
    let figures = this.#figures.get(line)
    if (figures === undefined) this.#figures.set(line, (figures = figuresOf(this.#byLine.get(line) ?? [])))
    return figures
  }

  ofAll(lines: Iterable<LineId>): PeriodFigures {
    return figuresOf([...lines].flatMap((line) => this.#byLine.get(line) ?? []))
  }
}
