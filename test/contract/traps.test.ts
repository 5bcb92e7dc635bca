import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connectDrachtioSwitch, whenReady } from '../../src/switch/drachtio/connect.js'
import type { ServerSet } from '../../src/switch/drachtio/settings.js'
import type { Leg, Switch } from '../../src/switch/port.js'
import { startEmbedded } from './embedded-servers.js'
import { expectNothingLeftOver } from './left-over.js'
import { until, type PhoneCall } from './phone/phone.js'
import { legOf, never } from './port-contract.js'
import { SocketWorld } from './socket-world.js'

/** What goes wrong between the engine and its servers: every known way in which drachtio-srf or drachtio-fsmrf would leave a party hanging. */

const from = { number: '+441632960000' }
type Embedded = Awaited<ReturnType<typeof startEmbedded>>

const closing: (() => Promise<unknown>)[] = []
expectNothingLeftOver()
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function world(): Promise<{ world: SocketWorld; embedded: Embedded['embedded'] }> {
  const servers = await startEmbedded()
  const opened = await SocketWorld.open(servers)
  closing.push(() => opened.close())
  return { world: opened, embedded: servers.embedded }
}

async function answered(on: SocketWorld): Promise<{ phone: PhoneCall; leg: Leg }> {
  const answering = new Promise<Leg>((resolve, reject) => {
    on.switch.onIncoming(async (call) => {
      const leg = legOf(
        await call
          .answer()
          .catch(reject)
          .then((result) => result!),
      )
      resolve(leg)
      await leg.hungUp
    })
  })
  const phone = await on.place()
  const leg = await on.settled(answering)
  await phone.answered()
  return { phone, leg }
}

/** Calls can be taken again: a caller rings, and is answered. */
async function serves(on: SocketWorld): Promise<void> {
  await until(
    () => (on.switch.health().ready ? true : undefined),
    10_000,
    () => `not ready: ${JSON.stringify(on.switch.health())}`,
  )
  const { phone, leg } = await answered(on)
  expect((await on.settled(leg.play([on.file(100)]))).kind).toBe('finished')
  phone.bye()
  await on.settled(leg.hungUp)
  await on.settled(leg.close())
}

describe('when the connection to drachtio breaks', () => {
  it('legs end, callers are released as soon as it is back, and calls are taken again', async () => {
    const { world: on, embedded } = await world()
    const { phone, leg } = await answered(on)
    const playing = leg.play([{ kind: 'tone', tone: 'ringback' }])
    await phone.media.hears(400)
    const healths: boolean[] = []
    on.switch.onHealth((health) => healths.push(health.signalling.up))
    embedded.fault({ kind: 'disconnect', stream: 'app' })
    expect(await on.settled(leg.hungUp)).toMatchObject({ ending: 'signallingLost' })
    expect((await on.settled(playing)).kind).toBe('hungUp')
    await on.settled(leg.close())
    expect(healths[0]).toBe(false)
    await phone.ended(8_000)
    await serves(on)
    expect(await on.leaks()).toEqual([])
  })

  it('a call that is being placed fails in words, and so does one that is placed meanwhile', async () => {
    const { world: on, embedded } = await world()
    const telephone = await on.telephone()
    telephone.onCall = (call) => call.ring()
    const dialling = on.switch.dial({ kind: 'uri', uri: telephone.uri }, { from, ringMs: 20_000, signal: never() })
    await telephone.nextCall()
    embedded.fault({ kind: 'disconnect', stream: 'app' })
    const lost = await on.settled(dialling)
    expect(lost).toMatchObject({ kind: 'failed', fault: 'ours' })
    expect(lost.kind === 'failed' && lost.reason).toContain('drachtio')
    const meanwhile = await on.settled(
      on.switch.dial({ kind: 'uri', uri: telephone.uri }, { from, ringMs: 20_000, signal: AbortSignal.timeout(3_000) }),
    )
    if (meanwhile.kind === 'failed') expect(meanwhile.reason).not.toMatch(/expression|assert/i)
    await serves(on)
  })

  it('a caller who has not been answered yet is given up', async () => {
    const { world: on, embedded } = await world()
    const aborted = new Promise<void>((resolve) => {
      on.switch.onIncoming(async (call) => {
        call.signal.addEventListener('abort', () => resolve())
        embedded.fault({ kind: 'disconnect', stream: 'app' })
        await new Promise<void>((done) => call.signal.addEventListener('abort', () => done()))
        expect(await call.answer()).toEqual({ kind: 'cancelled' })
      })
    })
    await on.place()
    await on.settled(aborted)
    await serves(on)
  })
})

