import { reaches, reachOf } from '../../accounts/identity.js'
import type { Directory } from '../../directory/model.js'
import { knownOutcomes } from '../../directory/outcomes.js'
import { figureDefinitions } from '../../figures/definitions.js'
import { adviceInWords, longestFirst } from '../../figures/advice.js'
import { count, minutes, percent, seconds } from '../../figures/words.js'
import { serviceTimeZone, whenIn } from '../../figures/roll-up.js'
import { figuresIn, grouped, hoursOfWeek, monthsUntil, type PeriodFigures } from '../../figures/summary.js'
import type { MonthSums, SumsOfMonths } from '../../reports/month-sums.js'
import { heatOf, monthBars } from '../charts.js'
import { choiceField, choose, writtenAs } from '../choices.js'
import { view, type Site } from '../site.js'

export interface SummaryParts {
  readonly sums: MonthSums
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
}

const monthsShown = 12
/** The most rows of lines, organisations and clinicians; the rest is in the export. */
const maxInTable = 50
/** The possible ends of an offered call. */
const offeredClasses = ['answered', 'unanswered', 'abandoned'] as const

/** The last twelve months: figures by month, by line, by organisation, by clinician, and when people call. */
export function summaryPages(site: Site, { sums, directory, now }: SummaryParts): void {
  site.menu({ href: '/summary', text: 'Summary', needs: 'reports' })

  site.report('/summary', 'reports', async ({ identity, query }) => {
    const reach = reachOf(identity, 'reports')
    const months = monthsUntil(whenIn(now()).month, monthsShown * 2)
    const [before, shown] = [months.slice(0, monthsShown), months.slice(monthsShown)]
    const known = directory()
    const ofEach = await sums.of('line', months)
    const lines = [...ofEach.ids()].filter((id) => reaches(reach, { line: id }, known))
    const named = lines.map((id) => ({ id, name: known.lines.get(id)?.name ?? id }))
    const field = choiceField(named, 'reports/lines')
    const written = (query['line'] ?? '').trim()
    const chosen = written === '' ? undefined : choose(named, written, 'line')
    const line = chosen?.ok ? chosen.id : undefined
    const seesOthers = reach.everywhere && line === undefined
    // A reader who sees some lines sees their totals.
    const whole = seesOthers ? await sums.of('all', months) : ofEach
    const summed = seesOthers ? [''] : line === undefined ? lines : [line]
    const now12 = whole.sums(summed, shown)
    const monthly = shown.map((month) => ({ month, label: monthLabel(month), ...inWords(figuresIn(whole.sums(summed, [month]))) }))
    const figures = figuresIn(now12)
    const hours = hoursOfWeek(now12)
    const busiest = Math.max(0, ...hours.map(({ offered }) => offered))
    /** The ones with the most calls, of those with sums. */
    const table = (of: SumsOfMonths, groups: ReadonlyMap<string, readonly string[]>, name: (id: string) => string) => {
      const [offered, arranged] = [of.totals(offeredClasses, shown), of.totals(['arranged'], shown)]
      const total = (totals: ReadonlyMap<string, number>, ids: readonly string[]) => ids.reduce((sum, id) => sum + (totals.get(id) ?? 0), 0)
      return [...groups]
        .map(([id, ids]) => ({ id, ids, name: name(id), offered: total(offered, ids), arranged: total(arranged, ids) }))
        .filter((one) => one.offered + one.arranged > 0)
        .sort((a, b) => b.offered - a.offered || a.name.localeCompare(b.name, 'en-GB'))
        .slice(0, maxInTable)
        .map(({ ids, ...one }) => ({ ...one, ...inWords(figuresIn(of.sums(ids, shown, ['dialToVoiceIn']))) }))
    }
    const each = (ids: Iterable<string>) => new Map([...ids].map((id) => [id, [id]]))
    const ofLines = table(ofEach, each(lines), (id) => known.lines.get(id)?.name ?? id)
    const labels = new Map([...known.lines.keys()].flatMap((id) => knownOutcomes(known, id)).map(({ id, label }) => [id, label]))
    const trustOf = (id: string) => known.lines.get(id)?.trust ?? ''
    const ofTrusts =
      line === undefined
        ? table(ofEach, grouped(lines, trustOf), (id) => known.organisations.get(id)?.name ?? 'No longer in the directory')
        : []
    const [organisations, clinicians] = seesOthers
      ? [await sums.of('organisation', shown), await sums.of('clinician', shown)]
      : [undefined, undefined]
    return view(
      'summary.njk',
      'Summary',
      {
        scope: line === undefined ? 'All lines' : (known.lines.get(line)?.name ?? line),
        field,
        several: lines.length > 1,
        written: chosen?.ok === false ? written : field.source === undefined ? line : writtenAs(named, line ?? ''),
        tiles: tilesOf(figures, figuresIn(whole.sums(summed, before))),
        chart: monthBars(
          monthly.map(({ label, figures: { answered, offered } }) => ({ label, answered, notAnswered: offered - answered })),
          `Calls offered and answered by month, ${shown[0] ?? ''} to ${shown.at(-1) ?? ''}`,
        ),
        monthly,
        heat: weekdays.map((name, day) => ({
          name,
          hours: hours
            .slice(day * 24, day * 24 + 24)
            .map(({ offered, answered }) => ({ offered, answered, heat: heatOf(offered, busiest) })),
        })),
        ofLines,
        ofOrganisations: organisations
          ? table(organisations, each(organisations.ids()), (id) => known.organisations.get(id)?.name ?? id)
          : [],
        // A single trust would repeat its lines.
        ofTrusts: ofTrusts.length > 1 ? ofTrusts : [],
        ofClinicians: clinicians
          ? longestFirst(adviceIn(clinicians, shown))
              .slice(0, maxInTable)
              .map((one) => ({ ...one, name: known.clinicians.get(one.id)?.name ?? one.id, words: adviceInWords(one) }))
          : [],
        outcomes: figures.outcomes.map(({ outcome, calls }) => ({
          outcome: labels.get(outcome) ?? outcome,
          calls,
          share: percent(calls / figures.outcomes.reduce((sum, one) => sum + one.calls, 0)),
        })),
        definitions: Object.entries(figureDefinitions).map(([name, meaning]) => ({
          name: figureNames[name as keyof typeof figureDefinitions],
          meaning,
        })),
        serviceTimeZone,
      },
      { errors: chosen?.ok === false && field.source !== undefined ? [{ field: 'line', message: chosen.message }] : [] },
    )
  })
}

