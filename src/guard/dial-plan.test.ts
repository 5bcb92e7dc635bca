import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultDialable, dialable, parseRange, ringable, trunksFor } from './dial-plan.js'

describe('what may be dialled by default', () => {
  it.each([
    ['+441865922021', 'an Oxford number'],
    ['+442079460018', 'a London number'],
    ['+441632960101', 'a number kept for drama'],
    ['+447700900123', 'a mobile kept for drama'],
    ['+447912123456', 'a mobile'],
    ['+447911234567', 'a mobile beside the Guernsey ones'],
    ['+443069990000', 'an 03 number'],
    ['+448081570000', 'a freephone number'],
    ['+44800123456', 'a short freephone number'],
  ])('%s is: %s', (number) => {
    expect(dialable(number)).toEqual({ kind: 'dialable', number })
  })

  it.each([
    ['+449098790000', 'premium rate'],
    ['+449110000000', 'premium rate beyond 090'],
    ['+449811234567', 'adult premium rate'],
    ['+448712345678', '087'],
    ['+448431234567', '0843'],
    ['+448451234567', '084'],
    ['+445512345678', '055, a corporate number'],
    ['+445612345678', '056, internet telephony'],
    ['+447012345678', 'a personal number'],
    ['+447612345678', 'a pager'],
    ['+441534123456', 'Jersey'],
    ['+441481123456', 'Guernsey'],
    ['+441624123456', 'the Isle of Man'],
    ['+447797123456', 'a Jersey mobile'],
    ['+447700300123', 'another Jersey mobile'],
    ['+447911123456', 'a Guernsey mobile'],
    ['+447624123456', 'an Isle of Man mobile'],
    ['+12125550123', 'New York'],
    ['+18765550123', 'Jamaica, which looks like the United States'],
    ['+35312345678', 'Dublin'],
    ['+88213123456', 'a satellite telephone'],
    ['+8835100012345', 'an international network'],
    ['+97912345678', 'international premium rate'],
    ['+2521234567', 'Somalia'],
    ['+44118118', 'directory enquiries'],
    ['+44118500', 'directory enquiries'],
    ['+44116123', 'the Samaritans, whom one rings oneself'],
    ['+44999', 'an emergency number'],
    ['+44999999999', 'an emergency number, drawn out'],
    ['+4499999999999', 'an emergency number, drawn out'],
    ['+44112112112', 'an emergency number, drawn out'],
    ['+4401865922021', 'a number with the prefix of its own country left in'],
    ['+440999', 'an emergency number behind a zero'],
    ['+4420794600', 'two digits short'],
    ['+44207946001800', 'two digits long'],
  ])('%s is not: %s', (number) => {
    expect(dialable(number).kind).toBe('refused')
  })

  it.each([
    '+44999',
    '+44999123456',
    '+44112',
    '+44101',
    '+44111',
    '+44105',
    '+44118118',
    '+44116123',
    '+4401865922021',
    '+44911',
    '+440999999',
  ])('%s is never dialled, even where all of +44 may be', (number) => {
    expect(dialable(number, ['+44', '+4']).kind).toBe('refused')
  })

  it.each([
    ['999', 'an emergency number'],
    ['112', 'an emergency number'],
    ['911', 'an emergency number'],
    ['101', 'the police'],
    ['111', 'the NHS'],
    ['118118', 'directory enquiries'],
    ['0865', 'a short code'],
    ['01865922021', 'a number without its country'],
    ['00441865922021', 'the prefix of an international call'],
    ['011441865922021', 'the American prefix of an international call'],
    ['901865922021', 'a digit for an outside line'],
    ['9,01865922021', 'a digit for an outside line, and a pause'],
    ['+01865922021', 'no country begins with 0'],
    ['+0441865922021', 'no country begins with 0'],
    ['++441865922021', 'two plus signs'],
    ['+44 1865 922021', 'blanks'],
    ['+44(0)1865922021', 'brackets'],
    ['+441865922021\n', 'a line break at the end'],
    ['\n+441865922021', 'a line break in front'],
    ['+441865922021\r\nRoute: <sip:evil.example>', 'a header'],
    ['+441865922021%0d%0aRoute:evil', 'a header, escaped'],
    ['+441865922021@evil.example', 'another host'],
    ['+441865922021;phone-context=x', 'a parameter'],
    ['+441865922021?Replaces=1', 'a header in the address'],
    ['<sip:+441865922021@evil>', 'an address in brackets'],
    ['sip:+441865922021', 'a scheme'],
    ['tel:+441865922021', 'a scheme'],
    ['%2B441865922021', 'an escaped plus sign'],
    ['+441865922021&+449098790000', 'two at once'],
    ['+441865922021|+449098790000', 'one after the other'],
    ['+441865922021,+449098790000', 'a list'],
    ['+441865922021:_:+449098790000', 'an enterprise originate'],
    ['+441865922021,,1', 'pauses and keys'],
    ['+441865922021p1', 'a pause as telephones write it'],
    ['{origination_caller_id_number=999}+441865922021', 'channel variables'],
    ['[leg_timeout=1]+441865922021', 'variables of a leg'],
    ['<a=b>+441865922021', 'variables of an enterprise originate'],
    ['+441865922021^^^', 'carets'],
    ['${system(id)}', 'an API call in a variable'],
    ['+44186592202${expand(1)}', 'an API call in a variable'],
    ['+441865922021 &bridge(sofia/x/1)', 'an application'],
    ['error/user_busy', 'an endpoint of FreeSWITCH'],
    ['+44186592202１', 'a full-width digit'],
    ['＋441865922021', 'a full-width plus sign'],
    ['+٤٤١٨٦٥٩٢٢٠٢١', 'Arabic digits'],
    ['+44۱865922021', 'a Persian digit'],
    ['+44186592202²', 'a superscript'],
    ['+44\u200b1865922021', 'a blank without width'],
    ['+441865922021\u0000', 'a zero byte'],
    ['+441865922021\u2028x', 'a line separator'],
    [`+44${'1'.repeat(14)}`, 'too long'],
    [`+${'1'.repeat(100_000)}`, 'far too long'],
    ['+', 'a plus sign'],
    ['', 'nothing'],
  ])('%j is no telephone number: %s', (number) => {
    expect(dialable(number, ['+', ...defaultDialable] as never)).toMatchObject({ kind: 'refused', why: /E\.164/ })
  })

  it('nothing but a plus sign and digits is ever let through', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[+0-9@;:\r\n*#abc]*$/)), (text) => {
        const verdict = dialable(text, ['+'])
        if (verdict.kind === 'dialable') expect(verdict.number).toMatch(/^\+[1-9][0-9]{6,14}$/)
      }),
    )
  })
})

