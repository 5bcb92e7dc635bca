import { openingAt } from '../../directory/hours.js'
import type { Directory, HuntCandidate, Line, LineId } from '../../directory/model.js'
import { nextOn } from '../../directory/next-on.js'
import { huntCandidates } from '../../directory/rota.js'
import { rotaGaps } from '../../directory/rota-gaps.js'
import { timeOf } from './words.js'

const hourMs = 60 * 60_000
const minuteMs = 60_000
/** The most people named; a rota has a handful. */
const maxNamed = 4

/** Whether a line is open, and who is rung there now and next. */
export interface Staffing {
  readonly open: boolean
  readonly hours: string
  readonly now: readonly HuntCandidate[]
  readonly next: { readonly at: string; readonly candidates: readonly HuntCandidate[] } | undefined
  /** Open, and nobody is on: now, or from a time within the hour. */
  readonly gap: 'now' | { readonly from: string } | undefined
}

/** For every line, computed once a minute and per directory: rotas change on the minute. */
export class Staffings {
  #minute = 0
  #directory: Directory | undefined
  readonly #known = new Map<LineId, Staffing>()

  of(directory: Directory, line: Line, now: number): Staffing {
    const minute = Math.floor(now / minuteMs)
    if (minute !== this.#minute || directory !== this.#directory) {
      this.#minute = minute
      this.#directory = directory
      this.#known.clear()
    }
    let staffing = this.#known.get(line.id)
    if (staffing === undefined) this.#known.set(line.id, (staffing = staffingAt(directory, line, now)))
    return staffing
  }
}

export function staffingAt(directory: Directory, line: Line, now: number): Staffing {
  const opening = openingAt(line, now)
  const time = (at: number) => timeOf(at, now, line.timeZone)
  const hours = opening.open
    ? opening.closesAt === undefined
      ? 'Open'
      : `Open until ${time(opening.closesAt)}`
    : opening.opensAt === undefined
      ? 'Closed'
      : `Closed, opens ${time(opening.opensAt)}`
  const [gap] = rotaGaps(directory, line, now, now + hourMs)
  const next = opening.open
    ? nextOn(directory, line, now)
    : opening.opensAt === undefined
      ? undefined
      : { at: opening.opensAt, candidates: huntCandidates(directory, line, opening.opensAt) }
  return {
    open: opening.open,
    hours,
    now: opening.open ? huntCandidates(directory, line, now) : [],
    next: next && { at: time(next.at), candidates: next.candidates },
    gap: gap === undefined ? undefined : gap.from <= now ? 'now' : { from: time(gap.from) },
  }
}

/** The people in ringing order: by name, or by role, each role once. @param besides a remark on a person; empty: none */
export function peopleOf(
  candidates: readonly HuntCandidate[],
  directory: Directory,
  names: boolean,
  besides: (clinician: string) => string = () => '',
): string {
  const labels = candidates.map(({ label, clinician }) => {
    const name = names || clinician === undefined ? label : roleOf(clinician, directory)
    const more = clinician === undefined ? '' : besides(clinician)
    return more === '' ? name : `${name} (${more})`
  })
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const said = [...counts].map(([label, count]) => (count === 1 ? label : `${label} × ${count}`))
  return said.length <= maxNamed ? said.join(', ') : `${said.slice(0, maxNamed - 1).join(', ')} and ${said.length - maxNamed + 1} more`
}

export function roleOf(clinician: string, directory: Directory): string {
  return directory.clinicians.get(clinician)?.role ?? 'Clinician'
}
