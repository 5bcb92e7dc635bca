import { reachOf } from '../../accounts/identity.js'
import { knownOutcomes } from '../../directory/outcomes.js'
import { figureDefinitions } from '../../figures/definitions.js'
import { adviceInWords } from '../../figures/advice.js'
import { count, minutes, percent, seconds } from '../../figures/words.js'
import { serviceTimeZone } from '../../figures/roll-up.js'
import type { PeriodFigures } from '../../figures/summary.js'
import { reportedYears, type SummaryGroup, type YearSummaryParts } from '../../reports/year-summary.js'
import { heatOf, monthBars } from '../charts.js'
import { choiceField, choose, writtenAs } from '../choices.js'
import { view, type Site } from '../site.js'

/** The most rows of lines, organisations and clinicians; the rest is in the export. */
const maxInTable = 50

/** The last twelve months: figures by month, by line, by organisation, by clinician, and when people call. */
export function summaryPages(site: Site, parts: YearSummaryParts): void {
  const { directory } = parts
  site.menu({ href: '/summary', text: 'Summary', needs: 'reports' })

  site.report('/summary', 'reports', async ({ identity, query }) => {
    const reach = reachOf(identity, 'reports')
    const known = directory()
    const { lines, summary } = await reportedYears(parts, reach)
    const named = lines.map((id) => ({ id, name: known.lines.get(id)?.name ?? id }))
    const field = choiceField(named, 'reports/lines')
    const written = (query['line'] ?? '').trim()
    const chosen = written === '' ? undefined : choose(named, written, 'line')
    const line = chosen?.ok ? chosen.id : undefined
    const year = await summary(line, maxInTable)
    const { months: shown, figures, hours } = year
    const monthly = year.monthly.map(({ month, figures: ofMonth }) => ({ month, label: monthLabel(month), ...inWords(ofMonth) }))
    const busiest = Math.max(0, ...hours.map(({ offered }) => offered))
    const table = (groups: readonly SummaryGroup[], unnamed?: string) =>
      groups.map(({ id, name, figures: ofGroup }) => ({ id, name: name ?? unnamed ?? id, ...inWords(ofGroup) }))
    const labels = new Map([...known.lines.keys()].flatMap((id) => knownOutcomes(known, id)).map(({ id, label }) => [id, label]))
    const ofTrusts = table(year.trusts, 'No longer in the directory')
    return view(
      'summary.njk',
      'Summary',
      {
        scope: line === undefined ? 'All lines' : (known.lines.get(line)?.name ?? line),
        field,
        several: lines.length > 1,
        written: chosen?.ok === false ? written : field.source === undefined ? line : writtenAs(named, line ?? ''),
        tiles: tilesOf(figures, year.before),
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
        ofLines: table(year.lines),
        ofOrganisations: table(year.organisations),
        // A single trust would repeat its lines.
        ofTrusts: ofTrusts.length > 1 ? ofTrusts : [],
        ofClinicians: year.clinicians.map((one) => ({ ...one, name: one.name ?? one.id, words: adviceInWords(one) })),
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
