import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryDay, arbitraryDirectory } from '../../test/kit/directory-arbitraries.js'
import { mondayOf } from './calendar.js'
import type { Directory, Rota } from './model.js'
import { readRotaSheet, writeRotaSheet } from './rota-sheet.js'
import { line, monday, bytes, readText, planned, shape, directory } from '../../test/kit/sheet-to-read.js'

describe('a rota for a spreadsheet', () => {
  it('is a table with one session a row, as Excel wants it', () => {
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

  it('keeps two overlapping sessions in their planned order, though the sheet has the later one first', () => {
    const change = (session: string, from: string) =>
      ({
        date: '2026-01-14',
        session,
        kind: 'replace',
        entries: [{ kind: 'clinician', clinician: 'dr-okafor' }],
        span: { from, to: '00:00' },
      }) as const
    const rota: Rota = { line: 'cardiology', pattern: [], changes: [change('Late', '12:00'), change('Long', '08:00')] }
    const overlapping: Directory = { ...directory, rotas: new Map([['cardiology', rota]]) }
    expect(readRotaSheet(overlapping, line, monday, bytes(writeRotaSheet(overlapping, line, monday)), 'week.csv')).toEqual({
      ok: true,
      rota,
      notes: [],
    })
  })

  it('survives the round trip, with any rota and names', () => {
    fc.assert(
      fc.property(arbitraryDirectory, arbitraryDay, (random, day) => {
        const subject = random.lines.get('line-1')
        if (subject === undefined) throw new Error('no line')
        const first = mondayOf(day)
        const sheet = writeRotaSheet(random, subject, first)
        const read = readRotaSheet(random, subject, first, bytes(sheet), 'x')
        const before = shape(random, subject, first, random.rotas.get('line-1'))
        // An empty session looks like a forgotten one: the sheet requires `closed`.
        if (before.some((plan) => plan.people.length === 0 && !plan.closed)) expect(read).toMatchObject({ ok: false })
        else if (!read.ok) throw new Error(`${JSON.stringify(read.errors)}\n${sheet}`)
        else expect(shape(random, subject, first, read.rota)).toEqual(before)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a sheet as a secretary keeps it', () => {
  const head = 'Date,Day,Session,From,To,1st,2nd,3rd\n'
  it.each<[string, string | Uint8Array, string, string, string]>([
    [
      'other people',
      `${head}14/01/2026,Wed,Day,09:00,17:00,Dr Maja Lindqvist`.replace('Dr Maja Lindqvist', '"Dr Maja Lindqvist, née Öst"'),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-lind',
    ],
    ['identifiers', `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith-2,dr-okafor`, '2026-01-14', 'Day', '09:00-17:00 dr-smith-2 dr-okafor'],
    [
      'names in another case and with wide spaces',
      `${head}14/01/2026,wednesday,Day,9:00,17.00,dr  ada OKAFOR`,
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-okafor',
    ],
    [
      'semicolons, as Excel saves them in Europe',
      `${head}14/01/2026,Wed,Day,0900,1700,dr-smith`.replaceAll(',', ';'),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith',
    ],
    ['tabs', `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith`.replaceAll(',', '\t'), '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    [
      'CRLF and a byte order mark',
      `\uFEFF${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith\n`.replaceAll('\n', '\r\n'),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith',
    ],
    [
      'empty rows and trailing separators',
      `${head},,,,,,,\n\n14/01/2026,Wed,Day,09:00,17:00,dr-smith,,,,\n,,,,`,
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith',
    ],
    [
      'the Windows code page',
      Uint8Array.from(`${head}14/01/2026,Wed,Day,09:00,17:00,"Dr Maja Lindqvist, n\u00e9e \u00d6st"`, (character) =>
        character.charCodeAt(0),
      ),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-lind',
    ],
    [
      'UTF-16 without a byte order mark',
      new Uint8Array(Buffer.from(`${head}14/01/2026,Wed,Day,09:00,17:00,"Dr Maja Lindqvist, née Öst"`, 'utf16le')),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-lind',
    ],
    [
      'the Windows code page with its apostrophe and dash',
      Uint8Array.from([
        ...bytes(`${head}14/01/2026,Wed,Day,09:00,17:00,Dr Siobh`),
        0xe1,
        ...bytes('n O'),
        0x92,
        ...bytes('Brien'),
        0x96,
        ...bytes('Lloyd'),
      ]),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-obrien',
    ],
    [
      '`sep=;` before the headings',
      `sep=;\r\n${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith`.replaceAll(',', ';'),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith',
    ],
    [
      '`sep=,` in quotes',
      `"sep=,"\n${head}14/01/2026,Wed,Day,09:00,17:00,"Ward; 7 (01632 960107)"`,
      '2026-01-14',
      'Day',
      '09:00-17:00 +441632960107',
    ],
    [
      '`sep=` and a tab',
      `sep=\t\n${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith`.replaceAll(',', '\t'),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith',
    ],
    [
      'typographic twins in headings, names, dates and times',
      `\uFF24ate\u00a0,Day,Session,From\u200b,To,1\u02e2\u1d57\n14\u201001\u20102026,Wed,Day\u00a0,\uff10\uff19\uff1a00,17:00\u202f,Dr\u00a0Siobha\u0301n O\u2019Brien\u2013Lloyd`,
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-obrien',
    ],
    [
      'twins in a telephone number',
      `${head}14/01/2026,Wed,Day,09:00,17:00,Ward\u00a07 \uff0801632\u00a0960\u2011107\uff09`,
      '2026-01-14',
      'Day',
      '09:00-17:00 +441632960107',
    ],
    [
      'line breaks in quotes',
      `${head}14/01/2026,Wed,Day,"09:00\n","17:00","Dr Siobhán\nO'Brien-Lloyd"`,
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-obrien',
    ],
    ['the date in words', `${head}Wed 14 January 2026,Wed,Day,09:00,17:00,dr-smith`, '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    [
      'the number of a day and parts of it',
      `${head}46036,,Day,0.375,0.708333333333333,dr-smith`,
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith',
    ],
    ['am and pm', `${head}14-Jan-26,Wed,Day,9:00 AM,5:00 PM,dr-smith`, '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    [
      'an apostrophe before a number or a name, and a text kept as a formula',
      `${head}14/01/2026,Wed,Day,09:00,17:00,'dr-smith,Ward 7 ('01632 960107),"=""dr-okafor"""`,
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith +441632960107 dr-okafor',
    ],
    [
      'UTF-16',
      new Uint8Array(Buffer.from(`\uFEFF${head}14/01/2026,Wed,Day,09:00,17:00,"Dr Maja Lindqvist, née Öst"`, 'utf16le')),
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-lind',
    ],
    ['two-digit years, single digits, dots', `${head}14.1.26,Wed,Day,09:00,17:00,dr-smith`, '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['the year first', `${head}2026-01-14,,Day,09:00,17:00,dr-smith`, '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    ['no dates, only days', 'Day,Session,From,To,1st\nWed,Day,09:00,17:00,dr-smith', '2026-01-14', 'Day', '09:00-17:00 dr-smith'],
    [
      'columns in another order',
      '1st,To,From,Session,Date\ndr-smith,17:00,09:00,Day,14/01/2026',
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith',
    ],
    [
      'a gap among the people',
      `${head}14/01/2026,Wed,Day,09:00,17:00,,dr-smith,dr-okafor`,
      '2026-01-14',
      'Day',
      '09:00-17:00 dr-smith dr-okafor',
    ],
    ['a phone', `${head}14/01/2026,Wed,Day,09:00,17:00,On-call mobile (07700 900123)`, '2026-01-14', 'Day', '09:00-17:00 +447700900123'],
    ['other times', `${head}14/01/2026,Wed,Day,10:00,16:00,dr-okafor`, '2026-01-14', 'Day', '10:00-16:00 dr-okafor'],
    [
      'a session that only this date has',
      `${head}17/01/2026,Sat,Extra,22:00,02:00,dr-okafor`,
      '2026-01-17',
      'Extra',
      '22:00-02:00 dr-okafor',
    ],
    ['closed', `${head}14/01/2026,Wed,Day,09:00,17:00,Closed`, '2026-01-14', 'Day', 'closed'],
    ['open after all', `${head}13/01/2026,Tue,Day,09:00,17:00,dr-okafor,dr-lind`, '2026-01-13', 'Day', '09:00-17:00 dr-okafor dr-lind'],
  ])('%s', (_, text, date, session, expected) => {
    expect(planned(text, date, session)).toBe(expected)
  })

  it('leaves every session that it does not name unchanged, and says so', () => {
    const read = readText(`${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith`)
    expect(read.ok && read.notes).toEqual([
      '"Day" on 2026-01-12 is not in the sheet and stays as it is',
      '"Night" on 2026-01-12 is not in the sheet and stays as it is',
      '"Day" on 2026-01-13 is not in the sheet and stays as it is',
      '"Day" on 2026-01-15 is not in the sheet and stays as it is',
      '"Day" on 2026-01-16 is not in the sheet and stays as it is',
    ])
    expect(read.ok && read.rota.changes.map((change) => `${change.date} ${change.kind}`)).toEqual([
      '2026-01-13 close',
      '2026-01-14 replace',
      '2026-01-20 close',
    ])
  })

  it.each<[string, string, readonly [number, RegExp][]]>([
    [
      'every wrong row at once',
      `${head}14/01/2026,Wed,Day,9 o'clock,17:00,dr-smith\n15/01/2026,Wed,Day,09:00,17:00,Dr Nobody\n15/01/2027,,Day,09:00,17:00,dr-smith\n16/01/2026,Fri,,09:00,17:00,dr-smith,dr-smith`,
      [
        [2, /From is/],
        [3, /is a thu/],
        [3, /nobody in the directory/],
        [4, /not in this week/],
        [5, /no name/],
        [5, /twice/],
      ],
    ],
    ['day and month the wrong way round', `${head}01/14/2026,Wed,Day,09:00,17:00,dr-smith`, [[2, /month first it would be 2026-01-14/]]],
    ['a name that two people have', `${head}14/01/2026,Wed,Day,09:00,17:00,Dr Jo Smith`, [[2, /\[dr-smith\], \[dr-smith-2\]/]]],
    ['nobody', `${head}14/01/2026,Wed,Day,09:00,17:00,,,`, [[2, /nobody is on/]]],
    ['closed and a person', `${head}14/01/2026,Wed,Day,09:00,17:00,closed,dr-smith`, [[2, /closed, but has people/]]],
    [
      'a session twice',
      `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith\n14/01/2026,Wed,Day,09:00,17:00,dr-okafor`,
      [[3, /stands in line 2 already/]],
    ],
    ['a number that cannot be rung', `${head}14/01/2026,Wed,Day,09:00,17:00,Ward (12)`, [[2, /no number/]]],
    ['a SIP address that injects', `${head}14/01/2026,Wed,Day,09:00,17:00,Ward (sip:a@b?Route=x)`, [[2, /no number/]]],
    [
      'more people than columns',
      `${head}14/01/2026,Wed,Day,09:00,17:00,dr-smith,dr-okafor,dr-lind,dr-smith-2`,
      [[2, /outside the columns/]],
    ],
    ['headings that are missing', 'Date,Session,From,1st\n14/01/2026,Day,09:00,dr-smith', [[1, /headings are missing: To/]]],
    [
      'a heading that is not known',
      'Date,Session,From,To,1st,Notes\n14/01/2026,Day,09:00,17:00,dr-smith,x',
      [
        [1, /"notes" is not known/],
        [2, /outside the columns/],
      ],
    ],
    [
      'month first',
      `${head}01/14/2026,,Day,09:00,17:00,dr-smith\n01/12/2026,,Day,09:00,17:00,dr-smith`,
      [
        [2, /"01\/14\/2026" is no date with the day first; month first it would be 2026-01-14/],
        [3, /"01\/12\/2026" is 2026-12-01, which is not in this week; month first it would be 2026-01-12/],
      ],
    ],
    [
      'numbers that Excel has spoilt',
      `${head}14/01/2026,Wed,Day,09:00,17:00,Mobile (4.47701E+11),Mobile (7700900123),447700900123\n15/01/2026,Thu,Day,09:00,17:00,07700 900123,#REF!`,
      [
        [2, /4\.47701E\+11" is what Excel makes of a long number/],
        [2, /lost its leading zero/],
        [2, /lost its plus sign/],
        [3, /a telephone without a name/],
        [3, /an error of the spreadsheet/],
      ],
    ],
    [
      'ambiguous times, or times with seconds',
      `${head}14/01/2026,Wed,Day,0.25,17:00:30,dr-smith`,
      [
        [2, /From is "0\.25": 00:25, or 06:00 as the part of a day/],
        [2, /To is "17:00:30", with seconds/],
      ],
    ],
    [
      'lines counted where cells hold several',
      `sep=,\n${head}14/01/2026,Wed,Day,09:00,17:00,"dr-\nsmith\n"\n15/01/2026,Thu,Day,09:00,17:00,Dr Nobody`,
      [
        [3, /nobody in the directory/],
        [6, /nobody in the directory/],
      ],
    ],
    ['quotes that do not pair', `${head}14/01/2026,Wed,"Day,09:00,17:00,dr-smith\n`, [[2, /not a table/]]],
    ['nothing', '', [[1, /empty/]]],
  ])('with errors takes nothing in and tells all of them: %s', (_, text, expected) => {
    const read = readText(text)
    if (read.ok) throw new Error('no error was found')
    expect(read.errors.map((error) => error.line)).toEqual(expected.map(([row]) => row))
    for (const [index, [, message]] of expected.entries()) expect(read.errors[index]?.message).toMatch(message)
  })

  it('is read without a crash, whatever it holds', () => {
    const cell = fc.constantFrom(
      '14/01/2026',
      'Wed',
      'Day',
      '09:00',
      '17:00',
      'dr-smith',
      '"',
      ',',
      ';',
      '\n',
      '\r\n',
      '',
      'closed',
      '\u0000',
      'é',
      '=1+1',
      '((',
      ')',
      '[dr-smith]',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc.array(cell).map((cells) => bytes(head + cells.join(','))),
          fc.array(cell).map((cells) => bytes(cells.join(''))),
        ),
        (content) => {
          const read = readText(content)
          if (read.ok) return
          const lines = new TextDecoder().decode(content).split(/\r\n|\n|\r/).length
          expect(read.errors.length).toBeGreaterThan(0)
          for (const error of read.errors)
            expect(error.line >= 1 && (error.line <= lines || content[0] === 0xff || content[0] === 0xfe)).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})
