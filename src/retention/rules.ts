import type { Directory, Organisation } from '../directory/model.js'
import { parsePeriod, type Period } from '../directory/period.js'

/** What has a time of its own: recordings, the records of calls, the audit. */
export type KeptKind = 'recordings' | 'records' | 'audit'

/** How long something is kept, and by whose rule. */
export interface RetentionRule {
  readonly kind: KeptKind
  /** The organisation whose own rule it is; undefined: that of the settings. */
  readonly organisation: string | undefined
  readonly keep: Period
}

export { parsePeriod, type Period }

/** Before which instant (wall-clock ms) something has to have happened to be over its time; undefined: never. By the calendar, in UTC: of 29 February a year later, 1 March. */
export function cutoff(keep: Period, now: number): number | undefined {
  if (keep.kind === 'forever') return undefined
  const date = new Date(now)
  switch (keep.unit) {
    case 'days':
      return now - keep.count * 24 * 60 * 60_000
    case 'months':
      return earlier(date, 0, keep.count)
    case 'years':
      return earlier(date, keep.count, 0)
  }
}

function earlier(now: Date, years: number, months: number): number {
  const then = new Date(now)
  then.setUTCDate(1)
  then.setUTCFullYear(now.getUTCFullYear() - years, now.getUTCMonth() - months)
  // The last day of a shorter month: what began on it is kept no shorter for it.
  const last = new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + 1, 0)).getUTCDate()
  then.setUTCDate(Math.min(now.getUTCDate(), last))
  return then.getTime()
}

type OfCalls = Exclude<KeptKind, 'audit'>

const ownRule = { recordings: 'keepRecordings', records: 'keepRecords' } as const satisfies Readonly<Record<OfCalls, keyof Organisation>>

/** Whose rule holds for a call: that of the organisation that called, else that of the trust whose line it was. */
export function ruleFor(
  kind: OfCalls,
  { organisation, line }: { readonly organisation: string | null; readonly line: string | null },
  directory: Directory,
  usual: Period,
): RetentionRule {
  const trust = line === null ? undefined : directory.lines.get(line)?.trust
  for (const id of [organisation, trust]) {
    const own = id == null ? undefined : directory.organisations.get(id)?.[ownRule[kind]]
    if (id != null && own !== undefined) return { kind, organisation: id, keep: own }
  }
  return { kind, organisation: undefined, keep: usual }
}

/** The shortest time that any rule has, to know where to begin to look. */
export function shortest(kind: OfCalls, directory: Directory, usual: Period, now: number): number | undefined {
  const cutoffs = [usual, ...[...directory.organisations.values()].flatMap((organisation) => organisation[ownRule[kind]] ?? [])].flatMap(
    (keep) => cutoff(keep, now) ?? [],
  )
  return cutoffs.length === 0 ? undefined : Math.max(...cutoffs)
}

export function ruleInWords({ kind, organisation, keep }: RetentionRule): string {
  return `${words[kind]}${organisation === undefined ? '' : ` of ${organisation}`} are kept ${keep.kind === 'forever' ? 'for ever' : `for ${keep.text}`}`
}

const words: Readonly<Record<KeptKind, string>> = { recordings: 'recordings', records: 'records of calls', audit: 'entries of the audit' }
