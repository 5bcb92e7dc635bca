import type { RollUpFigure, RollUpRow, RollUpScope } from '../figures/roll-up.js'
import { grouped, type Sums } from '../figures/summary.js'
import type { MonthSum } from '../store/questions/month-sums.js'
import type { Store } from '../store/store.js'

/** The scopes that a summary reads, and the figures of each. */
type Scope = Extract<RollUpScope, 'all' | 'line' | 'organisation' | 'clinician' | 'asked'>
type Read = Omit<Parameters<Store['monthSums']>[0], 'month' | 'scope'>

const read: Readonly<Record<Scope, Read>> = {
  all: {},
  line: {},
  organisation: {
    figures: ['answered', 'unanswered', 'abandoned', 'arranged', 'arrangedConnected', 'talkMs', 'connectionMs', 'connectionIn'],
  },
  clinician: { figures: ['ringing', 'answered', 'talkMs'], withoutParts: true },
  asked: {},
}

interface KeptMonth {
  /** The version of its sums: until they arrive, the one asked for. */
  changes: number
  /** Monotonic ms at which they were asked for. */
  readonly at: number
  readonly sums: Promise<ReadonlyMap<string, readonly MonthSum[]>>
}

/** More than a summary of two years needs: months no longer read are dropped. */
const maxKept = 150

/** An unannounced change of sums (by an engine of an older version, by hand) shows after this long. */
const longestMs = 10 * 60_000

/**
 * The sums of months for reports. A month read is kept while the store says that its sums are unchanged, by any engine: of twelve months eleven are over and hardly change.
 * A lagging replica answers both as of the same moment, or the sums as of a later one. Of several replicas, one may give the version and another, further behind, the sums: so sums come with their own version, and are kept under it.
 */
export class MonthSums {
  readonly #kept = new Map<string, KeptMonth>()

  /** @param now monotonic ms */
  constructor(
    private readonly store: Pick<Store, 'monthSums' | 'monthChanges'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async of(scope: Scope, months: readonly string[]): Promise<SumsOfMonths> {
    // Asked first: a change between the two is read the next time.
    const changes = await this.store.monthChanges(months)
    const found = new Map<string, ReadonlyMap<string, readonly MonthSum[]>>()
    // One after the other: other queries get their turn in between.
    for (const month of months) found.set(month, await this.#month(scope, month, changes.get(month) ?? 0))
    return new SumsOfMonths(scope, found)
  }

  #month(scope: Scope, month: string, changes: number): KeptMonth['sums'] {
    const key = `${scope} ${month}`
    const kept = this.#kept.get(key)
    this.#kept.delete(key)
    const now = kept?.changes === changes && this.now() - kept.at < longestMs ? kept : this.#read(key, scope, month, changes)
    this.#kept.set(key, now)
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= maxKept) break
      this.#kept.delete(oldest)
    }
    return now.sums
  }

  #read(key: string, scope: Scope, month: string, changes: number): KeptMonth {
    const reading = this.store.monthSums({ month, scope, ...read[scope] })
    const kept: KeptMonth = { changes, at: this.now(), sums: reading.then(({ sums }) => grouped(sums, ({ id }) => id)) }
    const forget = () => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key)
    }
    reading.then((found) => {
      // A month without sums has no version; asking again costs nothing.
      if (found.changes === undefined) forget()
      else kept.changes = found.changes
    }, forget)
    return kept
  }
}

/** The sums of some months: of all calls, or by line, organisation or clinician. */
export class SumsOfMonths {
  constructor(
    private readonly scope: Scope,
    private readonly months: ReadonlyMap<string, ReadonlyMap<string, readonly MonthSum[]>>,
  ) {}

  /** The ids with sums in these months. */
  ids(months: Iterable<string> = this.months.keys()): ReadonlySet<string> {
    return new Set([...months].flatMap((month) => [...(this.months.get(month)?.keys() ?? [])]))
  }

  /** The totals of these figures in these months, by id. */
  totals(figures: readonly RollUpFigure[], months: Iterable<string>): ReadonlyMap<string, number> {
    const totals = new Map<string, number>()
    for (const month of months)
      for (const [id, sums] of this.months.get(month) ?? [])
        for (const { figure, total } of sums) if (figures.includes(figure)) totals.set(id, (totals.get(id) ?? 0) + total)
    return totals
  }

  /** The sums of some ids in these months, added up. @param without figures whose parts are not needed */
  sums(ids: Iterable<string>, months: Iterable<string>, without: readonly RollUpFigure[] = []): Sums {
    const totals = new Map<RollUpFigure, number>()
    const written = new Map<RollUpFigure, string[]>()
    const some = [...ids]
    for (const month of months) {
      const ofMonth = this.months.get(month)
      for (const id of some)
        for (const { figure, total, parts } of ofMonth?.get(id) ?? []) {
          totals.set(figure, (totals.get(figure) ?? 0) + total)
          const texts = written.get(figure)
          if (texts) texts.push(parts)
          else written.set(figure, [parts])
        }
    }
    // Most are never read: a table row shows few figures.
    return {
      total: (figure) => totals.get(figure) ?? 0,
      parts: (figure) => (without.includes(figure) ? new Map<string, number>() : partsOf(written.get(figure) ?? [])),
    }
  }

  /** Every sum of these months, part by part. */
  *rows(months: Iterable<string>): Generator<RollUpRow> {
    for (const month of months)
      for (const [id, sums] of this.months.get(month) ?? [])
        for (const { figure, total, parts } of sums) {
          if (parts === '' || parts.startsWith(' ')) yield { month, scope: this.scope, id, figure, part: '', amount: total }
          else for (const [part, amount] of partsOf([parts])) yield { month, scope: this.scope, id, figure, part, amount }
        }
  }
}

function partsOf(texts: readonly string[]): ReadonlyMap<string, number> {
  const parts = new Map<string, number>()
  for (const text of texts)
    for (let start = 0; start < text.length;) {
      const next = text.indexOf('\n', start)
      const end = next === -1 ? text.length : next
      const amountAt = text.lastIndexOf(' ', end - 1)
      const part = text.slice(start, amountAt)
      parts.set(part, (parts.get(part) ?? 0) + Number(text.slice(amountAt + 1, end)))
      start = end + 1
    }
  return parts
}
