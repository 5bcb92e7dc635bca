import type { DayNumber } from './calendar.js'
import type { TimeSpan } from './model.js'
import type { TimeZone } from './time-zone.js'

/** A stretch of time, in ms since the epoch: `from` inclusive, `to` exclusive. */
export interface Interval {
  readonly from: number
  readonly to: number
}

/** @returns minutes since midnight, 0 to 1440, or undefined for text that is not `HH:MM` */
export function minuteOfDay(time: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time)
  if (match === null) return time === '24:00' ? 1440 : undefined
  return Number(match[1]) * 60 + Number(match[2])
}

/** @returns minutes from the midnight at which the span's day begins; `to` is above 1440 when the span ends on the next day. Undefined for malformed times. */
export function spanMinutes(span: TimeSpan): { readonly from: number; readonly to: number } | undefined {
  const from = minuteOfDay(span.from)
  const to = minuteOfDay(span.to)
  if (from === undefined || to === undefined || from === 1440) return undefined
  return { from, to: to > from ? to : to + 1440 }
}

/** The span as it falls on one date. Empty (`from === to`) when a clock change swallows all of it. */
export function spanOn(zone: TimeZone, day: DayNumber, minutes: { readonly from: number; readonly to: number }): Interval {
  return { from: zone.instantOf(day, minutes.from), to: zone.instantOf(day, minutes.to) }
}
