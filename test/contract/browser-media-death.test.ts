import { afterEach, expect, it } from 'vitest'
import type { Leg } from '../../src/switch/port.js'
import { WebRtcPeer } from '../kit/web-rtc-peer.js'
import { BrowserPhone } from '../wire/browser-phone.js'
import { header } from '../wire/raw-phone.js'
import { expectNothingLeftOver } from './left-over.js'
import { startWithSpares } from './media-servers.js'
import { legOf, never } from './port-contract.js'
import { SocketWorld } from './socket-world.js'

let world: SocketWorld
const opened: (() => unknown)[] = []

expectNothingLeftOver()
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
  await world.close()
})

it('the media server of a browser dies in a talk: the browser gets its BYE, and whoever talked with it goes on at another media server', async () => {
  const servers = await startWithSpares({ browsers: true })
  world = await SocketWorld.open(servers)
  await world.mediaIsBack()
  const next = (): Promise<Leg> => new Promise((resolve) => world.switch.onIncoming(async (call) => resolve(legOf(await call.answer()))))

  const signalling = await BrowserPhone.open(servers.webSocket, { name: 'browser' })
  const audio = new WebRtcPeer()
  opened.push(
    () => signalling.close(),
    () => audio.close(),
  )
  signalling.isPresent = true
  const browserLeg = next()
  signalling.send(signalling.request('INVITE', { body: await audio.offer() }))
  const ok = await signalling.expects('SIP/2.0 200')
  signalling.send(signalling.request('ACK', { headers: { To: header(ok, 'To'), CSeq: '1 ACK' } }))
  await audio.takes(ok.slice(ok.indexOf('\r\n\r\n') + 4))
  const browser = await world.settled(browserLeg)

  const telephoneLeg = next()
  const phone = await world.place()
  const telephone = await world.settled(telephoneLeg)
  await phone.answered()
  phone.media.tones = [700]
  await world.switch.bridge(browser, telephone, { signal: never() })
  await expect.poll(() => audio.share(700), { timeout: 20_000 }).toBeGreaterThan(0.8)

  const moved = new Promise((resolve) => void telephone.onMoved(resolve))
  const died = performance.now()
  await servers.media.kill()
  signalling.send(signalling.response(await signalling.expects('BYE'), '200 OK'))
  expect(await world.settled(browser.hungUp)).toMatchObject({
    ending: 'mediaLost',
    detail: expect.stringContaining('a browser cannot be taken to another media server') as string,
  })
  await world.settled(moved, 12_000)
  void telephone.play([{ kind: 'tone', tone: 'ringback' }])
  await phone.media.hears(400, 10_000, died)
  await world.settled(telephone.close())
}, 60_000)
