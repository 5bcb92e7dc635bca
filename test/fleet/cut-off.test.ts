import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, Engine, type ApiCall } from '../e2e/engine.js'
import { longestGapMs } from '../e2e/listening.js'
import { world } from '../e2e/world.js'
import { Line } from '../kit/line.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SharedSwitch } from './shared-switch.js'
import { accepts, gpTone, patience, rings, types, wardTone } from './talking.js'

describe.skipIf(noPostgres !== undefined)(
  `engines that are cut off from PostgreSQL and Redis, and not from their servers${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 180_000 },
  () => {
    let postgres: Postgres
    let redis: RedisServer
    let shared: SharedSwitch
    let url: string
    const engines: Engine[] = []
    const lines: Line[] = []
    const phones: TestPhone[] = []
    const folders: string[] = []
    beforeAll(async () => {
      ;[postgres, redis] = await Promise.all([Postgres.start(), RedisServer.start()])
    }, 120_000)
    afterEach(async () => {
      for (const engine of engines.splice(0)) await engine.dispose()
      for (const line of lines.splice(0)) line.close()
      await shared.stop()
      for (const phone of phones.splice(0)) phone.close()
      for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
    })
    afterAll(() => Promise.all([postgres.close(), redis.close()]))

    interface Lined {
      readonly engine: Engine
      cut(): void
      mend(): void
    }

    /** An engine that reaches both by lines of its own. */
    async function start(name: string, directory: string): Promise<Lined> {
      const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
      folders.push(folder)
      const own = [await Line.to(Number(new URL(url).port)), await Line.to(Number(new URL(redis.url).port))] as const
      lines.push(...own)
      const [toPostgres, toRedis] = own
      const env = {
        DATABASE_URL: url.replace(/:\d+\//, `:${toPostgres.port}/`),
        RINGROUND_REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
        RINGROUND_ENGINE_NAME: name,
        RINGROUND_MASTER_KEY: '5a'.repeat(32),
        ...shared.env,
      }
      const engine = await Engine.start({ directory, folder, startWithinMs: 60_000, sip: shared.sip, env })
      engines.push(engine)
      return { engine, cut: () => own.forEach((line) => line.cut()), mend: () => own.forEach((line) => line.mend()) }
    }

    async function talk(): Promise<{ readonly one: Lined; readonly two: Lined; readonly caller: PhoneCall; readonly called: PhoneCall }> {
      ;[url, shared] = await Promise.all([postgres.database(), SharedSwitch.start()])
      const [gp, ward] = await Promise.all([TestPhone.open(), TestPhone.open()])
      phones.push(gp, ward)
      const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }])
      const [one, two] = [await start('engine-1', directory), await start('engine-2', directory)]
      const caller = await rings(gp, shared.sip)
      const called = await accepts(ward, caller)
      await theCall(two.engine, (call) => call.recordings[0]?.state === 'running')
      return { one, two, caller, called }
    }

    const theCall = (engine: Engine, ready: (call: ApiCall) => boolean) => engine.callTo('4000', ready, patience.timeout)

    it('one of two: the other goes on with its talk, and it ends without a word to anybody', async () => {
      const { one, two, caller, called } = await talk()
      const [has, other] =
        (await theCall(two.engine, ({ events }) => events.length > 0)).events[0]?.node === 'engine-1' ? [one, two] : [two, one]
      const since = performance.now()
      has.cut()
      await theCall(other.engine, (call) => types(call).includes('call.takenOver'))
      await expect.poll(() => has.engine.child.exitCode, patience).toBe(75)
      await delay(1_000)
      for (const [call, tone] of [
        [caller, wardTone],
        [called, gpTone],
      ] as const)
        expect(longestGapMs(tone, call.media.samplesSince(since))).toBeLessThan(
          1_000 + Math.max(0, ...call.media.pauses.map(({ ms }) => ms)),
        )
      expect([caller.byeAt, called.byeAt]).toEqual([undefined, undefined])
      called.bye()
      await expect.poll(async () => types(await theCall(other.engine, () => true)).includes('talk.ended'), patience).toBe(true)
      caller.bye()
      const call = await theCall(other.engine, (each) => each.ending !== undefined)
      expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'specialist' })
      for (const type of ['talk.started', 'talk.ended', 'call.ended', 'call.takenOver'])
        expect(
          types(call).filter((each) => each === type),
          type,
        ).toHaveLength(1)
    })

    it('both at once: nobody can take anything over, and both go on', async () => {
      const { one, two, caller, called } = await talk()
      const since = performance.now()
      one.cut()
      two.cut()
      await delay(6_000)
      expect([one.engine.child.exitCode, two.engine.child.exitCode]).toEqual([null, null])
      for (const [call, tone] of [
        [caller, wardTone],
        [called, gpTone],
      ] as const)
        expect(longestGapMs(tone, call.media.samplesSince(since))).toBeLessThan(
          1_000 + Math.max(0, ...call.media.pauses.map(({ ms }) => ms)),
        )
      one.mend()
      two.mend()
      called.bye()
      await delay(1_000)
      caller.bye()
      const call = await theCall(one.engine, (each) => each.ending !== undefined)
      expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'specialist' })
      expect(types(call)).not.toContain('call.takenOver')
      expect([one.engine.child.exitCode, two.engine.child.exitCode]).toEqual([null, null])
    })
  },
)
