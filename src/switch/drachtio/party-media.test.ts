import { describe, expect, it } from 'vitest'
import { ReinviteRefused } from './channel.js'
import { describeParty } from './party-media.js'
import { Origin, readPartyOffer } from './sdp.js'

const offer = (connection: string) => readPartyOffer(['v=0', connection, 'm=audio 4000 RTP/AVP 8', ''].join('\r\n'), ['PCMA'])!
const answer = (connection: string) => ['v=0', connection, 'm=audio 5000 RTP/AVP 8', ''].join('\r\n')

/** A media server that answers each description in turn; a number refuses. */
function mediaServer(...replies: (string | number)[]) {
  const told: (string | undefined)[] = []
  const describe = (sdp: string): Promise<string> => {
    told.push(/^c=(.*)\r$/m.exec(sdp)?.[1])
    const reply = replies.shift() ?? 500
    return typeof reply === 'string' ? Promise.resolve(reply) : Promise.reject(new ReinviteRefused(reply))
  }
  return { told, channel: { describe } }
}

describe('telling the media server of a party', () => {
  it('in the family of the party, where it has one', async () => {
    const { told, channel } = mediaServer(answer('c=IN IP6 2001:db8::1'))
    expect(await describeParty(channel, offer('c=IN IP6 2001:db8::7'), new Origin(), '192.0.2.7')).toContain('2001:db8::1')
    expect(told).toEqual(['IN IP6 2001:db8::7'])
  })

  it.each([
    ['refuses IPv6', 488],
    ['answers IPv6 with IPv4', answer('c=IN IP4 192.0.2.1')],
  ])('one that %s is told where the signalling comes from', async (_, first) => {
    const { told, channel } = mediaServer(first, answer('c=IN IP4 192.0.2.1'))
    expect(await describeParty(channel, offer('c=IN IP6 2001:db8::7'), new Origin(), '192.0.2.7')).toContain('192.0.2.1')
    expect(told).toEqual(['IN IP6 2001:db8::7', 'IN IP4 192.0.2.7'])
  })

  it('has nothing in common with one that refuses what it is told', async () => {
    const { told, channel } = mediaServer(488)
    expect(await describeParty(channel, offer('c=IN IP4 192.0.2.7'), new Origin(), '192.0.2.7')).toBeUndefined()
    expect(told).toHaveLength(1)
  })

  it('a media server in trouble is not the party\'s fault', async () => {
    const { channel } = mediaServer(503)
    await expect(describeParty(channel, offer('c=IN IP4 192.0.2.7'), new Origin(), '192.0.2.7')).rejects.toMatchObject({ status: 503 })
  })
})
