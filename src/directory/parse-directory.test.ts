import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDirectory } from '../../test/kit/directory-arbitraries.js'
import { lineChoices } from './access.js'
import { numberUse } from './dialled-number.js'
import { parseDirectory } from './parse-directory.js'
import { huntCandidates, poolCandidates } from './rota.js'
import { writeDirectory } from './write-directory.js'

const demo = readFileSync(new URL('../../config/directory.yaml', import.meta.url), 'utf8')

function read(text: string) {
  const parsed = parseDirectory(text, 'test.yaml')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
  return parsed.directory
}

describe('the demo world', () => {
  it('has no errors, and only intended advice', () => {
    const parsed = parseDirectory(demo, 'config/directory.yaml')
    expect(parsed).toMatchObject({ ok: true })
    if (parsed.ok)
      expect(parsed.advice.map((advice) => advice.message)).toEqual([
        'the rota of cardiac-rehab-call-back has few numbers in "Office hours" on mon, "Office hours" on tue, "Office hours" on wed and 2 more',
      ])
  })

  it('offers one line at Orrin Bridge, and several at Elm Row', () => {
    const directory = read(demo)
    const at = Date.UTC(2026, 0, 14, 11)
    expect(numberUse(directory, '+441632960001')).toEqual({ kind: 'dialIn', organisation: 'elm-row' })
    expect(lineChoices(directory, 'elm-row', at).map((choice) => choice.line.id)).toEqual([
      'cardiology',
      'paediatrics-urgent',
      'acute-medicine-dvt',
    ])
    expect(lineChoices(directory, 'orrin-bridge', at).map((choice) => choice.line.id)).toEqual(['cardiology'])
    const cardiology = directory.lines.get('cardiology')
    expect(cardiology && huntCandidates(directory, cardiology, at).map((candidate) => candidate.key)).toEqual([
      'clinician:dr-lindqvist',
      'clinician:dr-okafor',
      'clinician:dr-prasad',
    ])
    expect(poolCandidates(directory, 'cardiology').map((candidate) => candidate.key)).toEqual(['clinician:dr-nakamura'])
  })

  it('has a specialist on for every line whenever it is open, for a year', () => {
    const directory = read(demo)
    const unstaffed: string[] = []
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 1_800_000) {
      for (const choice of lineChoices(directory, 'elm-row', at)) {
        if (choice.opening.open && huntCandidates(directory, choice.line, at).length === 0)
          unstaffed.push(`${choice.line.id} ${new Date(at).toISOString()}`)
      }
    }
    expect(unstaffed).toEqual([])
  })
})

it('the example in the documentation has no errors but for the people left out of it', () => {
  const page = readFileSync(new URL('../../docs/directory.md', import.meta.url), 'utf8')
  const example = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? ''
  const parsed = parseDirectory(example, 'docs/directory.md')
  expect(parsed.ok ? [] : parsed.errors.map((error) => error.message).filter((message) => !message.startsWith('there is no '))).toEqual([])
  expect(example).toContain('ncnPools:')
})

const small = `areas:
  levels: { name: The Levels }
organisations:
  st-brides: { kind: trust, name: St Bride's, area: levels }
  elm-row: { kind: gpPractice, name: Elm Row, area: levels, dialIn: 01632 960001 }
clinicians:
  dr-a: { name: Dr A, role: Consultant, numbers: 01632 960002 }
lines:
  cardiology:
    trust: st-brides
    name: Cardiology
    code: 21
    hours: { week: { mon-fri: 09:00-17:00 } }
    access: everyone
rotas:
  cardiology:
    pattern:
      - { session: Day, days: mon-fri, time: 09:00-17:00, entries: [dr-a] }
    changes:
      - { date: 2026-01-12, session: Day, close: true }
ncnPools:
  heart: { specialty: Cardiology, entries: [dr-a] }
numbers:
  1001: callBackCode
`

