import { expect, test } from 'vitest'
import { ApiError } from './api-error.js'
import { bound } from './day-range.js'

test.each([
  ['2026-03-02', 'from', '2026-03-02T00:00:00Z'],
  ['2026-03-02', 'to', '2026-03-03T00:00:00Z'],
  ['2026-07-01', 'from', '2026-06-30T23:00:00Z'],
  // The night in which the clocks go forward is 23 hours long.
  ['2026-03-29', 'from', '2026-03-29T00:00:00Z'],
  ['2026-03-29', 'to', '2026-03-29T23:00:00Z'],
  ['2026-10-25', 'to', '2026-10-26T00:00:00Z'],
  ['2028-02-29', 'to', '2028-03-01T00:00:00Z'],
  ['2026-03-02T09:00:00+01:00', 'from', '2026-03-02T08:00:00Z'],
  // A "+" that was not written as %2B.
  ['2026-03-02T09:00:00 01:00', 'from', '2026-03-02T08:00:00Z'],
] as const)('%s as "%s" is %s in London', (text, side, instant) => {
  expect(new Date(bound(text, side, 'Europe/London')).toISOString()).toBe(new Date(instant).toISOString())
})

test.each(['', 'today', '2026-02-29', '2026-13-01', '2026-03-02T09:00', '1772442000000', "2026-03-02' or 1=1"])(
  '"%s" is refused with what would be right',
  (text) => {
    expect(() => bound(text, 'from', 'Europe/London')).toThrow(ApiError)
    expect(() => bound(text, 'from', 'Europe/London')).toThrow(/from is ".*"; it has to be a date such as/)
  },
)
