import { describe, expect, it } from 'vitest'
import type { CodecName } from '../../embedded/protocols/sdp/codecs.js'
import { addressFor, answerToParty, describeToMediaServer, offerToParty, Origin, readPartyAnswer, readPartyOffer } from './sdp.js'

const ours: readonly CodecName[] = ['PCMA', 'PCMU']
const lines = (...rest: string[]) =>
  ['v=0', 'o=dr.who 1 1 IN IP4 10.1.1.1', 's=Secret Phone', 'c=IN IP4 10.1.1.1', 't=0 0', ...rest, ''].join('\r\n')

const mediaServerOffer = [
  'v=0',
  'o=FreeSWITCH 17 18 IN IP4 192.0.2.2',
  's=FreeSWITCH',
  'c=IN IP4 192.0.2.9',
  't=0 0',
  'm=audio 22146 RTP/AVP 102 9 0 8 103 104 101 13',
  'a=rtpmap:102 opus/48000/2',
  'a=fmtp:102 useinbandfec=1',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:103 telephone-event/48000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-15',
  'a=rtpmap:13 CN/8000',
  'a=ptime:20',
  '',
].join('\r\n')

it('an offer of a media server that would encrypt, too, becomes a plain one', () => {
  const both = mediaServerOffer.replace(
    'm=audio',
    ['m=audio 22146 RTP/SAVP 0 8', `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 1).toString('base64')}`, 'm=audio'].join(
      '\r\n',
    ),
  )
  const offer = offerToParty(both, ours, new Origin())
  expect(offer).toContain('m=audio 22146 RTP/AVP')
  expect(offer).not.toMatch(/SAVP|crypto/)
})

describe('what a party offers', () => {
  it('takes the codec that we like best', () => {
    const party = readPartyOffer(lines('m=audio 4000 RTP/AVP 0 8 101', 'a=rtpmap:101 telephone-event/8000', 'a=sendrecv'), ours)
    expect(party?.stream).toMatchObject({
      codec: 'PCMA',
      format: { payloadType: 8 },
      events: { payloadType: 101 },
      media: { port: 4000, direction: 'sendrecv' },
    })
    expect(party && addressFor(party, undefined)).toBe('10.1.1.1')
  })

  it('takes the first codec of an answer', () => {
    expect(readPartyAnswer(lines('m=audio 4000 RTP/AVP 0 8'), mediaServerOffer, ours)?.stream.codec).toBe('PCMU')
  })

  it.each([
    ['a codec that we do not speak', ['m=audio 4000 RTP/AVP 18', 'a=rtpmap:18 G729/8000']],
    ['SRTP only', ['m=audio 4000 RTP/SAVP 0 8']],
    ['a stream that is refused', ['m=audio 0 RTP/AVP 0 8']],
    ['no audio', ['m=video 4000 RTP/AVP 31']],
    ['nothing', []],
  ])('has nothing in common with %s', (_, media) => {
    expect(readPartyOffer(lines(...media), ours)).toBeUndefined()
  })

  it('prefers the address of the stream over that of the session, and knows every direction', () => {
    const party = readPartyOffer(lines('m=audio 4000 RTP/AVP 8', 'c=IN IP4 10.2.2.2', 'a=inactive'), ours)
    expect(party?.stream.media).toMatchObject({ address: { address: '10.2.2.2' }, direction: 'inactive' })
  })

  it('answers plain RTP where SRTP is offered beside it, and refuses video', () => {
    const party = readPartyOffer(lines('m=audio 4000 RTP/SAVP 8', 'm=audio 4002 RTP/AVP 8', 'm=video 4004 RTP/AVP 31'), ours)!
    const answer = answerToParty(party, lines('m=audio 5000 RTP/AVP 8'), new Origin())
    expect(answer?.match(/^m=.*$/gm)).toEqual(['m=audio 0 RTP/SAVP 8', 'm=audio 5000 RTP/AVP 8', 'm=video 0 RTP/AVP 31'])
  })
})

