import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, Engine, eventually, isAlive, type ApiCall } from './engine.js'
import { decodeMp3, longestGapMs, msOfTone } from './listening.js'
import { shortRing, world } from './world.js'

const gpTone = 530
const wardTone = 1_100
/** No engine is there for this long at least. */
const outageMs = 3_000

describe('kill -9 of the engine ends no conversation and loses no caller', { timeout: 120_000 }, () => {
  const engines: Engine[] = []
  const phones: TestPhone[] = []
  const folders: string[] = []
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.dispose()
    for (const phone of phones.splice(0)) phone.close()
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })

  function scratch(): string {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    folders.push(folder)
    return folder
  }

  async function phone(): Promise<TestPhone> {
    const opened = await TestPhone.open()
    phones.push(opened)
    return opened
  }

  async function start(directory: string, folder: string): Promise<Engine> {
    const engine = await Engine.start({ directory, folder })
    engines.push(engine)
    return engine
  }

  const speaks = (call: PhoneCall, sinceMs = 0) =>
    eventually(() => Promise.resolve(call.media.samplesSince(sinceMs).some((sample) => Math.abs(sample) > 500) || undefined), 10_000)

  async function rings(engine: Engine, gp: TestPhone): Promise<PhoneCall> {
    const caller = await gp.call(`sip:4000@${engine.sip}`)
    await caller.answered()
    caller.media.tones = [gpTone]
    return caller
  }

  async function picksUp(ward: TestPhone): Promise<PhoneCall> {
    const called = await ward.nextCall(15_000)
    called.answer()
    called.media.tones = [wardTone]
    expect(await speaks(called)).toBe(true)
    return called
  }

  async function talk(engine: Engine, gp: TestPhone, ward: TestPhone): Promise<{ readonly caller: PhoneCall; readonly called: PhoneCall }> {
    const caller = await rings(engine, gp)
    const called = await picksUp(ward)
    await called.media.press('1')
    await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
    return { caller, called }
  }

  /** The longest time for which one who talks did not hear the other, since `at`, beyond what the phones of this test were late themselves, ms. */
  const hole = (call: PhoneCall, at: number, tone: number): number =>
    longestGapMs(tone, call.media.samplesSince(at)) -
    Math.max(
      0,
      ...phones.flatMap((each) => each.calls).flatMap(({ media }) => media.pauses.filter((pause) => pause.at >= at).map(({ ms }) => ms)),
    )

  const types = (call: ApiCall): readonly string[] => call.events.map(({ type }) => type)

  function expectOneRecord(call: ApiCall): void {
    expect(types(call).filter((type) => type === 'call.arrived')).toHaveLength(1)
    expect(types(call).filter((type) => type === 'call.takenOver')).toHaveLength(1)
    expect(types(call).filter((type) => type === 'call.ended')).toHaveLength(1)
    expect(call.recordings).toHaveLength(1)
  }

  it('in a talk: the two go on hearing each other, either may hang up, the outcome is asked for, and there is one recording without a gap', async () => {
    const folder = scratch()
    const [gp, ward] = [await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
    const first = await start(directory, folder)
    const { caller, called } = await talk(first, gp, ward)
    await delay(1_500)
    const since = performance.now()
    await first.die()
    // A hole would be as long as this.
    await delay(outageMs)
    const second = await start(directory, folder)
    const taken = await second.callTo('4000', (call) => types(call).includes('call.takenOver'))
    expect(taken.ending).toBeUndefined()
    expect(second.switchPid).toBe(first.switchPid)
    await delay(2_000)
    expect(hole(caller, since, wardTone)).toBeLessThan(outageMs / 3)
    expect(hole(called, since, gpTone)).toBeLessThan(outageMs / 3)

    // The specialist hangs up; the caller is asked, and leaves an outcome.
    called.bye()
    const asked = performance.now()
    expect(await speaks(caller, asked)).toBe(true)
    await delay(1_000)
    await caller.media.press('1')
    const call = await second.callTo('4000', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 20_000)
    expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'specialist', outcome: { by: 'caller' } })
    expectOneRecord(call)
    expect(call.attempts.map(({ result }) => result)).toEqual(['accepted'])
    await eventually(() => Promise.resolve(caller.byeAt), 5_000)
    expect(caller.byeAt).toBeDefined()
    const mp3 = decodeMp3(await second.mp3(call.callId))
    expect(mp3.seconds).toBeGreaterThan(3.5)
    for (const [channel, tone] of [gpTone, wardTone].entries()) {
      expect(longestGapMs(tone, mp3.channels[channel] ?? new Int16Array())).toBeLessThan(outageMs / 3)
      expect(msOfTone(tone, mp3.channels[channel] ?? new Int16Array())).toBeGreaterThan(3_000)
    }
    await second.stop()
  })

  it('in a talk, and the caller hangs up while no engine is there: the specialist is told, and the record is true', async () => {
    const folder = scratch()
    const [gp, ward] = [await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
    const first = await start(directory, folder)
    const { caller, called } = await talk(first, gp, ward)
    await delay(1_000)
    await first.die()
    caller.bye()
    await delay(300)
    const second = await start(directory, folder)
    const call = await second.callTo('4000', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 40_000)
    expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
    expectOneRecord(call)
    expect(called.byeAt).toBeDefined()
    await second.stop()
  })

  it('twice in the same talk: still nobody notices', async () => {
    const folder = scratch()
    const [gp, ward] = [await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
    const first = await start(directory, folder)
    const { caller, called } = await talk(first, gp, ward)
    const since = performance.now()
    await first.die()
    await delay(outageMs)
    const second = await start(directory, folder)
    await second.callTo('4000', (one) => types(one).includes('call.takenOver'))
    await second.die()
    const third = await start(directory, folder)
    await third.callTo('4000', (one) => types(one).filter((type) => type === 'call.takenOver').length === 2)
    await delay(500)
    expect(hole(caller, since, wardTone)).toBeLessThan(outageMs / 3)
    expect(hole(called, since, gpTone)).toBeLessThan(outageMs / 3)
    caller.bye()
    await eventually(() => Promise.resolve(called.byeAt ?? undefined), 30_000)
    const call = await third.callTo('4000', (one) => one.ending !== undefined, 30_000)
    expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
    await third.stop()
  })

  it('while a specialist is rung: that ringing ends, the caller hears that it goes on, and who has not been rung is rung', async () => {
    const folder = scratch()
    const [gp, busy, rung, next] = [await phone(), await phone(), await phone(), await phone()]
    busy.onCall = (call) => call.reject(486)
    const directory = world([
      {
        id: 'cardiology',
        code: '21',
        number: '4000',
        rota: [busy.uri, rung.uri, next.uri],
        ring: { ...shortRing, ringSeconds: 20, totalSeconds: 90 },
      },
    ])
    const first = await start(directory, folder)
    const caller = await rings(first, gp)
    const ringing = await rung.nextCall(10_000)
    ringing.ring()
    await delay(300)
    await first.die()
    await eventually(() => Promise.resolve(ringing.cancelledAt), 5_000)
    expect(ringing.cancelledAt).toBeDefined()
    const second = await start(directory, folder)
    const called = await picksUp(next)
    await called.media.press('1')
    await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
    expect(caller.byeAt).toBeUndefined()
    await delay(1_000)
    caller.bye()
    await delay(200)
    called.bye()
    const call = await second.callTo('4000', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 20_000)
    expect(call.ending).toBe('completed')
    expect(call.attempts.map(({ result }) => result)).toEqual(['busy', 'cancelled', 'accepted'])
    expectOneRecord(call)
    await second.stop()
  })

  it('during a whisper: the specialist hears it again, and accepts', async () => {
    const folder = scratch()
    const [gp, ward] = [await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri], ring: { ...shortRing, acceptSeconds: 20 } }])
    const first = await start(directory, folder)
    const caller = await rings(first, gp)
    const called = await picksUp(ward)
    await delay(200)
    await first.die()
    const second = await start(directory, folder)
    await second.callTo('4000', (one) => types(one).filter((type) => type === 'whisper.started').length >= 2)
    await called.media.press('1')
    await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
    await delay(1_000)
    caller.bye()
    await delay(200)
    called.bye()
    const call = await second.callTo('4000', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 20_000)
    expect(call.ending).toBe('completed')
    expect(call.attempts.map(({ result }) => result)).toEqual(['accepted'])
    expectOneRecord(call)
    await second.stop()
  })

  it('in a menu: it begins again', async () => {
    const folder = scratch()
    const [gp, ward, other] = [await phone(), await phone(), await phone()]
    const directory = world([
      { id: 'cardiology', code: '21', rota: [ward.uri] },
      { id: 'renal', code: '22', rota: [other.uri] },
    ])
    const first = await start(directory, folder)
    const caller = await gp.call(`sip:7001@${first.sip}`)
    await caller.answered()
    await first.callTo('7001', (one) => types(one).includes('menu.offered'))
    await first.die()
    const second = await start(directory, folder)
    await second.callTo('7001', (one) => types(one).filter((type) => type === 'menu.offered').length === 2)
    caller.media.tones = [gpTone]
    await caller.media.press('2')
    await caller.media.press('1')
    const called = await picksUp(ward)
    await called.media.press('1')
    await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
    caller.bye()
    await delay(200)
    called.bye()
    expect((await second.callTo('7001', (one) => one.ending !== undefined)).ending).toBe('completed')
    await second.stop()
  })

  it('a caller who rings while no engine is there waits for the next one', async () => {
    const folder = scratch()
    const [gp, otherGp, ward, otherWard] = [await phone(), await phone(), await phone(), await phone()]
    const directory = world([
      { id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] },
      { id: 'renal', code: '22', number: '4001', rota: [otherWard.uri] },
    ])
    const first = await start(directory, folder)
    const { caller, called } = await talk(first, gp, ward)
    await first.die()
    const early = await otherGp.call(`sip:4001@${first.sip}`)
    const second = await start(directory, folder)
    await early.answered()
    early.bye()
    caller.bye()
    await delay(200)
    called.bye()
    await second.stop()
  })

  it('with no calls the switch ends with its engine; one with a call that nobody comes for stays for a while', async () => {
    const folder = scratch()
    const [gp, ward] = [await phone(), await phone()]
    const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
    const idle = await start(directory, folder)
    const idleSwitch = idle.switchPid ?? 0
    await idle.die()
    expect(await eventually(() => Promise.resolve(isAlive(idleSwitch) ? undefined : true), 30_000)).toBe(true)

    const busy = await start(directory, folder)
    const busySwitch = busy.switchPid ?? 0
    const { caller, called } = await talk(busy, gp, ward)
    await busy.die()
    await delay(3_000)
    expect(isAlive(busySwitch)).toBe(true)
    caller.bye()
    called.bye()
    expect(await eventually(() => Promise.resolve(isAlive(busySwitch) ? undefined : true), 30_000)).toBe(true)
  })
})
