import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { readWav } from '../../src/embedded/protocols/rtp/wav.js'
import type { Leg } from '../../src/switch/port.js'
import { WebRtcPeer } from '../kit/web-rtc-peer.js'
import { BrowserPhone } from '../wire/browser-phone.js'
import { header } from '../wire/raw-phone.js'
import { startEmbedded } from './embedded-servers.js'
import { serversOfEnvironment } from './servers.js'
import { SocketWorld } from './socket-world.js'

let world: SocketWorld
let webSocket: string
const opened: (() => unknown)[] = []
const never = () => new AbortController().signal

beforeAll(async () => {
  const servers = serversOfEnvironment() ?? (await startEmbedded({ browsers: true }))
  webSocket = 'webSocket' in servers ? (servers.webSocket as string) : `ws://${process.env.RINGROUND_TEST_DRACHTIO_WS ?? ''}`
  world = await SocketWorld.open(servers, { mediaTimeoutSeconds: 6 })
})
afterAll(() => world.close())
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
  expect(await world.leaks()).toEqual([])
})

interface Browser {
  readonly signalling: BrowserPhone
  readonly audio: WebRtcPeer
}

let names = 0
async function browser(): Promise<Browser> {
  const signalling = await BrowserPhone.open(webSocket, { name: `browser${++names}` })
  signalling.isPresent = true
  const audio = new WebRtcPeer()
  opened.push(
    () => signalling.close(),
    () => audio.close(),
  )
  return { signalling, audio }
}

/** Places a call that the application answers. @param change what becomes of the offer on its way */
async function calls(
  { signalling, audio }: Browser,
  change = (offer: string) => offer,
  handshakeAfterMs = 0,
): Promise<{ readonly leg: Leg; readonly answer: string; readonly to: string }> {
  let leg: Leg | undefined
  world.switch.onIncoming(async (call) => {
    const result = await call.answer()
    if (result.kind === 'answered') leg = result.leg
  })
  signalling.send(signalling.request('INVITE', { body: change(await audio.offer()) }))
  const ok = await signalling.expects('SIP/2.0 200')
  const to = header(ok, 'To')
  signalling.send(signalling.request('ACK', { headers: { To: to, CSeq: '1 ACK' } }))
  const answer = ok.slice(ok.indexOf('\r\n\r\n') + 4)
  await new Promise((resolve) => setTimeout(resolve, handshakeAfterMs))
  await audio.takes(answer)
  await world.eventually(() => leg !== undefined)
  if (!leg) throw new Error('no leg')
  return { leg, answer, to }
}

/** Ends the leg; the browser answers the BYE. */
async function end({ signalling }: Browser, leg: Leg): Promise<void> {
  const closed = leg.close()
  signalling.send(signalling.response(await signalling.expects('BYE'), '200 OK'))
  await world.settled(closed)
}

it('a browser that needs its time for the handshake is heard all the same', { timeout: 40_000 }, async () => {
  const caller = await browser()
  const { leg } = await calls(caller, undefined, 8_000)
  void leg.play([{ kind: 'tone', tone: 'ringback' }])
  await expect.poll(() => caller.audio.share(400) + caller.audio.share(450)).toBeGreaterThan(0.8)
  await end(caller, leg)
})

it('a browser calls, hears what is played, presses a key, and talks with a telephone; both are recorded', async () => {
  const caller = await browser()
  const { leg, answer } = await calls(caller)
  expect(answer).toContain('UDP/TLS/RTP/SAVPF')
  void leg.play([{ kind: 'tone', tone: 'ringback' }])
  await expect.poll(() => caller.audio.share(400) + caller.audio.share(450)).toBeGreaterThan(0.8)
  caller.audio.says(700)
  await caller.audio.presses('1')
  expect(await leg.listenFor({ keys: ['1'], signal: never() })).toMatchObject({ kind: 'key', key: '1', source: 'rfc4733' })

  let other: Leg | undefined
  world.switch.onIncoming(async (call) => {
    const result = await call.answer()
    if (result.kind === 'answered') other = result.leg
  })
  const telephone = await (await world.place()).answered()
  await world.eventually(() => other !== undefined)
  telephone.media.tones = [1_300]
  const path = join(world.folder, 'browser.wav')
  const recorded = await leg.record(path, { signal: never() })
  expect(recorded.kind).toBe('recording')
  await world.switch.bridge(leg, other!, { signal: never() })
  await telephone.media.hears(700)
  await expect.poll(() => caller.audio.share(1_300)).toBeGreaterThan(0.8)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  if (recorded.kind === 'recording') await recorded.recording.stop()
  const { channels } = await readWav(path)
  const side = (channel: 0 | 1) => channels[channel]?.slice(-4_000) ?? []
  expect(toneShare(side(0), 700)).toBeGreaterThan(0.8)
  expect(toneShare(side(1), 1_300)).toBeGreaterThan(0.8)
  await end(caller, leg)
  await world.settled(other!.close())
})

/** A browser that has registered, and is being rung. */
async function registeredAndRung() {
  const rung = await browser()
  const source = new Promise<number>((resolve) => {
    world.switch.onRegister(async (registration) => {
      await registration.respond(200)
      resolve(registration.source.port)
    })
  })
  rung.signalling.send(rung.signalling.request('REGISTER', { headers: { 'Call-ID': 'register' } }))
  const port = await source
  const dialled = world.switch.dial(
    { kind: 'uri', uri: rung.signalling.contact, via: `sip:127.0.0.1:${port};transport=ws` },
    { from: { number: '+441632960000' }, ringMs: 20_000, signal: never() },
  )
  return { rung, dialled }
}

