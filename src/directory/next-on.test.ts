import { describe, expect, it } from 'vitest'
import { nextOn } from './next-on.js'
import { parseDirectory } from './parse-directory.js'

function next(rota: string, at: string): string {
  const parsed = parseDirectory(
    `areas: { a: { name: A } }\norganisations: { t: { kind: trust, name: T, area: a } }\nclinicians: { dr-a: { name: Dr A, role: x, numbers: 01632 960001 }, dr-b: { name: Dr B, role: x, numbers: 01632 960002 } }\nlines:\n  one: { trust: t, name: One, code: 1, hours: always, access: everyone }\nrotas:\n  one: ${rota}\n`,
    'x',
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  const { directory } = parsed
  const found = nextOn(directory, directory.lines.get('one')!, Date.parse(at))
  return found === undefined
    ? 'nobody'
    : `${new Date(found.at).toISOString().slice(5, 16)} ${found.candidates.map(({ label }) => label).join(' ')}`
}

const morning = '{ session: Morning, days: mon-fri, time: 09:00-13:00, entries: [dr-a] }'
const afternoon = '{ session: Afternoon, days: mon-fri, time: 13:00-17:00, entries: [dr-b] }'

describe('who is on next', () => {
  it.each([
    ['those of the next session', `{ pattern: [${morning}, ${afternoon}] }`, '2026-01-12T10:00Z', '01-12T13:00 Dr B'],
    ['tomorrow’s people, after a night with nobody on', `{ pattern: [${morning}, ${afternoon}] }`, '2026-01-12T14:00Z', '01-13T09:00 Dr A'],
    ['the same people, once nobody was on in between', `{ pattern: [${morning}] }`, '2026-01-12T10:00Z', '01-13T09:00 Dr A'],
    ['those of Monday, at the end of the week', `{ pattern: [${morning}] }`, '2026-01-16T12:59Z', '01-19T09:00 Dr A'],
    [
      'not at a session change that keeps the same people',
      '{ pattern: [{ session: Morning, days: mon, time: 09:00-13:00, entries: [dr-a] }, { session: Afternoon, days: mon, time: 13:00-17:00, entries: [dr-a] }] }',
      '2026-01-12T10:00Z',
      '01-19T09:00 Dr A',
    ],
    [
      'those who stay when one of two goes',
      '{ pattern: [{ session: Long, days: mon, time: 09:00-17:00, entries: [dr-a] }, { session: Short, days: mon, time: 09:00-12:00, entries: [dr-b] }] }',
      '2026-01-12T10:00Z',
      '01-12T12:00 Dr A',
    ],
    [
      'after a night session that began yesterday',
      '{ pattern: [{ session: Night, days: sun, time: 22:00-08:00, entries: [dr-a] }, { session: Day, days: mon, time: 08:00-17:00, entries: [dr-b] }] }',
      '2026-01-12T03:00Z',
      '01-12T08:00 Dr B',
    ],
    [
      'as a change for one date has it',
      `{ pattern: [${morning}, ${afternoon}], changes: [{ date: 2026-01-12, session: Afternoon, close: true }] }`,
      '2026-01-12T10:00Z',
      '01-13T09:00 Dr A',
    ],
    [
      'nobody, with one endless session',
      '{ pattern: [{ session: Always, days: mon-sun, time: 00:00-24:00, entries: [dr-a] }] }',
      '2026-01-12T10:00Z',
      'nobody',
    ],
    ['nobody, where the rota is empty', '{ pattern: [] }', '2026-01-12T10:00Z', 'nobody'],
  ])('%s', (_what, rota, at, expected) => expect(next(rota, at)).toBe(expected))
})
