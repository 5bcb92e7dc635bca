import fc from 'fast-check'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'
import { describe, expect, it } from 'vitest'
import { numberUse, organisationByCode } from './dialled-number.js'
import { emptyDirectory } from './empty-directory.js'
import type { Target } from '../switch/port.js'
import {
  toE164,
  readNumber,
  readSentNumber,
  readSipAddress,
  readTarget,
  showNumber,
  showTarget,
  speakableDigits,
  writeTarget,
} from './telephone-number.js'

const read = (text: string) => {
  const reading = readNumber(text)
  return reading.ok ? reading.number : undefined
}

const dialled = (target: Target) =>
  target.kind === 'number' ? target.number : target.kind === 'uri' ? target.uri : target.kind === 'device' ? target.user : target.clinician

describe('telephone numbers', () => {
  it.each([
    ['01865 922021', '+441865922021'],
    ['(01865) 922-021', '+441865922021'],
    ['+44 1865 922021', '+441865922021'],
    ['+44 (0)1865 922021', '+441865922021'],
    ['0044 1865 922021', '+441865922021'],
    ['020 7946 0123', '+442079460123'],
    ['07700 900123', '+447700900123'],
    ['01632 960123', '+441632960123'],
    ['0113 496 0999', '+441134960999'],
    ['03069 990123', '+443069990123'],
    ['08081 570123', '+448081570123'],
    ['0800 1111', '+448001111'],
    ['+353 1 677 8777', '+35316778777'],
    // Jersey: +44 too, but its own plan.
    ['01534 441000', '+441534441000'],
    // Not numbers, or not of the plan.
    ['2345', undefined],
    ['999', undefined],
    ['1865 922021', undefined],
    ['01865 92202', undefined],
    ['01999 922021', undefined],
    ['+1 555', undefined],
    ['01865 922021 x3', undefined],
    ['01865 922021;ext=3', undefined],
    ['01865\r\n922021', '+441865922021'],
    ['sip:a@b', undefined],
    ['', undefined],
    ['+', undefined],
    ['٠١٨٦٥٩٢٢٠٢١', undefined],
    ['0'.repeat(41), undefined],
  ])('%j is read as %s', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  it('are those that libphonenumber calls valid, and Ofcom’s for drama', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('1', '2', '3', '7', '8', '9', '74', '20', '161', '5', '6', '800', '845'),
        fc.integer({ min: 0, max: 999_999_999 }),
        fc.constantFrom(10, 9, 7),
        (start, rest, length) => {
          const significant = (start + String(rest).padStart(9, '0')).slice(0, length)
          const library = parsePhoneNumberFromString(`+44${significant}`, { extract: false })?.isValid() === true
          const drama = /^(?:1632960|7700900|2079460|1134960)\d{3}$/.test(significant)
          expect(read(`0${significant}`) !== undefined).toBe(library || drama)
        },
      ),
      { numRuns: 1_500 },
    )
  })

  it.each([
    ['+441632960123', '01632 960123', ['01632', '960', '123']],
    ['+442079460123', '020 7946 0123', ['020', '7946', '0123']],
    ['+447700900123', '07700 900123', ['07700', '900', '123']],
    ['+448001111', '0800 1111', ['0800', '1111']],
    ['+35316778777', '+353 1 677 8777', ['353', '1', '677', '8777']],
    ['2345', '2345', ['2345']],
  ])('%s is shown as %s and spoken in groups', (number, shown, groups) => {
    expect(showNumber(number)).toBe(shown)
    expect(speakableDigits(number)).toEqual(groups)
  })

  it('survive showing and reading', () => {
    fc.assert(
      fc.property(fc.constantFrom('7400', '20794', '1632', '1224', '28964'), fc.integer({ min: 0, max: 999_999 }), (start, rest) => {
        const number = read(`0${(start + String(rest).padStart(6, '0')).slice(0, 10)}`)
        if (number !== undefined) expect(read(showNumber(number))).toBe(number)
      }),
    )
  })
})

describe('SIP addresses', () => {
  it.each([
    'sip:okafor@127.0.0.1:5071',
    'sip:ward-7@example.net',
    'sips:a.b_c+d@host',
    'sip:a@[2001:db8::1]:5060',
    'sip:a@host;transport=tcp',
    'sip:441632960123@trunk.example.net:5060;transport=udp',
  ])('%s may be rung', (text) => {
    expect(readSipAddress(text)).toEqual({ ok: true, uri: text })
  })

  it.each([
    'sip:okafor',
    'sip:@host',
    'sip:a@host:0',
    'sip:a@host:70000',
    'sip:a@host?Replaces=x',
    'sip:a@host;transport=tcp;maddr=10.0.0.1',
    'sip:a@host;lr',
    'sip:a:secret@host',
    'sip:a%40b@host',
    'sip:a@host\r\nRoute: <sip:evil>',
    'sip:a@host\n',
    ' sip:a@host',
    'sip:a@host ',
    'sip:a b@host',
    'sip:a@ho st',
    'sip:a@host>',
    '<sip:a@host>',
    'sip:a@host,sip:b@host',
    'sip:a@host..net',
    'tel:+441632960123',
    'SIP:a@host',
    `sip:${'a'.repeat(65)}@host`,
  ])('%j may not', (text) => {
    expect(readSipAddress(text).ok).toBe(false)
    expect(readTarget(text).ok).toBe(false)
  })

  it('let nothing but their own characters into a request line', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('sip:', 'sip:a@', 'sip:a@h;transport=', 'device:', 'device:a-', ''),
        (text, start) => {
          const reading = readTarget(start + text)
          if (reading.ok) expect(dialled(reading.target)).toMatch(/^[A-Za-z0-9:@.[\]_+;=-]+$/)
        },
      ),
    )
  })

  it('are shown without their scheme', () => {
    expect(showTarget({ kind: 'uri', uri: 'sip:ward7@192.0.2.10' })).toBe('ward7@192.0.2.10')
    expect(showTarget({ kind: 'number', number: '+441632960123' })).toBe('01632 960123')
  })
})

