import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryRota } from '../../test/kit/directory-arbitraries.js'
import { mondayOf, dayNumber } from './calendar.js'
import type { Rota, RotaEntry } from './model.js'
import { plannedAt, plannedWeek, versionFor, withVersion, type RotaHistory, type RotaVersion } from './rota-history.js'
import { entryKey, whoIsOn } from './rota.js'

const zone = 'Europe/London'
const start = Date.UTC(2026, 2, 1)
const end = Date.UTC(2026, 10, 30)
const arbitraryInstant = fc.integer({ min: start, max: end })
const arbitraryVersion: fc.Arbitrary<RotaVersion> = fc.record({
  validFrom: arbitraryInstant,
  timeZone: fc.constant(zone),
  rota: arbitraryRota,
  names: fc.constant({}),
})
const arbitraryHistory = fc
  .array(arbitraryVersion, { maxLength: 4 })
  .map((versions) => versions.sort((a, b) => a.validFrom - b.validFrom).reduce<RotaHistory>(withVersion, []))

const dr = (name: string): RotaEntry => ({ kind: 'clinician', clinician: name })
const rotaOf = (name: string): Rota => ({
  line: 'line',
  pattern: [{ name: 'Night', day: 'mon', span: { from: '18:00', to: '08:00' }, entries: [dr(name)] }],
  changes: [],
})
const version = (validFrom: string, name: string): RotaVersion => ({
  validFrom: Date.parse(validFrom),
  timeZone: zone,
  rota: rotaOf(name),
  names: { [name]: `Dr ${name}` },
})
const history = [
  version('2026-01-01T00:00:00Z', 'a'),
  version('2026-01-12T23:00:00Z', 'b'),
  version('2026-02-01T00:00:00Z', 'c'),
].reduce<RotaHistory>(withVersion, [])
const planned = (now: string, knownAt?: string) =>
  plannedAt(history, Date.parse(now), knownAt === undefined ? undefined : Date.parse(knownAt))?.entries.map((entry) =>
    entryKey(entry).replace('clinician:', ''),
  )

describe('what was planned', () => {
  it.each<[string, string, string | undefined, readonly string[] | undefined]>([
    ['before there was any plan', '2025-12-29T20:00:00Z', undefined, undefined],
    ['by the first version', '2026-01-05T20:00:00Z', undefined, ['a']],
    ['an edit during the night changes the rest of the night only: before', '2026-01-12T22:59:00Z', undefined, ['a']],
    ['and after', '2026-01-12T23:00:00Z', undefined, ['b']],
    ['for the future by the last version', '2027-03-01T20:00:00Z', undefined, ['c']],
    ['for the future as it was known in January', '2027-03-01T20:00:00Z', '2026-01-20T00:00:00Z', ['b']],
    ['for the past as it was known later: as it was', '2026-01-05T20:00:00Z', '2026-06-01T00:00:00Z', ['a']],
    ['for the past as it was known before', '2026-01-19T20:00:00Z', '2026-01-02T00:00:00Z', ['a']],
  ])('%s', (_, now, knownAt, expected) => {
    expect(planned(now, knownAt)).toEqual(expected)
  })

  it('has people’s names of that time', () => {
    expect(versionFor(history, Date.parse('2026-01-05T20:00:00Z'))?.names).toEqual({ a: 'Dr a' })
  })

  it('never changes for an instant before an edit, by any edit, even if the clock is set', () => {
    fc.assert(
      fc.property(arbitraryHistory, arbitraryVersion, arbitraryInstant, arbitraryInstant, (before, edit, now, knownAt) => {
        const after = withVersion(before, edit)
        const madeAt = after.at(-1)?.validFrom ?? Number.NaN
        if (now < madeAt) expect(plannedAt(after, now)).toEqual(plannedAt(before, now))
        else expect(plannedAt(after, now)).toEqual(whoIsOn(edit.rota, zone, now))
        // What was known before the edit stays, for the past and the future.
        if (knownAt < madeAt) expect(plannedAt(after, now, knownAt)).toEqual(plannedAt(before, now, knownAt))
      }),
      { numRuns: 300 },
    )
  })

  it('does not reach back before the last version if the clock was set back', () => {
    const late = withVersion(history, version('2020-01-01T00:00:00Z', 'x'))
    expect(late.at(-1)?.validFrom).toBe(Date.parse('2026-02-01T00:00:00Z'))
    expect(plannedAt(late, Date.parse('2026-01-05T20:00:00Z'))?.entries).toEqual([dr('a')])
  })
})

describe('a week as it was planned', () => {
  it('shows a session edited while it ran as two pieces', () => {
    const week = plannedWeek(history, dayNumber('2026-01-12') ?? Number.NaN)
    expect(week.map((piece) => [new Date(piece.from).toISOString(), new Date(piece.to).toISOString(), piece.entries])).toEqual([
      ['2026-01-12T18:00:00.000Z', '2026-01-12T23:00:00.000Z', [dr('a')]],
      ['2026-01-12T23:00:00.000Z', '2026-01-13T08:00:00.000Z', [dr('b')]],
    ])
  })

  it('has at every instant exactly the people planned in that week’s sessions', () => {
    fc.assert(
      fc.property(
        arbitraryHistory,
        arbitraryInstant,
        fc.option(arbitraryInstant, { nil: undefined }),
        fc.integer({ min: 0, max: 9 * 24 * 60 }),
        (past, about, knownAt, minute) => {
          const monday = mondayOf(Math.floor(about / 86_400_000))
          const now = monday * 86_400_000 + minute * 60_000
          const lastDay = monday + 6
          const inWeek = (date: string) => (dayNumber(date) ?? 0) >= monday && (dayNumber(date) ?? 0) <= lastDay
          const pieces = plannedWeek(past, monday, knownAt).filter((piece) => piece.from <= now && now < piece.to)
          const sessions = (plannedAt(past, now, knownAt)?.sessions ?? []).filter((session) => inWeek(session.date))
          const key = (session: { readonly date: string; readonly name: string; readonly entries: readonly RotaEntry[] }) =>
            `${session.date} ${session.name}: ${session.entries.map(entryKey).join(', ')}`
          expect(pieces.map(key).sort()).toEqual(sessions.map(key).sort())
        },
      ),
      { numRuns: 300 },
    )
  })
})
