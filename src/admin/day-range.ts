import { Temporal } from 'temporal-polyfill'
import { ApiError } from './api-error.js'

/**
 * A bound of a date range, as a person writes it: a date (`2026-03-02`, the whole day in the time zone) or an instant
 * (`2026-03-02T09:00:00Z`).
 * @param side `from`: the day's first moment; `to`: the first moment after it
 * @returns wall-clock ms
 * @throws ApiError badRequest
 */
export function bound(text: string, side: 'from' | 'to', timeZone: string): number {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
      const day = Temporal.PlainDate.from(text, { overflow: 'reject' })
      return (side === 'from' ? day : day.add({ days: 1 })).toZonedDateTime(timeZone).epochMilliseconds
    }
    // In a query a "+" that is not written as %2B arrives as a space.
    return Temporal.Instant.from(text.replace(/ (?=\d{2}:?\d{2}$)/, '+')).epochMilliseconds
  } catch {
    throw new ApiError('badRequest', `${side} is "${text.slice(0, 40)}"; it has to be a date such as 2026-03-02 or an instant with its offset such as 2026-03-02T09:00:00Z.`, side)
  }
}
