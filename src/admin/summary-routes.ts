import type { FastifyInstance } from 'fastify'
import type { Directory } from '../directory/model.js'
import type { Durations, PeriodFigures } from '../figures/summary.js'
import { adviceHours } from '../reports/advice-hours.js'
import type { MonthSums } from '../reports/month-sums.js'
import { reportedYears } from '../reports/year-summary.js'
import type { Store } from '../store/store.js'
import { choiceList } from '../web/choice-lists.js'
import { ApiError } from './api-error.js'
import { asked } from './call-routes.js'
import { reachHere } from './reach.js'
import { refusalsOfReading } from './refusals.js'
import { clinicianId, lineId, object } from './schema-parts.js'
import { adviceAnswer, summaryAnswer } from './summary-schemas.js'

export interface SummaryRoutesParts {
  readonly sums: MonthSums
  readonly store: Pick<Store, 'rollUps'>
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
}

/** Rows of each list of a summary, at most. */
const most = 500

/** What the pages Summary and Advice hours show. */
export function summaryRoutes(app: FastifyInstance, parts: SummaryRoutesParts): void {
  const { store, directory, now } = parts

  app.get<{ Querystring: { readonly line?: string } }>(
    '/api/summary',
    {
      config: { needs: 'reports', fromReports: true },
      schema: {
        operationId: 'getSummary',
        summary: 'Twelve months in figures',
        description: `The last twelve months, the present one last, of the lines that you report on, or of one of them: by month, line, trust, organisation, clinician and hour of the week, beside the twelve months before. Lists have at most ${most} rows.`,
        tags: ['calls'],
        querystring: { ...object({ line: lineId('Of this line alone') }), additionalProperties: false },
        response: { 200: summaryAnswer, ...refusalsOfReading('badRequest', 'lineNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const reach = reachHere(request)
      const { line } = request.query
      const known = directory()
      const { lines, summary } = await asked(reportedYears(parts, reach))
      // About lines outside their reach they learn nothing; one of theirs may have had no call yet.
      if (
        line !== undefined &&
        !lines.includes(line) &&
        !choiceList('reports/lines', request.identity, known)?.some(({ id }) => id === line)
      )
        throw new ApiError('lineNotFound', `The directory has no line "${line}" that you report on.`, 'line')
      const year = await asked(summary(line, most))
      const groups = (some: typeof year.lines) => some.map(({ id, name, figures }) => ({ id, name: name ?? null, figures: shown(figures) }))
      return {
        months: year.months,
        line: line === undefined ? null : { id: line, name: known.lines.get(line)?.name ?? null },
        total: shown(year.figures),
        before: shown(year.before),
        byMonth: year.monthly.map(({ month, figures }) => ({ month, figures: shown(figures) })),
        byLine: groups(year.lines),
        byTrust: groups(year.trusts),
        byOrganisation: groups(year.organisations),
        byClinician: year.clinicians.map((one) => ({ ...one, name: one.name ?? null })),
        byHour: year.hours,
        outcomes: year.figures.outcomes,
      }
    },
  )

  app.get<{ Params: { readonly clinician: string } }>(
    '/api/clinicians/:clinician/advice-hours',
    {
      config: { needs: 'calls', fromReports: true },
      schema: {
        operationId: 'getAdviceHours',
        summary: 'The advice that a clinician gave, month by month',
        description:
          'How often they were rung, how many calls they took and how long they talked, in each of the last twelve months: for their job plan. Your own; those of clinicians of organisations that you report on.',
        tags: ['calls'],
        params: { ...object({ clinician: clinicianId() }), required: ['clinician'] },
        response: { 200: adviceAnswer, ...refusalsOfReading('badRequest', 'clinicianNotFound', 'storeUnavailable') },
      },
    },
    async (request) => {
      const { clinician } = request.params
      if (!choiceList('calls/advice-hours', request.identity, directory())?.some(({ id }) => id === clinician))
        throw new ApiError('clinicianNotFound', `The directory has no clinician "${clinician}".`, 'clinician')
      const { monthly, whole } = await asked(adviceHours(store, clinician, now()))
      return { clinician, months: monthly, total: whole }
    },
  )
}

function shown(figures: PeriodFigures) {
  const {
    connection,
    dialToVoice,
    wait,
    talk,
    answerRate,
    within60,
    ncnShare,
    refs,
    outcomes: _outcomes,
    talkMs: _all,
    ...counts
  } = figures
  const durations = ({ mean, median, p90 }: Durations) => ({ mean: mean ?? null, median: median ?? null, p90: p90 ?? null })
  return {
    ...counts,
    ...{ answerRate: answerRate ?? null, within60: within60 ?? null, ncnShare: ncnShare ?? null, refs: refs ?? null },
    ...{ connectionMs: durations(connection), dialToVoiceMs: durations(dialToVoice), waitMs: wait ?? null, talkMs: talk ?? null },
  }
}