describe('what is told to whom', () => {
  it('tells the media server one codec and one address, nothing else of the party', () => {
    const party = readPartyOffer(lines('m=audio 4000 RTP/AVP 0 8 96', 'a=rtpmap:96 telephone-event/8000', 'a=tool:secret'), ours)!
    const told = describeToMediaServer(party, '10.1.1.1', new Origin())
    expect(told).toContain('m=audio 4000 RTP/AVP 8 96')
    expect(told).not.toMatch(/who|Secret|secret/)
  })

  it("tells the media server of every number under which events may come, the party's own last", () => {
    const answered = readPartyAnswer(lines('m=audio 4000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000'), mediaServerOffer, ours)!
    expect(describeToMediaServer(answered, '10.1.1.1', new Origin())).toContain('m=audio 4000 RTP/AVP 8 101 96\r\n')
    const same = readPartyAnswer(lines('m=audio 4000 RTP/AVP 8 101'), mediaServerOffer, ours)!
    expect(describeToMediaServer(same, '10.1.1.1', new Origin())).toContain('m=audio 4000 RTP/AVP 8 101\r\n')
    const none = readPartyAnswer(lines('m=audio 4000 RTP/AVP 8'), mediaServerOffer, ours)!
    expect(describeToMediaServer(none, '10.1.1.1', new Origin())).toContain('m=audio 4000 RTP/AVP 8\r\n')
  })

  it('offers our codecs at the address of the media server, under an origin of our own', () => {
    const offer = offerToParty(mediaServerOffer, ours, new Origin())
    expect(offer).toContain('m=audio 22146 RTP/AVP 8 0 101\r\n')
    expect(offer).toContain('c=IN IP4 192.0.2.9\r\n')
    expect(offer).not.toContain('FreeSWITCH')
    expect(offer).not.toContain('192.0.2.2')
  })

  it('leaves out the SRTP line of a media server that offers both', () => {
    const both = mediaServerOffer.replace('m=audio 22146', 'm=audio 22146 RTP/SAVP 102 8\r\na=crypto:1 AES x\r\nm=audio 22148')
    expect(offerToParty(both, ours, new Origin())).toContain('m=audio 22148 RTP/AVP 8 0 101\r\n')
  })

  it('complains of a media server without one of our codecs', () => {
    expect(() => offerToParty(lines('m=audio 9 RTP/AVP 102', 'a=rtpmap:102 opus/48000/2'), ours, new Origin())).toThrow(
      'none of PCMA, PCMU',
    )
  })

  it('answers hold with the mirrored direction', () => {
    const party = readPartyOffer(lines('m=audio 4000 RTP/AVP 8', 'a=sendonly'), ours)!
    expect(answerToParty(party, lines('m=audio 5000 RTP/AVP 8'), new Origin())).toContain('a=recvonly')
  })

  it('does not answer with a codec that the media server refused', () => {
    const party = readPartyOffer(lines('m=audio 4000 RTP/AVP 8'), ours)!
    expect(answerToParty(party, lines('m=audio 5000 RTP/AVP 0'), new Origin())).toBeUndefined()
  })

  it('raises the version of the origin only when something changed', () => {
    const origin = new Origin()
    const party = readPartyOffer(lines('m=audio 4000 RTP/AVP 8'), ours)!
    const version = (description: string) => Number(description.split(/\s+/)[3])
    const first = describeToMediaServer(party, '10.1.1.1', origin)
    expect(describeToMediaServer(party, '10.1.1.1', origin)).toBe(first)
    expect(version(describeToMediaServer(party, '10.1.1.2', origin))).toBe(version(first) + 1)
  })
})

describe("where the media server sends a party's audio", () => {
  it.each([
    ['its address', 'c=IN IP4 192.0.2.7', '192.0.2.7'],
    ['its IPv6 address', 'c=IN IP6 2001:db8::7', '2001:db8::7'],
    ['a name: where its signalling comes from', 'c=IN IP4 phone.example', '198.51.100.1'],
    ['an address of one link only: likewise', 'c=IN IP6 fe80::1', '198.51.100.1'],
    ['nowhere, which is hold', 'c=IN IP4 0.0.0.0', '0.0.0.0'],
  ])('%s', (_, connection, address) => {
    expect(addressFor(readPartyOffer(lines('m=audio 4000 RTP/AVP 8', connection), ours)!, '198.51.100.1')).toBe(address)
  })

  it('without any address at all: where its signalling comes from', () => {
    expect(addressFor(readPartyOffer('v=0\r\nm=audio 4000 RTP/AVP 8\r\n', ours)!, '198.51.100.1')).toBe('198.51.100.1')
  })
})
