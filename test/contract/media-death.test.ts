import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Leg, Moved } from '../../src/switch/port.js'
import { expectNothingLeftOver } from './left-over.js'
import { startWithSpares, type MediaServers } from './media-servers.js'
import type { PhoneCall } from './phone/phone.js'
import { legOf, never } from './port-contract.js'
import { SocketWorld } from './socket-world.js'

/** What a telephone hears and says when its media server dies, freezes, or dies again. */

const tone = { kind: 'tone', tone: 'ringback' } as const
let world: SocketWorld
let media: MediaServers

expectNothingLeftOver()
beforeEach(async () => {
  const servers = await startWithSpares()
  media = servers.media
  world = await SocketWorld.open(servers)
  await world.mediaIsBack()
})
afterEach(() => world.close())

async function answered(withinMs?: number): Promise<{ phone: PhoneCall; leg: Leg }> {
  const answering = new Promise<Leg>((resolve) => world.switch.onIncoming(async (call) => resolve(legOf(await call.answer()))))
  const phone = await world.place()
  const leg = await world.settled(answering, withinMs)
  await phone.answered()
  return { phone, leg }
}

const moved = (leg: Leg): Promise<Moved> => world.settled(new Promise((resolve) => void leg.onMoved(resolve)), 12_000)

it('the party hears it within five seconds, from another media server, and its own voice arrives there', async () => {
  const { phone, leg } = await answered()
  leg.afterMove = [world.file(600, 1_200)]
  void leg.play([tone])
  await phone.media.hears(400)
  const died = performance.now()
  await media.kill()
  expect((await phone.media.hears(1_200, 10_000, died)) - died).toBeLessThan(5_000)
  await phone.media.hears(400, 10_000, performance.now())
  const heard = leg.listenFor({ keys: ['5'], signal: never() })
  await phone.media.press('5')
  expect(await world.settled(heard)).toMatchObject({ kind: 'key', key: '5' })
  await world.settled(leg.close())
})

it('a media server that stands still is left within five seconds; awake again, it sends nothing more', async () => {
  const { phone, leg } = await answered()
  void leg.play([tone])
  await phone.media.hears(400)
  const froze = performance.now()
  const move = moved(leg)
  media.freeze()
  const { silentMs } = await move
  await phone.media.hears(400, 10_000, froze + silentMs)
  expect(performance.now() - froze).toBeLessThan(6_000)
  expect(silentMs).toBeGreaterThan(1_500)
  await world.mediaIsBack()
  await world.settled(leg.close())
  expect(await world.leaks()).toEqual([])
})

it('a caller who comes while the media server stands still is answered at another one', async () => {
  media.freeze()
  const { phone, leg } = await answered(12_000)
  void leg.play([tone])
  await phone.media.hears(400)
  await world.settled(leg.close())
  await world.mediaIsBack()
})

it('a telephone dialled while the media server stands still is rung at another one', async () => {
  const telephone = await world.telephone()
  telephone.onCall = (call) => call.answer()
  media.freeze()
  const target = { kind: 'uri', uri: telephone.uri } as const
  const dialling = world.switch.dial(target, { from: { number: '+441632960000' }, ringMs: 20_000, signal: never() })
  const leg = legOf(await world.settled(dialling, 15_000))
  expect((await world.settled(leg.play([world.file(200)]), 8_000)).kind).toBe('finished')
  await world.settled(leg.close())
  await world.mediaIsBack()
})

it('a telephone that answers while its media server stands still is connected at another one, and does not ring twice', async () => {
  const { leg } = await answered()
  const telephone = await world.telephone()
  const target = { kind: 'uri', uri: telephone.uri } as const
  const dialling = world.switch.dial(target, { from: { number: '+441632960000' }, ringMs: 20_000, signal: never(), near: leg })
  const rung = await telephone.nextCall()
  media.freeze()
  rung.answer()
  const other = legOf(await world.settled(dialling, 15_000))
  expect((await world.settled(other.play([world.file(200)]), 8_000)).kind).toBe('finished')
  expect(telephone.calls).toHaveLength(1)
  await world.settled(Promise.all([leg.close(), other.close()]))
  await world.mediaIsBack()
})

