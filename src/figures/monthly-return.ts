import type { Directory, Organisation } from '../directory/model.js'
import type { RollUpRow } from './roll-up.js'

/**
 * The monthly return for commissioners (System EROC, specialist advice): how many requests for advice there were, by who asked and who answered. docs/figures.md
 */

/** The type that advice by telephone counts as; the ICB decides. */
export const returnTypes = ['pre-referral', 'post-referral', 'other'] as const
export type ReturnType = (typeof returnTypes)[number]

export interface ReturnSettings {
  readonly type: ReturnType
  /** Outcomes that mean no referral was needed. */
  readonly diverted: readonly string[]
}

/** A row of the return. */
export interface ReturnRow {
  /** `2026-11` */
  readonly month: string
  /** Of the practice that asked: the ODS code of its ICB; its area, where the directory has none. */
  readonly requestingIcb: string
  /** Of the trust that runs the line; its id, where it has no code. */
  readonly respondingOds: string
  /** The specialty of the line's pool in the National Consultant Network; else the line's name. */
  readonly specialty: string
  readonly type: ReturnType
  readonly total: number
  readonly processed: number
  readonly diverted: number
}

/** The key fields of a row, without its figures. */
export function returnKey({ month, requestingIcb, respondingOds, specialty, type }: ReturnRow): string {
  return JSON.stringify([month, requestingIcb, respondingOds, specialty, type])
}

/** @param rows sums of the scope `asked` @param reached lines that the reader reports on */
export function returnRows(
  rows: Iterable<RollUpRow>,
  directory: Directory,
  { type, diverted }: ReturnSettings,
  reached: (line: string) => boolean,
): readonly ReturnRow[] {
  type Counted = { -readonly [K in keyof ReturnRow]: ReturnRow[K] }
  const found = new Map<string, Counted>()
  /** By id and month. Many sums belong to one row, and finding it goes through the directory. */
  const rowsOf = new Map<string, Map<string, Counted | undefined>>()
  const icbs = new Map<string, string>()
  const rowFor = (month: string, id: string): Counted | undefined => {
    const [organisation = '', line = ''] = id.split(' ')
    if (!reached(line) || !isAdvice(directory, line)) return undefined
    const requestingIcb = icbs.get(organisation) ?? icbOf(directory, organisation)
    icbs.set(organisation, requestingIcb)
    const row = { month, requestingIcb, ...answering(directory, line), type, total: 0, processed: 0, diverted: 0 }
    const key = returnKey(row)
    const there = found.get(key) ?? row
    found.set(key, there)
    return there
  }
  for (const { month, scope, id, figure, part, amount } of rows) {
    if (scope !== 'asked') continue
    const ofMonth = rowsOf.get(month) ?? new Map<string, Counted | undefined>()
    if (ofMonth.size === 0) rowsOf.set(month, ofMonth)
    let row = ofMonth.get(id)
    if (!row && !ofMonth.has(id)) ofMonth.set(id, (row = rowFor(month, id)))
    if (!row) continue
    if (figure !== 'outcome') row.total += amount
    if (figure === 'answered') row.processed += amount
    if (figure === 'outcome' && diverted.includes(part)) row.diverted += amount
  }
  return [...found.values()].filter(({ total }) => total !== 0).sort(inOrder)
}

/** Rows of a returned month that have changed: calls were assigned, outcomes left or changed since. A row that has dropped to zero is returned as zero. */
export function restatedRows(now: readonly ReturnRow[], returned: readonly ReturnRow[]): readonly ReturnRow[] {
  const before = new Map(returned.map((row) => [returnKey(row), row]))
  const changed = now.filter((row) => {
    const was = before.get(returnKey(row))
    before.delete(returnKey(row))
    return was === undefined || was.total !== row.total || was.processed !== row.processed || was.diverted !== row.diverted
  })
  return [
    ...changed,
    ...[...before.values()].filter(({ total }) => total !== 0).map((row) => ({ ...row, total: 0, processed: 0, diverted: 0 })),
  ].sort(inOrder)
}

function inOrder(a: ReturnRow, b: ReturnRow): number {
  return a.month < b.month
    ? -1
    : a.month > b.month
      ? 1
      : a.requestingIcb.localeCompare(b.requestingIcb) ||
        a.respondingOds.localeCompare(b.respondingOds) ||
        a.specialty.localeCompare(b.specialty)
}

/** Calls to patients' lines are not requests for advice. A line removed from the directory counts as an advice line. */
function isAdvice({ lines }: Directory, line: string): boolean {
  return (lines.get(line)?.kind ?? 'advice') === 'advice'
}

function icbOf({ organisations, areas }: Directory, id: string): string {
  const asking = organisations.get(id)
  if (!asking) return id
  if (asking.kind === 'icb') return codeOf(asking)
  const icb = [...organisations.values()].find(({ kind, area }) => kind === 'icb' && area === asking.area)
  return icb ? codeOf(icb) : (areas.get(asking.area)?.name ?? asking.area)
}

function answering({ lines, organisations, pools }: Directory, id: string): Pick<ReturnRow, 'respondingOds' | 'specialty'> {
  const line = lines.get(id)
  const trust = line && organisations.get(line.trust)
  return {
    respondingOds: trust ? codeOf(trust) : (line?.trust ?? ''),
    specialty: pools.get(line?.ncnPool ?? '')?.specialty ?? line?.name ?? id,
  }
}

function codeOf({ odsCode, id }: Organisation): string {
  return odsCode ?? id
}
