import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateOf, dayNumber, mondayOf } from './calendar.js'
import { arbitraryDay, arbitraryDirectory } from './directory-arbitraries.js'
import type { Directory, Line, Rota } from './model.js'
import { parseDirectory } from './parse-directory.js'
import { entryKey, sessionPlansOn } from './rota.js'
import { readRotaSheet, writeRotaSheet } from './rota-sheet.js'
import { sheetDate, sheetTime } from './sheet-cells.js'

const parsed = parseDirectory(
  `areas:
  a: { name: A }
organisations:
  t: { kind: trust, name: T, area: a }
clinicians:
  dr-okafor: { name: Dr Ada Okafor, role: x, numbers: 01632 960001 }
  dr-lind: { name: "Dr Maja Lindqvist, née Öst", role: x, numbers: 01632 960002 }
  dr-smith: { name: Dr Jo Smith, role: x, numbers: 01632 960003 }
  dr-smith-2: { name: Dr Jo Smith, role: x, numbers: 01632 960004 }
lines:
  cardiology: { trust: t, name: Cardiology, code: 1, hours: always, access: nobody }
rotas:
  cardiology:
    pattern:
      - { session: Day, days: mon-fri, time: 09:00-17:00, entries: [dr-okafor, dr-lind] }
      - { session: Night, days: mon, time: 17:00-09:00, entries: [{ phone: 'Ward 7 (north)', target: 01632 960107 }, dr-smith] }
    changes:
      - { date: 2026-01-13, session: Day, close: true }
      - { date: 2026-01-20, session: Day, close: true }
`,
  'x',
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors))
const { directory } = parsed
const line = directory.lines.get('cardiology')
if (line === undefined) throw new Error('no line')
const monday = dayNumber('2026-01-12') ?? Number.NaN
const bytes = (text: string) => new TextEncoder().encode(text)
const readText = (text: string | Uint8Array) => readRotaSheet(directory, line, monday, typeof text === 'string' ? bytes(text) : text, 'week.csv')

/** What is planned for a date and session after the sheet has been read. */
function planned(text: string | Uint8Array, date: string, session: string): string {
  const read = readText(text)
  if (!read.ok) throw new Error(JSON.stringify(read.errors))
  const plan = sessionPlansOn(read.rota, dayNumber(date) ?? 0).find((candidate) => candidate.name === session)
  return plan === undefined ? 'none' : plan.closed ? 'closed' : `${plan.span.from}-${plan.span.to} ${plan.entries.map((entry) => entryKey(entry).replace(/^\w+:/, '')).join(' ')}`
}

describe('a rota for a spreadsheet', () => {
  it('is a table with a session a row, as Excel wants it', () => {
    expect(writeRotaSheet(directory, line, monday).split('\r\n')).toEqual([
      '\uFEFFDate,Day,Session,From,To,1st,2nd,3rd',
      '12/01/2026,Mon,Day,09:00,17:00,Dr Ada Okafor,"Dr Maja Lindqvist, née Öst",',
      '12/01/2026,Mon,Night,17:00,09:00,Ward 7 (north) (01632 960107),Dr Jo Smith [dr-smith],',
      '13/01/2026,Tue,Day,09:00,17:00,closed,,',
      '14/01/2026,Wed,Day,09:00,17:00,Dr Ada Okafor,"Dr Maja Lindqvist, née Öst",',
      '15/01/2026,Thu,Day,09:00,17:00,Dr Ada Okafor,"Dr Maja Lindqvist, née Öst",',
      '16/01/2026,Fri,Day,09:00,17:00,Dr Ada Okafor,"Dr Maja Lindqvist, née Öst",',
      '',
    ])
  })

  it('changes nothing when it is read back as it was', () => {
    const read = readText(writeRotaSheet(directory, line, monday))
    expect(read).toEqual({ ok: true, rota: directory.rotas.get('cardiology'), notes: [] })
  })

  it('plans the same, read back, whatever the rota and the names', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryDay, (random, day) => {
        const subject = random.lines.get('line-1')
        if (subject === undefined) throw new Error('no line')
        const first = mondayOf(day)
        const sheet = writeRotaSheet(random, subject, first)
        const read = readRotaSheet(random, subject, first, bytes(sheet), 'x')
        const before = shape(random, subject, first, random.rotas.get('line-1'))
        // A session with nobody on it cannot be told from one that was forgotten: the sheet asks for `closed`.
        if (before.some((plan) => plan.people.length === 0 && !plan.closed)) expect(read).toMatchObject({ ok: false })
        else if (!read.ok) throw new Error(`${JSON.stringify(read.errors)}\n${sheet}`)
        else expect(shape(random, subject, first, read.rota)).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })
})

