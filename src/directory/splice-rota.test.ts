import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDirectory, arbitraryRota } from './directory-arbitraries.js'
import { parseDirectory } from './parse-directory.js'
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
const rota = { line: 'one', pattern: [{ name: 'Day', day: 'mon' as const, span: { from: '10:00', to: '12:00' }, entries: [{ kind: 'clinician' as const, clinician: 'dr-a' }] }], changes: [] }

describe('one rota in a directory file', () => {
  it('is replaced, and everything else stays to the letter', () => {
    const changed = spliceRota(text, read(text), 'one', rota)
    expect(changed).toBe(text.replace('    - { session: Day, days: mon-fri, time: 09:00-17:00, entries: [dr-a] }', '      - { session: Day, days: mon, time: 10:00-12:00, entries: [dr-a] }'))
  })

  it('is replaced at the end of the file too, and put in where the line had none', () => {
    const last = spliceRota(text, read(text), 'two', { ...rota, line: 'two' })
    expect(last).toContain('time: 10:00-12:00')
    expect(last).toContain('# The end.')
    const fresh = spliceRota(text, read(text), 'three', { ...rota, line: 'three' })
    expect(fresh).toContain('# The second: ask Mary')
    expect(read(fresh).rotas.get('three')?.pattern).toEqual(rota.pattern)
    const first = text.slice(0, text.indexOf('rotas:'))
    expect(read(spliceRota(first, read(first), 'one', rota)).rotas.get('one')?.pattern).toEqual(rota.pattern)
  })

  it('keeps Windows line ends', () => {
    const windows = text.replaceAll('\n', '\r\n')
    expect(spliceRota(windows, read(windows), 'one', rota).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  })

  it('where it cannot be cut out, the directory is written anew and says the same', () => {
    const braces = text.replace(/rotas:[^]*/, 'rotas: { one: { pattern: [] } }\n')
    const changed = spliceRota(braces, read(braces), 'one', rota)
    expect(read(changed).rotas.get('one')).toEqual(rota)
    const anchored = text.replace('entries: [dr-a] }\n\n', 'entries: &all [dr-a] }\n\n').replace(/entries: \[dr-a\] }\n#/, 'entries: *all }\n#')
    expect(anchored).toContain('*all')
    const spliced = read(spliceRota(anchored, read(anchored), 'one', rota))
    expect([spliced.rotas.get('one'), spliced.rotas.get('two')]).toEqual([rota, read(anchored).rotas.get('two')])
  })

  it('reads as the directory with that rota, whatever they are', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryRota, (directory, random) => {
        const changed = read(spliceRota(writeDirectory(directory), directory, 'line-1', random))
        expect(changed).toEqual({ ...directory, rotas: new Map([['line-1', random]]) })
      }),
      { numRuns: 100 },
    )
  })
})