describe('ranges', () => {
  it('open what they name and nothing else', () => {
    expect(dialable('+441534123456', ['+441534']).kind).toBe('dialable')
    expect(dialable('+441865922021', ['+441534']).kind).toBe('refused')
    expect(dialable('+35312345678', ['uk-mobile', '+353']).kind).toBe('dialable')
  })

  it('have to be understood', () => {
    expect(parseRange('uk-mobile')).toBe('uk-mobile')
    expect(() => parseRange('uk')).toThrow(/uk-geographic/)
    expect(() => parseRange('constructor')).toThrow(/prefix/)
    expect(() => parseRange('+')).toThrow(/prefix/)
    expect(() => parseRange('+44 20')).toThrow(/prefix/)
  })
})

describe('trunks', () => {
  const local = { name: 'local', ranges: ['uk-geographic', 'uk-03'] } as const
  const mobile = { name: 'mobile', ranges: ['uk-mobile'] } as const
  const abroad = { name: 'abroad', ranges: ['+353'] } as const
  const plain = { name: 'plain' }

  it.each([
    ['+441865922021', [local, mobile], ['local']],
    ['+447700900123', [local, mobile], ['mobile']],
    ['+447700900123', [local, plain], ['plain']],
    ['+441865922021', [plain, local], ['plain', 'local']],
    ['+441865922021', [local, plain], ['local', 'plain']],
    ['+35312345678', [local, abroad], ['abroad']],
    ['+35312345678', [plain], undefined],
    ['+449098790000', [local, mobile, plain], undefined],
    ['+447700900123', [local], undefined],
    ['+441865922021', [], []],
    ['+449098790000', [], undefined],
    ['999', [plain], undefined],
  ] as const)('%s: of %o, %o', (number, trunks, expected) => {
    const verdict = trunksFor(number, trunks, defaultDialable)
    expect(verdict.kind === 'dialable' ? verdict.trunks : undefined).toEqual(expected)
  })

  it('that cannot carry a number say what they all may carry together', () => {
    expect(trunksFor('+449098790000', [local, abroad], defaultDialable)).toMatchObject({
      why: 'outside the ranges that may be dialled (uk-geographic, uk-03, +353)',
    })
    expect(trunksFor('999', [local], defaultDialable)).toMatchObject({ why: expect.stringContaining('E.164') as string })
    expect(trunksFor('+44999999', [{ name: 'all', ranges: ['+44'] }], defaultDialable)).toMatchObject({
      why: expect.stringContaining('never') as string,
    })
  })
})

