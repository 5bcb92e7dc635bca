import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cleanName, cleanUser } from './clean-text.js'
import { readAddresses, readPartyUri } from './party-address.js'
import { isWithheldHost, isWithheldWord } from './withheld.js'

describe('whom a URI names', () => {
  it.each([
    ['sip:1632960023@carrier.example', '1632960023'],
    ['SIP:01632960023@CARRIER.example:5060', '01632960023'],
    ['sips:+441632960023@carrier.example;transport=tls', '+441632960023'],
    ['sip:+4401632960023@carrier.example;user=phone', '+4401632960023'],
    ['sip:01632960023@carrier.example?Subject=hello&Priority=urgent', '01632960023'],
    ['sip:+441632960023;npdi;rn=+441632960999@carrier.example;user=phone', '+441632960023'],
    ['sip:+441632960023;npdi@carrier.example', '+441632960023'],
    ['sip:+441632960023%3Bnpdi%3Brn=+441632960999@carrier.example', '+441632960023'],
    ['sip:%2B441632960023@carrier.example', '+441632960023'],
    ['sip:01632%20960%20023@carrier.example', '01632960023'],
    ['sip:+44-1632-960023@carrier.example', '+441632960023'],
    ['sip:+44(0)1632960023@carrier.example', '+4401632960023'],
    ['sip:01632960023:secret@carrier.example', '01632960023'],
    ['tel:+44-1632-960023', '+441632960023'],
    ['TEL:+441632960023;isub=12;ext=5', '+441632960023'],
    ['tel:01632.960.023;phone-context=+44', '+441632960023'],
    ['tel:960023;phone-context=+44-1632', '+441632960023'],
    ['tel:1632960023;phone-context=%2B44', '+441632960023'],
    ['sip:1632960023;phone-context=+44@carrier.example;user=phone', '+441632960023'],
    ['sip:1632960023@carrier.example;user=phone;phone-context=+44', '+441632960023'],
    ['tel:1001;phone-context=+44', '1001'],
    ['tel:01632960023;phone-context=carrier.example', '01632960023'],
    ['tel:00441632960023;phone-context=+44', '00441632960023'],
    ['<sip:01632960023@[2001:db8::1]:5060>', '01632960023'],
    ['sip:01632960023;user=phone', '01632960023'],
    ['sip:*482913@switch', '*482913'],
    ['sip:%2A482913%23@switch', '*482913#'],
    ['sip:**2101@switch', '**2101'],
    ['sip:okafor-desk@switch', 'okafor-desk'],
    ['sip:1001@switch', '1001'],
    ['sip:carrier.example', ''],
    ['sip:@carrier.example', ''],
    ['http://01632960023@carrier.example', ''],
    ['urn:service:sos', ''],
    ['sip:%ZZ%80@h', '%ZZ%80'],
    ['sip:01632960023%0D%0AVia@h', '01632960023Via'],
    ['', ''],
  ])('%s: %s', (uri, user) => {
    expect(readPartyUri(uri).user).toBe(user)
  })

  it('and where, in small letters', () => {
    expect(readPartyUri('sip:a@Anonymous.INVALID:5060;lr').host).toBe('anonymous.invalid')
    expect(readPartyUri('sip:a@[2001:DB8::1]:5060').host).toBe('[2001:db8::1]')
  })

  it('never holds what cannot be seen, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('sip:', 'sip:a', 'tel:', 'tel:+44;phone-context=', 'sip:1;', 'x'),
        fc.constantFrom('', '@h', '@h?', '@h;phone-context=+4'),
        (text, start, end) => {
          const { user } = readPartyUri(start + text + end)
          expect(user).not.toMatch(/[\p{C}\p{Z}<>"`]/u)
          expect(Array.from(user).length).toBeLessThanOrEqual(64)
        },
      ),
    )
  })
})

