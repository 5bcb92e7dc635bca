import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { serversOfEnvironment } from '../contract/servers.js'
import { delay, Engine, isAlive } from '../e2e/engine.js'
import { world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SharedSwitch } from './shared-switch.js'
import { patience } from './talking.js'

describe.skipIf(noPostgres !== undefined)(
  `an engine that stands still${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 180_000 },
  () => {
    let postgres: Postgres
    let redis: RedisServer
    let shared: SharedSwitch
    let url: string
    let gp: TestPhone
    let ward: TestPhone
    const engines: Engine[] = []
    beforeAll(async () => {
      ;[postgres, redis, gp, ward] = await Promise.all([Postgres.start(), RedisServer.start(), TestPhone.open(), TestPhone.open()])
    }, 120_000)
    afterEach(async () => {
      for (const engine of engines.splice(0)) {
        engine.wake()
        await engine.dispose()
      }
      await shared.stop()
    })
    afterAll(async () => {
      gp.close()
      ward.close()
      await Promise.all([postgres.close(), redis.close()])
    })

    async function start(name: string): Promise<Engine> {
      const engine = await Engine.start({
        directory: world([
          { id: 'cardiology', code: '21', number: '4000', rota: [ward.uri], ring: { ringSeconds: 60, totalSeconds: 120 } },
        ]),
        startWithinMs: 60_000,
        sip: shared.sip,
        env: {
          DATABASE_URL: url,
          RINGROUND_REDIS_URL: redis.url,
          RINGROUND_ENGINE_NAME: name,
          RINGROUND_MASTER_KEY: '5a'.repeat(32),
          ...shared.env,
        },
      })
      engines.push(engine)
      return engine
    }

    const watched = (engine: Engine) => expect.poll(() => engine.childThatRuns('watchdog-main'), patience).toBeDefined()
    const begin = async () => {
      ;[url, shared] = await Promise.all([postgres.database(), SharedSwitch.start()])
    }

    it('is killed as soon as its run is over; who rang in meanwhile is answered by the other one, and so is everybody after', async () => {
      await begin()
      const [one, two] = [await start('engine-1'), await start('engine-2')]
      await Promise.all([watched(one), watched(two)])
      const watchdog = one.childThatRuns('watchdog-main')!
      const gone = once(one.child, 'exit')
      // It alone, as by a bug that turns in a circle: its watchdog runs.
      one.child.kill('SIGSTOP')
      // In turn: one of the two rings at the engine that stands still.
      const callers: PhoneCall[] = [await gp.call(`sip:4000@${shared.sip}`), await gp.call(`sip:4000@${shared.sip}`)]
      await gone
      expect(one.child.signalCode).toBe('SIGKILL')
      expect(await postgres.by(url, "select how from engine_runs where node = 'engine-1'")).toEqual([{ how: 'lapsed' }])
      // drachtio-server hands a request that it has given to one application to no other: who rang in at the dead one gives up, and rings again.
      if (serversOfEnvironment() !== undefined) {
        await delay(2_000)
        for (const [index, caller] of callers.entries())
          if (caller.answeredAt === undefined) {
            expect(index, 'only one of the two rings at the engine that stands still').toBe(
              callers.findIndex(({ answeredAt }) => answeredAt === undefined),
            )
            caller.cancel()
            callers[index] = await gp.call(`sip:4000@${shared.sip}`)
          }
      }
      for (let more = 0; more < 4; more++) callers.push(await gp.call(`sip:4000@${shared.sip}`))
      for (const caller of callers) await caller.answered()
      for (const caller of callers) caller.bye()
      await expect.poll(async () => (await two.list()).filter(({ ending }) => ending !== null).length, patience).toBe(callers.length)
      await expect.poll(() => isAlive(watchdog), patience).toBe(false)
      await expect.poll(() => one.printed, patience).toContain('The engine is frozen')
    })

    it('goes on, where nobody has ended its run', async () => {
      await begin()
      const one = await start('engine-1')
      await watched(one)
      one.child.kill('SIGSTOP')
      // Longer than a lease, and there is nobody who would end it.
      await delay(6_000)
      one.child.kill('SIGCONT')
      const caller = await gp.call(`sip:4000@${shared.sip}`)
      await caller.answered()
      caller.bye()
      expect(one.child.exitCode).toBe(null)
      expect(one.child.signalCode).toBe(null)
    })
  },
)