describe('SIP addresses of the house', () => {
  const trunks = ['sip.trunk.example:5060', '10.0.0.9;transport=tcp', '[2001:db8::1]:5061', '127.0.0.1:5090']

  it.each([
    'sip:ward7@192.0.2.10',
    'sip:ward7@192.0.2.10:5070',
    'sips:ward-7@pbx.hospital.example;transport=tls',
    'sip:8021@pbx.hospital.example',
    'sip:ward@[2001:db8::2]:5060',
    'sip:ward7@sip.trunk.example',
    'sip:8021@127.0.0.1:5091',
  ])('%s may be rung', (uri) => {
    expect(ringable(uri, trunks)).toEqual({ kind: 'dialable' })
  })

  it.each([
    'sip:449098790000@sip.trunk.example',
    'sip:09098790000@SIP.Trunk.Example:5060',
    'sip:999@sip.trunk.example:5099',
    'sip:0-909-879@sip.trunk.example;transport=tcp',
    'sip:999@10.0.0.9',
    'sip:999@[2001:DB8::1]:5060',
    'sip:999@127.0.0.1:5090',
    'sip:999@127.0.0.1:05090',
  ])('%s goes round the ranges of a trunk, and may not', (uri) => {
    expect(ringable(uri, trunks)).toMatchObject({ kind: 'refused', why: expect.stringContaining('trunk') as string })
  })

  it.each([
    'ward7',
    'ward7@192.0.2.10',
    'tel:+441865922021',
    'http://192.0.2.10/',
    'sip:192.0.2.10',
    'sip:+449098790000@sip.trunk.example',
    'sip:09098790000@sip.trunk.example.',
    'sip:@192.0.2.10',
    'SIP:ward7@192.0.2.10',
    'sip:ward7:secret@192.0.2.10',
    'sip:ward7@192.0.2.10?Replaces=1',
    'sip:ward7@192.0.2.10?Route=%3Csip:evil%3E',
    'sip:ward7@192.0.2.10;maddr=198.51.100.1',
    'sip:ward7@192.0.2.10;lr',
    'sip:ward7@192.0.2.10;transport=udp;maddr=198.51.100.1',
    'sip:ward7;phone-context=x@192.0.2.10',
    'sip:ward7@192.0.2.10\r\nX-Evil: 1',
    'sip:ward7@192.0.2.10\n',
    'sip:ward7%0d%0a@192.0.2.10',
    'sip:ward7@192.0.2.10 sip:999@trunk',
    'sip:ward7@192.0.2.10,sip:999@trunk',
    '<sip:ward7@192.0.2.10>',
    'sip:ward7@evil.example@192.0.2.10',
    'sip:ward７@192.0.2.10',
    'sip:${x}@192.0.2.10',
    `sip:${'a'.repeat(65)}@192.0.2.10`,
  ])('%j may not', (uri) => {
    expect(ringable(uri, trunks)).toMatchObject({ kind: 'refused', why: expect.stringContaining('plain') as string })
  })
})
