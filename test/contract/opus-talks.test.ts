import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { readWav } from '../../src/embedded/protocols/rtp/wav.js'
import type { Bridge, Leg, Recording } from '../../src/switch/port.js'
import { WebRtcPeer } from '../kit/web-rtc-peer.js'
import { BrowserPhone } from '../wire/browser-phone.js'
import { header } from '../wire/raw-phone.js'
import { startEmbedded } from './embedded-servers.js'
import { SocketWorld } from './socket-world.js'

const talks = 20
const toneHz = 500
const frames = (JSON.parse(readFileSync('test/fixtures/opus-500-hz.json', 'utf8')) as readonly string[]).map((text) =>
  Buffer.from(text, 'base64'),
)
/** What a machine with other things to do takes. */
const patience = { timeout: 120_000 }

interface Browser {
  readonly index: number
  readonly signalling: BrowserPhone
  readonly audio: WebRtcPeer
  readonly leg: Leg
}

let world: SocketWorld
let webSocket: string
const arrived = new Map<string, (leg: Leg) => void>()
const browsers: Browser[] = []

beforeAll(async () => {
  const servers = await startEmbedded({ browsers: true, opus: true })
  webSocket = servers.webSocket
  world = await SocketWorld.open(servers, { mediaTimeoutSeconds: 120 })
  world.switch.onIncoming(async (call) => {
    const result = await call.answer()
    if (result.kind === 'answered') arrived.get(call.callerNumber)?.(result.leg)
  })
})
afterAll(async () => {
  for (const { audio, signalling } of browsers) {
    await audio.close()
    signalling.close()
  }
  await world.close()
})

/** The tone in Opus, with the number of its speaker in the padding of each frame (RFC 6716 section 3.2.5), which no decoder reads. */
function framesOf(index: number): readonly Buffer[] {
  return frames.map((frame) => {
    const first = (frame[0] ?? 0) | 3
    return Buffer.concat([Buffer.from([first, 0x41, 2]), frame.subarray(1), Buffer.from([0, index])])
  })
}

/** Whom a browser has heard in its last half second. */
const heardBy = ({ audio }: Browser) => new Set(audio.heardInOpus.slice(-25).map((payload) => payload.at(-1)))

async function calls(index: number, opus = true): Promise<Browser> {
  const name = `browser${index}`
  const signalling = await BrowserPhone.open(webSocket, { name })
  signalling.isPresent = true
  const audio = new WebRtcPeer(opus ? framesOf(index) : undefined)
  const answered = new Promise<Leg>((resolve) => arrived.set(name, resolve))
  signalling.send(signalling.request('INVITE', { body: await audio.offer() }))
  const ok = await signalling.expects('SIP/2.0 200', patience.timeout)
  signalling.send(signalling.request('ACK', { headers: { To: header(ok, 'To'), CSeq: '1 ACK' } }))
  await audio.takes(ok.slice(ok.indexOf('\r\n\r\n') + 4))
  const browser = { index, signalling, audio, leg: await answered }
  browsers.push(browser)
  return browser
}

async function bridged(one: Browser, other: Browser): Promise<Bridge> {
  const result = await world.switch.bridge(one.leg, other.leg, { signal: new AbortController().signal })
  if (result.kind !== 'bridged') throw new Error(JSON.stringify(result))
  return result.bridge
}

async function recorded(leg: Leg, path: string): Promise<Recording> {
  const result = await leg.record(path, { signal: new AbortController().signal })
  if (result.kind !== 'recording') throw new Error(JSON.stringify(result))
  return result.recording
}

/** How many ms of either side of a recording are the tone, in pieces of 100 ms. */
async function msOfTone(path: string): Promise<readonly number[]> {
  const { channels } = await readWav(path)
  return channels.map(
    (samples) =>
      100 *
      Array.from({ length: samples.length / 800 }, (_, n) => toneShare(samples, toneHz, 8_000, n * 800, 800)).filter((share) => share > 0.9)
        .length,
  )
}

async function hangsUp({ signalling, leg }: Browser): Promise<void> {
  const closed = leg.close()
  signalling.send(signalling.response(await signalling.expects('BYE', patience.timeout), '200 OK'))
  await closed
}

it('twenty talks in Opus at once: each hears its own partner alone, as it was said; each recording has both, and each key is heard', async () => {
  // Ten come at a time: how many more a machine answers within the deadlines is its speed.
  for (let first = 0; first < 2 * talks; first += 10) await Promise.all(Array.from({ length: 10 }, (_, index) => calls(first + index)))
  browsers.sort((a, b) => a.index - b.index)
  const pairs = Array.from({ length: talks }, (_, nth) => [browsers[2 * nth]!, browsers[2 * nth + 1]!] as const)
  const bridges: Bridge[] = []
  const recordings: Recording[] = []
  const paths = pairs.map((_, nth) => join(world.folder, `talk-${nth}.wav`))
  for (const [nth, [one, other]] of pairs.entries()) {
    bridges.push(await bridged(one, other))
    recordings.push(await recorded(one.leg, paths[nth]!))
  }
  for (const { audio } of browsers) audio.saysInOpus()
  for (const [one, other] of pairs) {
    await expect.poll(() => [heardBy(one), heardBy(other)], patience).toEqual([new Set([other.index]), new Set([one.index])])
    const said = new Set(framesOf(other.index).map((frame) => frame.toString('hex')))
    expect(one.audio.heardInOpus.every((payload) => said.has(payload.toString('hex')))).toBe(true)
  }
  const keys = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const
  await Promise.all(
    browsers.map(async ({ audio, leg, index }) => {
      const key = keys[index % keys.length] ?? '0'
      const heard = leg.listenFor({ keys, signal: AbortSignal.timeout(patience.timeout) })
      await audio.presses(key)
      expect(await heard).toMatchObject({ kind: 'key', key, source: 'rfc4733' })
    }),
  )
  await world.elapse(2_000)
  for (const recording of recordings) await recording.stop()
  for (const path of paths) for (const ms of await msOfTone(path)) expect(ms, path).toBeGreaterThan(1_000)

  // One of them goes on with a party that has G.711 alone, without another offer.
  const [[one, other]] = pairs as [(typeof pairs)[number]]
  await bridges[0]?.unbridge()
  await hangsUp(other)
  const telephone = await calls(2 * talks, false)
  await bridged(one, telephone)
  telephone.audio.says(800)
  await expect.poll(() => telephone.audio.share(toneHz), patience).toBeGreaterThan(0.8)
  await expect.poll(() => one.audio.share(800), patience).toBeGreaterThan(0.8)
  one.audio.heardInOpus.length = 0
  await expect.poll(() => one.audio.packets, patience).toBeGreaterThan(100)
  expect(one.audio.heardInOpus).toEqual([])

  await Promise.all(browsers.filter((browser) => browser !== other).map(hangsUp))
  await expect.poll(() => world.leaks(), patience).toEqual([])
})