describe('when the event socket breaks', () => {
  it('running calls go on, new ones are refused until it is back', async () => {
    const { world: on, embedded } = await world()
    const { leg } = await answered(on)
    const downs: string[] = []
    on.switch.onHealth((health) => {
      if (!health.media.up) downs.push(health.media.detail)
    })
    embedded.fault({ kind: 'disconnect', stream: 'event-socket-in' })
    await until(() => downs[0], 3_000, 'health says nothing')
    expect(downs[0]).toContain('connection lost')
    expect(leg.ended).toBeUndefined()
    expect((await on.settled(leg.play([on.file(200)]))).kind).toBe('finished')
    await on.settled(leg.close())
    await serves(on)
    expect(await on.leaks()).toEqual([])
  })

  it('of one call: the caller has another channel, whatever was going on goes on there, and the one before is gone', async () => {
    const { world: on, embedded } = await world()
    const { phone, leg } = await answered(on)
    const playing = leg.play([{ kind: 'tone', tone: 'ringback' }])
    const heard = leg.listenFor({ keys: ['1'], signal: never() })
    await phone.media.hears(400)
    const moved = new Promise((resolve) => leg.onMoved(resolve))
    embedded.fault({ kind: 'disconnect', stream: 'event-socket-out' })
    await on.settled(moved)
    await phone.media.hears(400, 15_000, performance.now())
    await phone.media.press('1')
    expect(await on.settled(heard)).toMatchObject({ kind: 'key', key: '1' })
    await on.settled(leg.close())
    expect((await on.settled(playing)).kind).toBe('hungUp')
    await phone.ended()
    await serves(on)
    expect(await on.leaks()).toEqual([])
  })

  it('again and again: the caller is released in the end', async () => {
    const { world: on, embedded } = await world()
    const { phone, leg } = await answered(on)
    for (let moves = 0; moves < 4; moves++) {
      const moved = new Promise((resolve) => leg.onMoved(resolve))
      embedded.fault({ kind: 'disconnect', stream: 'event-socket-out' })
      await on.settled(moved)
    }
    embedded.fault({ kind: 'disconnect', stream: 'event-socket-out' })
    expect(await on.settled(leg.hungUp)).toMatchObject({ ending: 'mediaLost' })
    await phone.ended()
    await on.settled(leg.close())
    await serves(on)
  })

  it('a phone that rings meanwhile is not left ringing; it may be rung again', async () => {
    const { world: on, embedded } = await world()
    const telephone = await on.telephone()
    telephone.onCall = (call) => call.ring()
    const dialling = on.switch.dial({ kind: 'uri', uri: telephone.uri }, { from, ringMs: 20_000, signal: never() })
    const phone = await telephone.nextCall()
    // Spare channels that were cut off while they are made would be taken for a media server that makes none.
    await on.eventually(() => on.idle >= 2)
    telephone.onCall = (call) => call.reject(486)
    embedded.fault({ kind: 'disconnect', stream: 'event-socket-out' })
    // The spare channels have gone with the one that rang: there may be none for a moment.
    expect(['busy', 'failed']).toContain((await on.settled(dialling)).kind)
    await until(() => phone.cancelledAt, 3_000, 'still ringing')
    await serves(on)
  })
})

describe('when an answer never comes', () => {
  it('a bridge fails at its deadline, the two are apart, and both can be played to', async () => {
    const { world: on, embedded } = await world()
    const { leg: a, phone: one } = await answered(on)
    const { leg: b, phone: other } = await answered(on)
    one.media.tones = [1_500]
    // The spare channels that replace the two are described by commands of their own: theirs is not the answer to be lost.
    await on.eventually(() => on.idle >= 2)
    embedded.fault({ kind: 'drop', stream: 'event-socket-out', nth: 1, matching: `+OK ${b.id}` })
    const result = await on.settled(on.switch.bridge(a, b, { signal: never() }))
    expect(result.kind).toBe('failed')
    await on.elapse(200)
    expect(other.media.hearsNow(1_500)).toBe(false)
    const plays = await on.settled(Promise.all([a.play([on.file(100)]), b.play([on.file(100)])]))
    expect(plays.map((played) => played.kind)).toEqual(['finished', 'finished'])
    await on.settled(Promise.all([a.close(), b.close()]))
    expect(await on.leaks()).toEqual([])
  })

  it('to the description of the party: the caller hears why not, and nothing stays open', async () => {
    const { world: on, embedded } = await world()
    const result = new Promise<string>((resolve) => {
      on.switch.onIncoming(async (call) => {
        embedded.fault({ kind: 'drop', stream: 'media-sip', nth: 1, times: 20, matching: 'INVITE' })
        resolve((await call.answer()).kind)
      })
    })
    const phone = await on.place()
    expect(await on.settled(result, 12_000)).toBe('failed')
    embedded.fault({ kind: 'none' })
    expect((await phone.refusal()).status).toBe(503)
    // Channels whose making was caught in the silence, too, go at their own deadline.
    await until(
      () => (embedded.load().channels <= on.idle ? true : undefined),
      15_000,
      () => `${embedded.load().channels} channels, ${on.idle} of them spare`,
    )
    await serves(on)
  })

  it('to our BYE: closing settles all the same', async () => {
    const { world: on, embedded } = await world()
    const { leg } = await answered(on)
    embedded.fault({ kind: 'neverBye' })
    embedded.fault({ kind: 'drop', stream: 'media-sip', nth: 1, times: 10, matching: 'BYE' })
    await on.settled(leg.close(), 7_000)
    embedded.fault({ kind: 'none' })
  })
})

