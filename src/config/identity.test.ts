import { describe, expect, it } from 'vitest'
import { readIdentityLine, readIdentityList } from './identity.js'

describe('the headers trusted from each network', () => {
  it('is read from one line', () => {
    expect(readIdentityLine('192.0.2.0/24=P-Asserted-Identity From, 2001:db8::/32 = rpid pai from')).toEqual([
      { network: '192.0.2.0/24', headers: ['P-Asserted-Identity', 'From'] },
      { network: '2001:db8::/32', headers: ['Remote-Party-ID', 'P-Asserted-Identity', 'From'] },
    ])
    expect(readIdentityLine('')).toEqual([])
  })

  it('is read from a list of the file', () => {
    const expected = [
      { network: '192.0.2.0/24', headers: ['P-Asserted-Identity', 'From'] },
      { network: '198.51.100.7', headers: ['From'] },
    ]
    expect(
      readIdentityList([
        { network: '192.0.2.0/24', headers: ['P-Asserted-Identity', 'From'] },
        { network: '198.51.100.7', headers: 'from' },
      ]),
    ).toEqual(expected)
    expect(readIdentityList(['192.0.2.0/24=pai from', '198.51.100.7=from'])).toEqual(expected)
  })

  it.each([
    ['192.0.2.0/24', 'is none'],
    ['192.0.2.0/24=', 'has no header'],
    ['carrier=pai', '"carrier" is not an address or a network'],
    ['192.0.2.0/33=pai', 'is not an address or a network'],
    ['192.0.2.1=X-Caller', '192.0.2.1 has "X-Caller"'],
    ['192.0.2.1=pai pai', 'has P-Asserted-Identity twice'],
    ['192.0.2.1=pai, 192.0.2.1=from', 'stands there twice'],
    ['192.0.2.1=pai=from', 'is none'],
  ])('%s is refused: %s', (text, why) => {
    expect(() => readIdentityLine(text)).toThrow(why)
  })

  it.each<[unknown, string]>([
    [5, 'entry 1 is none'],
    [['a'], 'entry 1 is none'],
    [{ network: '192.0.2.1', header: 'pai' }, 'has "header"'],
    [{ network: '192.0.2.1' }, 'has no header'],
    [{ headers: ['pai'] }, 'entry 1 needs both'],
    [{ network: '192.0.2.1', headers: [{}] }, 'entry 1 needs both'],
  ])('%j in the file is refused: %s', (entry, why) => {
    expect(() => readIdentityList([entry])).toThrow(why)
  })
})
