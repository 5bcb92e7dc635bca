import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDirectory } from '../../test/kit/directory-arbitraries.js'
import { diffDirectories, showDiff } from './directory-diff.js'
import { parseDirectory } from './parse-directory.js'
import { writeDirectory } from './write-directory.js'

function read(text: string) {
  const parsed = parseDirectory(text, 'x')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}
const text = `areas:
  a: { name: A }
organisations:
  t: { kind: trust, name: T, area: a, dialIn: 1001 }
clinicians:
  dr-a: { name: Dr A, role: x, numbers: [01632 960001, 01632 960002] }
  dr-b: { name: Dr B, role: x, numbers: 01632 960003 }
lines:
  one: { trust: t, name: One, code: 1, hours: { week: { mon: 09:00-17:00 } }, access: everyone, ring: { ringSeconds: 20 } }
  two: { trust: t, name: Two, code: 2, hours: always, access: everyone }
rotas:
  one:
    pattern:
      - { session: Day, days: mon, time: 09:00-17:00, entries: [dr-a, dr-b] }
`

describe('what differs between two directories', () => {
  it.each<[string, string, string, string]>([
    ['nothing', 'x', 'x', 'no changes'],
    ['a time-out', 'ringSeconds: 20', 'ringSeconds: 15', '~ lines one\n    ring.ringSeconds: 20 -> 15'],
    [
      'hours',
      'mon: 09:00-17:00',
      'mon: [09:00-12:00, 13:00-17:00]',
      '~ lines one\n    hours.week.mon: [09:00-17:00] -> [09:00-12:00, 13:00-17:00]',
    ],
    ['a number', '01632 960003', 'sip:b@127.0.0.1', '~ clinicians dr-b\n    numbers: [01632 960003] -> [sip:b@127.0.0.1]'],
    [
      'the order of a rota',
      'entries: [dr-a, dr-b]',
      'entries: [dr-b, dr-a]',
      '~ rotas one\n    pattern mon Day.entries: [dr-a, dr-b] -> [dr-b, dr-a]',
    ],
    [
      'a session more',
      'entries: [dr-a, dr-b] }',
      'entries: [dr-a, dr-b] }\n      - { session: Night, days: mon, time: 17:00-09:00, entries: [dr-b] }',
      '~ rotas one\n    pattern: + mon Night (span 17:00-09:00, entries [dr-b])',
    ],
    [
      'a change',
      'entries: [dr-a, dr-b] }',
      'entries: [dr-a, dr-b] }\n    changes:\n      - { date: 2026-01-12, session: Day, close: true }',
      '~ rotas one\n    changes: + 2026-01-12 Day close',
    ],
    ['a dialled number', 'dialIn: 1001', 'dialIn: 1002', '- numbers 1001\n+ numbers 1002'],
    [
      'a clinician removed from the rota and the directory',
      'entries: [dr-a, dr-b]',
      'entries: [dr-a]',
      '~ rotas one\n    pattern mon Day.entries: [dr-a, dr-b] -> [dr-a]',
    ],
    [
      'a blurb where there was none',
      'name: Two,',
      'name: Two, closedMessage: Try later,',
      '~ lines two\n    closedMessage: none -> Try later',
    ],
  ])('%s', (_, from, to, expected) => {
    expect(showDiff(diffDirectories(read(text), read(text.replace(from, to))))).toBe(expected)
  })

  it('tells of the order of the lines, which is the order of the menu', () => {
    const [one = '', two = ''] = text.split('\n').filter((row) => /^ {2}(one|two): \{/.test(row))
    const swapped = text.replace(one, 'X').replace(two, one).replace('X', two)
    expect(showDiff(diffDirectories(read(text), read(swapped)))).toBe('~ lines two\n    order in the menu: one, two -> two, one')
  })

  it('is empty exactly when both are the same', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryDirectory, (a, b) => {
        expect(diffDirectories(a, read(writeDirectory(a)))).toEqual([])
        const same = writeDirectory(a) === writeDirectory(b)
        expect(diffDirectories(a, b).length === 0).toBe(same)
      }),
      { numRuns: 100 },
    )
  })
})
