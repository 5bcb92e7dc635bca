import { describe, expect, it } from 'vitest'
import { ReinviteRefused } from './channel.js'
import { describeParty, type Describer } from './party-media.js'
import { Origin, readPartyOffer } from './sdp.js'

const offer = (connection: string, ...attributes: string[]) =>
  readPartyOffer(['v=0', connection, 'm=audio 4000 RTP/AVP 8', ...attributes, ''].join('\r\n'), ['PCMA'])!
const answer = (connection: string) => ['v=0', connection, 'm=audio 5000 RTP/AVP 8', ''].join('\r\n')
const from = (signalling: string | undefined, more: Partial<Describer> = {}): Describer => ({
  signalling,
  taken: 'nat',
  isOurs: () => false,
  ...more,
})

/** A media server that answers each description in turn; a number refuses. */
function mediaServer(...replies: (string | number)[]) {
  const told: string[] = []
  const describe = (sdp: string): Promise<string> => {
    told.push(`${/^c=(.*)\r$/m.exec(sdp)?.[1] ?? ''} ${/^m=audio (\d+)/m.exec(sdp)?.[1] ?? ''}`)
    const reply = replies.shift() ?? 500
    return typeof reply === 'string' ? Promise.resolve(reply) : Promise.reject(new ReinviteRefused(reply))
  }
  const lookAt = (hosts: readonly string[]): Promise<void> => {
    if (hosts.length > 0) told.push(`look at ${hosts.join(', ')}`)
    return Promise.resolve()
  }
  return { told, channel: { place: { address: '192.0.2.1', port: 20_000 }, describe, describeAnswered: describe, lookAt } }
}

