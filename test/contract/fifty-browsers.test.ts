import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Leg } from '../../src/switch/port.js'
import { WebRtcPeer } from '../kit/web-rtc-peer.js'
import { BrowserPhone } from '../wire/browser-phone.js'
import { header } from '../wire/raw-phone.js'
import { startEmbedded } from './embedded-servers.js'
import { SocketWorld } from './socket-world.js'

const pairs = 25
/** Every third bin of a window of 400 ms: none is in another one's way. */
const toneOf = (index: number) => 400 + index * 60
/** What a machine with other things to do takes for fifty of them. */
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
  const servers = await startEmbedded({ browsers: true })
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

async function calls(index: number): Promise<void> {
  const name = `browser${index}`
  const signalling = await BrowserPhone.open(webSocket, { name })
  signalling.isPresent = true
  const audio = new WebRtcPeer()
  const answered = new Promise<Leg>((resolve) => arrived.set(name, resolve))
  signalling.send(signalling.request('INVITE', { body: await audio.offer() }))
  const ok = await signalling.expects('SIP/2.0 200', patience.timeout)
  signalling.send(signalling.request('ACK', { headers: { To: header(ok, 'To'), CSeq: '1 ACK' } }))
  await audio.takes(ok.slice(ok.indexOf('\r\n\r\n') + 4))
  browsers.push({ index, signalling, audio, leg: await answered })
}

it('fifty browsers call at once and talk in pairs: each hears its own partner and nobody else, is heard, and leaves nothing behind', async () => {
  // Ten come at a time: how many more a machine answers within the deadlines is its speed.
  for (let first = 0; first < 2 * pairs; first += 10) await Promise.all(Array.from({ length: 10 }, (_, index) => calls(first + index)))
  browsers.sort((a, b) => a.index - b.index)
  const partnerOf = (index: number) => browsers[index ^ 1]!
  for (let index = 0; index < browsers.length; index += 2) {
    const result = await world.switch.bridge(browsers[index]!.leg, browsers[index + 1]!.leg, { signal: new AbortController().signal })
    expect(result.kind).toBe('bridged')
  }
  for (const { audio, index } of browsers) audio.says(toneOf(index))
  for (const { audio, index } of browsers) {
    await expect.poll(() => audio.share(toneOf(partnerOf(index).index)), patience).toBeGreaterThan(0.8)
    for (const other of browsers)
      if (other !== partnerOf(index)) expect(audio.share(toneOf(other.index)), `${index} hears ${other.index}`).toBeLessThan(0.2)
  }
  // Each presses a key of its own, all at once: it is heard on its own leg.
  const keys = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const
  await Promise.all(
    browsers.map(async ({ audio, leg, index }) => {
      const key = keys[index % keys.length] ?? '0'
      const heard = leg.listenFor({ keys, signal: AbortSignal.timeout(patience.timeout) })
      await audio.presses(key)
      expect(await heard).toMatchObject({ kind: 'key', key, source: 'rfc4733' })
    }),
  )
  await Promise.all(
    browsers.map(async ({ signalling, leg }) => {
      const closed = leg.close()
      signalling.send(signalling.response(await signalling.expects('BYE', patience.timeout), '200 OK'))
      await closed
    }),
  )
  await expect.poll(() => world.leaks(), patience).toEqual([])
})
