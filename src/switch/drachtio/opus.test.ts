import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { answerAudio } from '../../embedded/protocols/sdp/offer-answer.js'
import type { OurSecurity } from '../../embedded/protocols/sdp/secured-answer.js'
import { answerToParty, describeByIce, isFoundByIce, Origin, readPartyOffer } from './sdp.js'

const withOpus = ['PCMA', 'PCMU', 'OPUS'] as const
const security: OurSecurity = {
  sdesKey: () => '',
  fingerprint: { algorithm: 'sha-256', value: Array(32).fill('AB').join(':') },
  ice: () => ({ usernameFragment: 'ours', password: 'oursAndNobodyElses22chars', candidates: [] }),
  role: undefined,
  ssrc: 7,
}
const embedded = (opus: boolean) => ({ address: '127.0.0.1', port: 40_000, security, opus })
const audioLine = (sdp: string | undefined) => /^m=audio .*$/m.exec(sdp ?? '')?.[0].trim()

describe.each([
  ['chrome', '111', '110', '126', '8'],
  ['firefox', '109', undefined, '101', '8'],
])('%s', (name, opus, wide, narrow, law) => {
  const offer = readFileSync(`test/fixtures/sdp/${name}.txt`, 'utf8')

  it('is answered with Opus first and one form of G.711 beside it, with events for both clocks, under its numbers', () => {
    const party = readPartyOffer(offer, withOpus)!
    expect(isFoundByIce(party)).toBe(true)
    const told = describeByIce(party, new Origin())
    const answered = answerAudio(told, embedded(true))
    if (!answered.ok) throw new Error(answered.why)
    expect(answered.agreement).toMatchObject({ codec: 'PCMA', opus: { format: { payloadType: Number(opus) } } })
    const answer = answerToParty(party, answered.answer, new Origin())
    expect(audioLine(answer)?.split(' ').slice(3)).toEqual([opus, law, ...(wide === undefined ? [] : [wide]), narrow])
    expect(answer).toContain(`a=rtpmap:${opus} opus/48000/2`)
    expect(answer).toContain(`a=fmtp:${opus} minptime=10;useinbandfec=1`)
  })

  it.each([
    ['a media server that takes none', withOpus, false],
    ['one that is not told of it', ['PCMA', 'PCMU'] as const, true],
  ])('is answered without Opus by %s', (_, codecs, opusTaken) => {
    const party = readPartyOffer(offer, codecs)!
    const answered = answerAudio(describeByIce(party, new Origin()), embedded(opusTaken))
    if (!answered.ok) throw new Error(answered.why)
    expect(answered.agreement.opus).toBeUndefined()
    expect(
      audioLine(answerToParty(party, answered.answer, new Origin()))
        ?.split(' ')
        .slice(3),
    ).toEqual([law, narrow])
  })
})

it('a telephone that offers Opus is answered without it: it may not take one codec after the other', () => {
  const offer = readFileSync('test/fixtures/sdp/bria-6.txt', 'utf8')
  expect(offer).toMatch(/opus/i)
  expect(readPartyOffer(offer, withOpus)?.opus).toBeUndefined()
})
