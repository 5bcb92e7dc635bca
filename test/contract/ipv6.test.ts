import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { EmbeddedSwitch } from '../../src/embedded/embedded-switch.js'
import type { EmbeddedSwitchAddresses } from '../../src/embedded/settings.js'
import { Phone } from '../../src/embedded/phones/phone.js'
import { connectDrachtioSwitch, whenReady } from '../../src/switch/drachtio/connect.js'
import type { Trunk } from '../../src/switch/drachtio/settings.js'
import type { Leg, Switch } from '../../src/switch/port.js'

const anyPort = { address: '127.0.0.1', port: 0 }
const protocols = ['udp', 'tcp'] as const

interface World {
  readonly telephony: Switch
  readonly where: EmbeddedSwitchAddresses
  readonly embedded: EmbeddedSwitch
  readonly legs: Leg[]
}

/** A switch that answers every call and plays to it. */
async function worldOn(addresses: readonly string[], trunks: readonly Trunk[] = []): Promise<World> {
  const embedded = new EmbeddedSwitch({
    drachtio: { sip: addresses.map((address) => ({ address, port: 0, protocols })), app: anyPort, secret: 'cymru' },
    freeswitch: { sip: anyPort, eventSocket: anyPort, password: 'ClueCon', rtp: { address: addresses[0]!, firstPort: 0, lastPort: 0 } },
  })
  const where = await embedded.start()
  const { app } = where.drachtio
  const { eventSocket } = where.freeswitch
  const telephony = connectDrachtioSwitch({
    servers: [
      {
        drachtio: { host: app.address, port: app.port, secret: 'cymru' },
        freeswitch: { host: eventSocket.address, port: eventSocket.port, secret: 'ClueCon' },
      },
    ],
    trunks,
  })
  const legs: Leg[] = []
  telephony.onIncoming(async (call) => {
    const answer = await call.answer()
    if (answer.kind !== 'answered') return
    legs.push(answer.leg)
    void answer.leg.play([{ kind: 'tone', tone: 'ringback' }])
  })
  if (!(await whenReady(telephony, 10_000))) throw new Error('the switch is not ready')
  return { telephony, where, embedded, legs }
}

function place({ where }: World, family: 4 | 6, protocol: 'udp' | 'tcp' = 'udp'): string {
  const listener = where.drachtio.sip.find((each) => each.protocol === protocol && each.address.includes(':') === (family === 6))
  if (listener === undefined) throw new Error(`nothing listens on IPv${family}`)
  return `${family === 6 ? `[${listener.address}]` : listener.address}:${listener.port}`
}

async function hears(phone: Phone): Promise<void> {
  const before = phone.audioCounts.received
  await expect.poll(() => phone.audioCounts.received, { timeout: 30_000 }).toBeGreaterThan(before + 20)
}