export const figureNames: Readonly<Record<keyof typeof figureDefinitions, string>> = {
  placed: 'Placed',
  offered: 'Offered',
  answered: 'Answered',
  unanswered: 'Unanswered',
  abandoned: 'Abandoned',
  abandonedEarly: 'Abandoned early',
  answerRate: 'Answer rate',
  closed: 'Closed',
  notOffered: 'Not offered',
  connectionTime: 'Connection time',
  dialToVoice: 'Dial to voice',
  within60: 'Within 60 seconds',
  waitTime: 'Wait time',
  talkTime: 'Talk time',
  refs: 'Refs',
  ncn: 'NCN',
  callBackRequested: 'Call-back requested',
  arranged: 'Arranged',
  arrangedConnected: 'Arranged, connected',
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

/** Six figures, each beside that of the twelve months before. */
function tilesOf(
  now: PeriodFigures,
  before: PeriodFigures,
): readonly { readonly name: string; readonly value: string; readonly before: string }[] {
  const tile = (name: string, value: (figures: PeriodFigures) => string) => ({
    name,
    value: value(now),
    before: before.offered + before.arranged === 0 ? '' : value(before),
  })
  return [
    tile('Median connection time', ({ connection }) => seconds(connection.median)),
    tile('Answer rate', ({ answerRate }) => percent(answerRate)),
    tile('Calls offered', ({ offered }) => count(offered)),
    tile('Within 60 seconds', ({ within60 }) => percent(within60)),
    tile('Mean talk time', ({ talk }) => minutes(talk)),
    tile('Answered by the NCN', ({ ncnShare }) => percent(ncnShare)),
  ]
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

function inWords(figures: PeriodFigures) {
  const { placed, offered, answered, abandoned, unanswered, answerRate, connection, dialToVoice, talk, refs } = figures
  return {
    figures,
    words: {
      ...{
        placed: count(placed),
        offered: count(offered),
        answered: count(answered),
        unanswered: count(unanswered),
        abandoned: count(abandoned),
        answerRate: percent(answerRate),
      },
      ...{
        mean: seconds(connection.mean),
        median: seconds(connection.median),
        p90: seconds(connection.p90),
        dialToVoice: seconds(dialToVoice.median),
        talk: minutes(talk),
      },
      refs: refs === undefined ? '–' : refs.toFixed(1),
    },
  }
}

/** `Mar 26` of `2026-03`. */
function monthLabel(month: string): string {
  const [year = '', number = ''] = month.split('-')
  const name = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][Number(number) - 1] ?? number
  return `${name} ${year.slice(2)}`
}
