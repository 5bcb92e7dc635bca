import type { Directory, Organisation } from '../directory/model.js'
import { parsePeriod, type Period } from '../directory/period.js'

/** Kinds with a retention period: recordings, call records, the audit. */
export type KeptKind = 'recordings' | 'records' | 'audit'

/** A retention period and its owner. */
export interface RetentionRule {
  readonly kind: KeptKind
  /** The organisation with this rule; undefined: the settings. */
  readonly organisation: string | undefined
  readonly keep: Period
}

export { parsePeriod, type Period }

/** The instant (wall-clock ms) before which data are past their time; undefined: never. By the calendar, in UTC: a year after 29 February is 1 March. */
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
  // A shorter month must not shorten the period.
  const last = new Date(Date.UTC(then.getUTCFullYear(), then.getUTCMonth() + 1, 0)).getUTCDate()
  then.setUTCDate(Math.min(now.getUTCDate(), last))
  return then.getTime()
}

type OfCalls = Exclude<KeptKind, 'audit'>

const ownRule = { recordings: 'keepRecordings', records: 'keepRecords' } as const satisfies Readonly<Record<OfCalls, keyof Organisation>>

/** The rule for a call: the calling organisation's, else that of the trust whose line it was. */
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

/** The shortest period of any rule: where to start looking. */
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