describe('errors of a directory file', () => {
  it('the file of the table has none', () => {
    expect(parseDirectory(small, 'x')).toMatchObject({ ok: true })
  })

  // A text of the small file, its replacement, and the error's line and words.
  it.each<[string, string, string, number, RegExp]>([
    ['an area that is not there', "St Bride's, area: levels", "St Bride's, area: level", 4, /no area "level"/],
    ['an organisation of no kind', 'kind: trust', 'kind: hospital', 4, /"hospital"/],
    ['an ODS code in small letters', 'kind: trust,', 'kind: trust, odsCode: rzx,', 4, /ODS code/],
    ['a number that nobody has', 'dialIn: 01632 960001', 'dialIn: 01999 960001', 5, /01999 960001/],
    ['a number that does two things', '  1001: callBackCode', '  01632 960001: callBackCode', 24, /does something else/],
    ['a name that is missing', 'name: Elm Row, ', '', 5, /the name of organisation elm-row is missing/],
    ['a misspelt name', 'role: Consultant', 'rôle: Consultant', 7, /has no "rôle"/],
    ['a clinician without numbers', ', numbers: 01632 960002', '', 7, /no numbers/],
    ['a SIP address with a header', 'numbers: 01632 960002', 'numbers: "sip:a@b?Route=x"', 7, /sip:a@b\?Route=x/],
    ['a line break in a target', 'numbers: 01632 960002', 'numbers: "sip:a@b\\r\\nRoute: x"', 7, /sip:a@b/],
    ['a name with a control character', 'name: Dr A', 'name: "Dr \\a A"', 7, /cannot be used/],
    ['a name in capitals', '  dr-a: {', '  Dr-A: {', 7, /"Dr-A"/],
    ['a clinician twice', '  dr-a: {', '  dr-a: { name: X, role: X, numbers: 01632 960003 }\n  dr-a: {', 8, /"dr-a" stands twice/],
    ['a trust that is not there', 'trust: st-brides', 'trust: st-brigid', 10, /no organisation "st-brigid"/],
    ['a code with letters', 'code: 21', 'code: 2a', 12, /"2a"/],
    ['an hour that is none', 'mon-fri: 09:00-17:00', 'mon-fri: 09:00-25:00', 13, /09:00-25:00/],
    ['a day twice', 'mon-fri: 09:00-17:00', 'mon-fri: 09:00-17:00, fri: 09:00-12:00', 13, /fri stands in/],
    ['spans that overlap', 'mon-fri: 09:00-17:00', 'mon-fri: [09:00-17:00, 16:00-18:00]', 13, /overlap/],
    ['30 February', 'week: { mon-fri: 09:00-17:00 }', 'week: always, exceptions: { 2026-02-30: closed }', 13, /2026-02-30/],
    [
      '29 February outside a leap year',
      'week: { mon-fri: 09:00-17:00 }',
      'week: always, exceptions: { 2026-02-29: closed }',
      13,
      /2026-02-29/,
    ],
    [
      'a nation without bank holidays of its own here',
      'week: { mon-fri: 09:00-17:00 }',
      'week: always, bankHolidays: { nation: france, spans: closed }',
      13,
      /france/,
    ],
    [
      'access for an unknown organisation',
      'access: everyone',
      'access: { organisations: [nobody-here] }',
      14,
      /no organisation "nobody-here"/,
    ],
    ['a ring time-out of no seconds', 'access: everyone', 'access: everyone\n    ring: { ringSeconds: 0 }', 15, /ringSeconds/],
    ['a time zone that is none', 'access: everyone', 'access: everyone\n    timeZone: Europe/Lundon', 15, /Europe\/Lundon/],
    ['a pool that is not there', 'access: everyone', 'access: everyone\n    ncnPool: hart', 15, /no NCN pool "hart"/],
    [
      'ten outcomes',
      'access: everyone',
      `access: everyone\n    outcomes: { ${Array.from({ length: 10 }, (_, i) => `o${i}: O`).join(', ')} }`,
      15,
      /outcomes/,
    ],
    ['a rota of a line that is not there', 'rotas:\n  cardiology:', 'rotas:\n  cardio:', 16, /no line "cardio"/],
    ['a clinician who is not there', 'time: 09:00-17:00, entries: [dr-a]', 'time: 09:00-17:00, entries: [dr-b]', 18, /no clinician "dr-b"/],
    ['a clinician twice in a session', 'time: 09:00-17:00, entries: [dr-a]', 'time: 09:00-17:00, entries: [dr-a, dr-a]', 18, /twice/],
    [
      'a session twice',
      '    changes:',
      '      - { session: Day, days: fri, time: 18:00-19:00, entries: [] }\n    changes:',
      19,
      /"Day" twice on fri/,
    ],
    ['a change on a day without that session', 'date: 2026-01-12', 'date: 2026-01-11', 20, /no session "Day" on 2026-01-11, a sun/],
    ['a change of a misspelt session', 'session: Day, close', 'session: Dai, close', 20, /no session "Dai"/],
    ['a change that does two things', 'close: true', 'close: true, add: dr-a', 20, /add and close/],
    ['a change that does nothing', ', close: true', '', 20, /does nothing/],
    ['a phone without a number', '[dr-a] }\n    changes', '[{ phone: Ward }] }\n    changes', 18, /no target/],
    ['an alias of nothing', 'access: everyone', 'access: *all', 14, /refers to nothing/],
    ['a tag', 'code: 21', 'code: !!int 21', 12, /tag/],
    ['a bracket that is not closed', '[dr-a] }\nnumbers', '[dr-a }\nnumbers', 22, /not YAML/],
    ['a second document', 'rotas:', '---\nrotas:', 14, /second document/],
    ['a part that the directory does not have', 'numbers:\n  1001', 'numerals:\n  1001', 23, /has no "numerals"/],
  ])('%s', (_, from, to, line, message) => {
    expect(small).toContain(from)
    const parsed = parseDirectory(small.replace(from, to), 'test.yaml')
    if (parsed.ok) throw new Error('no error was found')
    expect(parsed.errors.map((error) => error.message).join('\n')).toMatch(message)
    expect(parsed.errors.map((error) => error.line)).toContain(line)
    for (const error of parsed.errors) expect([error.file, error.expected.length > 0]).toEqual(['test.yaml', true])
  })

  it('are reported all at once, in the order of the file', () => {
    const parsed = parseDirectory(
      small
        .replace('kind: trust', 'kind: x')
        .replace('code: 21', 'code: y')
        .replace('numbers: 01632 960002', 'numbers: 5')
        .replace('1001: callBackCode', '1001: nothing'),
      'test.yaml',
    )
    expect(parsed.ok ? [] : parsed.errors.map((error) => error.line)).toEqual([4, 7, 12, 24])
  })

  it('one code for two lines is an error only if one caller could mean both', () => {
    const second = (access: string) =>
      small.replace('rotas:', `  second: { trust: st-brides, name: Second, code: 21, hours: always, access: ${access} }\nrotas:`)
    expect(parseDirectory(second('nobody'), 'x').ok).toBe(true)
    expect(parseDirectory(second('{ areas: [levels] }'), 'x')).toMatchObject({
      ok: false,
      errors: [{ line: 15, message: 'line second has the code 21, which chooses cardiology for some of the same callers' }],
    })
    const apart = second('{ organisations: [elm-row] }').replace('access: everyone', 'access: { organisations: [st-brides] }')
    expect(parseDirectory(apart, 'x').ok).toBe(true)
    expect(parseDirectory(apart.replace('[st-brides]', '[st-brides, elm-row]'), 'x').ok).toBe(false)
    expect(parseDirectory(apart.replace('{ organisations: [st-brides] }', '{ areas: [levels] }'), 'x').ok).toBe(false)
  })

  it('an empty file is an error, not an empty directory', () => {
    for (const text of ['', '\n', '# nothing\n', '[]', 'hello']) expect(parseDirectory(text, 'x')).toMatchObject({ ok: false })
  })

  it('aliases may repeat earlier nodes, and cannot blow up a small file', () => {
    const hours = small
      .replace('hours: {', 'hours: &office {')
      .replace('rotas:', '  second: { trust: st-brides, name: Second, code: 22, hours: *office, access: everyone }\nrotas:')
    expect(read(hours).lines.get('second')?.hours).toEqual(read(hours).lines.get('cardiology')?.hours)
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefghi'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array.from({ length: 10 }, () => `*${'abcdefgh'.charAt(index)}`).join(',')}]`),
    ].join('\n')
    expect(parseDirectory(bomb, 'x').ok).toBe(false)
    expect(parseDirectory(`a: [${'*b,'.repeat(2_000)}]`.replace('a:', 'b: &b [x]\na:'), 'x')).toMatchObject({
      ok: false,
      errors: [{ message: 'too many aliases' }],
    })
    expect(parseDirectory('lines: &a { x: *a }', 'x')).toMatchObject({ ok: false })
  })
})

