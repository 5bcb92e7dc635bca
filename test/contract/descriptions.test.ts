import { createSocket } from 'node:dgram'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describedPhones } from '../fixtures/sdp/described-phones.js'
import { header, RawPhone, tagIn } from '../wire/raw-phone.js'
import { buildRtp } from '../../src/embedded/protocols/rtp/packet.js'
import { TelephoneEventSender, writeTelephoneEvent } from '../../src/embedded/protocols/rtp/telephone-event.js'
import { connectDrachtioSwitch, whenReady } from '../../src/switch/drachtio/connect.js'
import type { DialResult, Leg, Switch } from '../../src/switch/port.js'
import { startEmbedded } from './embedded-servers.js'
import { serversOfEnvironment } from './servers.js'
import type { Servers } from './socket-world.js'

/** Far less than the time after which a media server that says nothing is given up. */
const AT_ONCE_MS = 2_000

let servers: Servers
let telephony: Switch
let legs: Leg[] = []
const phones: RawPhone[] = []

beforeAll(async () => {
  servers = serversOfEnvironment() ?? (await startEmbedded())
  telephony = connectDrachtioSwitch({ servers: [servers.set], trunks: [] })
  telephony.onIncoming(async (call) => {
    const answer = await call.answer()
    if (answer.kind !== 'answered') return
    legs.push(answer.leg)
    void answer.leg.play([{ kind: 'tone', tone: 'ringback' }])
  })
  if (!(await whenReady(telephony, 10_000))) throw new Error('the servers are not there')
})
afterEach(async () => {
  await Promise.all(legs.map((leg) => leg.close()))
  legs = []
  for (const phone of phones.splice(0)) phone.close()
})
afterAll(async () => {
  await telephony.close()
  await servers.stop()
})

async function phone(): Promise<RawPhone> {
  const opened = await RawPhone.open(`${servers.sip.address}:${servers.sip.port}`)
  phones.push(opened)
  opened.socket.on('message', (data) => {
    const text = data.toString()
    if (text.startsWith('BYE ')) opened.send(opened.response(text, 200, 'OK'))
  })
  return opened
}

/** Places a call with that description, acknowledges whatever is answered, and waits for the leg. */
async function calls(by: RawPhone, sdp: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const invite = by.request('INVITE', { body: sdp, headers })
  const before = legs.length
  by.send(invite)
  const answer = await by
    .expects('SIP/2.0 ', AT_ONCE_MS)
    .then((first) => (first.startsWith('SIP/2.0 100') ? by.expects('SIP/2.0 ', AT_ONCE_MS) : first))
  if (answer.startsWith('SIP/2.0 200')) {
    by.send(by.request('ACK', { to: header(answer, 'To'), headers: { CSeq: '1 ACK' } }))
    await expect.poll(() => legs.length, { timeout: AT_ONCE_MS, interval: 5 }).toBeGreaterThan(before)
  } else by.send(by.request('ACK', { to: header(answer, 'To'), headers: { CSeq: '1 ACK', Via: header(invite, 'Via') } }))
  return answer
}

function mediaLines(answer: string): string[] {
  return (answer.match(/(?<=^m=).*(?=\r$)/gm) ?? []).map((line) => line.replace(/^(audio) [1-9]\d*/, '$1 PORT'))
}

/** The description, moved to where the phone of the test is. Port and profile stay as they are unless it is where audio is to go. */
function at(by: RawPhone, sdp: string, port: number): string {
  return sdp
    .replace(/(\b)192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+/g, by.address)
    .replace(new RegExp(`^(m=audio) ${port}\\b`, 'im'), `$1 ${by.port}`)
}

