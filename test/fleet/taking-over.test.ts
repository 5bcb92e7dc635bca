import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { delay, Engine, type ApiCall } from '../e2e/engine.js'
import { decodeMp3, longestGapMs } from '../e2e/listening.js'
import { shortRing, world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SharedSwitch } from './shared-switch.js'
import { accepts, gpTone, patience, rings, types, wardTone } from './talking.js'

describe.skipIf(noPostgres !== undefined)(
  `an engine goes on with the calls of another${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 180_000 },
  () => {
    let postgres: Postgres
    let redis: RedisServer
    let shared: SharedSwitch
    let url: string
    const engines: Engine[] = []
    const phones: TestPhone[] = []
    const folders: string[] = []
    beforeAll(async () => {
      ;[postgres, redis] = await Promise.all([Postgres.start(), RedisServer.start()])
    }, 120_000)
    afterEach(async () => {
      for (const engine of engines.splice(0)) {
        engine.wake()
        await engine.dispose()
      }
      await shared.stop()
      for (const phone of phones.splice(0)) phone.close()
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    })
    afterAll(() => Promise.all([postgres.close(), redis.close()]))

    async function phone(): Promise<TestPhone> {
      const opened = await TestPhone.open()
      phones.push(opened)
      return opened
    }

    async function begin(): Promise<void> {
      ;[url, shared] = await Promise.all([postgres.database(), SharedSwitch.start()])
    }

    function folderOf(): string {
      const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
      folders.push(folder)
      return folder
    }

    async function start(name: string, directory: string, folder = folderOf()): Promise<Engine> {
      const env = {
        DATABASE_URL: url,
        RINGROUND_REDIS_URL: redis.url,
        RINGROUND_ENGINE_NAME: name,
        RINGROUND_MASTER_KEY: '5a'.repeat(32),
        ...shared.env,
      }
      const engine = await Engine.start({ directory, folder, startWithinMs: 60_000, sip: shared.sip, env })
      engines.push(engine)
      return engine
    }

    const takenOver = (call: ApiCall) =>
      call.events.filter(({ type }) => type === 'call.takenOver').map(({ node, from }) => `${String(node)} after ${String(from)}`)
    const theCall = (engine: Engine, ready: (call: ApiCall) => boolean) => engine.callTo('4000', ready, patience.timeout)

    /** How the engine is called that has the call, and the other one. */
    async function carrier(one: Engine, two: Engine): Promise<readonly [has: Engine, other: Engine, name: string, otherName: string]> {
      const call = await theCall(two, ({ events }) => events.length > 0)
      return call.events[0]?.node === 'engine-1' ? [one, two, 'engine-1', 'engine-2'] : [two, one, 'engine-2', 'engine-1']
    }

    /** Recording has begun, and it is known: before that the end of a talk would leave none. */
    const recorded = (engine: Engine) => theCall(engine, (call) => call.recordings[0]?.state === 'running')

    function expectOneRecord(call: ApiCall): void {
      for (const type of ['call.arrived', 'talk.started', 'talk.ended', 'call.ended'])
        expect(
          types(call).filter((one) => one === type),
          type,
        ).toHaveLength(1)
      expect(call.recordings).toHaveLength(1)
    }

    it('that was killed in a talk: nothing is heard of it, and there is one record and one recording', async () => {
      await begin()
      const [gp, ward] = [await phone(), await phone()]
      const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
      const [one, two] = [await start('engine-1', directory), await start('engine-2', directory)]
      const caller = await rings(gp, shared.sip)
      const called = await accepts(ward, caller)
      await recorded(two)
      const [dying, living, its, name] = await carrier(one, two)
      const since = performance.now()
      await dying.die()
      const taken = await theCall(living, (call) => types(call).includes('call.takenOver'))
      expect(takenOver(taken)).toEqual([`${name} after ${its}`])
      expect(taken.ending).toBeUndefined()
      await delay(1_500)
      // Silence would have lasted until an engine had noticed.
      for (const [call, tone] of [
        [caller, wardTone],
        [called, gpTone],
      ] as const)
        expect(longestGapMs(tone, call.media.samplesSince(since))).toBeLessThan(
          1_000 + Math.max(0, ...call.media.pauses.map(({ ms }) => ms)),
        )
      expect([caller.byeAt, called.byeAt]).toEqual([undefined, undefined])
      called.bye()
      await delay(2_000)
      await caller.media.press('1')
      const call = await theCall(living, (each) => each.ending !== undefined && each.recordings[0]?.state === 'ready')
      expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'specialist', outcome: { by: 'caller' } })
      expectOneRecord(call)
      expect(call.attempts.map(({ result }) => result)).toEqual(['accepted'])
      await expect.poll(() => caller.byeAt, patience).toBeDefined()
      expect(decodeMp3(await living.mp3(call.callId)).seconds).toBeGreaterThan(2)
      // Nothing is left in the spool of the one that died.
      expect(dying.spooled()).toEqual([])
    })

    it('that was killed in a hunt: the telephone that rang stops, and the next one is rung', async () => {
      await begin()
      const [gp, rung, next] = [await phone(), await phone(), await phone()]
      const directory = world([
        {
          id: 'cardiology',
          code: '21',
          number: '4000',
          rota: [rung.uri, next.uri],
          ring: { ...shortRing, ringSeconds: 60, totalSeconds: 150 },
        },
      ])
      const [one, two] = [await start('engine-1', directory), await start('engine-2', directory)]
      const caller = await rings(gp, shared.sip)
      const ringing = await rung.nextCall(20_000)
      ringing.ring()
      await theCall(two, (call) => types(call).includes('attempt.ringing'))
      const [dying, living, its, name] = await carrier(one, two)
      await dying.die()
      await expect.poll(() => ringing.cancelledAt, patience).toBeDefined()
      const called = await accepts(next, caller)
      await recorded(living)
      caller.bye()
      called.bye()
      const call = await theCall(living, (each) => each.ending !== undefined && each.recordings[0]?.state === 'ready')
      expect(call.ending).toBe('completed')
      expect(call.attempts.map(({ result }) => result)).toEqual(['cancelled', 'accepted'])
      expect(takenOver(call)).toEqual([`${name} after ${its}`])
      expectOneRecord(call)
    })

    it('that was frozen in a hunt: the other one goes on with it, and nobody is rung by the one that wakes up', async () => {
      await begin()
      const [gp, rung, next, third] = [await phone(), await phone(), await phone(), await phone()]
      const directory = world([
        {
          id: 'cardiology',
          code: '21',
          number: '4000',
          rota: [rung.uri, next.uri, third.uri],
          ring: { ...shortRing, ringSeconds: 15, acceptSeconds: 40, totalSeconds: 150 },
        },
      ])
      const [one, two] = [await start('engine-1', directory), await start('engine-2', directory)]
      const caller = await rings(gp, shared.sip)
      const ringing = await rung.nextCall(20_000)
      ringing.ring()
      await theCall(two, (call) => types(call).includes('attempt.ringing'))
      const rangAt = performance.now()
      const [frozen, living, its, name] = await carrier(one, two)
      frozen.freeze()
      const called = await next.nextCall(patience.timeout)
      called.answer()
      // When it wakes up, the time of the first one is over, and it is the turn of the third.
      await delay(Math.max(0, 17_000 - (performance.now() - rangAt)))
      const gone = once(frozen.child, 'exit')
      frozen.wake()
      await gone
      expect(frozen.child.exitCode).toBe(75)
      await expect.poll(() => ringing.cancelledAt, patience).toBeDefined()
      called.media.tones = [wardTone]
      await called.media.press('1')
      await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
      expect(third.calls).toEqual([])
      await recorded(living)
      called.bye()
      caller.bye()
      const call = await theCall(living, (each) => each.ending !== undefined)
      expect(call.attempts.map(({ result }) => result)).toEqual(['cancelled', 'accepted'])
      expect(takenOver(call)).toEqual([`${name} after ${its}`])
    })

    it('that was frozen in a talk: it wakes up, ends without a word to anybody, comes back, and is given the call only when the other one dies', async () => {
      await begin()
      const [gp, ward] = [await phone(), await phone()]
      const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
      const [one, two] = [await start('engine-1', directory), await start('engine-2', directory)]
      const caller = await rings(gp, shared.sip)
      const called = await accepts(ward, caller)
      await recorded(two)
      const [frozen, living, its, name] = await carrier(one, two)
      frozen.freeze()
      await theCall(living, (call) => types(call).includes('call.takenOver'))
      await expect.poll(() => living.log, patience).toContain(`engine.gone: ${its}`)
      // Its leases, its deadlines, its question whether the parties are still there: all of it is overdue when it wakes up.
      await delay(5_000)
      const told = (await theCall(living, () => true)).events.filter(({ node }) => node === its).length
      const gone = once(frozen.child, 'exit')
      frozen.wake()
      await gone
      expect(frozen.child.exitCode).toBe(75)
      expect(frozen.log).toContain('others have taken its place')
      await delay(1_000)
      expect([caller.byeAt, called.byeAt]).toEqual([undefined, undefined])
      const again = await start(its, directory, frozen.folder)
      await delay(1_500)
      const running = await theCall(again, () => true)
      expect(takenOver(running)).toEqual([`${name} after ${its}`])
      expect(running.events.filter(({ node }) => node === its)).toHaveLength(told)
      await expect
        .poll(() => living.log.split('\n').some((line) => line.includes('alarm over') && line.includes(`engine.gone: ${its}`)), patience)
        .toBe(true)
      await living.die()
      await theCall(again, (call) => takenOver(call).length === 2)
      await Promise.all([caller.media.hears(wardTone), called.media.hears(gpTone)])
      caller.bye()
      await theCall(again, ({ talkEndedBy }) => talkEndedBy !== undefined)
      called.bye()
      const call = await theCall(again, (each) => each.ending !== undefined && each.recordings[0]?.state === 'ready')
      expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
      expect(takenOver(call)).toEqual([`${name} after ${its}`, `${its} after ${name}`])
      expectOneRecord(call)
    })
  },
)