describe('when drachtio-server does not know a dialog any more', () => {
  it('two who talk and are recorded are released all the same, and what is sent to them fails in silence', async () => {
    const { world: on, embedded } = await world()
    const { leg: a, phone: one } = await answered(on)
    const { leg: b } = await answered(on)
    const path = on.spool()
    const recording = await on.settled(a.record(path, { signal: never() }))
    expect(recording.kind).toBe('recording')
    const bridged = await on.settled(on.switch.bridge(a, b, { signal: never() }))
    expect(bridged.kind).toBe('bridged')
    embedded.fault({ kind: 'forgetDialogs' })
    one.bye()
    await on.settled(a.hungUp)
    await on.settled(Promise.all([a.close(), b.close()]))
    embedded.fault({ kind: 'none' })
    await until(
      () => (embedded.load().channels <= on.idle ? true : undefined),
      8_000,
      () => `${embedded.load().channels} channels, ${on.idle} of them spare`,
    )
    await serves(on)
  })

  it('a caller whose channel cannot be told where they are hears so, and nothing is left over', async () => {
    const { world: on, embedded } = await world()
    const result = new Promise<string>((resolve) => {
      on.switch.onIncoming(async (call) => {
        embedded.fault({ kind: 'forgetDialogs' })
        resolve((await call.answer()).kind)
      })
    })
    const phone = await on.place()
    expect(await on.settled(result)).toBe('failed')
    expect((await phone.refusal()).status).toBe(503)
    embedded.fault({ kind: 'none' })
    await serves(on)
  })

  it("a channel whose event socket stays away is given up, and its ending is nobody's concern", async () => {
    const { world: on, embedded } = await world()
    // The next channels come up in SIP, but say nothing on their event socket; drachtio-fsmrf ends them after 4 s.
    embedded.fault({ kind: 'drop', stream: 'event-socket-out', nth: 1, times: 1_000 })
    embedded.fault({ kind: 'forgetDialogs' })
    const results = await Promise.all(
      Array.from({ length: on.idle + 2 }, () =>
        on.switch.dial({ kind: 'uri', uri: 'sip:x@127.0.0.1:9' }, { from, ringMs: 6_000, signal: AbortSignal.timeout(6_000) }),
      ),
    )
    expect(results.some((result) => result.kind === 'failed' && result.fault === 'ours')).toBe(true)
    // The refusals of its BYEs are on their way.
    await on.elapse(500)
    embedded.fault({ kind: 'none' })
    await serves(on)
  })
})

describe('when there is no free channel', () => {
  it('a caller gets 503, and a dialled call fails on our side', async () => {
    const { world: on, embedded } = await world()
    embedded.fault({ kind: 'refuseChannels' })
    // What was kept ready is used up first.
    const legs: Leg[] = []
    for (let index = 0; index < 12 && on.idle > 0; index++) legs.push((await answered(on)).leg)
    on.switch.onIncoming(async (call) => {
      expect((await call.answer()).kind).toBe('failed')
    })
    const phone = await on.place()
    expect((await phone.refusal(8_000)).status).toBe(503)
    const result = await on.settled(on.switch.dial({ kind: 'uri', uri: 'sip:x@127.0.0.1:9' }, { from, ringMs: 5_000, signal: never() }))
    expect(result).toMatchObject({ kind: 'failed', fault: 'ours' })
    await on.settled(Promise.all(legs.map((leg) => leg.close())))
    embedded.fault({ kind: 'none' })
    await serves(on)
    expect(await on.leaks()).toEqual([])
  })
})