describe('the descriptions of real phones and trunks, over the wire', () => {
  const chosen = [
    'linphone-5',
    'odd-case-and-spacing',
    'odd-lines-of-every-kind',
    'kamailio-rtpengine',
    'x-lite-telephone-event-one-channel',
    'asterisk-pjsip',
    'odd-no-origin',
    'odd-no-address',
    'odd-name-for-an-address',
    'odd-hold-of-old',
    'odd-mapped-address',
    'odd-dynamic-g711',
  ]

  it.each(describedPhones().filter(({ file }) => chosen.includes(file.replace('.txt', ''))))(
    '$file is answered: $what',
    async ({ sdp, expected }) => {
      const by = await phone()
      const answer = await calls(by, at(by, sdp, expected!.port))
      expect(answer).toMatch(/^SIP\/2\.0 200 /)
      expect(mediaLines(answer)).toEqual(expected!.answer.map((line) => line.replace(/^(audio) 40000/, '$1 PORT')))
    },
  )

  it.each(describedPhones().filter(({ kind, expected }) => kind === 'offer' && expected === undefined))(
    '$file gets 488 at once: $what',
    async ({ sdp }) => {
      expect(await calls(await phone(), sdp)).toMatch(/^SIP\/2\.0 488 /)
    },
  )

  it.each(['linphone-5.txt', 'odd-no-address.txt', 'odd-name-for-an-address.txt'])(
    '%s hears what is played, at the address that its signalling comes from',
    async (file) => {
      const { sdp, expected } = describedPhones().find((each) => each.file === file)!
      const by = await phone()
      const heard = new Promise<number>((resolve) =>
        by.socket.on('message', (data) => (data[0]! >> 6 === 2 ? resolve(data[1]! & 127) : undefined)),
      )
      await calls(by, at(by, sdp, expected!.port))
      expect(await heard).toBe(expected!.payloadType)
    },
  )
})

describe('a phone that wants its audio over IPv6', () => {
  it("is answered at once, in the media server's own family where it has no other, and hears", async () => {
    const by = await phone()
    const six = createSocket('udp6')
    await new Promise<void>((resolve) => six.bind(by.port, '::1', resolve))
    const heard = new Promise<void>((resolve) =>
      [six, by.socket].forEach((socket) => socket.on('message', (data) => (data[0]! >> 6 === 2 ? resolve() : undefined))),
    )
    try {
      const answer = await calls(by, by.sdp.replaceAll('IN IP4 127.0.0.1', 'IN IP6 ::1'))
      expect(answer).toMatch(/^SIP\/2\.0 200 /)
      expect(answer).toMatch(/^c=IN IP(?:6 ::1|4 127\.0\.0\.1)\r$/m)
      await heard
    } finally {
      six.close()
    }
  })
})