it('a party whose engine died with the only media server waits for it, and is taken over when it is up again', async () => {
  world.switch.onIncoming((call) => call.reject(486))
  const { drachtio, freeswitch } = world.servers.set
  const alone = await SocketWorld.open({ ...world.servers, set: { drachtio, freeswitch }, stop: () => Promise.resolve() })
  const left = await alone.leftBy('withCaller')
  await media.kill()
  const adopting = alone.switch.adopt(left.callerHandle)
  await alone.elapse(1_000)
  await media.restore()
  const result = await alone.settled(adopting, 15_000)
  expect(result).toMatchObject({ kind: 'adopted', moved: true })
  if (result.kind === 'adopted') await alone.settled(result.leg.close())
  await alone.eventually(() => left.caller.released)
  await alone.close()
})

it('a party whose media server froze as its engine died is taken over at another one', async () => {
  const left = await world.leftBy('withCaller')
  media.freeze()
  // Before the silence has been noticed.
  const result = await world.settled(world.switch.adopt(left.callerHandle), 15_000)
  expect(result).toMatchObject({ kind: 'adopted', moved: true })
  if (result.kind === 'adopted') await world.settled(result.leg.close())
  await world.eventually(() => left.caller.released)
})

it('a party that cannot take it just now (491) is asked again', async () => {
  const { phone, leg } = await answered()
  phone.reinviteRefusals.push(491, 491)
  const move = moved(leg)
  await media.kill()
  await move
  expect(phone.reinvitedAt).toHaveLength(3)
  expect((await world.settled(leg.play([world.file(200)]))).kind).toBe('finished')
  await world.settled(leg.close())
})

it('a party that does not go along (488) is let go, and that is said', async () => {
  const { phone, leg } = await answered()
  phone.reinviteRefusals.push(488)
  await media.kill()
  const hangUp = await world.settled(leg.hungUp)
  expect(hangUp.ending).toBe('mediaLost')
  expect(hangUp.detail).toContain('488')
  await phone.ended()
  await world.settled(leg.close())
})

it('the next media server dies, too: the party is taken to a third', async () => {
  const { phone, leg } = await answered()
  void leg.play([tone])
  const first = moved(leg)
  await media.kill()
  await first
  const before = leg.handle
  // Two are left: the one in question, or the other one.
  await media.killSecond()
  await world.eventually(() => leg.handle !== before || phone.media.hearsNow(400))
  await phone.media.hears(400, 10_000, performance.now() + 1_000)
  expect(leg.ended).toBeUndefined()
  await world.settled(leg.close())
})

it('two who talk hear each other again', async () => {
  const { phone: one, leg: a } = await answered()
  const { phone: other, leg: b } = await answered()
  one.media.tones = [1_500]
  other.media.tones = [900]
  const made = await world.settled(world.switch.bridge(a, b, { signal: never() }))
  if (made.kind !== 'bridged') throw new Error(made.kind)
  await other.media.hears(1_500)
  await media.kill()
  expect((await world.settled(made.bridge.ended)).kind).toBe('moved')
  const again = await world.settled(world.switch.bridge(a, b, { signal: never() }))
  expect(again.kind).toBe('bridged')
  const since = performance.now()
  await Promise.all([one.media.hears(900, 10_000, since), other.media.hears(1_500, 10_000, since)])
  await world.settled(Promise.all([a.close(), b.close()]))
})

it('two at different media servers are brought together', async () => {
  const { phone: one, leg: a } = await answered()
  await media.kill()
  await moved(a)
  await world.mediaIsBack()
  const { phone: other, leg: b } = await answered()
  one.media.tones = [1_500]
  other.media.tones = [900]
  expect((await world.settled(world.switch.bridge(a, b, { signal: never() }))).kind).toBe('bridged')
  const since = performance.now()
  await Promise.all([one.media.hears(900, 10_000, since), other.media.hears(1_500, 10_000, since)])
  await world.settled(Promise.all([a.close(), b.close()]))
  expect(await world.leaks()).toEqual([])
})
