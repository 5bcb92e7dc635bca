import type { By } from '../accounts/by.js'
import type { Reach } from '../accounts/identity.js'
import { reaches } from '../accounts/identity.js'
import type { Audit } from '../audit/audit.js'
import type { Directory } from '../directory/model.js'
import { restatedRows, returnRows, type ReturnRow, type ReturnSettings } from '../figures/monthly-return.js'
import { monthsUntil } from '../figures/summary.js'
import { whenIn } from '../figures/roll-up.js'
import type { Db } from '../store/statements.js'
import type { Store } from '../store/store.js'
import type { MonthSums } from './month-sums.js'

export interface MonthlyReturnsParts {
  readonly store: Pick<Store, 'tables' | 'reportsAsOf'>
  readonly sums: MonthSums
  readonly directory: () => Directory
  readonly audit: Audit
  readonly settings: ReturnSettings
  /** Wall-clock ms. */
  readonly now: () => number
}

/** How many months back a return is restated if its figures have changed. */
const restatedMonths = 12

/** A return as it would be handed in now. */
export interface MonthlyReturn {
  readonly rows: readonly ReturnRow[]
  /** Changed figures of months handed in before. */
  readonly restated: readonly ReturnRow[]
}

/** A return handed in. */
export interface HandedIn {
  readonly month: string
  readonly at: number
  /** Id of the person who did. */
  readonly by: string
}

const columns = [
  'month',
  'requesting ICB',
  'responding ODS',
  'specialty group',
  'type',
  'total',
  'processed',
  'diverted',
  'restated',
] as const

/** The monthly return for commissioners: as it stands, and as handed in. */
export class MonthlyReturns {
  constructor(private readonly parts: MonthlyReturnsParts) {}

  /** Months that are over, the latest first. */
  months(): readonly string[] {
    return [...monthsUntil(whenIn(this.parts.now()).month, restatedMonths + 1)].slice(0, -1).reverse()
  }

  /** @param reach the reader's reporting reach: a part has nothing to restate, since a return is handed in as a whole */
  async of(month: string, reach: Reach): Promise<MonthlyReturn> {
    const months = monthsUntil(month, restatedMonths)
    const { store, sums, settings } = this.parts
    const directory = this.parts.directory()
    const returned = reach.everywhere ? await lastSaid(store.tables.reading, months.slice(0, -1)) : new Map<string, readonly ReturnRow[]>()
    const asked = [...returned.keys(), month]
    const found = await sums.of('asked', asked)
    const rows = returnRows(found.rows(asked), directory, settings, (line) => reaches(reach, { line }, directory))
    const earlier = months.slice(0, -1).flatMap((one) => {
      const said = returned.get(one)
      return said
        ? restatedRows(
            rows.filter((row) => row.month === one),
            said,
          )
        : []
    })
    return { rows: rows.filter((row) => row.month === month), restated: earlier }
  }

  /** Records the return of a month as handed in now. Rejects while the replica it is read from lags. @returns its contents */
  async handIn(by: By, month: string, reach: Reach): Promise<MonthlyReturn> {
    if (this.parts.store.reportsAsOf() !== undefined)
      throw new Error(
        'the replica that reports are read from is behind (alarm store.replicaBehind): hand the return in when it has caught up',
      )
    const said = await this.of(month, reach)
    const { store, audit, now } = this.parts
    await audit.tell({
      ...by,
      action: 'return.handedIn',
      subjectKind: 'return',
      subject: month,
      data: { rows: said.rows.length, restated: said.restated.length },
    })
    await store.tables.writing
      .insertInto('monthly_returns')
      .values({ month, returned_at: now(), returned_by: by.actor, rows: JSON.stringify([...said.rows, ...said.restated]) })
      .execute()
    return said
  }

  /** The latest return of each month. */
  async handedIn(): Promise<ReadonlyMap<string, HandedIn>> {
    const rows = await this.parts.store.tables.reading
      .selectFrom('monthly_returns')
      .select(['month', 'returned_at', 'returned_by'])
      .where('month', 'in', [...this.months()])
      .orderBy('returned_at')
      .execute()
    return new Map(rows.map((row) => [row.month, { month: row.month, at: Number(row.returned_at), by: row.returned_by }]))
  }
}

/** The last figures of each month, row by row: a later return restates only changes. */
async function lastSaid(db: Db, months: readonly string[]): Promise<ReadonlyMap<string, readonly ReturnRow[]>> {
  const first = months[0]
  if (first === undefined) return new Map()
  const kept = await db.selectFrom('monthly_returns').select(['month', 'rows']).where('month', '>=', first).orderBy('returned_at').execute()
  const said = new Map<string, Map<string, ReturnRow>>()
  for (const { month, rows } of kept) {
    const told = JSON.parse(rows) as readonly ReturnRow[]
    // A month handed in again is stated as a whole.
    said.set(month, new Map())
    for (const row of told) {
      const ofMonth = said.get(row.month) ?? new Map<string, ReturnRow>()
      ofMonth.set(JSON.stringify([row.requestingIcb, row.respondingOds, row.specialty, row.type]), row)
      said.set(row.month, ofMonth)
    }
  }
  return new Map([...said].filter(([month]) => months.includes(month)).map(([month, rows]) => [month, [...rows.values()]]))
}

/** As a file. No text in it reads as a formula. */
export async function returnAsCsv({ rows, restated }: MonthlyReturn): Promise<string> {
  const { stringify } = await import('csv-stringify/sync')
  const line = (row: ReturnRow, again: 'yes' | 'no') => [
    row.month,
    row.requestingIcb,
    row.respondingOds,
    row.specialty,
    row.type,
    row.total,
    row.processed,
    row.diverted,
    again,
  ]
  return stringify([[...columns], ...rows.map((row) => line(row, 'no')), ...restated.map((row) => line(row, 'yes'))], {
    escape_formulas: true,
    record_delimiter: 'windows',
  })
}
