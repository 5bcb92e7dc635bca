import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { delay, Engine } from '../e2e/engine.js'
import { shortRing, world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'

interface Snapshot {
  readonly calls: readonly { readonly dialledNumber: string; readonly stage: string; readonly engine?: string }[]
  readonly alarms: readonly { readonly alarm: string; readonly engine?: string }[]
}

/** What a page is told first when it is opened. */
async function snapshot(engine: Engine): Promise<Snapshot> {
  const stream = (await engine.ask('/api/live')).body!.getReader() as ReadableStreamDefaultReader<Uint8Array>
  let text = ''
  for (;;) {
    const { value } = await stream.read()
    if (value === undefined) throw new Error(`no snapshot: ${text}`)
    text += Buffer.from(value).toString()
    const [, data] = /event: snapshot\ndata: (.*)\n\n/.exec(text) ?? []
    if (data === undefined) continue
    await stream.cancel()
    return JSON.parse(data) as Snapshot
  }
}

describe.skipIf(noPostgres !== undefined)(
  `engines that are one service${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 120_000 },
  () => {
    let postgres: Postgres
    let redis: RedisServer
    let url: string
    let phone: TestPhone
    let specialist: TestPhone
    const engines: Engine[] = []
    beforeAll(async () => {
      ;[postgres, redis, phone, specialist] = await Promise.all([Postgres.start(), RedisServer.start(), TestPhone.open(), TestPhone.open()])
    }, 120_000)
    afterEach(async () => {
      for (const engine of engines.splice(0)) await engine.dispose()
    })
    afterAll(async () => {
      phone.close()
      specialist.close()
      await Promise.all([postgres.close(), redis.close()])
    })

    async function start(...names: readonly string[]): Promise<Engine[]> {
      const directory = world([
        {
          id: 'cardiology',
          code: '21',
          number: '4000',
          rota: [`sip:okafor@127.0.0.1:${specialist.port}`],
          ring: { ...shortRing, ringSeconds: 20 },
        },
      ])
      // One after the other: a machine with two processors that starts three at once is slow at each.
      const started: Engine[] = []
      for (const name of names) {
        const engine = await Engine.start({
          directory,
          startWithinMs: 60_000,
          env: { DATABASE_URL: url, RINGROUND_REDIS_URL: redis.url, RINGROUND_ENGINE_NAME: name, RINGROUND_MASTER_KEY: '5a'.repeat(32) },
        })
        engines.push(engine)
        started.push(engine)
      }
      return started
    }
    const rungSpecialists = () => specialist.calls.filter(({ incoming }) => incoming).length

    it('ring nobody for two callers, and each shows the calls of all', async () => {
      url = await postgres.database()
      const [one, two, three] = await start('engine-1', 'engine-2', 'engine-3')
      const before = rungSpecialists()
      const first = await phone.call(`sip:4000@${one!.sip}`)
      await first.answered()
      await expect.poll(rungSpecialists, { timeout: 20_000 }).toBe(before + 1)
      const second = await phone.call(`sip:4000@${two!.sip}`)
      await second.answered()
      for (const engine of [one!, two!, three!])
        await expect
          .poll(async () => (await snapshot(engine)).calls.map(({ dialledNumber }) => dialledNumber), { timeout: 20_000 })
          .toEqual(['4000', '4000'])
      const shown = (await snapshot(three!)).calls.map(({ engine }) => engine)
      expect(shown).toEqual(['engine-1', 'engine-2'])
      await delay(1_000)
      expect(rungSpecialists()).toBe(before + 1)
      first.bye()
      second.bye()
      await expect.poll(async () => (await snapshot(three!)).calls, { timeout: 20_000 }).toEqual([])
    })

    it('are updated one after the other: one that stops lets its call end, and the other takes the next', async () => {
      url = await postgres.database()
      const [one, two] = await start('engine-1', 'engine-2')
      const running = await phone.call(`sip:4000@${one!.sip}`)
      await running.answered()
      one!.child.kill('SIGTERM')
      await expect.poll(() => one!.printed, { timeout: 10_000 }).toContain('waiting for 1 call to end')
      const next = await phone.call(`sip:4000@${two!.sip}`)
      await next.answered()
      await delay(1_000)
      expect(running.byeAt).toBeUndefined()
      running.bye()
      await once(one!.child, 'exit')
      expect(one!.child.exitCode).toBe(0)
      next.bye()
      await expect
        .poll(async () => (await two!.list()).map(({ ending }) => ending), { timeout: 20_000 })
        .toEqual(['abandonedInHunt', 'abandonedInHunt'])
    })

    it('go on without Redis, and every page says so', async () => {
      url = await postgres.database()
      const [one, two] = await start('engine-1', 'engine-2')
      const running = await phone.call(`sip:4000@${one!.sip}`)
      await running.answered()
      await redis.stop()
      for (const engine of [one!, two!])
        await expect
          .poll(async () => (await snapshot(engine)).alarms.map(({ alarm }) => alarm), { timeout: 20_000 })
          .toContain('fleet.notShared')
      expect(running.byeAt).toBeUndefined()
      const next = await phone.call(`sip:4000@${two!.sip}`)
      await next.answered()
      redis.run()
      await expect
        .poll(async () => (await snapshot(two!)).alarms.map(({ alarm }) => alarm), { timeout: 20_000 })
        .not.toContain('fleet.notShared')
      await expect.poll(async () => (await snapshot(two!)).calls.length, { timeout: 20_000 }).toBe(2)
      running.bye()
      next.bye()
      await expect.poll(async () => (await two!.list()).filter(({ ending }) => ending !== null).length, { timeout: 20_000 }).toBe(2)
    })

    it('do no harm when they were frozen: one that wakes up ends without a word, and has written nothing', async () => {
      url = await postgres.database()
      const [one, two] = await start('engine-1', 'engine-2')
      const before = rungSpecialists()
      const running = await phone.call(`sip:4000@${one!.sip}`)
      await running.answered()
      await expect.poll(async () => (await two!.list()).length, { timeout: 20_000 }).toBe(1)
      // An INVITE that is on its way when it freezes would be counted as one that it sent afterwards.
      await expect.poll(rungSpecialists, { timeout: 20_000 }).toBe(before + 1)
      one!.freeze()
      await expect
        .poll(() => postgres.by(url, "select how from engine_runs where node = 'engine-1'"), { timeout: 20_000 })
        .toEqual([{ how: 'lapsed' }])
      // Long enough for its ringing to be over: it would ring the next one, or hang up.
      const facts = await postgres.by(url, "select count(*) as n from call_events where node = 'engine-1'")
      const rung = rungSpecialists()
      const gone = once(one!.child, 'exit')
      one!.wake()
      await gone
      expect(one!.child.exitCode).toBe(75)
      expect(await postgres.by(url, "select count(*) as n from call_events where node = 'engine-1'")).toEqual(facts)
      expect(rungSpecialists()).toBe(rung)
      const next = await phone.call(`sip:4000@${two!.sip}`)
      await next.answered()
      next.bye()
    })
  },
)