function shape(_random: Directory, _line: Line, first: number, rota: Rota | undefined) {
  return Array.from({ length: 7 }, (_, index) => first + index).flatMap((day) =>
    sessionPlansOn(rota ?? { line: 'line-1', pattern: [], changes: [] }, day).map((plan) => ({
      at: `${dateOf(day)} ${plan.name}`,
      closed: plan.closed,
      people: plan.entries.map(entryKey),
      span: plan.closed ? undefined : plan.span,
    })),
  )
}

describe('a sheet as a secretary keeps it', () => {
  const head = 'Date,Day,Session,From,To,1st,2nd,3rd\n'
  it.each<[string, string | Uint8Array, string, string, string]>([
    ['other people', `${head}14/01/2026,Wed,Day,09:00,17:00,Dr Maja Lindqvist`.replace('Dr Maja Lindqvist', '"Dr Maja Lindqvist, née Öst"'), '2026-01-14', 'Day', '09:00-17:00 dr-lind'],
    ['identifiers', `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith-2,dr-okafor`, '2026-01-14', 'Day', '09:00-17:00 dr-smith-2 dr-okafor'],
    ['names in another case and with wide spaces', `${head}14/01/2026,wednesday,Day,9:00,17.00,dr  ada OKAFOR`, '2026-01-14', 'Day', '09:00-17:00 dr-okafor'],
    ['semicolons, as Excel saves them in Europe', `${head}14/01/2026,Wed,Day,0900,1700,dr-smith`.replaceAll(',', ';'), '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['tabs', `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith`.replaceAll(',', '\t'), '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['CRLF and a byte order mark', `\uFEFF${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith\n`.replaceAll('\n', '\r\n'), '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['empty rows and trailing separators', `${head},,,,,,,\n\n14/01/2026,Wed,Day,09:00,17:00,dr-smith,,,,\n,,,,`, '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['the Windows code page', Uint8Array.from(`${head}14/01/2026,Wed,Day,09:00,17:00,"Dr Maja Lindqvist, n\u00e9e \u00d6st"`, (character) => character.charCodeAt(0)), '2026-01-14', 'Day', '09:00-17:00 dr-lind'],
    ['UTF-16', new Uint8Array(Buffer.from(`\uFEFF${head}14/01/2026,Wed,Day,09:00,17:00,"Dr Maja Lindqvist, née Öst"`, 'utf16le')), '2026-01-14', 'Day', '09:00-17:00 dr-lind'],
    ['two-digit years, single digits, dots', `${head}14.1.26,Wed,Day,09:00,17:00,dr-smith`, '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['the year first', `${head}2026-01-14,,Day,09:00,17:00,dr-smith`, '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['no dates, only days', 'Day,Session,From,To,1st\nWed,Day,09:00,17:00,dr-smith', '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['columns in another order', '1st,To,From,Session,Date\ndr-smith,17:00,09:00,Day,14/01/2026', '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['a gap among the people', `${head}14/01/2026,Wed,Day,09:00,17:00,,dr-smith,dr-okafor`, '2026-01-14', 'Day', '09:00-17:00 dr-smith dr-okafor'],
    ['a phone', `${head}14/01/2026,Wed,Day,09:00,17:00,On-call mobile (07700 900123)`, '2026-01-14', 'Day', '09:00-17:00 +447700900123'],
    ['other times', `${head}14/01/2026,Wed,Day,10:00,16:00,dr-okafor`, '2026-01-14', 'Day', '10:00-16:00 dr-okafor'],
    ['a session that only this date has', `${head}17/01/2026,Sat,Extra,22:00,02:00,dr-okafor`, '2026-01-17', 'Extra', '22:00-02:00 dr-okafor'],
    ['closed', `${head}14/01/2026,Wed,Day,09:00,17:00,Closed`, '2026-01-14', 'Day', 'closed'],
    ['open after all', `${head}13/01/2026,Tue,Day,09:00,17:00,dr-okafor,dr-lind`, '2026-01-13', 'Day', '09:00-17:00 dr-okafor dr-lind'],
  ])('%s', (_, text, date, session, expected) => {
    expect(planned(text, date, session)).toBe(expected)
  })

  it('leaves every session that it does not name as it is, and says so', () => {
    const read = readText(`${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith`)
    expect(read.ok && read.notes).toEqual(['"Day" on 2026-01-12 is not in the sheet and stays as it is', '"Night" on 2026-01-12 is not in the sheet and stays as it is', '"Day" on 2026-01-13 is not in the sheet and stays as it is', '"Day" on 2026-01-15 is not in the sheet and stays as it is', '"Day" on 2026-01-16 is not in the sheet and stays as it is'])
    expect(read.ok && read.rota.changes.map((change) => `${change.date} ${change.kind}`)).toEqual(['2026-01-13 close', '2026-01-14 replace', '2026-01-20 close'])
  })

  it.each<[string, string, readonly [number, RegExp][]]>([
    ['every wrong row at once', `${head}14/01/2026,Wed,Day,9 o'clock,17:00,dr-smith\n15/01/2026,Wed,Day,09:00,17:00,Dr Nobody\n15/01/2027,,Day,09:00,17:00,dr-smith\n16/01/2026,Fri,,09:00,17:00,dr-smith,dr-smith`, [[2, /From is/], [3, /is a thu/], [3, /nobody in the directory/], [4, /not in this week/], [5, /no name/], [5, /twice/]]],
    ['day and month the wrong way round', `${head}01/14/2026,Wed,Day,09:00,17:00,dr-smith`, [[2, /the date is "01\/14\/2026"/]]],
    ['a name that two people have', `${head}14/01/2026,Wed,Day,09:00,17:00,Dr Jo Smith`, [[2, /\[dr-smith\], \[dr-smith-2\]/]]],
    ['nobody', `${head}14/01/2026,Wed,Day,09:00,17:00,,,`, [[2, /nobody is on/]]],
    ['closed and somebody', `${head}14/01/2026,Wed,Day,09:00,17:00,closed,dr-smith`, [[2, /closed, and somebody/]]],
    ['a session twice', `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith\n14/01/2026,Wed,Day,09:00,17:00,dr-okafor`, [[3, /stands in line 2 already/]]],
    ['a number that cannot be rung', `${head}14/01/2026,Wed,Day,09:00,17:00,Ward (12)`, [[2, /no number/]]],
    ['a SIP address that injects', `${head}14/01/2026,Wed,Day,09:00,17:00,Ward (sip:a@b?Route=x)`, [[2, /no number/]]],
    ['more people than columns', `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith,dr-okafor,dr-lind,dr-smith-2`, [[2, /outside the columns/]]],
    ['headings that are missing', 'Date,Session,From,1st\n14/01/2026,Day,09:00,dr-smith', [[1, /headings are missing: To/]]],
    ['a heading that is not known', 'Date,Session,From,To,1st,Notes\n14/01/2026,Day,09:00,17:00,dr-smith,x', [[1, /"notes" is not known/], [2, /outside the columns/]]],
    ['quotes that do not pair', `${head}14/01/2026,Wed,"Day,09:00,17:00,dr-smith\n`, [[2, /not a table/]]],
    ['nothing', '', [[1, /empty/]]],
  ])('with errors takes nothing in and tells all of them: %s', (_, text, expected) => {
    const read = readText(text)
    if (read.ok) throw new Error('no error was found')
    expect(read.errors.map((error) => error.line)).toEqual(expected.map(([row]) => row))
    for (const [index, [, message]] of expected.entries()) expect(read.errors[index]?.message).toMatch(message)
  })

  it('is read without a crash, whatever it holds', () => {
    const cell = fc.constantFrom('14/01/2026', 'Wed', 'Day', '09:00', '17:00', 'dr-smith', '"', ',', ';', '\n', '\r\n', '', 'closed', '\u0000', 'é', '=1+1', '((', ')', '[dr-smith]')
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.array(cell).map((cells) => bytes(head + cells.join(','))), fc.array(cell).map((cells) => bytes(cells.join('')))), (content) => {
        const read = readText(content)
        if (read.ok) return
        const lines = new TextDecoder().decode(content).split(/\r\n|\n|\r/).length
        expect(read.errors.length).toBeGreaterThan(0)
        for (const error of read.errors) expect(error.line >= 1 && (error.line <= lines || content[0] === 0xff || content[0] === 0xfe)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('cells', () => {
  it.each([
    ['12/01/2026', '2026-01-12'],
    ['29/02/2028', '2028-02-29'],
    ['29/02/2027', undefined],
    ['13/13/2026', undefined],
    ['12/01-2026', undefined],
    ['2026-1-12', undefined],
    ['46034', undefined],
  ])('the date %s is %s', (text, expected) => {
    const day = sheetDate(text)
    expect(day === undefined ? undefined : dateOf(day)).toBe(expected)
  })
  it.each([
    ['9:00', '09:00'],
    ['09:00:00', '09:00'],
    ['0930', '09:30'],
    ['9.30', '09:30'],
    ['24:00', '24:00'],
    ['24:01', undefined],
    ['9', undefined],
    ['9am', undefined],
  ])('the time %s is %s', (text, expected) => {
    expect(sheetTime(text)).toBe(expected)
  })
})
