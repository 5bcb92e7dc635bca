import { describe, expect, it } from 'vitest'
import { describedPhones, ourSecurity, type DescribedPhone } from '../../../test/fixtures/sdp/described-phones.js'
import { answerDirection } from '../../embedded/protocols/sdp/choose-audio.js'
import { answerAudio, audioOffer } from '../../embedded/protocols/sdp/offer-answer.js'
import {
  addressFor,
  answerToParty,
  describeToMediaServer,
  offerToParty,
  Origin,
  readPartyAnswer,
  readPartyOffer,
  type PartyAudio,
} from './sdp.js'

const phones = describedPhones()
const codecs = ['PCMA', 'PCMU'] as const
const source = '203.0.113.200'

/** Tells a media server of the party, as its channel would. @returns its answer */
function told(party: PartyAudio): string {
  const address = addressFor(party, source)
  const reply = answerAudio(describeToMediaServer(party, address, new Origin()), {
    address: address.includes(':') ? '2001:db8::ff' : '198.51.100.255',
    port: 40_000,
    codecs: ['PCMU', 'PCMA'],
    security: ourSecurity,
  })
  if (!reply.ok) throw new Error(reply.why)
  return reply.answer
}

function expectParty(party: PartyAudio | undefined, expected: NonNullable<DescribedPhone['expected']>): void {
  const { codec, payloadType, events, direction, address, port } = expected
  expect(party?.stream.media.security?.kind).toBe(expected.security)
  expect(party?.stream).toMatchObject({ codec, format: { payloadType }, media: { port } })
  expect(party?.stream.events?.payloadType).toBe(events)
  expect(party && answerDirection(party.stream.media.direction)).toBe(direction)
  expect(party && addressFor(party, source)).toBe(address === 'source' ? source : address)
}

describe('the adapter comes to the same with what phones and trunks offer', () => {
  it.each(phones.filter(({ kind }) => kind === 'offer'))('$file: $what', ({ sdp, expected }) => {
    const party = readPartyOffer(sdp, codecs)
    if (expected === undefined) return expect(party).toBeUndefined()
    expectParty(party, expected)
    const answer = party && answerToParty(party, told(party), new Origin())
    expect(answer?.match(/(?<=^m=).*(?=\r$)/gm)).toEqual(expected.answer)
    expect(answer).toContain(`a=${expected.direction}\r\n`)
  })
})

describe('the adapter comes to the same with what phones and trunks answer', () => {
  const offer = offerToParty(audioOffer({ address: '198.51.100.255', port: 40_000 }), codecs, new Origin())

  it.each(phones.filter(({ kind }) => kind === 'answer'))('$file: $what', ({ sdp, expected }) => {
    const party = readPartyAnswer(sdp, offer, codecs)
    if (expected === undefined) return expect(party).toBeUndefined()
    expectParty(party, expected)
    expect(party && told(party)).toMatch(/^m=audio 40000 /m)
  })
})