describe('telephones that register', () => {
  it('are in the directory by name', () => {
    expect(readTarget('device:okafor-desk')).toEqual({ ok: true, target: { kind: 'device', user: 'okafor-desk' } })
    expect(showTarget({ kind: 'device', user: 'okafor-desk' })).toBe('device:okafor-desk')
  })

  it.each([
    'device:',
    'device:7',
    'device:07700900123',
    'device:Okafor',
    'device:okafor_desk',
    'device:a--b',
    'device:a-',
    'device:-a',
    'device:a b',
    'device:a@host',
    'device:a;b',
    'device:a\r\nRoute: x',
    'DEVICE:okafor',
    'device: okafor',
    `device:${'a'.repeat(65)}`,
  ])('%j is none', (text) => {
    const reading = readTarget(text)
    expect(reading).toMatchObject({ ok: false, expected: expect.stringContaining('okafor-desk') as string })
  })

  it('survive reading and writing', () => {
    expect(writeTarget({ kind: 'device', user: 'ward-7' })).toBe('device:ward-7')
  })
})

describe('dialled numbers', () => {
  const directory = {
    ...emptyDirectory,
    numbers: new Map([
      ['+441632960001', { number: '+441632960001', use: { kind: 'dialIn' as const, organisation: 'elm-row' } }],
      ['1001', { number: '1001', use: { kind: 'callBackCode' as const } }],
    ]),
  }
  it.each([
    '+441632960001',
    '441632960001',
    '01632960001',
    '00441632960001',
    '01632 960001',
    '1632960001',
    '+4401632960001',
    '004401632960001',
    '4401632960001',
    '0441632960001',
    '+00441632960001',
    '+01632960001',
    '+1632960001',
    '+44 (0)1632 960001',
    '01632960001#',
    '01632960001;npdi',
    '+44-1632-960-001',
  ])('%s is the practice’s number, however the trunk writes it', (dialled) => {
    expect(numberUse(directory, dialled)).toEqual({ kind: 'dialIn', organisation: 'elm-row' })
  })
  it('are first looked up as dialled, and do nothing if unknown', () => {
    for (const dialled of ['1001', '1001#']) expect(numberUse(directory, dialled)).toEqual({ kind: 'callBackCode' })
    for (const unknown of [
      '01001',
      '441001',
      '+441001',
      '11001',
      '632960001',
      '960001',
      '*1001',
      '#',
      '0'.repeat(400),
      '01632960002',
      '1002',
      '',
      'elm-row',
      '+',
      'constructor',
      '__proto__',
    ])
      expect(numberUse(directory, unknown)).toBeUndefined()
  })
})

describe('numbers as trunks send them', () => {
  it.each([
    ['1632960123', '+441632960123'],
    ['7700900123', '+447700900123'],
    ['2079460123', '+442079460123'],
    ['+4401632960123', '+441632960123'],
    ['004407700900123', '+447700900123'],
    ['447700900123', '+447700900123'],
    ['35316778777', '+35316778777'],
    ['0035316778777', '+35316778777'],
    ['12125550123', '+12125550123'],
    ['+441632960123;npdi', '+441632960123'],
    ['2345', undefined],
    ['8001111', undefined],
    ['anonymous', undefined],
    ['', undefined],
  ])('%s is %s', (sent, number) => {
    const reading = readSentNumber(sent)
    expect(reading.ok ? reading.number : undefined).toBe(number)
    expect(toE164(sent)).toBe(number ?? sent)
  })

  it('are one number in every form: guesses at it are counted together', () => {
    fc.assert(
      fc.property(fc.constantFrom('1632', '20794', '77009'), fc.integer({ min: 0, max: 999_999 }), (start, rest) => {
        const significant = (start + String(rest).padStart(6, '0')).slice(0, 10)
        const number = read(`0${significant}`)
        if (number === undefined) return
        for (const form of [
          significant,
          `0${significant}`,
          `44${significant}`,
          `+44${significant}`,
          `0044${significant}`,
          `440${significant}`,
          `+440${significant}`,
          `00440${significant}`,
          `0${significant}#`,
        ])
          expect(toE164(form)).toBe(number)
      }),
    )
  })
})

describe('practices by their code', () => {
  const practice = { id: 'elm-row', kind: 'gpPractice' as const, name: 'Elm Row', spokenName: 'Elm Row', area: 'a', code: '2101' }
  const directory = { ...emptyDirectory, organisations: new Map([['elm-row', practice]]) }
  it('are found by all of its keys', () => {
    expect(organisationByCode(directory, '2101')).toBe(practice)
    for (const other of ['21', '21011', '']) expect(organisationByCode(directory, other)).toBeUndefined()
  })
})
