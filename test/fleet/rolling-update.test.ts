import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, Engine } from '../e2e/engine.js'
import { shortRing, world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SharedSwitch } from './shared-switch.js'
import { accepts, gpTone, patience, rings, wardTone } from './talking.js'

/** A new caller so often, all the while. */
const everyMs = 700

describe.skipIf(noPostgres !== undefined)(
  `an update of the engines, one after the other${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 240_000 },
  () => {
    let postgres: Postgres
    let redis: RedisServer
    let shared: SharedSwitch
    let url: string
    let gp: TestPhone
    let ward: TestPhone
    let practice: TestPhone
    const engines: Engine[] = []
    beforeAll(async () => {
      ;[postgres, redis, shared, gp, ward, practice] = await Promise.all([
        Postgres.start(),
        RedisServer.start(),
        SharedSwitch.start(),
        TestPhone.open(),
        TestPhone.open(),
        TestPhone.open(),
      ])
      url = await postgres.database()
    }, 120_000)
    afterEach(async () => {
      for (const engine of engines.splice(0)) await engine.dispose()
    })
    afterAll(async () => {
      for (const phone of [gp, ward, practice]) phone.close()
      await Promise.all([postgres.close(), redis.close(), shared.stop()])
    })

    async function start(name: string): Promise<Engine> {
      const engine = await Engine.start({
        directory: world(
          [{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri], ring: { ...shortRing, ringSeconds: 60 } }],
          [{ id: 'riverside', dialIn: '7001' }],
        ),
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

    /** Rings the menu again and again, hangs up when it is answered, and keeps what came of each call. */
    function keepRinging(): { readonly calls: PhoneCall[]; stop(): Promise<void> } {
      const calls: PhoneCall[] = []
      let over = false
      const ringing = (async () => {
        while (!over) {
          const call = await practice.call(`sip:7001@${shared.sip}`)
          calls.push(call)
          void call.answered(20_000).then(
            () => setTimeout(() => call.bye(), 300),
            () => undefined,
          )
          await delay(everyMs)
        }
      })()
      return {
        calls,
        stop: () => {
          over = true
          return ringing
        },
      }
    }

    it('drops no call: talks come to their end, and nobody who rings is turned away', async () => {
      let running = [await start('engine-1'), await start('engine-2')]
      const caller = await rings(gp, shared.sip)
      const called = await accepts(ward, caller)
      const ringing = keepRinging()
      for (const name of ['engine-1', 'engine-2']) {
        const [old, other] = running as [Engine, Engine]
        const gone = once(old.child, 'exit')
        old.child.kill('SIGTERM')
        await expect.poll(() => old.printed, patience).toContain('Stopping')
        await delay(3 * everyMs)
        await Promise.all([caller.media.hears(wardTone, 20_000, performance.now()), called.media.hears(gpTone, 20_000, performance.now())])
        const talks = (await other.list()).filter(({ dialledNumber }) => dialledNumber === '4000')
        expect(talks).toHaveLength(1)
        // The engine that has the talk waits for it: it is over before the second one is stopped.
        if (name === 'engine-2') {
          caller.bye()
          called.bye()
        }
        running = [other, await start(`${name}-new`)]
        if (name === 'engine-2') await gone
      }
      // However quickly both were replaced.
      await expect.poll(() => ringing.calls.length, patience).toBeGreaterThan(10)
      await ringing.stop()
      for (const call of ringing.calls)
        await expect.poll(() => call.answeredAt !== undefined || call.refused !== undefined, patience).toBe(true)
      expect(ringing.calls.filter(({ refused }) => refused).map(({ refused }) => refused?.status)).toEqual([])
    })
  },
)
