import { afterEach, expect, it } from 'vitest'
import type { Leg } from '../../src/switch/port.js'
import { WebRtcPeer } from '../kit/web-rtc-peer.js'
import { BrowserPhone } from '../wire/browser-phone.js'
import { header } from '../wire/raw-phone.js'
import { expectNothingLeftOver } from './left-over.js'
import { startWithSpares } from './media-servers.js'
import { legOf, never } from './port-contract.js'
import { sparesOfEnvironment } from './servers.js'
import { SocketWorld } from './socket-world.js'

let world: SocketWorld
let names = 0
const opened: (() => unknown)[] = []

expectNothingLeftOver()
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
  await world.mediaIsBack()
  await world.close()
})

/** The servers of the environment, or three embedded switches. */
async function open(): Promise<{ readonly webSocket: string }> {
  const named = sparesOfEnvironment()
  const servers = named ?? (await startWithSpares({ browsers: true }))
  world = await SocketWorld.open(servers)
  await world.mediaIsBack()
  return { webSocket: 'webSocket' in servers ? (servers.webSocket as string) : `ws://${process.env.RINGROUND_TEST_DRACHTIO_WS ?? ''}` }
}

const next = (): Promise<Leg> => new Promise((resolve) => world.switch.onIncoming(async (call) => resolve(legOf(await call.answer()))))

/** What a browser says without a body has none: ours are all descriptions. */
const bodyOf = (message: string) => message.slice(message.indexOf('\r\n\r\n') + 4)

async function browserAndTelephone() {
  const { webSocket } = await open()
  const signalling = await BrowserPhone.open(webSocket, { name: `browser${++names}` })
  signalling.isPresent = true
  const audio = new WebRtcPeer()
  opened.push(
    () => signalling.close(),
    () => audio.close(),
  )
  const browserLeg = next()
  signalling.send(signalling.request('INVITE', { body: await audio.offer() }))
  const ok = await signalling.expects('SIP/2.0 200')
  signalling.send(signalling.request('ACK', { headers: { To: header(ok, 'To'), CSeq: '1 ACK' } }))
  await audio.takes(bodyOf(ok))
  const browser = await world.settled(browserLeg)

  const telephoneLeg = next()
  const phone = await world.place()
  const telephone = await world.settled(telephoneLeg)
  await phone.answered()
  phone.media.tones = [700]
  await world.switch.bridge(browser, telephone, { signal: never() })
  await expect.poll(() => audio.share(700)).toBeGreaterThan(0.8)
  return { signalling, audio, browser, phone, telephone }
}

const moved = (leg: Leg) => new Promise((resolve) => void leg.onMoved(resolve))

/** As a page does: it begins ICE again. Here with another connection, for the library of the test does not go on with one whose other side has another certificate. */
async function offersAnew(signalling: BrowserPhone): Promise<WebRtcPeer> {
  const invite = await signalling.expects('INVITE')
  expect(bodyOf(invite)).toBe('')
  const audio = new WebRtcPeer()
  opened.push(() => audio.close())
  signalling.send(signalling.response(invite, '200 OK', await audio.offer()))
  await audio.takes(bodyOf(await signalling.expects('ACK')))
  return audio
}

it('the media server of a browser dies in a talk: it is asked for an offer, and the two talk on at another media server', async () => {
  const { signalling, browser, phone, telephone } = await browserAndTelephone()
  const both = Promise.all([moved(browser), moved(telephone)])
  await world.mediaDies()
  const audio = await offersAnew(signalling)
  await world.settled(both, 12_000)
  audio.says(1_300)
  await world.switch.bridge(browser, telephone, { signal: never() })
  await expect.poll(() => audio.share(700)).toBeGreaterThan(0.8)
  await phone.media.hears(1_300)
  const closed = browser.close()
  signalling.send(signalling.response(await signalling.expects('BYE'), '200 OK'))
  await world.settled(Promise.all([closed, telephone.close()]))
}, 60_000)

it('the media server dies while a browser that has been answered shakes hands: it is asked for an offer, and hears another one', async () => {
  const { webSocket } = await open()
  const signalling = await BrowserPhone.open(webSocket, { name: `browser${++names}` })
  signalling.isPresent = true
  const before = new WebRtcPeer()
  opened.push(
    () => signalling.close(),
    () => before.close(),
  )
  const answering = next()
  signalling.send(signalling.request('INVITE', { body: await before.offer() }))
  const ok = await signalling.expects('SIP/2.0 200')
  signalling.send(signalling.request('ACK', { headers: { To: header(ok, 'To'), CSeq: '1 ACK' } }))
  await world.mediaDies()
  const audio = await offersAnew(signalling)
  const leg = await world.settled(answering, 12_000)
  void leg.play([{ kind: 'tone', tone: 'ringback' }])
  await expect.poll(() => audio.share(400)).toBeGreaterThan(0.4)
  const closed = leg.close()
  signalling.send(signalling.response(await signalling.expects('BYE'), '200 OK'))
  await world.settled(closed)
}, 60_000)

it('a browser that makes no offer then gets its BYE, and the telephone that talked with it goes on', async () => {
  const { signalling, browser, phone, telephone } = await browserAndTelephone()
  const other = moved(telephone)
  const died = performance.now()
  await world.mediaDies()
  const invite = await signalling.expects('INVITE')
  signalling.send(signalling.response(invite, '488 Not Acceptable Here'))
  await signalling.expects('ACK')
  signalling.send(signalling.response(await signalling.expects('BYE'), '200 OK'))
  expect(await world.settled(browser.hungUp)).toMatchObject({ ending: 'mediaLost', detail: expect.stringContaining('488') as string })
  await world.settled(other, 12_000)
  void telephone.play([{ kind: 'tone', tone: 'ringback' }])
  await phone.media.hears(400, 10_000, died)
  await world.settled(telephone.close())
}, 60_000)
