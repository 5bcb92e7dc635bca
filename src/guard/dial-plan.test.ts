import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dialable, parseRange } from './dial-plan.js'

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
    ['+448712345678', '087'],
    ['+448451234567', '084'],
    ['+447012345678', 'a personal number'],
    ['+447612345678', 'a pager'],
    ['+441534123456', 'Jersey'],
    ['+447797123456', 'a Jersey mobile'],
    ['+447911123456', 'a Guernsey mobile'],
    ['+447624123456', 'an Isle of Man mobile'],
    ['+12125550123', 'New York'],
    ['+88213123456', 'a satellite telephone'],
    ['+44118118', 'directory enquiries'],
    ['999', 'an emergency number'],
    ['01865922021', 'a number without its country'],
    ['+4420794600', 'two digits short'],
  ])('%s is not: %s', (number) => {
    expect(dialable(number).kind).toBe('refused')
  })

  it.each([
    '+441865922021@evil.example',
    '+441865922021;phone-context=x',
    '+441865922021\r\nRoute: <sip:evil.example>',
    '+44186592202１',
    '+441865922021 ',
    'sip:+441865922021',
    '+441865922021&+449098790000',
    '+441865922021,,1',
    '%2B441865922021',
    '',
  ])('%j is no telephone number', (number) => {
    expect(dialable(number)).toMatchObject({ kind: 'refused', why: /E\.164/ })
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
    expect(() => parseRange('+44 20')).toThrow(/prefix/)
  })
})