describe('telling the media server of a party', () => {
  it('in the family of the party, where it has one', async () => {
    const { told, channel } = mediaServer(answer('c=IN IP6 2001:db8::1'))
    expect((await describeParty(channel, offer('c=IN IP6 2001:db8::7'), new Origin(), from('2001:db8::7')))?.answer).toContain(
      '2001:db8::1',
    )
    expect(told).toEqual(['IN IP6 2001:db8::7 4000'])
  })

  it.each([
    ['refuses IPv6', 488],
    ['answers IPv6 with IPv4', answer('c=IN IP4 192.0.2.1')],
  ])('one that %s is told where the signalling comes from', async (_, first) => {
    const { told, channel } = mediaServer(first, answer('c=IN IP4 192.0.2.1'))
    expect((await describeParty(channel, offer('c=IN IP6 2001:db8::7'), new Origin(), from('192.0.2.7')))?.answer).toContain('192.0.2.1')
    expect(told).toEqual(['look at 2001:db8::7', 'IN IP6 ::1 9', 'look at 192.0.2.7', 'IN IP4 192.0.2.7 4000'])
  })

  it('has nothing in common with one that refuses what it is told', async () => {
    const { told, channel } = mediaServer(488)
    expect(await describeParty(channel, offer('c=IN IP4 192.0.2.7'), new Origin(), from('192.0.2.7'))).toBeUndefined()
    expect(told).toHaveLength(1)
  })

  it("a media server in trouble is not the party's fault", async () => {
    const { channel } = mediaServer(503)
    await expect(describeParty(channel, offer('c=IN IP4 192.0.2.7'), new Origin(), from('192.0.2.7'))).rejects.toMatchObject({
      status: 503,
    })
  })

  it('says nothing of a party that describes a port of ours', async () => {
    const { told, channel } = mediaServer()
    expect(
      await describeParty(
        channel,
        offer('c=IN IP4 192.0.2.7'),
        new Origin(),
        from('192.0.2.7', { isOurs: (address, port) => address === '192.0.2.7' && port === 4000 }),
      ),
    ).toBeUndefined()
    expect(told).toEqual([])
  })

  it('has nothing sent to a host that may know nothing of the call, until it has been heard', async () => {
    const ours = answer('c=IN IP4 192.0.2.1')
    const { told, channel } = mediaServer(ours, ours, ours, ours)
    const quest = (await describeParty(channel, offer('c=IN IP4 203.0.113.9'), new Origin(), from('192.0.2.7')))?.quest
    expect(quest?.supposed).toBeUndefined()
    expect(
      [
        ['203.0.113.9', 4000],
        ['203.0.113.9', 4002],
        ['192.0.2.7', 4000],
      ].map(([address, port]) => quest?.isAt({ address: String(address), port: Number(port) })),
    ).toEqual([true, false, false])
    await quest?.look()
    await quest?.settle({ address: '203.0.113.9', port: 4000 })
    expect(told).toEqual([
      'look at 203.0.113.9',
      'IN IP4 192.0.2.1 9',
      'look at 203.0.113.9',
      'IN IP4 192.0.2.1 1',
      'IN IP4 203.0.113.9 4000',
    ])
  })

  it('holds nothing back from a party that asks for nothing', async () => {
    const { channel } = mediaServer(answer('c=IN IP4 192.0.2.1'))
    expect(
      (await describeParty(channel, offer('c=IN IP4 203.0.113.9', 'a=inactive'), new Origin(), from('192.0.2.7')))?.quest?.supposed,
    ).toEqual({ address: '203.0.113.9', port: 4000 })
  })

  it('looks for a party behind NAT where its signalling comes from, on any port', async () => {
    const { told, channel } = mediaServer(answer('c=IN IP4 192.0.2.1'))
    const quest = (await describeParty(channel, offer('c=IN IP4 10.0.0.7'), new Origin(), from('198.51.100.7')))?.quest
    expect(told).toEqual(['look at 198.51.100.7', 'IN IP4 198.51.100.7 4000'])
    expect(
      [
        ['198.51.100.7', 6000],
        ['10.0.0.7', 4000],
        ['203.0.113.9', 4000],
      ].map(([address, port]) => quest?.isAt({ address: String(address), port: Number(port) })),
    ).toEqual([true, false, false])
  })

  it('has a media server that took a stranger for the party told another place first: the same one again would change nothing', async () => {
    const ours = answer('c=IN IP4 192.0.2.1')
    const { told, channel } = mediaServer(ours, ours, ours)
    const quest = (await describeParty(channel, offer('c=IN IP4 10.0.0.7'), new Origin(), from('198.51.100.7')))?.quest
    await quest?.settle(quest.supposed)
    expect(told).toEqual(['look at 198.51.100.7', 'IN IP4 198.51.100.7 4000', 'IN IP4 192.0.2.1 9', 'IN IP4 198.51.100.7 4000'])
  })

  it('looks for a party on another private network at both places', async () => {
    const { told, channel } = mediaServer(answer('c=IN IP4 192.0.2.1'))
    const quest = (await describeParty(channel, offer('c=IN IP4 10.0.0.7'), new Origin(), from('192.168.1.7')))?.quest
    expect(told).toEqual(['look at 10.0.0.7, 192.168.1.7', 'IN IP4 192.0.2.1 9'])
    expect(
      [
        ['192.168.1.7', 6000],
        ['10.0.0.7', 4000],
        ['10.0.0.7', 4002],
      ].map(([address, port]) => quest?.isAt({ address: String(address), port: Number(port) })),
    ).toEqual([true, true, false])
  })

  it('knows where a party is that has been found and says the same again, and looks again when it says something else', async () => {
    const ours = answer('c=IN IP4 192.0.2.1')
    const { told, channel } = mediaServer(ours, ours, ours)
    const quest = (await describeParty(channel, offer('c=IN IP4 10.0.0.7'), new Origin(), from('198.51.100.7')))!.quest!
    const known = { key: quest.key, place: { address: '198.51.100.7', port: 6000 } }
    expect((await describeParty(channel, offer('c=IN IP4 10.0.0.7'), new Origin(), from('198.51.100.7', { known })))?.quest).toBeUndefined()
    expect((await describeParty(channel, offer('c=IN IP4 10.0.0.7'), new Origin(), from('198.51.100.8', { known })))?.quest).toBeDefined()
    expect(told.filter((each) => each.startsWith('IN'))).toEqual([
      'IN IP4 198.51.100.7 4000',
      'IN IP4 198.51.100.7 6000',
      'IN IP4 198.51.100.8 4000',
    ])
  })

  it('looks for a party that names no address where its signalling comes from', async () => {
    const { told, channel } = mediaServer(answer('c=IN IP4 192.0.2.1'))
    await describeParty(channel, offer('c=IN IP4 phone.example.org'), new Origin(), from('198.51.100.7'))
    expect(told).toEqual(['look at 198.51.100.7', 'IN IP4 198.51.100.7 4000'])
  })
})