describe('when the servers are not what they should be', () => {
  const opened = (set: ServerSet): Switch => {
    const made = connectDrachtioSwitch({ servers: [set], trunks: [] })
    closing.push(() => made.close())
    return made
  }

  it('a wrong secret is named, on either side, and closing takes no time', async () => {
    const servers = await startEmbedded()
    closing.push(() => servers.stop())
    const { set } = servers
    const made = opened({ drachtio: { ...set.drachtio, secret: 'wrong' }, freeswitch: { ...set.freeswitch, secret: 'wrong' } })
    expect(await whenReady(made, 1_500)).toBe(false)
    const health = made.health()
    expect(health.ready).toBe(false)
    expect(health.media.detail).toContain('does not accept the password')
    expect(health.signalling.up).toBe(false)
    const began = performance.now()
    await made.close()
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('a profile that does not exist is named, and does not end the process', async () => {
    const servers = await startEmbedded()
    closing.push(() => servers.stop())
    const made = opened({ ...servers.set, freeswitch: { ...servers.set.freeswitch, profile: 'nowhere' } })
    expect(await whenReady(made, 1_000)).toBe(false)
    expect(made.health().media.detail).toContain('no SIP profile nowhere')
  })

  it('servers that come later are found', async () => {
    const [app, eventSocket] = await freePorts(2)
    const made = opened({
      drachtio: { host: '127.0.0.1', port: app!, secret: 'cymru' },
      freeswitch: { host: '127.0.0.1', port: eventSocket!, secret: 'ClueCon' },
    })
    expect(await whenReady(made, 500)).toBe(false)
    const result = await made.dial({ kind: 'uri', uri: 'sip:x@127.0.0.1:9' }, { from, ringMs: 1_000, signal: never() })
    expect(result).toMatchObject({ kind: 'failed', fault: 'ours' })
    expect(result.kind === 'failed' && result.reason).toMatch(/drachtio .*FreeSWITCH/)
    const servers = await startEmbedded({ drachtioApp: app!, eventSocket: eventSocket! })
    closing.push(() => servers.stop())
    expect(await whenReady(made, 10_000)).toBe(true)
  })

  it('servers that were restarted are found again, and the earlier calls have ended', async () => {
    const [app, eventSocket] = await freePorts(2)
    const first = await startEmbedded({ drachtioApp: app!, eventSocket: eventSocket! })
    const on = await SocketWorld.open({ ...first, stop: () => Promise.resolve() })
    closing.push(() => on.close())
    const { leg } = await answered(on)
    await first.stop()
    const hangUp = await on.settled(leg.hungUp)
    expect(['hangup', 'signallingLost', 'mediaLost', 'transport']).toContain(hangUp.ending)
    await on.settled(leg.close())
    await until(() => (on.switch.health().ready ? undefined : true), 3_000, 'health still says ready')
    const second = await startEmbedded({ drachtioApp: app!, eventSocket: eventSocket! })
    closing.push(() => second.stop())
    on.moveTo(second)
    await serves(on)
    expect(await on.leaks()).toEqual([])
  })
})

describe('with two pairs of servers', () => {
  it('a call is placed where the caller is, the two are connected, and one pair alone is enough to go on', async () => {
    const one = await startEmbedded()
    const other = await startEmbedded()
    closing.push(() => other.stop())
    const on = await SocketWorld.open(one, { servers: [one.set, other.set] })
    closing.push(() => on.close())
    await until(() => (on.idle >= 2 ? true : undefined), 10_000, 'no spare channels')
    for (const entry of [one, other]) {
      on.moveTo(entry)
      const { leg: a, phone: gp } = await answered(on)
      const telephone = await on.telephone()
      telephone.onCall = (call) => call.answer()
      const b = legOf(
        await on.settled(on.switch.dial({ kind: 'uri', uri: telephone.uri }, { from, ringMs: 3_000, signal: never(), near: a })),
      )
      expect((await on.settled(on.switch.bridge(a, b, { signal: never() }))).kind).toBe('bridged')
      const specialist = await telephone.nextCall()
      specialist.media.tones = [1_900]
      await gp.media.hears(1_900)
      await on.settled(Promise.all([a.close(), b.close()]))
    }
    await one.stop()
    on.moveTo(other)
    await serves(on)
  })
})

async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  for (let index = 0; index < count; index++) {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
