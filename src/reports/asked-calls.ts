import { Temporal } from 'temporal-polyfill'
import { meets, type Identity } from '../accounts/identity.js'
import type { Directory } from '../directory/model.js'
import { knownOutcomes } from '../directory/outcomes.js'
import { parseNhsNumber } from '../directory/nhs-number.js'
import { readNumber } from '../directory/telephone-number.js'
import type { CallEnding } from '../facts/events.js'
import { bad, done, type Result } from '../operations/result.js'
import { placeOf, type CallFilter, type CallOrder } from '../store/call-filter.js'
import { withinReach } from '../accounts/reach-of-calls.js'

/** A query for calls as a person writes it; absent fields do not filter. The API checks its shape first. */
export interface AskedCalls {
  /** A day or an instant. */
  readonly from?: string
  readonly to?: string
  /** The last n days, today included; instead of `from` and `to`. */
  readonly days?: number
  readonly line?: string
  readonly organisation?: string
  readonly ending?: CallEnding
  /** Id of an outcome, or `open`. */
  readonly outcome?: string
  /** The specialist who accepted. */
  readonly clinician?: string
  readonly answered?: boolean
  /** A telephone number that the call came from, or an NHS number. */
  readonly number?: string
  readonly sipCallId?: string
  readonly order?: CallOrder
  readonly limit?: number
  readonly cursor?: string
}

export interface Surroundings {
  readonly directory: Directory
  /** The time zone of days. */
  readonly timeZone: string
  /** Wall-clock ms. */
  readonly now: number
}

/** The store's query: limited to calls that they may see. */
export function filterOf(
  identity: Identity,
  { from, to, days, number, cursor, ...rest }: AskedCalls,
  { directory, timeZone, now }: Surroundings,
): Result<CallFilter, 'badInput'> {
  if (days !== undefined && (from !== undefined || to !== undefined))
    return bad('days stands in place of from and to; give the one or the others.', 'days')
  const since =
    days === undefined
      ? from
      : Temporal.Instant.fromEpochMilliseconds(now)
          .toZonedDateTimeISO(timeZone)
          .toPlainDate()
          .subtract({ days: days - 1 })
          .toString()
  const first = since === undefined ? undefined : boundOf(since, 'from', timeZone)
  if (first?.kind === 'refused') return first
  const end = to === undefined ? undefined : boundOf(to, 'to', timeZone)
  if (end?.kind === 'refused') return end
  if (first && end && first.value >= end.value) return bad('from lies after to; it has to lie before it.', 'from')
  if (cursor !== undefined && !placeOf(cursor))
    return bad('cursor is none that this API gave out; leave it out to begin at the first call.', 'cursor')
  if (number !== undefined && !meets(identity, 'recordings'))
    return bad('number: only people who may see patient data can search by it.', 'number')
  // The caller is patient data: searched only in calls where they may see it.
  const within = withinReach(identity, number === undefined ? 'calls' : 'recordings', directory)
  return done({
    ...rest,
    ...namesOf(rest.order, directory),
    ...(within === undefined ? {} : { within }),
    ...(first ? { from: first.value } : {}),
    ...(end ? { to: end.value } : {}),
    ...(number === undefined ? {} : numbersOf(number)),
    ...(cursor === undefined ? {} : { cursor }),
  })
}

/** A sort by names in the current directory. */
function namesOf(order: CallOrder | undefined, directory: Directory): Pick<CallFilter, 'names'> {
  const [, by, way] = /^(surgery|area|operation|consultant|trust|outcome)(AZ|ZA)$/.exec(order ?? '') ?? []
  if (by === undefined) return {}
  const { organisations, lines, clinicians, areas } = directory
  const named = (all: Iterable<readonly [id: string, name: string]>) => {
    const sorted = [...new Map(all)].sort(([a, one], [b, other]) => one.localeCompare(other, 'en-GB') || (a < b ? -1 : 1)).map(([id]) => id)
    return way === 'ZA' ? sorted.reverse() : sorted
  }
  switch (by) {
    case 'surgery':
      return { names: { column: 'organisation', values: named([...organisations.values()].map(({ id, name }) => [id, name])) } }
    case 'area':
      return {
        names: {
          column: 'organisation',
          values: named([...organisations.values()].map(({ id, area }) => [id, areas.get(area)?.name ?? area])),
        },
      }
    case 'operation':
      return { names: { column: 'line', values: named([...lines.values()].map(({ id, name }) => [id, name])) } }
    case 'trust':
      return {
        names: { column: 'line', values: named([...lines.values()].map(({ id, trust }) => [id, organisations.get(trust)?.name ?? trust])) },
      }
    case 'consultant':
      return { names: { column: 'clinician', values: named([...clinicians.values()].map(({ id, name }) => [id, name])) } }
    default:
      return {
        names: {
          column: 'outcome',
          values: named([undefined, ...lines.keys()].flatMap((line) => knownOutcomes(directory, line)).map(({ id, label }) => [id, label])),
        },
      }
  }
}

/** A number may have been signalled in several forms; one outside the numbering plan (an extension) is matched as it is. */
function numbersOf(text: string): Pick<CallFilter, 'nhsNumber' | 'callerNumbers'> {
  const nhsNumber = parseNhsNumber(text)
  if (nhsNumber !== undefined) return { nhsNumber }
  const reading = readNumber(text)
  const written = text.replaceAll(/\s/g, '')
  if (!reading.ok) return { callerNumbers: [written] }
  const digits = reading.number.slice(1)
  return {
    callerNumbers: [
      ...new Set([reading.number, digits, written, ...(digits.startsWith('44') ? [`0${digits.slice(2)}`] : [`00${digits}`])]),
    ],
  }
}

/**
 * A bound of a date range, as a person writes it: a date (`2026-03-02`, the whole day in the time zone) or an instant
 * (`2026-03-02T09:00:00Z`).
 * @param side `from`: the day's first moment; `to`: the first moment after it
 * @returns wall-clock ms
 */
export function boundOf(text: string, side: 'from' | 'to', timeZone: string): Result<number, 'badInput'> {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
      const day = Temporal.PlainDate.from(text, { overflow: 'reject' })
      return done((side === 'from' ? day : day.add({ days: 1 })).toZonedDateTime(timeZone).epochMilliseconds)
    }
    // In a query a "+" not escaped as %2B arrives as a space.
    return done(Temporal.Instant.from(text.replace(/ (?=\d{2}:?\d{2}$)/, '+')).epochMilliseconds)
  } catch {
    return bad(
      `${side} is "${text.slice(0, 40)}"; it has to be a date such as 2026-03-02 or an instant with its offset such as 2026-03-02T09:00:00Z.`,
      side,
    )
  }
}
