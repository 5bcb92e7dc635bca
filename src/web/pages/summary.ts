import { reaches, reachOf } from '../../accounts/identity.js'
import type { Directory } from '../../directory/model.js'
import { knownOutcomes } from '../../directory/outcomes.js'
import { figureDefinitions } from '../../figures/definitions.js'
import { adviceInWords, cliniciansIn } from '../../figures/advice.js'
import { count, minutes, percent, seconds } from '../../figures/words.js'
import { serviceTimeZone, whenIn, type RollUpRow } from '../../figures/roll-up.js'
import { figuresOf, grouped, hoursOfWeek, monthsUntil, type PeriodFigures } from '../../figures/summary.js'
import type { Store } from '../../store/store.js'
import { heatOf, monthBars } from '../charts.js'
import { view, type Site } from '../site.js'

export interface SummaryParts {
  readonly store: Pick<Store, 'rollUps'>
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
}

const monthsShown = 12
/** Lines, organisations and clinicians in their tables; the rest is in the export. */
const mostInTable = 50

/** The last twelve months: figures by month, by line, by organisation, by clinician, and when people call. */
export function summaryPages(site: Site, { store, directory, now }: SummaryParts): void {
  site.menu({ href: '/summary', text: 'Summary', needs: 'reports' })

  site.get('/summary', 'reports', async ({ identity, query }) => {
    const reach = reachOf(identity, 'reports')
    const months = monthsUntil(whenIn(now()).month, monthsShown * 2)
    const [from = '', to = ''] = [months[0], months.at(-1)]
    const known = directory()
    const lines = await store
      .rollUps({ from, to, scope: 'line' })
      .then((rows) => rows.filter(({ id }) => reaches(reach, { line: id }, known)))
    const line = lines.some(({ id }) => id === query['line']) ? query['line'] : undefined
    // Somebody who sees some lines sees what these come to.
    const whole =
      line !== undefined
        ? lines.filter(({ id }) => id === line)
        : reach.everywhere
          ? await store.rollUps({ from, to, scope: 'all' })
          : lines
    const [before, shown] = [months.slice(0, monthsShown), months.slice(monthsShown)]
    const ofMonths = (rows: readonly RollUpRow[], some: readonly string[]) => rows.filter(({ month }) => some.includes(month))
    const now12 = ofMonths(whole, shown)
    const byMonth = grouped(now12, ({ month }) => month)
    const monthly = shown.map((month) => ({ month, label: monthLabel(month), ...inWords(figuresOf(byMonth.get(month) ?? [])) }))
    const figures = figuresOf(now12)
    const hours = hoursOfWeek(now12)
    const busiest = Math.max(0, ...hours.map(({ offered }) => offered))
    const table = (rows: readonly RollUpRow[], name: (id: string) => string) =>
      [...grouped(ofMonths(rows, shown), ({ id }) => id)]
        .map(([id, group]) => ({ id, name: name(id), ...inWords(figuresOf(group)) }))
        .filter((one) => one.figures.offered + one.figures.arranged > 0)
        .sort((a, b) => b.figures.offered - a.figures.offered || a.name.localeCompare(b.name, 'en-GB'))
        .slice(0, mostInTable)
    const ofLines = table(lines, (id) => known.lines.get(id)?.name ?? id)
    const labels = new Map([...known.lines.keys()].flatMap((id) => knownOutcomes(known, id)).map(({ id, label }) => [id, label]))
    const seesOthers = reach.everywhere && line === undefined
    const trustOf = (id: string) => known.lines.get(id)?.trust ?? ''
    const ofTrusts =
      line === undefined
        ? table(
            lines.map((row) => ({ ...row, id: trustOf(row.id) })),
            (id) => known.organisations.get(id)?.name ?? 'No longer in the directory',
          )
        : []
    return view('summary.njk', 'Summary', {
      scope: line === undefined ? 'All lines' : (known.lines.get(line)?.name ?? line),
      line,
      lines: [...new Set(lines.map(({ id }) => id))]
        .map((id) => ({ id, name: known.lines.get(id)?.name ?? id }))
        .sort((a, b) => a.name.localeCompare(b.name, 'en-GB')),
      tiles: tilesOf(figures, figuresOf(ofMonths(whole, before))),
      chart: monthBars(
        monthly.map(({ label, figures: { answered, offered } }) => ({ label, answered, notAnswered: offered - answered })),
        `Calls offered and answered by month, ${shown[0] ?? ''} to ${to}`,
      ),
      monthly,
      heat: weekdays.map((name, day) => ({
        name,
        hours: hours.slice(day * 24, day * 24 + 24).map(({ offered, answered }) => ({ offered, answered, heat: heatOf(offered, busiest) })),
      })),
      ofLines,
      ofOrganisations: seesOthers
        ? table(await store.rollUps({ from, to, scope: 'organisation' }), (id) => known.organisations.get(id)?.name ?? id)
        : [],
      // One trust alone is what its lines are.
      ofTrusts: ofTrusts.length > 1 ? ofTrusts : [],
      ofClinicians: seesOthers
        ? cliniciansIn(ofMonths(await store.rollUps({ from, to, scope: 'clinician' }), shown))
            .slice(0, mostInTable)
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
    })
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