describe('addresses in a header', () => {
  it('are read in every form: quoted names, plain names, none, several', () => {
    const read = (text: string) => readAddresses(text).map(({ name, uri, params }) => [name, uri, Object.fromEntries(params)])
    expect(read('"O\\"Brien, Dr" <sip:a@h;x=1>;tag=7')).toEqual([['O"Brien, Dr', 'sip:a@h;x=1', { tag: '7' }]])
    expect(read('Elm Row <sip:a@h>')).toEqual([['Elm Row', 'sip:a@h', {}]])
    expect(read('sip:a@h;tag=7')).toEqual([['', 'sip:a@h', { tag: '7' }]])
    expect(read('"A" <sip:a@h>, <tel:+44>,')).toEqual([
      ['A', 'sip:a@h', {}],
      ['', 'tel:+44', {}],
    ])
    expect(read('<sip:a@h>;party=Calling;Privacy="full,name";screen')).toEqual([
      ['', 'sip:a@h', { party: 'Calling', privacy: 'full,name', screen: '' }],
    ])
    expect(read('"a \\\\" <sip:a@h>')).toEqual([['a \\', 'sip:a@h', {}]])
    for (const none of ['a"b <sip:a@h>', '"x" y <sip:a@h>', '<sip:a<b@h>', '', ',', 'nonsense', '"unclosed <sip:a@h>', '<'])
      expect(read(none)).toEqual([])
  })
})

it('what is sent to be slow to read is read in one pass', () => {
  const many = 400_000
  const nasty = [
    ' '.repeat(many),
    `"${' '.repeat(many)}`,
    `${' '.repeat(many)}"`,
    `"${'\\'.repeat(many)}`,
    '<'.repeat(many),
    `a${' '.repeat(many)}b`,
    `<sip:a@h>;x=${' '.repeat(many)}y`,
    `sip:${'1-'.repeat(many)}@h`,
    `sip:a@h;${';'.repeat(many)}`,
    `"${'e\u0301'.repeat(many)}" <sip:a@h>`,
    `"${'<a '.repeat(many)}" <sip:a@h>`,
  ]
  for (const text of nasty) {
    for (const { name, uri } of readAddresses(text)) {
      cleanName(name)
      isWithheldWord(name)
      readPartyUri(uri)
    }
    readPartyUri(text)
  }
})

describe('what is withheld', () => {
  it.each([
    'anonymous',
    'Anonymous',
    'ANONYMOUS',
    'private',
    'Private Number',
    'private_number',
    'unavailable',
    'Restricted',
    'unknown',
    'Unknown Caller',
    'Withheld',
    'Number Withheld',
    'withheld-number',
    'No Caller ID',
    'Caller ID blocked',
    'Out of Area',
    'Interaction with other service',
    'Coin line/payphone',
    'P',
    'ｐｒｉｖａｔｅ',
  ])('%s says so', (word) => {
    expect(isWithheldWord(word)).toBe(true)
  })
  it.each([
    '',
    '01632960023',
    '+441632960023',
    'Private Patients Unit',
    'Unknown Road Surgery',
    'okafor-desk',
    'Dr Anonymou',
    'Elm Row',
    '0',
    'No 10 Surgery',
  ])('%j does not', (word) => {
    expect(isWithheldWord(word)).toBe(false)
  })
  it('hosts that stand for nobody', () => {
    for (const host of ['anonymous.invalid', 'Anonymous.Invalid', 'unknown.invalid', 'restricted']) expect(isWithheldHost(host)).toBe(true)
    for (const host of ['carrier.example', 'private.example', '192.0.2.1', '', 'ringround.invalid'])
      expect(isWithheldHost(host)).toBe(false)
  })
})

describe('names that strangers write', () => {
  it.each([
    ['  Elm   Row\tSurgery ', 'Elm Row Surgery'],
    ['Elm\r\nVia: evil', 'Elm Via: evil'],
    ['Dr \u202Eoknafor\u202C', 'Dr oknafor'],
    ['a\u200B\u200Db\u2066c', 'a b c'],
    ['<script>alert(1)</script>Elm', 'alert(1) Elm'],
    ['<img src=x onerror=alert(1)', 'img src=x onerror=alert(1)'],
    ["Siobhán O'Brien & Sons", "Siobhán O'Brien & Sons"],
    ['e\u0301', 'é'],
    ['z\u0334\u0335\u0336\u0337', 'z\u0334\u0335'],
    ['x'.repeat(500), 'x'.repeat(64)],
    ['\u{1F600}'.repeat(100), '\u{1F600}'.repeat(64)],
    ['\u0000\u0007', ''],
  ])('%j becomes %j', (name, clean) => {
    expect(cleanName(name)).toBe(clean)
  })
  it('are clean the second time as well', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const clean = cleanName(text)
        expect(cleanName(clean)).toBe(clean)
        expect(clean).not.toMatch(/[\p{C}<>]/u)
        expect(cleanUser(cleanUser(text))).toBe(cleanUser(text))
      }),
    )
  })
})
