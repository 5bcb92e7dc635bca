import { afterEach, beforeEach, expect, it } from 'vitest'
import { MediaEngine } from '../../src/embedded/media/media-engine.js'
import { pause, RtpPhone, until } from './rtp-phone.js'

let engine: MediaEngine
const phones: RtpPhone[] = []

beforeEach(() => {
  engine = new MediaEngine({ address: '127.0.0.1', otherAddress: '::1', portRange: [0, 0] })
})
afterEach(async () => {
  await Promise.all(phones.splice(0).map((phone) => phone.close()))
  await engine.close()
})

async function phoneAt(address: string): Promise<RtpPhone> {
  const phone = await RtpPhone.open({ address })
  phones.push(phone)
  return phone
}

it('a channel moves to the family in which a party wants its audio, and hears and is heard there', async () => {
  const [channel, other] = [await engine.createChannel({ id: 'one' }), await engine.createChannel({ id: 'other' })]
  const [six, four] = [await phoneAt('::1'), await phoneAt('127.0.0.1')]
  expect(await channel.useFamily(6)).toBe(true)
  expect(channel.localAddress).toBe('::1')
  channel.configure({ remoteAddress: '::1', remotePort: six.port, codec: 'PCMU', direction: 'sendrecv' })
  other.configure({ remoteAddress: '127.0.0.1', remotePort: four.port, codec: 'PCMU', direction: 'sendrecv' })
  engine.bridge(channel, other)
  six.says(500, channel.localPort)
  four.says(850, other.localPort)
  await until('both hear', () => six.heard.length > 20 && four.heard.length > 20)
  expect(channel.stats.packetsIn).toBeGreaterThan(10)
})

it('a channel that moves in the middle of a call goes on as one stream, and the port that it left is closed', async () => {
  const channel = await engine.createChannel({ id: 'one' })
  const [four, six] = [await phoneAt('127.0.0.1'), await phoneAt('::1')]
  channel.configure({ remoteAddress: '127.0.0.1', remotePort: four.port, codec: 'PCMU', direction: 'sendrecv' })
  await until('it is heard', () => four.heard.length > 5)
  const left = channel.localPort
  expect(await channel.useFamily(6)).toBe(true)
  channel.configure({ remoteAddress: '::1', remotePort: six.port, codec: 'PCMU', direction: 'sendrecv' })
  await until('it is heard', () => six.heard.length > 5)
  expect(six.heard[0]?.ssrc).toBe(four.heard[0]?.ssrc)
  const before = channel.stats.packetsIn
  four.says(500, left)
  await pause(100)
  expect(channel.stats.packetsIn).toBe(before)
  expect(await channel.useFamily(4)).toBe(true)
  expect(channel.localAddress).toBe('127.0.0.1')
})

it('where there is no address of that family, it stays where it is', async () => {
  const alone = new MediaEngine({ address: '127.0.0.1', portRange: [0, 0] })
  const channel = await alone.createChannel({ id: 'one' })
  expect(await channel.useFamily(6)).toBe(false)
  expect(await channel.useFamily(4)).toBe(true)
  expect(channel.localAddress).toBe('127.0.0.1')
  await alone.close()
})

it('a channel that closes while it moves gives back both pairs', async () => {
  const channel = await engine.createChannel({ id: 'one' })
  const moving = channel.useFamily(6)
  await channel.close()
  await moving
  expect(engine.stats.channels).toBe(0)
})