describe('any text at all', () => {
  const lineCount = (text: string) => Math.max(1, text.split(/\r\n|\n|\r/).length)
  const check = (text: string) => {
    const parsed = parseDirectory(text, 'any.yaml')
    if (parsed.ok) return
    expect(parsed.errors.length).toBeGreaterThan(0)
    for (const error of parsed.errors) {
      expect(error.line).toBeGreaterThanOrEqual(1)
      expect(error.line).toBeLessThanOrEqual(lineCount(text))
      expect(error.message).not.toMatch(/[\r\n]/)
    }
  }

  it('is read without a crash, and its errors lie within it', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), check), { numRuns: 300 })
    fc.assert(
      fc.property(
        fc
          .array(
            fc.constantFrom(
              'areas:',
              'lines:',
              'rotas:',
              '\n',
              '\n  ',
              '\n    ',
              'a:',
              ' b',
              '- ',
              '[',
              ']',
              '{',
              '}',
              ',',
              ': ',
              '"',
              "'",
              '&x ',
              '*x',
              '!t ',
              '|',
              '>',
              '#',
              '---',
              '...',
              '%',
              '\t',
              '\r\n',
              '?',
              '<<',
              '\uFEFF',
              '\u0000',
            ),
          )
          .map((parts) => parts.join('')),
        check,
      ),
      { numRuns: 1_000 },
    )
  })

  it('also if it is a directory file with a part removed, doubled or changed', () => {
    fc.assert(
      fc.property(
        fc.nat(demo.length),
        fc.nat(60),
        fc.constantFrom('', 'x', '\n', ': ', '[', '}', '"', '&a', '*a', '\u2028'),
        fc.boolean(),
        (at, length, put, doubled) => {
          check(demo.slice(0, at) + (doubled ? demo.slice(at, at + length) : '') + put + demo.slice(doubled ? at : at + length))
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('export and import', () => {
  it('preserve the demo world', () => {
    expect(read(writeDirectory(read(demo)))).toEqual(read(demo))
  })

  it('preserve every directory', () => {
    fc.assert(
      fc.property(arbitraryDirectory, (directory) => {
        const text = writeDirectory(directory)
        const again = read(text)
        expect(again).toEqual(directory)
        expect([...again.lines.keys()]).toEqual([...directory.lines.keys()])
        expect(writeDirectory(again)).toBe(text)
      }),
      { numRuns: 200 },
    )
  })
})