/** Some audio, as any phone sends it first (events count in the stream that brings it), and then a key. */
async function presses(by: RawPhone, to: number, audio: number, events: number): Promise<void> {
  const send = async (payloadType: number, sequence: number, timestamp: number, payload: Buffer): Promise<void> => {
    by.socket.send(buildRtp({ marker: sequence === 1, payloadType, sequence, timestamp, ssrc: 7, payload }), to, '127.0.0.1')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  for (let n = 1; n <= 10; n++) await send(audio, n, n * 160, Buffer.alloc(160, 0xd5))
  const key = new TelephoneEventSender('7', { durationMs: 100 })
  for (let n = 11, packet = key.next(); packet; n++, packet = key.next()) {
    const event = Buffer.alloc(4)
    writeTelephoneEvent(event, 0, packet)
    await send(events, n, 1_760, event)
  }
}

const audioPort = (sdp: string): number => Number(/^m=audio (\d+)/m.exec(sdp)?.[1])
const seven = () => ({ keys: ['7'] as const, signal: AbortSignal.timeout(5_000) })

describe('keys of a phone whose telephone events have a number of their own', () => {
  it.each(['x-lite-telephone-event-one-channel.txt', 'polycom-vvx411.txt', 'bt-trunk.txt', 'kamailio-rtpengine.txt'])(
    'are heard: %s',
    async (file) => {
      const { sdp, expected } = describedPhones().find((each) => each.file === file)!
      const by = await phone()
      const answer = await calls(by, at(by, sdp, expected!.port))
      const said = legs[0]!.listenFor(seven())
      await presses(by, audioPort(answer), expected!.payloadType, expected!.events!)
      expect(await said).toMatchObject({ kind: 'key', key: '7' })
    },
  )

  // RFC 3264 6.1 would have it send with the number of our offer. FreeSWITCH knows one number only, and keeps to the phone's.
  it.each(serversOfEnvironment() ? [96] : [96, 101])('are heard when it answers with 96 and sends with %i', async (events) => {
    const rung = await phone()
    const dialled = telephony.dial(
      { kind: 'uri', uri: rung.uri },
      { from: { number: '441865922021' }, ringMs: 5_000, signal: new AbortController().signal },
    )
    const invite = await rung.expects('INVITE ')
    rung.send(rung.response(invite, 200, 'OK', { body: rung.sdp.replaceAll('101', '96') }))
    const result = await dialled
    if (result.kind !== 'answered') throw new Error(JSON.stringify(result))
    legs.push(result.leg)
    const said = result.leg.listenFor(seven())
    await presses(rung, audioPort(invite), 0, events)
    expect(await said).toMatchObject({ kind: 'key', key: '7' })
  })
})

describe('an answer that comes early', () => {
  it('counts when the 200 has none: the phone is heard and hears', async () => {
    const rung = await phone()
    const heard = new Promise<void>((resolve) => rung.socket.on('message', (data) => (data[0]! >> 6 === 2 ? resolve() : undefined)))
    const dialled = telephony.dial(
      { kind: 'uri', uri: rung.uri },
      { from: { number: '441865922021' }, ringMs: 5_000, signal: new AbortController().signal },
    )
    const invite = await rung.expects('INVITE ')
    rung.send(rung.response(invite, 183, 'Session Progress', { body: rung.sdp }))
    rung.send(rung.response(invite, 200, 'OK'))
    const result: DialResult = await dialled
    expect(result.kind).toBe('answered')
    if (result.kind === 'answered') {
      legs.push(result.leg)
      void result.leg.play([{ kind: 'tone', tone: 'ringback' }])
    }
    await heard
  })

  it("of another branch does not: a 200 that describes nothing is hung up, as the far end's fault", async () => {
    const rung = await phone()
    const dialled = telephony.dial(
      { kind: 'uri', uri: rung.uri },
      { from: { number: '441865922021' }, ringMs: 5_000, signal: new AbortController().signal },
    )
    const invite = await rung.expects('INVITE ')
    rung.send(rung.response(invite, 183, 'Session Progress', { headers: { To: `${header(invite, 'To')};tag=other` }, body: rung.sdp }))
    rung.send(rung.response(invite, 200, 'OK'))
    expect(await dialled).toMatchObject({ kind: 'failed', fault: 'farEnd' })
    await rung.expects('BYE ')
  })
})

describe('session timers', () => {
  it.each([
    ['uas', '1800;refresher=uas', ''],
    ['uac', '1800;refresher=uac', 'timer'],
  ])('keep the refresher that the caller asks for: %s', async (refresher, expires, required) => {
    const by = await phone()
    const answer = await calls(by, by.sdp, { 'Session-Expires': `1800;refresher=${refresher}`, Supported: 'timer' })
    expect(header(answer, 'Session-Expires').replace(/\s/g, '')).toBe(expires)
    expect(header(answer, 'Require')).toBe(required)
  })

  it('that are too short are refused with the minimum, on an INVITE and within a call', async () => {
    const by = await phone()
    const refused = await calls(by, by.sdp, { 'Session-Expires': '60', Supported: 'timer' })
    expect(refused).toMatch(/^SIP\/2\.0 422 /)
    expect(header(refused, 'Min-SE')).toBe('90')
    const other = await phone()
    const answer = await calls(other, other.sdp, { 'Session-Expires': '1800;refresher=uac', Supported: 'timer' })
    other.send(
      other.request('UPDATE', { to: header(answer, 'To'), headers: { 'Session-Expires': '60;refresher=uac', Supported: 'timer' } }),
    )
    const again = await other.expects('SIP/2.0 422')
    expect(header(again, 'Min-SE')).toBe('90')
    expect(tagIn(header(again, 'To'))).not.toBe('')
  })

  it('a 422 to our own INVITE is tried once more, with the interval that it names', async () => {
    const rung = await phone()
    const dialled = telephony.dial(
      { kind: 'uri', uri: rung.uri },
      { from: { number: '441865922021' }, ringMs: 5_000, signal: new AbortController().signal },
    )
    const first = await rung.expects('INVITE ')
    expect(header(first, 'Supported')).toContain('timer')
    rung.send(rung.response(first, 422, 'Session Interval Too Small', { headers: { 'Min-SE': '1200' } }))
    const second = await rung.expects('INVITE ')
    expect(header(second, 'Session-Expires')).toBe('1200')
    expect(header(second, 'Min-SE')).toBe('1200')
    rung.send(rung.response(second, 200, 'OK', { headers: { 'Session-Expires': '1200;refresher=uac', Require: 'timer' }, body: rung.sdp }))
    const result = await dialled
    expect(result.kind).toBe('answered')
    if (result.kind === 'answered') legs.push(result.leg)
  })
})
