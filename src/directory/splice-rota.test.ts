import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDirectory, arbitraryRota } from '../../test/kit/directory-arbitraries.js'
import { parseDirectory } from './parse-directory.js'
import { commentsOf } from './splice-changes.js'
import { spliceRota } from './splice-rota.js'
import { writeDirectory } from './write-directory.js'

function read(text: string) {
  const parsed = parseDirectory(text, 'x')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}
const text = `# Kept by the cardiology office.
areas: { a: { name: A } } # one area
organisations:
  t: { kind: trust, name: T, area: a }
clinicians:
  dr-a: { name: Dr A, role: x, numbers: 01632 960001 }
lines:
  one: { trust: t, name: One, code: 1, hours: always, access: everyone }
  two: { trust: t, name: Two, code: 2, hours: always, access: everyone }
  three: { trust: t, name: Three, code: 3, hours: always, access: everyone }

rotas:
  # The first.
  one:
    pattern:
    - { session: Day, days: mon-fri, time: 09:00-17:00, entries: [dr-a] }

  # The second: ask Mary before you touch it.
  two:
    pattern:
      - { session: Day, days: mon, time: 09:00-17:00, entries: [dr-a] }
# The end.
`
const rota = {
  line: 'one',
  pattern: [
    {
      name: 'Day',
      day: 'mon' as const,
      span: { from: '10:00', to: '12:00' },
      entries: [{ kind: 'clinician' as const, clinician: 'dr-a' }],
    },
  ],
  changes: [],
}

