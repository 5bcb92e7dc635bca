import { reaches, type Reach } from '../accounts/identity.js'
import type { Directory } from '../directory/model.js'
import { longestFirst, type Advice } from '../figures/advice.js'
import { whenIn } from '../figures/roll-up.js'
import { figuresIn, grouped, hoursOfWeek, monthsUntil, type PeriodFigures } from '../figures/summary.js'
import type { MonthSums, SumsOfMonths } from './month-sums.js'

const monthsShown = 12
/** The possible ends of an offered call. */
const offeredClasses = ['answered', 'unanswered', 'abandoned'] as const

/** A line, trust or organisation with its figures. */
export interface SummaryGroup {
  readonly id: string
  /** Undefined: no longer in the directory. */
  readonly name: string | undefined
  readonly figures: PeriodFigures
}

/** Twelve months in figures, the present month last. */
export interface YearSummary {
  /** `2026-03`, the oldest first. */
  readonly months: readonly string[]
  readonly figures: PeriodFigures
  /** Of the twelve months before. */
  readonly before: PeriodFigures
  readonly monthly: readonly { readonly month: string; readonly figures: PeriodFigures }[]
  /** 168 of them, the first is Monday 00:00 to 01:00. */
  readonly hours: readonly { readonly offered: number; readonly answered: number }[]
  /** Those with calls, the most offered first. */
  readonly lines: readonly SummaryGroup[]
  /** Of all lines alone. */
  readonly trusts: readonly SummaryGroup[]
  /** For readers of every line, of all lines alone; else empty. */
  readonly organisations: readonly SummaryGroup[]
  /** As `organisations`; the longest talk first. */
  readonly clinicians: readonly (Advice & { readonly id: string; readonly name: string | undefined })[]
}

export interface YearSummaryParts {
  readonly sums: MonthSums
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
}

/** The last two years of the lines that a reader reports on. */
export interface ReportedYears {
  /** The lines with sums in them. */
  readonly lines: readonly string[]
  /**
   * @param line one of them; undefined: all. A reader who sees some lines sees their totals
   * @param most rows of each list
   */
  readonly summary: (line: string | undefined, most: number) => Promise<YearSummary>
}

export async function reportedYears(parts: YearSummaryParts, reach: Reach): Promise<ReportedYears> {
  const months = monthsUntil(whenIn(parts.now()).month, monthsShown * 2)
  const ofEach = await parts.sums.of('line', months)
  const known = parts.directory()
  const lines = [...ofEach.ids()].filter((id) => reaches(reach, { line: id }, known))
  return { lines, summary: (line, most) => yearSummary(parts, reach, { months, ofEach, lines, line, most }) }
}

interface Asked {
  readonly months: readonly string[]
  readonly ofEach: SumsOfMonths
  readonly lines: readonly string[]
  readonly line: string | undefined
  readonly most: number
}

async function yearSummary(
  { sums, directory }: YearSummaryParts,
  reach: Reach,
  { months: all, ofEach, lines, line, most }: Asked,
): Promise<YearSummary> {
  const [before, months] = [all.slice(0, monthsShown), all.slice(monthsShown)]
  const known = directory()
  const seesOthers = reach.everywhere && line === undefined
  const whole = seesOthers ? await sums.of('all', all) : ofEach
  const summed = seesOthers ? [''] : line === undefined ? lines : [line]
  const now12 = whole.sums(summed, months)
  const listed = (of: SumsOfMonths, groups: ReadonlyMap<string, readonly string[]>, nameOf: (id: string) => string | undefined) =>
    groupsOf(of, months, groups, nameOf)
      .slice(0, most)
      .map(({ ids, id, name }) => ({ id, name, figures: figuresIn(of.sums(ids, months, ['dialToVoiceIn'])) }))
  const each = (ids: Iterable<string>) => new Map([...ids].map((id) => [id, [id]]))
  const organisationName = (id: string) => known.organisations.get(id)?.name
  const [organisations, clinicians] = seesOthers
    ? [await sums.of('organisation', months), await sums.of('clinician', months)]
    : [undefined, undefined]
  return {
    months,
    figures: figuresIn(now12),
    before: figuresIn(whole.sums(summed, before)),
    monthly: months.map((month) => ({ month, figures: figuresIn(whole.sums(summed, [month])) })),
    hours: hoursOfWeek(now12),
    lines: listed(ofEach, each(lines), (id) => known.lines.get(id)?.name),
    trusts:
      line === undefined
        ? listed(
            ofEach,
            grouped(lines, (id) => known.lines.get(id)?.trust ?? ''),
            organisationName,
          )
        : [],
    organisations: organisations ? listed(organisations, each(organisations.ids()), organisationName) : [],
    clinicians: clinicians
      ? longestFirst(adviceIn(clinicians, months))
          .slice(0, most)
          .map((one) => ({ ...one, name: known.clinicians.get(one.id)?.name }))
      : [],
  }
}

/** Those with calls, the most offered first. */
function groupsOf(
  of: SumsOfMonths,
  months: readonly string[],
  groups: ReadonlyMap<string, readonly string[]>,
  nameOf: (id: string) => string | undefined,
) {
  const [offered, arranged] = [of.totals(offeredClasses, months), of.totals(['arranged'], months)]
  const total = (totals: ReadonlyMap<string, number>, ids: readonly string[]) => ids.reduce((sum, id) => sum + (totals.get(id) ?? 0), 0)
  return [...groups]
    .map(([id, ids]) => ({ id, ids, name: nameOf(id), offered: total(offered, ids), arranged: total(arranged, ids) }))
    .filter((one) => one.offered + one.arranged > 0)
    .sort((a, b) => b.offered - a.offered || (a.name ?? a.id).localeCompare(b.name ?? b.id, 'en-GB'))
}

/** The advice that each clinician gave in these months. */
function adviceIn(sums: SumsOfMonths, months: readonly string[]) {
  const [rung, answered, talkMs] = [sums.totals(['ringing'], months), sums.totals(['answered'], months), sums.totals(['talkMs'], months)]
  return [...sums.ids(months)].map((id) => ({
    id,
    rung: rung.get(id) ?? 0,
    answered: answered.get(id) ?? 0,
    talkMs: talkMs.get(id) ?? 0,
  }))
}
