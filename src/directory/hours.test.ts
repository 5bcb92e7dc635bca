import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryHours } from '../../test/kit/directory-arbitraries.js'
import { isOpen, openIntervalsOn, openingAt } from './hours.js'
import type { Line, OpeningHours } from './model.js'
import { defaultRing } from './read-line.js'
import { knownTimeZone } from './time-zone.js'

function line(hours: OpeningHours, timeZone = 'Europe/London'): Line {
  return {
    id: 'a',
    kind: 'advice',
    trust: 't',
    name: 'A',
    spokenName: 'A',
    code: '1',
    blurb: '',
    timeZone,
    hours,
    access: { everyone: true, organisations: [], areas: [] },
    ring: defaultRing,
    outcomes: [],
    recordFrom: 'bridge',
  }
}

const nineToFive = [{ from: '09:00', to: '17:00' }]
const officeWeek = { mon: nineToFive, tue: nineToFive, wed: nineToFive, thu: nineToFive, fri: nineToFive }
const office: OpeningHours = {
  week: officeWeek,
  exceptions: { '2026-12-24': [{ from: '09:00', to: '12:00' }], '2026-12-31': [], '2026-02-28': [{ from: '10:00', to: '11:00' }] },
  bankHolidays: { nation: 'england', spans: [] },
}
const twoSpans: OpeningHours = {
  week: {
    tue: [
      { from: '09:00', to: '12:30' },
      { from: '13:30', to: '17:00' },
    ],
  },
  exceptions: {},
}
const nights: OpeningHours = {
  week: { fri: [{ from: '20:00', to: '08:00' }], sat: [{ from: '20:00', to: '08:00' }] },
  exceptions: { '2026-01-17': [] },
}
const aroundMidnight: OpeningHours = {
  week: { mon: [{ from: '18:00', to: '24:00' }], tue: [{ from: '00:00', to: '06:00' }] },
  exceptions: {},
}
const aroundTheChange: OpeningHours = { week: { sun: [{ from: '01:30', to: '03:00' }] }, exceptions: {} }
const withinTheSkippedHour: OpeningHours = { week: { sun: [{ from: '01:10', to: '01:50' }] }, exceptions: {} }
const scotland: OpeningHours = {
  week: officeWeek,
  exceptions: {},
  bankHolidays: { nation: 'scotland', spans: [{ from: '10:00', to: '12:00' }] },
}
const leapDay: OpeningHours = { week: {}, exceptions: { '2028-02-29': nineToFive } }

/** Local time with `+1` for summer time: `2026-03-29T09:00+1`. */
function instant(text: string): number {
  return text.endsWith('+1') ? Date.parse(`${text.slice(0, -2)}:00+01:00`) : Date.parse(`${text}:00Z`)
}

