import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describedPhones } from '../../../../test/fixtures/sdp/described-phones.js'
import { mappedIPv4, readConnection } from './address.js'
import { descriptionIn } from './body.js'
import { answerAudio, type AudioEnd } from './offer-answer.js'
import { readDescription } from './read.js'

const us: AudioEnd = { address: '198.51.100.255', port: 40_000 }
const offers = describedPhones().filter(({ kind }) => kind === 'offer')

/** Writes the same lines as careless hands would: letters, blanks and line ends as drawn. */
function carelessly(sdp: string, draw: (choices: number) => number): string {
  return sdp
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .filter((line) => !/^[st]=/.test(line) || draw(2) === 0)
    .map((line) => {
      const [, type = '', name = '', rest = ''] = /^(.)=([a-z-]*)(.*)$/.exec(line) ?? []
      const attribute = type === 'a'
      const written = attribute && draw(2) === 0 ? name.toUpperCase() : name
      const blank = [' ', '\t', '  '][draw(3)] ?? ' '
      return `${draw(3) === 0 ? type.toUpperCase() : type}${draw(3) === 0 ? ' ' : ''}=${written}${attribute && rest.startsWith(':') && draw(2) === 0 ? `:${blank}${rest.slice(1)}` : rest.replaceAll(' ', blank)}${' '.repeat(draw(3))}`
    })
    .map((line) => `${line}${['\r\n', '\n', '\r', '\n\n'][draw(4)] ?? '\n'}`)
    .join('')
}

describe('reading a description', () => {
  it('never throws, whatever the text', () => {
    const line = fc
      .tuple(
        fc.constantFrom('v', 'o', 's', 'c', 't', 'm', 'a', 'b', 'x'),
        fc.oneof(
          fc.string(),
          fc.constantFrom(
            'audio 4000 RTP/AVP 0 8',
            'rtpmap:0',
            'rtpmap:101 8000/8000',
            'fmtp:101 0',
            'ptime:',
            'rtcp:',
            'IN IP4',
            'audio',
            '__proto__ 1 RTP/AVP 0',
          ),
        ),
      )
      .map(([type, value]) => `${type}=${value}`)
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ size: 'large' }),
          fc.array(line, { maxLength: 40 }).map((lines) => ['v=0', ...lines].join('\r\n')),
        ),
        (text) => {
          readDescription(text)
          const reply = answerAudio(text, us)
          if (!reply.ok) return
          // Exact in what is written: CRLF, nothing but lines, as many m= lines as were offered.
          expect(reply.answer).toMatch(/^(?:[a-z]=[^\r\n]+\r\n)+$/)
          expect(reply.answer.match(/^m=\S+ \d+ \S+ \S.*$/gm)).toHaveLength(readDescription(text)?.media.length ?? 0)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('comes to the same however carelessly it is written', () => {
    fc.assert(
      fc.property(fc.constantFrom(...offers), fc.infiniteStream(fc.nat(11)), ({ sdp }, stream) => {
        const careless = carelessly(sdp, (choices) => Number(stream.next().value) % choices)
        const [plain, read] = [answerAudio(sdp, us), answerAudio(careless, us)]
        expect(read.ok).toBe(plain.ok)
        if (read.ok && plain.ok) expect(read.agreement).toEqual(plain.agreement)
      }),
      { numRuns: 300 },
    )
  })

  it('takes no time over a text that is made to', () => {
    const began = performance.now()
    for (const hostile of [
      `v=0\r\na=${' '.repeat(60_000)}`,
      `v=0\r\nm=audio 1 RTP/AVP 0\r\na=fmtp:${'0 '.repeat(30_000)}`,
      `v=0\r\n${'m=audio 1 RTP/AVP 0\r\n'.repeat(3_000)}`,
      `v=0\r\n${'a=rtpmap:0 x/'.repeat(5_000)}`,
    ])
      readDescription(hostile)
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it.each([
    ['IN IP4 192.0.2.1', { kind: 'unicast', address: '192.0.2.1', family: 4 }],
    ['IN IP4 192.0.2.1/127', { kind: 'unicast', address: '192.0.2.1', family: 4 }],
    ['in ip6  2001:DB8::1', { kind: 'unicast', address: '2001:db8::1', family: 6 }],
    ['IN IP6 [2001:db8::1]', { kind: 'unicast', address: '2001:db8::1', family: 6 }],
    ['IN IP4 2001:db8::1', { kind: 'unicast', address: '2001:db8::1', family: 6 }],
    ['IN IP6 ::ffff:192.0.2.1', { kind: 'unicast', address: '192.0.2.1', family: 4 }],
    ['IN IP6 ::ffff:c000:201', { kind: 'unicast', address: '192.0.2.1', family: 4 }],
    ['192.0.2.1', { kind: 'unicast', address: '192.0.2.1', family: 4 }],
    ['IN IP4 0.0.0.0', { kind: 'unspecified', family: 4 }],
    ['IN IP6 ::', { kind: 'unspecified', family: 6 }],
    ['IN IP4 phone.example', { kind: 'unknown', text: 'phone.example' }],
    ['IN IP6 fe80::1', { kind: 'unknown', text: 'fe80::1' }],
    ['IN IP4 192.000.002.001', { kind: 'unknown', text: '192.000.002.001' }],
    ['IN IP4', { kind: 'unknown', text: '' }],
    ['IN IP4 239.1.1.1', { kind: 'multicast', text: '239.1.1.1' }],
    ['IN IP4 255.255.255.255', { kind: 'multicast', text: '255.255.255.255' }],
    ['IN IP6 ff15::1', { kind: 'multicast', text: 'ff15::1' }],
  ])('c=%s', (value, address) => {
    expect(readConnection(value)).toEqual(address)
  })

  it('an IPv6 address that maps no IPv4 address is not one', () => {
    expect(mappedIPv4('2001:db8::1')).toBeUndefined()
    expect(mappedIPv4('0:0:0:0:0:ffff:192.0.2.1')).toBe('192.0.2.1')
  })
})

describe('the description in the body of a message', () => {
  const sdp = 'v=0\r\nm=audio 1 RTP/AVP 0\r\n'
  const multipart = (...parts: string[]) => `${parts.map((part) => `--uniq-1\r\n${part}\r\n`).join('')}--uniq-1--\r\n`

  it.each([
    ['alone', 'application/sdp', sdp, sdp],
    ['in another case, with a parameter', 'Application/SDP; charset=utf-8', sdp, sdp],
    ['without a type', undefined, sdp, sdp],
    [
      'beside ISUP',
      'multipart/mixed;boundary=uniq-1',
      multipart(
        'Content-Type: application/ISUP;version=itu-t92+\r\n\r\n\u0001\u0011',
        `Content-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n${sdp}`,
      ),
      sdp,
    ],
    [
      'in quotes, before a location',
      'Multipart/Mixed; boundary="uniq-1"',
      multipart(`content-type:application/SDP\r\n\r\n${sdp}`, 'Content-Type: application/pidf+xml\r\n\r\n<presence/>'),
      sdp,
    ],
    ['not there', 'multipart/mixed;boundary=uniq-1', multipart('Content-Type: application/ISUP\r\n\r\n\u0001'), undefined],
    ['of another type', 'application/isup', sdp, undefined],
    ['empty', 'application/sdp', '', undefined],
  ])('%s', (_, type, body, found) => {
    expect(descriptionIn(type, body)).toBe(found)
  })
})
