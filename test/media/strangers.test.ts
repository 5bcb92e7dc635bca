import { afterEach, describe, expect, it } from 'vitest'
import { MediaEngine } from '../../src/embedded/media/media-engine.js'
import type { ChannelMedia, DigitEvent } from '../../src/embedded/media/media-channel.js'
import type { RtpChannel } from '../../src/embedded/media/rtp-channel.js'
import { buildRtp } from '../../src/embedded/protocols/rtp/packet.js'
import { buildGoodbye, buildReceiverReport } from '../../src/embedded/protocols/rtp/rtcp.js'
import { writeTelephoneEvent } from '../../src/embedded/protocols/rtp/telephone-event.js'
import { pause, RtpPhone, until, type PhoneOptions } from './rtp-phone.js'

/** A stranger who has found the port of a call, and sends to it whatever may help. */

const GP_HZ = 500
const STRANGER_HZ = 850

let engines: MediaEngine[] = []
let phones: RtpPhone[] = []

afterEach(async () => {
  await Promise.all(phones.map((phone) => phone.close()))
  await Promise.all(engines.map((engine) => engine.close()))
  engines = []
  phones = []
})

function engine(): MediaEngine {
  const made = new MediaEngine({ address: '127.0.0.1', portRange: [0, 0] })
  engines.push(made)
  return made
}

async function phone(options: PhoneOptions = {}): Promise<RtpPhone> {
  const made = await RtpPhone.open(options)
  phones.push(made)
  return made
}

async function party(
  on: MediaEngine,
  media: Partial<ChannelMedia> = {},
): Promise<{ channel: RtpChannel; phone: RtpPhone; keys: DigitEvent[] }> {
  const own = await phone()
  const channel = await on.createChannel({ id: `party-${own.port}` })
  channel.configure({
    remoteAddress: '127.0.0.1',
    remotePort: own.port,
    codec: 'PCMU',
    telephoneEventPayloadType: 101,
    direction: 'sendrecv',
    ...media,
  })
  const keys: DigitEvent[] = []
  channel.on('digit', (key) => keys.push(key))
  return { channel, phone: own, keys }
}

/** On the party's own machine, and on another one. */
const STRANGERS = ['127.0.0.1', '127.0.0.9']

describe.each(STRANGERS)('a stranger at %s', (address) => {
  it("hears nothing and says nothing, before the party's first packet, while it talks, and in its silence", async () => {
    const media = engine()
    const gp = await party(media)
    const specialist = await party(media)
    media.bridge(gp.channel, specialist.channel)
    const stranger = await phone({ address, ssrc: 77 })
    stranger.says(STRANGER_HZ, gp.channel.localPort)
    await until('the stranger is turned away', () => gp.channel.stats.dropped > 5)
    expect(gp.channel.stats.packetsIn).toBe(0)
    gp.phone.says(GP_HZ, gp.channel.localPort)
    await until('the specialist hears the GP', () => specialist.phone.hears(GP_HZ) > 0.95)
    gp.phone.hush()
    const before = gp.channel.stats.packetsIn
    const dropped = gp.channel.stats.dropped
    await until('two more seconds of the stranger', () => gp.channel.stats.dropped > dropped + 100)
    expect(gp.channel.stats.packetsIn).toBe(before)
    expect(specialist.phone.hears(STRANGER_HZ)).toBeLessThan(0.05)
    expect(stranger.heard).toEqual([])
    expect(stranger.reports).toEqual([])
    expect(gp.channel.remote).toEqual({ address: '127.0.0.1', port: gp.phone.port })
  })

  it("presses no key, with the party's own stream neither", async () => {
    const gp = await party(engine())
    const stranger = await phone({ address })
    stranger.presses('1', gp.channel.localPort)
    await until('turned away', () => gp.channel.stats.dropped >= 7)
    gp.phone.sendSamples(new Int16Array(160), gp.channel.localPort)
    await until('the party', () => gp.channel.stats.packetsIn === 1)
    stranger.presses('1', gp.channel.localPort)
    await until('turned away again', () => gp.channel.stats.dropped >= 14)
    expect(gp.keys).toEqual([])
    gp.phone.presses('2', gp.channel.localPort)
    await until("the party's key", () => gp.keys.length === 1)
    expect(gp.keys[0]?.digit).toBe('2')
  })

  it('reports nothing that is believed', async () => {
    const gp = await party(engine())
    const stranger = await phone({ address, ssrc: 77 })
    const report = Buffer.concat([buildReceiverReport(5, []), buildGoodbye(5)])
    for (let count = 0; count < 3; count++) stranger.sendReport(report, gp.channel.localPort + 1)
    await until('turned away', () => gp.channel.stats.dropped === 3)
    expect(gp.channel.stats.reportsIn).toBe(0)
    gp.phone.sendReport(report, gp.channel.localPort + 1)
    await until("the party's own", () => gp.channel.stats.reportsIn === 1)
    expect(gp.channel.closed).toBe(false)
  })

  it('opens no channel that has no party yet', async () => {
    const channel = await engine().createChannel({ id: 'spare' })
    channel.configure({ remoteAddress: '0.0.0.0', remotePort: 0, codec: 'PCMU', direction: 'sendrecv' })
    channel.play({ kind: 'toneStream', tones: '%(3000,0,600)' })
    const stranger = await phone({ address })
    stranger.says(STRANGER_HZ, channel.localPort)
    await until('turned away', () => channel.stats.dropped > 25)
    expect(channel.stats).toMatchObject({ packetsIn: 0, packetsOut: 0 })
    expect([stranger.heard, stranger.reports]).toEqual([[], []])
  })
})

