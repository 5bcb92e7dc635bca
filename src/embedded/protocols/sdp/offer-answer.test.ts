import { describe, expect, it } from 'vitest'
import { answerDirection } from './choose-audio.js'
import { answerAudio, audioOffer, readAudioAnswer, withDirection, type AudioAgreement } from './offer-answer.js'

const us = { address: '127.0.0.1', port: 40000 }

function sdp(...lines: string[]): string {
  return `${['v=0', 'o=- 3 1 IN IP4 192.0.2.9', 's=-', ...lines].join('\r\n')}\r\n`
}

function agreed(offer: string, end = us): AudioAgreement {
  const result = answerAudio(offer, end)
  if (!result.ok) throw new Error(result.why)
  return result.agreement
}

describe('answering what phones offer', () => {
  it('a desk phone with video, SRTP and a dozen codecs: the first plain audio stream, the others refused in their places', () => {
    const offer = sdp(
      'c=IN IP4 192.0.2.9',
      't=0 0',
      'm=audio 7078 RTP/SAVP 8',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc',
      'm=audio 7080 RTP/AVP 96 97 98 0 8 18 101 99',
      'a=rtpmap:96 opus/48000/2',
      'a=rtpmap:97 speex/16000',
      'a=rtpmap:98 speex/8000',
      'a=rtpmap:101 telephone-event/48000',
      'a=rtpmap:99 telephone-event/8000',
      'a=ptime:30',
      'm=video 9078 RTP/AVP 99',
      'a=rtpmap:99 H264/90000',
    )
    const result = answerAudio(offer, us)
    expect(result.ok && result.agreement).toEqual({
      codec: 'PCMA',
      payloadType: 8,
      telephoneEvent: 99,
      telephoneEventsTaken: [99],
      remoteAddress: '192.0.2.9',
      remotePort: 7080,
      remoteRtcpPort: 7081,
      rtcpMux: false,
      direction: 'sendrecv',
      ptimeMs: 30,
    })
    expect(result.ok && result.answer.match(/^m=.*$/gm)).toEqual([
      'm=audio 0 RTP/SAVP 8',
      'm=audio 40000 RTP/AVP 8 99',
      'm=video 0 RTP/AVP 99',
    ])
  })

  it('payload numbers of the offer are kept, static ones need no rtpmap, our order decides', () => {
    expect(agreed(sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4 RTP/AVP 0 96', 'a=rtpmap:96 PCMA/8000/1'))).toMatchObject({
      codec: 'PCMA',
      payloadType: 96,
      telephoneEvent: undefined,
    })
    expect(agreed(sdp('t=0 0', 'm=audio 4 RTP/AVP 0', 'c=IN IP4 192.0.2.77'))).toMatchObject({
      codec: 'PCMU',
      payloadType: 0,
      remoteAddress: '192.0.2.77',
    })
  })

  it('RTCP: its own port, or multiplexed', () => {
    expect(agreed(sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 0', 'a=rtcp:4777'))).toMatchObject({ remoteRtcpPort: 4777 })
    const both = sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 0', 'a=rtcp-mux')
    expect(agreed(both)).toMatchObject({ remoteRtcpPort: 4001, rtcpMux: false })
    const muxed = answerAudio(both, { ...us, rtcpMux: true })
    expect(muxed.ok && muxed.agreement).toMatchObject({ remoteRtcpPort: 4000, rtcpMux: true })
    expect(muxed.ok && muxed.answer).toContain('a=rtcp-mux')
  })

  it.each([
    ['a=sendonly', 'recvonly'],
    ['a=recvonly', 'sendonly'],
    ['a=inactive', 'inactive'],
    ['a=sendrecv', 'sendrecv'],
  ] as const)('%s leaves us %s', (line, direction) => {
    expect(agreed(sdp('c=IN IP4 192.0.2.9', 't=0 0', line, 'm=audio 4000 RTP/AVP 0')).direction).toBe(direction)
    expect(agreed(sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 0', line)).direction).toBe(direction)
  })

  it('0.0.0.0 is a hold of old', () => {
    expect(agreed(sdp('c=IN IP4 0.0.0.0', 't=0 0', 'm=audio 4000 RTP/AVP 0')).direction).toBe('recvonly')
  })

  it.each([
    ['no codec of ours', sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 96', 'a=rtpmap:96 opus/48000/2'), 488],
    ['wideband PCMA only', sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 96', 'a=rtpmap:96 PCMA/16000'), 488],
    ['only SRTP', sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/SAVP 0'), 488],
    ['a group of hosts for an address', sdp('c=IN IP4 224.2.1.1/127', 't=0 0', 'm=audio 4000 RTP/AVP 0'), 488],
    ['every host on the network for an address', sdp('c=IN IP4 255.255.255.255', 't=0 0', 'm=audio 4000 RTP/AVP 0'), 488],
    ['no media', sdp('c=IN IP4 192.0.2.9', 't=0 0'), 488],
    ['audio refused by itself', sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 0 RTP/AVP 0'), 488],
    ['nonsense', 'what?', 400],
    ['another version', 'v=1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n', 400],
    ['a port that is no number', sdp('t=0 0', 'm=audio many RTP/AVP 0'), 488],
  ])('%s: refused', (_name, offer, status) => {
    expect(answerAudio(offer, us)).toMatchObject({ ok: false, status })
  })
})

describe('our own offers', () => {
  it('are answered by ourselves', () => {
    const other = { address: '127.0.0.2', port: 50000, codecs: ['PCMU'] as const }
    const answer = answerAudio(audioOffer(us), other)
    expect(answer.ok && readAudioAnswer(answer.answer, us)).toMatchObject({
      ok: true,
      agreement: { codec: 'PCMU', payloadType: 0, telephoneEvent: 101, remoteAddress: '127.0.0.2', remotePort: 50000 },
    })
  })
  it('are answered with another number for events: theirs is sent, both are taken', () => {
    const answer = sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 8 96', 'a=rtpmap:96 telephone-event/8000')
    expect(readAudioAnswer(answer, us)).toMatchObject({ ok: true, agreement: { telephoneEvent: 96, telephoneEventsTaken: [96, 101] } })
  })
  it('are answered without events: none are sent or taken', () => {
    expect(readAudioAnswer(sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 4000 RTP/AVP 8'), us)).toMatchObject({
      ok: true,
      agreement: { telephoneEvent: undefined, telephoneEventsTaken: [] },
    })
  })
  it('can be held and resumed', () => {
    const held = withDirection(audioOffer(us), 'sendonly', 2)
    expect(held).toContain('o=- 1 2 IN IP4 127.0.0.1')
    expect(held).toContain('a=sendonly')
    expect(held).not.toContain('a=sendrecv')
    const answer = answerAudio(held, us)
    expect(answer.ok && readAudioAnswer(answer.answer, { ...us, direction: 'sendonly' })).toMatchObject({
      agreement: { direction: 'sendonly' },
    })
    expect(withDirection(held, 'sendrecv', 3)).toBe(audioOffer({ ...us, version: 3 }))
  })
  it('may be refused', () => {
    expect(readAudioAnswer(sdp('c=IN IP4 192.0.2.9', 't=0 0', 'm=audio 0 RTP/AVP 8'), us)).toMatchObject({ ok: false })
    expect(readAudioAnswer('x', us)).toMatchObject({ ok: false })
  })
})

it('directions meet as RFC 3264 6.1 says', () => {
  expect(answerDirection('sendrecv', 'sendonly')).toBe('sendonly')
  expect(answerDirection('sendonly', 'sendonly')).toBe('inactive')
  expect(answerDirection('recvonly', 'sendrecv')).toBe('sendonly')
})
