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

/** Today's figures by line: the store's sums of the day, kept by the facts of all engines, and the functions of the reports. */
export class Today {
  #day = ''
  #byLine: ReadonlyMap<LineId, readonly RollUpRow[]> = new Map()
  readonly #figures = new Map<LineId, PeriodFigures>()
  #readAt = Number.NEGATIVE_INFINITY
  #readWhen: number | undefined
  #reading: Promise<void> | undefined

  constructor(private readonly parts: TodayParts) {}

  /** The day of the figures, `2026-11-30`, in the time zone of the service. */
  get day(): string {
    return this.#day
  }

  /** When they were read, wall-clock ms. */
  get readAt(): number | undefined {
    return this.#readWhen
  }

  /** Whether the figures are that old. */
  isOlderThan(ms: number): boolean {
    return this.parts.monotonic() - this.#readAt >= ms || whenIn(this.parts.now()).date !== this.#day
  }

  /** Reads the sums. Concurrent requests share one read. Rejects with the database's error. */
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

  /** Lines with calls today, including those no longer in the directory. */
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