describe.each([
  ['both families', ['127.0.0.1', '::1']],
  ['IPv6 alone', ['::1']],
])('a switch that listens on %s', (_, addresses) => {
  let world: World
  const phones: Phone[] = []

  beforeAll(async () => {
    world = await worldOn(addresses)
  })
  afterEach(async () => {
    for (const leg of world.legs.splice(0)) await leg.close()
    for (const phone of phones.splice(0)) await phone.close()
  })
  afterAll(async () => {
    await world.telephony.close()
    expect(world.embedded.load()).toMatchObject({ channels: 0, dialogs: 0 })
    await world.embedded.stop()
  })

  async function phone(address: string, protocol: 'udp' | 'tcp' = 'udp'): Promise<Phone> {
    const opened = await Phone.open({ name: 'Ward', address, protocol, toneHz: 500 })
    phones.push(opened)
    return opened
  }

  it.each(protocols)('answers a phone that calls over IPv6 and %s, in IPv6; keys and tones go both ways', async (protocol) => {
    const ward = await phone('::1', protocol)
    expect(await ward.dials(`sip:7001@${place(world, 6, protocol)}${protocol === 'tcp' ? ';transport=tcp' : ''}`)).toEqual({
      kind: 'connected',
    })
    expect(ward.session?.remoteSdp).toContain('c=IN IP6 ::1')
    await hears(ward)
    const key = world.legs[0]!.listenFor({ keys: ['4'], signal: AbortSignal.timeout(5_000) })
    await ward.presses('4')
    expect(await key).toMatchObject({ kind: 'key', key: '4', source: 'rfc4733' })
    expect(await ward.hangsUp()).toBeUndefined()
    expect(await world.legs[0]!.hungUp).toMatchObject({ ending: 'hangup' })
  })

  it.each(protocols)('rings a phone over IPv6 and %s, with an offer in IPv6, and hangs up', async (protocol) => {
    const ward = await phone('::1', protocol)
    const ringing = world.telephony.dial(
      { kind: 'uri', uri: ward.uri },
      { from: { number: '441865922021' }, ringMs: 5_000, signal: new AbortController().signal },
    )
    expect((await ward.rings()).offer).toContain('c=IN IP6 ::1')
    expect(await ward.answers()).toBe(true)
    const result = await ringing
    if (result.kind !== 'answered') throw new Error(JSON.stringify(result))
    void result.leg.play([{ kind: 'tone', tone: 'ringback' }])
    await hears(ward)
    await result.leg.close()
    await expect.poll(() => ward.state).toBe('idle')
  })

  it('a phone that is rung over IPv6 and lets it ring gets a CANCEL', async () => {
    const ward = await phone('::1')
    const ringing = world.telephony.dial(
      { kind: 'uri', uri: ward.uri },
      { from: { number: '441865922021' }, ringMs: 400, signal: new AbortController().signal },
    )
    expect(await ringing).toMatchObject({ kind: 'noAnswer' })
    await ward.stopsRinging()
  })

  it('a phone holds and resumes over IPv6', async () => {
    const ward = await phone('::1')
    await ward.dials(`sip:7001@${place(world, 6)}`)
    expect(await ward.holds()).toMatchObject({ kind: 'answered' })
    expect(ward.session?.remoteSdp).toContain('a=recvonly')
    expect(await ward.resumes()).toMatchObject({ kind: 'answered' })
    await hears(ward)
  })
})

describe('a switch that listens on IPv4', () => {
  it('lets a phone that calls over IPv4 have its audio over IPv6', async () => {
    const world = await worldOn(['127.0.0.1'])
    const [four, six] = [await Phone.open({ name: 'Four' }), await Phone.open({ name: 'Six', address: '::1' })]
    try {
      // Its signalling goes over IPv4, as that of a softphone that was told 127.0.0.1; its audio is elsewhere.
      const call = await four.userAgent.invite(`sip:7001@${place(world, 4)}`, {
        sdp: `v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\nm=audio ${six.port} RTP/AVP 8\r\n`,
      })
      if (call.kind !== 'answered') throw new Error(JSON.stringify(call))
      expect(call.session.remoteSdp).toContain('c=IN IP6 ::1')
      await call.session.bye()
    } finally {
      await four.close()
      await six.close()
      await world.telephony.close()
      await world.embedded.stop()
    }
  })
})

describe('a trunk at an IPv6 address', () => {
  it('carries a number, with an offer in IPv6', async () => {
    const carrier = await Phone.open({ name: 'Carrier', address: '::1' })
    const world = await worldOn(['127.0.0.1', '::1'], [{ name: 'six', address: `[::1]:${carrier.port}` }])
    try {
      const ringing = world.telephony.dial(
        { kind: 'number', number: '+441632960123' },
        { from: { number: '441865922021' }, ringMs: 5_000, signal: new AbortController().signal },
      )
      const invite = await carrier.rings()
      expect(invite.request.uri).toBe(`sip:+441632960123@[::1]:${carrier.port}`)
      expect(invite.request.from.uri).toBe('sip:441865922021@[::1]')
      expect(invite.offer).toContain('c=IN IP6 ::1')
      await carrier.answers()
      const result = await ringing
      expect(result.kind).toBe('answered')
      if (result.kind === 'answered') await result.leg.close()
    } finally {
      await carrier.close()
      await world.telephony.close()
      await world.embedded.stop()
    }
  })
})