describe('one rota in a directory file', () => {
  it('is replaced, and all else stays to the letter', () => {
    const changed = spliceRota(text, read(text), 'one', rota)
    expect(changed).toBe(
      text.replace(
        '    - { session: Day, days: mon-fri, time: 09:00-17:00, entries: [dr-a] }',
        '      - { session: Day, days: mon, time: 10:00-12:00, entries: [dr-a] }',
      ),
    )
  })

  it('is replaced at the end of the file too, and added if the line had none', () => {
    const last = spliceRota(text, read(text), 'two', { ...rota, line: 'two' })
    expect(last).toContain('time: 10:00-12:00')
    expect(last).toContain('# The end.')
    const fresh = spliceRota(text, read(text), 'three', { ...rota, line: 'three' })
    expect(fresh).toContain('# The second: ask Mary')
    expect(read(fresh).rotas.get('three')?.pattern).toEqual(rota.pattern)
    const first = text.slice(0, text.indexOf('rotas:'))
    expect(read(spliceRota(first, read(first), 'one', rota)).rotas.get('one')?.pattern).toEqual(rota.pattern)
  })

  describe('in which only changes for dates differ', () => {
    const kept = text.replace(
      '\n  # The second',
      `    changes:   # ask the ward
    # Half term.
    - { date: 2026-01-05, session: Day, close: true }   # as agreed with O'Brien
    - date: 2026-01-06   # Mary
      session: Day
      # swapped with "Dr B"
      add: dr-a
    # Easter.
    - { date: 2026-01-07, session: Day, close: true } # see the minutes

  # The second`,
    )
    const before = read(kept).rotas.get('one')!
    const close = (date: string) => ({ date, session: 'Day', kind: 'close' as const })

    it('lines that do not differ stay to the letter', () => {
      expect(spliceRota(kept, read(kept), 'one', before)).toBe(kept)
      const added = spliceRota(kept, read(kept), 'one', { ...before, changes: [...before.changes, close('2026-01-08')] })
      expect(added).toBe(kept.replace('# see the minutes\n', '# see the minutes\n    - { date: 2026-01-08, session: Day, close: true }\n'))
      const between = spliceRota(kept, read(kept), 'one', {
        ...before,
        changes: [before.changes[0]!, close('2026-01-06'), before.changes[2]!],
      })
      expect(between).toContain(
        '    # Half term.\n    - { date: 2026-01-05, session: Day, close: true }   # as agreed with O\'Brien\n    - { date: 2026-01-06, session: Day, close: true } # Mary\n    # swapped with "Dr B"\n    # Easter.\n',
      )
    })

    it.each([
      ['all of them go', []],
      ['one is replaced', [before.changes[0]!, close('2026-01-06'), before.changes[2]!]],
      ['one goes', [before.changes[0]!, before.changes[2]!]],
      ['their order changes', [...before.changes].reverse()],
      ['another one comes first', [close('2026-01-01'), ...before.changes]],
    ])('no comment is lost: %s', (_, changes) => {
      for (const file of [kept, kept.replaceAll('\n', '\r\n')]) {
        const changed = spliceRota(file, read(file), 'one', { ...before, changes })
        expect(read(changed).rotas.get('one')?.changes).toEqual(changes)
        for (const comment of commentsOf(kept)) expect(changed).toContain(comment)
        expect(changed.split('\n').filter((line) => line.startsWith('  # The second'))).toHaveLength(1)
      }
    })

    it('a rota that had no changes gets them below its pattern', () => {
      const changed = spliceRota(text, read(text), 'one', { ...read(text).rotas.get('one')!, changes: [close('2026-01-05')] })
      expect(changed).toBe(
        text.replace(
          'entries: [dr-a] }\n\n',
          'entries: [dr-a] }\n    changes:\n      - { date: 2026-01-05, session: Day, close: true }\n\n',
        ),
      )
      const last = text.trimEnd().replace('\n# The end.', '')
      expect(
        read(spliceRota(last, read(last), 'two', { ...read(last).rotas.get('two')!, changes: [close('2026-01-05')] })).rotas.get('two')
          ?.changes,
      ).toHaveLength(1)
    })
  })

  it.each([
    ['in braces', text.replace(/rotas:[^]*/, 'rotas: { one: { pattern: [] } }   # the rotas\n# The end.\n')],
    ['with a comment within its pattern', text.replace('    pattern:\n', '    pattern:   # of the week\n')],
    [
      'with a list in brackets',
      text.replace(
        'entries: [dr-a] }\n\n',
        'entries: [dr-a] }\n    changes: [{ date: 2026-01-05, session: Day, close: true }]   # none other\n\n',
      ),
    ],
  ])('and written %s, no comment is lost', (_, file) => {
    const changed = spliceRota(file, read(file), 'one', rota)
    expect(read(changed).rotas.get('one')).toEqual(rota)
    for (const comment of commentsOf(file)) expect(changed).toContain(comment)
  })

  it('keeps Windows line ends', () => {
    const windows = text.replaceAll('\n', '\r\n')
    expect(spliceRota(windows, read(windows), 'one', rota).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  })

  it('if it cannot be cut out, the directory is rewritten with the same meaning', () => {
    const braces = text.replace(/rotas:[^]*/, 'rotas: { one: { pattern: [] } }\n')
    const changed = spliceRota(braces, read(braces), 'one', rota)
    expect(read(changed).rotas.get('one')).toEqual(rota)
    const anchored = text
      .replace('entries: [dr-a] }\n\n', 'entries: &all [dr-a] }\n\n')
      .replace(/entries: \[dr-a\] }\n#/, 'entries: *all }\n#')
    expect(anchored).toContain('*all')
    const spliced = read(spliceRota(anchored, read(anchored), 'one', rota))
    expect([spliced.rotas.get('one'), spliced.rotas.get('two')]).toEqual([rota, read(anchored).rotas.get('two')])
  })

  it('reads as the directory with that rota, for any of both', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryRota, (directory, random) => {
        const changed = read(spliceRota(writeDirectory(directory), directory, 'line-1', random))
        expect(changed).toEqual({ ...directory, rotas: new Map([['line-1', random]]) })
      }),
      { numRuns: 100 },
    )
  })
})