it('a browser that registered is rung, and answers with an offer of its own', async () => {
  const { rung, dialled } = await registeredAndRung()
  const invite = await rung.signalling.expects('INVITE')
  expect(invite.endsWith('\r\n\r\n')).toBe(true)
  const offer = await rung.audio.offer()
  rung.signalling.send(rung.signalling.response(invite, '200 OK', offer))
  const ack = await rung.signalling.expects('ACK')
  await rung.audio.takes(ack.slice(ack.indexOf('\r\n\r\n') + 4))
  const result = await dialled
  if (result.kind !== 'answered') throw new Error(result.kind)
  rung.audio.says(700)
  void result.leg.play([{ kind: 'tone', tone: 'ringback' }])
  await expect.poll(() => rung.audio.share(400) + rung.audio.share(450)).toBeGreaterThan(0.8)
  await end(rung, result.leg)
})

it('a browser that is rung and offers nothing that we speak is let go, and the hunt is told', async () => {
  const { rung, dialled } = await registeredAndRung()
  rung.signalling.send(
    rung.signalling.response(await rung.signalling.expects('INVITE'), '200 OK', (await rung.audio.offer()).replace(/sha-256/g, 'sha-1')),
  )
  await rung.signalling.expects('ACK')
  rung.signalling.send(rung.signalling.response(await rung.signalling.expects('BYE'), '200 OK'))
  expect(await dialled).toMatchObject({ kind: 'failed', fault: 'farEnd' })
})

it('a browser holds the call and goes on with it', async () => {
  const caller = await browser()
  const { leg, to } = await calls(caller)
  void leg.play([{ kind: 'tone', tone: 'ringback' }], { loop: true })
  await expect.poll(() => caller.audio.packets).toBeGreaterThan(20)
  const offer = caller.audio.connection.localDescription?.sdp ?? ''
  const again = async (direction: string): Promise<string> => {
    caller.signalling.send(
      caller.signalling.request('INVITE', { headers: { To: to }, body: offer.replace(/a=sendrecv/g, `a=${direction}`) }),
    )
    const ok = await caller.signalling.expects('SIP/2.0 200')
    caller.signalling.send(caller.signalling.request('ACK', { headers: { To: to, CSeq: header(ok, 'CSeq').replace('INVITE', 'ACK') } }))
    return ok
  }
  expect(await again('inactive')).toContain('a=inactive')
  const held = caller.audio.packets
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(caller.audio.packets - held).toBeLessThan(5)
  expect(await again('sendrecv')).toContain('a=sendrecv')
  await expect.poll(() => caller.audio.packets).toBeGreaterThan(held + 20)
  await end(caller, leg)
})

it('what was encrypted once does not go on in the clear', async () => {
  const caller = await browser()
  const { leg, to } = await calls(caller)
  caller.signalling.send(
    caller.signalling.request('INVITE', {
      headers: { To: to },
      body: 'v=0\r\no=- 1 9 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n',
    }),
  )
  const refused = await caller.signalling.expects('SIP/2.0 4')
  expect(refused).toMatch(/^SIP\/2\.0 488 /)
  caller.signalling.send(
    caller.signalling.request('ACK', {
      headers: { Via: header(refused, 'Via'), To: header(refused, 'To'), CSeq: header(refused, 'CSeq').replace('INVITE', 'ACK') },
    }),
  )
  await end(caller, leg)
})

it('a browser with another certificate than its description names hears nothing, and is hung up', async () => {
  const caller = await browser()
  const over = new Promise<string>((resolve) => {
    world.switch.onIncoming(async (call) => {
      const result = await call.answer()
      resolve(result.kind === 'answered' ? (await result.leg.hungUp).ending : result.kind)
    })
  })
  const { signalling, audio } = caller
  signalling.send(
    signalling.request('INVITE', {
      body: (await audio.offer()).replace(
        /(a=fingerprint:sha-256 )(..)/g,
        (_, name: string, first: string) => `${name}${first === 'AA' ? 'BB' : 'AA'}`,
      ),
    }),
  )
  const ok = await signalling.expects('SIP/2.0 200')
  signalling.send(signalling.request('ACK', { headers: { To: header(ok, 'To'), CSeq: '1 ACK' } }))
  await audio.takes(ok.slice(ok.indexOf('\r\n\r\n') + 4))
  signalling.send(signalling.response(await signalling.expects('BYE'), '200 OK'))
  // FreeSWITCH goes on with a channel only after the handshake.
  expect(['mediaTimeout', 'failed']).toContain(await over)
  expect(caller.audio.packets).toBe(0)
})

it('a browser whose connection is lost, and then its audio, is found to be gone', async () => {
  const caller = await browser()
  const { leg } = await calls(caller)
  caller.audio.says(700)
  await expect.poll(() => caller.audio.packets).toBeGreaterThan(20)
  caller.signalling.close()
  await caller.audio.close()
  expect(await leg.hungUp).toMatchObject({ ending: 'mediaTimeout' })
})