describe('a party behind NAT', () => {
  const learned = { remoteAddress: '10.0.0.7', learnFrom: ['127.0.0.1'] }

  it('is found at the host that is given, and a stranger who sprayed first from elsewhere gains nothing', async () => {
    const media = engine()
    const gp = await party(media, learned)
    const sprayer = await phone({ address: '127.0.0.9' })
    sprayer.says(STRANGER_HZ, gp.channel.localPort)
    await until('turned away', () => gp.channel.stats.dropped > 5)
    gp.phone.says(GP_HZ, gp.channel.localPort)
    await until('the party is heard, and hears', () => gp.channel.stats.packetsIn > 5 && gp.phone.heard.length > 5)
    expect(sprayer.heard).toEqual([])
  })

  it('has its place back from a neighbour behind the same NAT, where the NAT has kept its port', async () => {
    const gp = await party(engine(), learned)
    const neighbour = await phone({ ssrc: 77 })
    neighbour.says(STRANGER_HZ, gp.channel.localPort)
    await until('the neighbour was first', () => neighbour.heard.length > 0)
    gp.phone.says(GP_HZ, gp.channel.localPort)
    await until('the party hears', () => gp.phone.heard.length > 0)
    await pause(100)
    neighbour.forget()
    await until('more', () => gp.phone.heard.length > 10)
    expect(neighbour.heard).toEqual([])
  })
})

describe('the stream of a party', () => {
  /** A key press under another SSRC, from the party's own address, which is forged. */
  const forged = (sequence: number) =>
    [160, 320, 480, 480].map((duration, index) => {
      const payload = Buffer.alloc(4)
      writeTelephoneEvent(payload, 0, { event: 1, end: index > 1, volume: 10, duration })
      return buildRtp({ marker: index === 0, payloadType: 101, sequence: sequence + index, timestamp: 160 * sequence, ssrc: 666, payload })
    })

  it('presses keys; what is slipped in between does not, though it comes from the same address', async () => {
    const gp = await party(engine())
    for (let sequence = 0; sequence < 40; sequence += 4) {
      // Right behind a packet of the party.
      gp.phone.sendSamples(new Int16Array(160), gp.channel.localPort)
      for (const data of forged(sequence)) gp.phone.sendRaw(data, gp.channel.localPort)
      await pause(20)
    }
    await until('turned away', () => gp.channel.stats.dropped >= 40)
    expect(gp.keys).toEqual([])
    gp.phone.presses('2', gp.channel.localPort)
    await until('the key', () => gp.keys.length === 1)
    expect(gp.keys[0]?.digit).toBe('2')
  })

  it('may be another one, for keys alone too, once that before has ended', async () => {
    const gp = await party(engine())
    gp.phone.says(GP_HZ, gp.channel.localPort)
    await until('heard', () => gp.channel.stats.packetsIn > 2)
    gp.phone.hush()
    await pause(100)
    gp.phone.changesStream(4711)
    gp.phone.presses('1', gp.channel.localPort)
    await until('the key', () => gp.keys.length === 1)
    expect(gp.keys[0]?.digit).toBe('1')
  })
})
