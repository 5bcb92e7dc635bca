import { allNotNow } from '../../availability/all-not-now.js'
import type { Availability } from '../../availability/not-now.js'
import type { Directory, Line } from '../../directory/model.js'
import type { PeriodFigures } from '../../figures/summary.js'
import type { LiveCall } from '../../live/live-call.js'
import { isWaiting } from './calls.js'
import type { Mark, Row } from './row.js'
import { peopleOf, type Staffing } from './staffing.js'
import type { Targets } from './targets.js'
import { percent, seconds } from '../../figures/words.js'
import { nothingYet, notNowWords } from './words.js'

export interface LineNow {
  readonly line: Line
  readonly order: number
  readonly staffing: Staffing
  /** Of today. */
  readonly figures: PeriodFigures
  /** Calls to it now. */
  readonly calls: readonly LiveCall[]
}

/** One line: whether it is open, who is on now and next, who waits, and today's calls. */
export function lineRow(
  { line, order, staffing, figures, calls }: LineNow,
  directory: Directory,
  names: boolean,
  targets: Targets,
  availability: Pick<Availability, 'of'>,
): Row {
  const { open, hours, now, next, gap } = staffing
  const waiting = calls.filter(isWaiting)
  const longest = waiting.reduce<LiveCall | undefined>(
    (one, other) => ((other.waitedMs ?? 0) > (one?.waitedMs ?? -1) ? other : one),
    undefined,
  )
  const { connection, answerRate, answered, offered, unanswered, abandoned } = figures
  const nobody = line.ncnPool === undefined ? 'Nobody' : 'Nobody, NCN only'
  const marks: Record<string, Mark> = {}
  const nobodyElse = open && allNotNow(now, availability)
  if (gap !== undefined || nobodyElse) marks['now'] = 'off'
  if (connection.median !== undefined) marks['connection'] = connection.median > targets.connectionMs ? 'off' : 'good'
  if (answerRate !== undefined) marks['answerRate'] = answerRate < targets.answerRate ? 'off' : 'good'
  return {
    key: line.id,
    order,
    state: gap === 'now' ? 'nobody' : gap !== undefined ? 'soon' : open ? 'open' : 'closed',
    fields: {
      name: line.name,
      hours,
      now:
        gap === 'now'
          ? nobody
          : now.length === 0
            ? nothingYet
            : peopleOf(now, directory, names, (clinician) => notNowWords(availability.of(clinician)?.until, line.timeZone)),
      gap: nobodyElse ? 'Everybody says "not now"' : gap === undefined || gap === 'now' ? '' : `${nobody} from ${gap.from}`,
      next:
        next === undefined
          ? nothingYet
          : `${next.at}: ${next.candidates.length === 0 ? 'nobody' : peopleOf(next.candidates, directory, names)}`,
      waiting: String(waiting.length),
      connection: `${seconds(connection.median)}${marks['connection'] === 'off' ? ', over' : ''}`,
      answerRate:
        answerRate === undefined
          ? nothingYet
          : `${percent(answerRate)}, ${answered} of ${offered}${marks['answerRate'] === 'off' ? ', under' : ''}`,
      unanswered: String(unanswered),
      abandoned: String(abandoned),
    },
    marks,
    ...(longest?.waitedMs === undefined
      ? {}
      : {
          clock: {
            of: longest.callId,
            ms: longest.waitedMs,
            limitMs: targets.waitMs,
            over: `over ${Math.round(targets.waitMs / 1_000)} s`,
          },
        }),
  }
}

/** @returns empty: they take calls */