describe('opening hours', () => {
  it.each<[string, OpeningHours, string, 'open' | 'closed', string | undefined]>([
    ['open in the morning, closing in the evening', office, '2026-01-14T09:00', 'open', '2026-01-14T17:00'],
    ['a minute before opening', office, '2026-01-14T08:59', 'closed', '2026-01-14T09:00'],
    ['the closing minute is closed already', office, '2026-01-14T17:00', 'closed', '2026-01-15T09:00'],
    ['Friday evening opens on Monday', office, '2026-01-16T18:00', 'closed', '2026-01-19T09:00'],
    ['between two spans of a day', twoSpans, '2026-01-13T13:00', 'closed', '2026-01-13T13:30'],
    ['the second span of a day', twoSpans, '2026-01-13T13:30', 'open', '2026-01-13T17:00'],
    ['an exception shortens a day', office, '2026-12-24T12:00', 'closed', '2026-12-29T09:00'],
    ['an exception overrides bank holidays, also one that opens on a Saturday', office, '2026-02-28T10:30', 'open', '2026-02-28T11:00'],
    ['a closed exception', office, '2026-12-31T10:00', 'closed', '2027-01-04T09:00'],
    ['Boxing Day moved to the Monday', office, '2026-12-28T10:00', 'closed', '2026-12-29T09:00'],
    ['Easter Monday in England', office, '2026-04-06T10:00+1', 'closed', '2026-04-07T09:00+1'],
    ['Easter Monday is an ordinary day in Scotland', scotland, '2026-04-06T16:00+1', 'open', '2026-04-06T17:00+1'],
    ['2 January in Scotland keeps holiday hours', scotland, '2026-01-02T11:00', 'open', '2026-01-02T12:00'],
    ['St Andrew in Scotland keeps holiday hours', scotland, '2026-11-30T13:00', 'closed', '2026-12-01T09:00'],
    ['a night goes on into the next day', nights, '2026-01-10T03:00', 'open', '2026-01-10T08:00'],
    ['a night that began before a closed date runs to its end', nights, '2026-01-17T07:59', 'open', '2026-01-17T08:00'],
    ['on the closed date itself no night begins', nights, '2026-01-17T21:00', 'closed', '2026-01-23T20:00'],
    ['two spans that meet at midnight are one opening', aroundMidnight, '2026-01-12T23:00', 'open', '2026-01-13T06:00'],
    ['spring: a time in the skipped hour is the jump', aroundTheChange, '2026-03-29T02:00+1', 'open', '2026-03-29T03:00+1'],
    ['spring: closed until the jump', aroundTheChange, '2026-03-29T00:59', 'closed', '2026-03-29T02:00+1'],
    ['spring: a span within the skipped hour does not happen', withinTheSkippedHour, '2026-03-29T00:30', 'closed', '2026-04-05T01:10+1'],
    ['autumn: opens at the first 01:30', aroundTheChange, '2026-10-25T01:29+1', 'closed', '2026-10-25T01:30+1'],
    ['autumn: still open in the second 01:15', aroundTheChange, '2026-10-25T01:15', 'open', '2026-10-25T03:00'],
    ['autumn: a span within the repeated hour is the first one', withinTheSkippedHour, '2026-10-25T01:30', 'closed', '2026-11-01T01:10'],
    ['summer time', office, '2026-07-14T08:30+1', 'closed', '2026-07-14T09:00+1'],
    ['29 February, a year ahead', leapDay, '2027-03-01T12:00', 'closed', '2028-02-29T09:00'],
    ['after the only date: not again', leapDay, '2028-02-29T17:00', 'closed', undefined],
    ['round the clock', { week: 'always', exceptions: {} }, '2026-12-25T03:00', 'open', undefined],
    [
      'round the clock, but closed on bank holidays',
      { week: 'always', exceptions: {}, bankHolidays: { nation: 'england', spans: [] } },
      '2026-12-24T03:00',
      'open',
      '2026-12-25T00:00',
    ],
    ['never', { week: {}, exceptions: {} }, '2026-01-01T00:00', 'closed', undefined],
  ])('%s', (_, hours, now, state, until) => {
    const opening = openingAt(line(hours), instant(now))
    expect(opening.open ? 'open' : 'closed').toBe(state)
    const change = opening.open ? opening.closesAt : opening.opensAt
    expect(change === undefined ? undefined : new Date(change).toISOString()).toBe(
      until === undefined ? undefined : new Date(instant(until)).toISOString(),
    )
  })

  it('are those of the line’s own time zone', () => {
    expect(isOpen(line(office, 'Europe/Paris'), instant('2026-01-14T08:30'))).toBe(true)
    expect(isOpen(line(office), instant('2026-01-14T08:30'))).toBe(false)
  })

  it('do not change before the announced moment, and do change at it', () => {
    fc.assert(
      fc.property(
        arbitraryHours,
        fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 11, 31) }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (hours, now, share) => {
          const subject = line(hours)
          const opening = openingAt(subject, now)
          expect(isOpen(subject, now)).toBe(opening.open)
          const change = opening.open ? opening.closesAt : opening.opensAt
          if (change === undefined) return
          expect(change).toBeGreaterThan(now)
          expect(isOpen(subject, change)).toBe(!opening.open)
          expect(isOpen(subject, change - 1)).toBe(opening.open)
          expect(isOpen(subject, Math.floor(now + share * (change - 1 - now)))).toBe(opening.open)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('hold an instant if and only if a span that began that day or the day before holds it', () => {
    const london = knownTimeZone('Europe/London')
    fc.assert(
      fc.property(arbitraryHours, fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 11, 31) }), (hours, now) => {
        const subject = line(hours)
        const day = london.dayAt(now)
        const held = [day - 1, day].some((date) =>
          openIntervalsOn(subject, date).some((interval) => interval.from <= now && now < interval.to),
        )
        expect(isOpen(subject, now)).toBe(held)
      }),
      { numRuns: 200 },
    )
  })
})
