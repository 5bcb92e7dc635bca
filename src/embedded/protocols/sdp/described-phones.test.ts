import { describe, expect, it } from 'vitest'
import { describedPhones, ourSecurity } from '../../../../test/fixtures/sdp/described-phones.js'
import { answerAudio, readAudioAnswer, type AudioEnd } from './offer-answer.js'

const phones = describedPhones()
const end = (address: string): AudioEnd => ({
  address: address.includes(':') ? '2001:db8::ff' : '198.51.100.255',
  port: 40_000,
  codecs: ['PCMA', 'PCMU'],
  security: ourSecurity,
})
/** Nobody can say where a party is that names no place: its address is left open. */
const placed = (address: string): string => (address === 'source' ? '0.0.0.0' : address)

describe('what phones and trunks offer is read and answered', () => {
  it.each(phones.filter(({ kind }) => kind === 'offer'))('$file: $what', ({ sdp, expected }) => {
    const reply = answerAudio(sdp, end(expected?.address ?? ''))
    if (expected === undefined) return expect(reply).toMatchObject({ ok: false, status: 488 })
    const { codec, payloadType, events, direction, address, port, answer } = expected
    expect(reply.ok && reply.agreement.security?.kind).toBe(expected.security)
    expect(reply.ok && reply.agreement).toMatchObject({
      codec,
      payloadType,
      telephoneEvent: events,
      direction,
      remoteAddress: placed(address),
      remotePort: port,
    })
    expect(reply.ok && reply.answer.match(/(?<=^m=).*(?=\r$)/gm)).toEqual(answer)
  })
})

describe('what phones and trunks answer is read beside our offer', () => {
  it.each(phones.filter(({ kind }) => kind === 'answer'))('$file: $what', ({ sdp, expected }) => {
    const read = readAudioAnswer(sdp, end(expected?.address ?? ''))
    if (expected === undefined) return expect(read.ok).toBe(false)
    const { codec, payloadType, events, direction, address, port } = expected
    expect(read.ok && read.agreement).toMatchObject({
      codec,
      payloadType,
      telephoneEvent: events,
      direction,
      remoteAddress: placed(address),
      remotePort: port,
    })
  })
})
