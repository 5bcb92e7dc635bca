import { describe, expect, it } from 'vitest'
import { parsePeriod } from '../directory/period.js'
import { cutoff } from './rules.js'

const at = (text: string) => Date.parse(`${text}T12:00:00Z`)
const day = (instant: number | undefined) => (instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 10))

describe('a retention period', () => {
  it.each([
    ['3 years', '2029-03-10', '2026-03-10'],
    ['1 year', '2028-02-29', '2027-02-28'],
    ['6 months', '2026-08-31', '2026-02-28'],
    ['1 month', '2026-01-15', '2025-12-15'],
    ['90 days', '2026-04-01', '2026-01-01'],
  ])('of %s ends on %s for what happened on %s', (keep, now, before) => {
    expect(day(cutoff(parsePeriod(keep)!, at(now)))).toBe(before)
  })

  it('of forever never ends', () => {
    expect(cutoff(parsePeriod('forever')!, at('2999-01-01'))).toBeUndefined()
  })

  it.each(['', '3', '0 years', 'three years', '1.5 years', '-1 day', '10000 days', 'years 3', 'for ever'])(
    'is not read out of %j',
    (text) => {
      expect(parsePeriod(text)).toBeUndefined()
    },
  )
})
