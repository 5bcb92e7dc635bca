import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDay, arbitraryRota } from '../../test/kit/directory-arbitraries.js'
import { dateOf, dayNumber, mondayOf } from './calendar.js'
import type { Rota, RotaEntry } from './model.js'
import { entryKey, sessionPlansOn } from './rota.js'
import { copyWeek, weekPlan } from './week-plan.js'

const dr = (name: string): RotaEntry => ({ kind: 'clinician', clinician: name })
const monday = dayNumber('2026-01-12') ?? Number.NaN
const rota: Rota = {
  line: 'line',
  pattern: [
    { name: 'Day', day: 'mon', span: { from: '09:00', to: '17:00' }, entries: [dr('a'), dr('b')] },
    { name: 'Night', day: 'mon', span: { from: '17:00', to: '09:00' }, entries: [dr('c')] },
    { name: 'Day', day: 'sun', span: { from: '09:00', to: '17:00' }, entries: [dr('b')] },
  ],
  changes: [
    { date: '2026-01-12', session: 'Day', kind: 'replace', entries: [dr('locum'), dr('a')] },
    { date: '2026-01-18', session: 'Day', kind: 'close' },
    { date: '2026-01-14', session: 'Extra', kind: 'replace', entries: [dr('b')], span: { from: '10:00', to: '12:00' } },
  ],
}
const names = (entries: readonly RotaEntry[]) => entries.map((entry) => entryKey(entry).replace('clinician:', ''))

describe('a week of a rota', () => {
  it('shows for each session who is on and which of the line’s people are off', () => {
    expect(
      weekPlan(rota, 'Europe/London', monday).map((session) => [
        session.date,
        session.name,
        names(session.entries),
        names(session.off),
        session.closed,
      ]),
    ).toEqual([
      ['2026-01-12', 'Day', ['locum', 'a'], ['b', 'c'], false],
      ['2026-01-12', 'Night', ['c'], ['a', 'b', 'locum'], false],
      ['2026-01-14', 'Extra', ['b'], ['a', 'c', 'locum'], false],
      ['2026-01-18', 'Day', [], ['a', 'b', 'c', 'locum'], true],
    ])
  })

  it('does not list a locum of another week as off', () => {
    expect(weekPlan(rota, 'Europe/London', monday + 7).map((session) => names(session.off))).toEqual([['c'], ['a', 'b'], ['a', 'c']])
  })

  it('lists everybody of the line as on or off, never both', () => {
    fc.assert(
      fc.property(arbitraryRota, arbitraryDay, (random, day) => {
        const week = weekPlan(random, 'Europe/London', mondayOf(day))
        for (const session of week) {
          const [on, off] = [names(session.entries), names(session.off)]
          expect(new Set([...on, ...off]).size).toBe(on.length + off.length)
          for (const place of random.pattern) for (const name of names(place.entries)) expect([...on, ...off]).toContain(name)
        }
      }),
    )
  })
})

const shape = (random: Rota, first: number) =>
  Array.from({ length: 7 }, (_, index) =>
    sessionPlansOn(random, first + index)
      .map((plan) => ({ name: plan.name, span: plan.span, on: names(plan.entries) }))
      // A session without people is the same as none.
      .filter((plan) => plan.on.length > 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  )

describe('copying a week', () => {
  it('plans the target week as the source week, and touches no other', () => {
    fc.assert(
      fc.property(arbitraryRota, arbitraryDay, fc.integer({ min: -3, max: 60 }), (random, day, weeks) => {
        const from = mondayOf(day)
        const to = from + 7 * weeks
        const copied = copyWeek(random, from, to)
        expect(shape(copied, to)).toEqual(shape(random, from))
        for (const other of [to - 7, to + 7]) expect(shape(copied, other)).toEqual(shape(random, other))
        expect(copied.pattern).toEqual(random.pattern)
      }),
      { numRuns: 200 },
    )
  })

  it('removes the target week’s own changes', () => {
    const copied = copyWeek(rota, monday + 7, monday)
    expect(copied.changes).toEqual([])
  })

  it('carries closed sessions and sessions of one date along', () => {
    const copied = copyWeek(rota, monday, monday + 7)
    expect(copied.changes.slice(3)).toEqual([
      { date: '2026-01-19', session: 'Day', kind: 'replace', entries: [dr('locum'), dr('a')], span: { from: '09:00', to: '17:00' } },
      { date: '2026-01-21', session: 'Extra', kind: 'replace', entries: [dr('b')], span: { from: '10:00', to: '12:00' } },
      { date: '2026-01-25', session: 'Day', kind: 'close' },
    ])
    expect(dateOf(monday + 13)).toBe('2026-01-25')
  })
})
