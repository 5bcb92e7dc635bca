import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { dateOf, dayNumber } from './calendar.js'
import { knownTimeZone, timeZone } from './time-zone.js'

const london = knownTimeZone('Europe/London')
const iso = (ms: number) => new Date(ms).toISOString().slice(0, 16) + 'Z'
const at = (zone: string, date: string, time: string) => {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return iso(knownTimeZone(zone).instantOf(dayNumber(date) ?? Number.NaN, hour * 60 + minute))
}

describe('wall-clock times as instants', () => {
  it.each([
    ['a winter morning', 'Europe/London', '2026-01-14', '09:00', '2026-01-14T09:00Z'],
    ['a summer morning', 'Europe/London', '2026-07-14', '09:00', '2026-07-14T08:00Z'],
    ['spring, before the jump', 'Europe/London', '2026-03-29', '00:59', '2026-03-29T00:59Z'],
    ['spring, the jump itself', 'Europe/London', '2026-03-29', '01:00', '2026-03-29T01:00Z'],
    ['spring, a time that is skipped: the moment of the jump', 'Europe/London', '2026-03-29', '01:30', '2026-03-29T01:00Z'],
    ['spring, the first minute after the jump', 'Europe/London', '2026-03-29', '02:00', '2026-03-29T01:00Z'],
    ['spring, well after it', 'Europe/London', '2026-03-29', '09:00', '2026-03-29T08:00Z'],
    ['autumn, before the repeated hour', 'Europe/London', '2026-10-25', '00:59', '2026-10-24T23:59Z'],
    ['autumn, a time that comes twice: the first of the two', 'Europe/London', '2026-10-25', '01:30', '2026-10-25T00:30Z'],
    ['autumn, after the repeated hour', 'Europe/London', '2026-10-25', '02:00', '2026-10-25T02:00Z'],
    ['midnight at the end of a spring day', 'Europe/London', '2026-03-29', '24:00', '2026-03-29T23:00Z'],
    ['29 February', 'Europe/London', '2028-02-29', '12:00', '2028-02-29T12:00Z'],
    ['a zone with half an hour of change, skipped', 'Australia/Lord_Howe', '2026-10-04', '02:15', '2026-10-03T15:30Z'],
    ['a zone that changes at midnight', 'America/Santiago', '2026-09-06', '00:30', '2026-09-06T04:00Z'],
    ['a zone without changes', 'Asia/Kolkata', '2026-03-29', '01:30', '2026-03-28T20:00Z'],
  ])('%s', (_, zone, date, time, expected) => {
    expect(at(zone, date, time)).toBe(expected)
  })

  it('knows places and refuses everything else', () => {
    expect(timeZone('Europe/London')?.id).toBe('Europe/London')
    for (const wrong of ['Europe/Lundon', '', '+01:00', 'Europe/London\r\n', '../etc', 'GMT+25']) expect(timeZone(wrong)).toBeUndefined()
  })

  it('agrees with Temporal for every time that exists once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Europe/London', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Africa/Casablanca'),
        fc.integer({ min: 0, max: 30_000 }),
        fc.integer({ min: 0, max: 1_439 }),
        (id, day, minute) => {
          const plain = Temporal.PlainDate.from(dateOf(day)).toPlainDateTime({ hour: Math.floor(minute / 60), minute: minute % 60 })
          const earlier = plain.toZonedDateTime(id, { disambiguation: 'earlier' }).epochMilliseconds
          const later = plain.toZonedDateTime(id, { disambiguation: 'later' }).epochMilliseconds
          const ours = knownTimeZone(id).instantOf(day, minute)
          const skipped =
            Temporal.PlainDateTime.compare(
              Temporal.Instant.fromEpochMilliseconds(earlier).toZonedDateTimeISO(id).toPlainDateTime(),
              plain,
            ) !== 0
          if (!skipped) expect(ours).toBe(earlier)
          else {
            // The moment of the jump: just before it the clock is behind the wanted time, from then on ahead.
            expect(ours).toBeGreaterThanOrEqual(earlier)
            expect(ours).toBeLessThanOrEqual(later)
            const clock = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(id).toPlainDateTime()
            expect(Temporal.PlainDateTime.compare(clock(ours - 1), plain)).toBe(-1)
            expect(Temporal.PlainDateTime.compare(clock(ours), plain)).toBe(1)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it('never puts two times of a day out of order, and reads its own output', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 19_000, max: 22_000 }),
        fc.integer({ min: 0, max: 2_879 }),
        fc.integer({ min: 0, max: 2_879 }),
        (day, a, b) => {
          const [first, second] = [Math.min(a, b), Math.max(a, b)]
          expect(london.instantOf(day, first)).toBeLessThanOrEqual(london.instantOf(day, second))
          const instant = london.instantOf(day, a)
          const clock = london.wallClockAt(instant)
          // Only the hour that is skipped is read back as another.
          const back = london.instantOf(clock.day, clock.minute)
          expect(back).toBeLessThanOrEqual(instant)
          expect(london.dayAt(instant)).toBe(clock.day)
        },
      ),
    )
  })
})
