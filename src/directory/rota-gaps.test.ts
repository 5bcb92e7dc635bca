import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDirectory } from '../../test/kit/directory-arbitraries.js'
import { isOpen } from './hours.js'
import { parseDirectory } from './parse-directory.js'
import { rotaGaps } from './rota-gaps.js'
import { huntCandidates } from './rota.js'

function read(hours: string, rota: string) {
  const parsed = parseDirectory(
    `areas: { a: { name: A } }\norganisations: { t: { kind: trust, name: T, area: a } }\nclinicians: { dr-a: { name: Dr A, role: x, numbers: 01632 960001 } }\nlines:\n  one: { trust: t, name: One, code: 1, hours: ${hours}, access: everyone }\nrotas:\n  one: ${rota}\n`,
    'x',
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}
const gaps = (hours: string, rota: string, from = '2026-01-12T00:00Z', to = '2026-01-14T00:00Z') => {
  const directory = read(hours, rota)
  const line = directory.lines.get('one')
  if (line === undefined) throw new Error('no line')
  return rotaGaps(directory, line, Date.parse(from), Date.parse(to)).map(
    (gap) => `${new Date(gap.from).toISOString().slice(5, 16)} ${new Date(gap.to).toISOString().slice(5, 16)}`,
  )
}

describe('gaps in a rota', () => {
  it.each([
    [
      'none while a specialist is on whenever the line is open',
      '{ week: { mon: 09:00-17:00 } }',
      '{ pattern: [{ session: Day, days: mon, time: 08:00-18:00, entries: [dr-a] }] }',
      [],
    ],
    [
      'before and after a session',
      '{ week: { mon: 09:00-17:00 } }',
      '{ pattern: [{ session: Day, days: mon, time: 10:00-16:00, entries: [dr-a] }] }',
      ['01-12T09:00 01-12T10:00', '01-12T16:00 01-12T17:00'],
    ],
    [
      'a session without people',
      '{ week: { mon: 09:00-17:00 } }',
      '{ pattern: [{ session: Day, days: mon, time: 09:00-17:00, entries: [] }] }',
      ['01-12T09:00 01-12T17:00'],
    ],
    [
      'a session that is closed that day',
      'always',
      '{ pattern: [{ session: Day, days: mon-sun, time: 00:00-24:00, entries: [dr-a] }], changes: [{ date: 2026-01-13, session: Day, close: true }] }',
      ['01-13T00:00 01-14T00:00'],
    ],
    [
      'no rota at all',
      '{ week: { tue: [09:00-10:00, 11:00-12:00] } }',
      '{ pattern: [] }',
      ['01-13T09:00 01-13T10:00', '01-13T11:00 01-13T12:00'],
    ],
  ])('%s', (_, hours, rota, expected) => {
    expect(gaps(hours, rota)).toEqual(expected)
  })

  it('contain an instant exactly when the line is open and nobody is on', () => {
    fc.assert(
      fc.property(
        arbitraryDirectory,
        fc.integer({ min: Date.UTC(2026, 2, 20), max: Date.UTC(2026, 10, 1) }),
        fc.integer({ min: 0, max: 5 * 86_400_000 - 1 }),
        (directory, from, after) => {
          const line = directory.lines.get('line-1')
          if (line === undefined) throw new Error('no line')
          const now = from + after
          const inGap = rotaGaps(directory, line, from, from + 5 * 86_400_000).some((gap) => gap.from <= now && now < gap.to)
          expect(inGap).toBe(isOpen(line, now) && huntCandidates(directory, line, now).length === 0)
        },
      ),
      { numRuns: 200 },
    )
  })
})
