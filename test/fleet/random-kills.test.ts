import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, Engine, eventually } from '../e2e/engine.js'
import { msOfTone } from '../e2e/listening.js'
import { world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SharedSwitch } from './shared-switch.js'

/** The same rounds again, as far as chance is ours: `RINGROUND_KILL_SEED`. */
const seed = Number(process.env['RINGROUND_KILL_SEED'] ?? Math.floor(Math.random() * 1e9))
/** A few in `npm test`; many more by hand. */
const rounds = Number(process.env['RINGROUND_KILL_ROUNDS'] ?? '3')
/** A folder in which the engines' logs are kept, to see afterwards why a round failed. */
const keptLogs = process.env['RINGROUND_KILL_LOGS']
const names = ['engine-1', 'engine-2', 'engine-3'] as const
/** What may befall in one round; engines as often as all others together. */
const mishaps = [
  'engine killed',
  'engine killed',
  'engine frozen',
  'media server killed',
  'PostgreSQL killed',
  'Redis killed',
  'media server and engine killed',
] as const
const lines = [
  { id: 'cardiology', code: '21', number: '4000', tones: [530, 1_100] },
  { id: 'renal', code: '22', number: '4001', tones: [620, 1_300] },
] as const
/** What takes seconds at most; a machine that has more to do takes longer. */
const patienceMs = 60_000

function placeOf({ eventSocket: { host, port } }: SharedSwitch): string {
  return `${host}:${port}`
}

/** Hears the tone of the other one now, and for a while. */
function talksTo({ media }: PhoneCall, tone: number): boolean {
  return msOfTone(tone, media.samplesSince(performance.now() - 1_000)) > 700
}

/** mulberry32 */
function random(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

describe.skipIf(noPostgres !== undefined)(
  `engines, media servers, PostgreSQL and Redis that are killed at random${noPostgres === undefined ? '' : `: left out, ${noPostgres}`}`,
  { timeout: 120_000 + rounds * 90_000 },
  () => {
    let postgres: Postgres
    let redis: RedisServer
    let shared: SharedSwitch
    let media: SharedSwitch
    const engines = new Map<string, Engine>()
    const phones: TestPhone[] = []
    const folders = new Map<string, string>()
    beforeAll(async () => {
      ;[postgres, redis, shared] = await Promise.all([Postgres.start(), RedisServer.start(), SharedSwitch.start()])
      media = await SharedSwitch.start(shared.eventSocket.secret, shared.sip)
    }, 120_000)
    afterEach(async () => {
      for (const engine of engines.values()) {
        engine.wake()
        if (keptLogs !== undefined) writeFileSync(join(keptLogs, `seed-${seed}-${basename(engine.folder)}.log`), engine.log)
        await engine.dispose()
      }
      for (const phone of phones.splice(0)) phone.close()
    })
    afterAll(async () => {
      await Promise.all([postgres.close(), redis.close(), shared.stop(), media.stop()])
      for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true })
    })

    /** Answers whatever comes, and accepts once a voice is heard. */
    function specialist(phone: TestPhone, [gpTone, tone]: readonly [number, number]): void {
      phone.onCall = (call) => {
        call.answer()
        call.media.tones = [tone]
        void (async () => {
          const speaks = () =>
            Promise.resolve(call.media.samplesSince(0).some((sample) => Math.abs(sample) > 500) || call.byeAt !== undefined || undefined)
          await eventually(speaks, patienceMs)
          // Who is whispered to again, by another engine, has to press again.
          while (call.byeAt === undefined && !talksTo(call, gpTone)) {
            await call.media.press('1').catch(() => undefined)
            await delay(1_500)
          }
        })()
      }
    }

    it(`every call has one record with one end, and whoever talks goes on talking (${rounds} rounds, seed ${seed})`, async () => {
      const chance = random(seed)
      const url = await postgres.database()
      const wards = await Promise.all(lines.map(() => TestPhone.open()))
      const gp = await TestPhone.open()
      phones.push(...wards, gp)
      lines.forEach(({ tones }, index) => specialist(wards[index]!, tones))
      const directory = world(
        lines.map(({ id, code, number }, index) => ({
          id,
          code,
          number,
          rota: [wards[index]!.uri],
          ring: { ringSeconds: 30, acceptSeconds: 60, totalSeconds: 120 },
        })),
      )
      const start = async (name: string) => {
        const folder = folders.get(name) ?? mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
        folders.set(name, folder)
        const env = {
          DATABASE_URL: url,
          RINGROUND_REDIS_URL: redis.url,
          RINGROUND_ENGINE_NAME: name,
          RINGROUND_MASTER_KEY: '5a'.repeat(32),
          ...shared.env,
          RINGROUND_FREESWITCH: `${placeOf(media)},${placeOf(shared)}`,
        }
        engines.set(name, await Engine.start({ directory, folder, startWithinMs: patienceMs, sip: shared.sip, env }))
      }
      for (const name of names) await start(name)
      const story: string[] = []
      const talks = new Map<string, PhoneCall>()
      // Both: who is left would be asked for the outcome for half a minute.
      const hangUp = (number: string) => {
        talks.get(number)?.bye()
        wards[lines.findIndex((line) => line.number === number)]?.calls.at(-1)?.bye()
        talks.delete(number)
      }
      for (let round = 0; round < rounds; round++) {
        for (const { number, tones } of lines) {
          if (talks.has(number)) continue
          const caller = await gp.call(`sip:${number}@${shared.sip}`)
          caller.media.tones = [tones[0]]
          talks.set(number, caller)
        }
        // Anywhere between the first ring and the talk.
        await delay(chance() * 5_000)
        const talking = new Set(lines.filter(({ number, tones }) => talksTo(talks.get(number)!, tones[1])).map(({ number }) => number))
        const mishap = mishaps[Math.floor(chance() * mishaps.length)]!
        const victim = names[Math.floor(chance() * names.length)]!
        const engine = engines.get(victim)!
        story.push(mishap.includes('engine') ? `${mishap} (${victim})` : mishap)
        const gone = once(engine.child, 'exit')
        const absentMs = chance() * 3_000
        if (mishap.startsWith('media server')) await media.stop()
        switch (mishap) {
          case 'engine killed':
          case 'media server and engine killed':
            engine.child.kill('SIGKILL')
            break
          case 'engine frozen':
            engine.freeze()
            await eventually(
              async () =>
                (await postgres.by(url, `select 1 from engine_runs where node = '${victim}' and gone_at is null`)).length === 0
                  ? true
                  : undefined,
              patienceMs,
            )
            await delay(absentMs)
            engine.wake()
            break
          case 'PostgreSQL killed':
            await postgres.stop('SIGQUIT')
            await delay(absentMs)
            await postgres.run()
            break
          case 'Redis killed':
            await redis.stop()
            await delay(absentMs)
            redis.run()
            break
          case 'media server killed':
        }
        if (mishap.includes('engine')) {
          await gone
          await start(victim)
        }
        // All of them talk, or come to it.
        for (const { number, tones } of lines) {
          const caller = talks.get(number)!
          // Without a database nobody new is connected: an acceptance has to be stored first. They are told so, and let go.
          if (mishap === 'PostgreSQL killed' && !talking.has(number)) {
            await expect
              .poll(() => talksTo(caller, tones[1]) || caller.byeAt !== undefined || caller.refused !== undefined, {
                timeout: patienceMs,
                message: `after ${story.join(', ')} the caller of ${number} is left alone`,
              })
              .toBe(true)
            if (!talksTo(caller, tones[1])) {
              hangUp(number)
              continue
            }
          }
          await expect
            .poll(() => talksTo(caller, tones[1]), {
              timeout: patienceMs,
              message: `after ${story.join(', ')} the caller of ${number} hears nobody`,
            })
            .toBe(true)
          expect(caller.byeAt, `after ${story.join(', ')} the caller of ${number} was hung up on`).toBeUndefined()
          if (chance() < 0.5) hangUp(number)
        }
        await media.start()
        // Of a call whose parties both hang up while its engine is not there no leg is left to go on with, and it ends as interrupted: not here.
        await expect
          .poll(async () => (await postgres.by(url, 'select 1 from calls where ending is null')).length, { timeout: patienceMs })
          .toBeLessThanOrEqual(talks.size)
      }
      for (const number of [...talks.keys()]) hangUp(number)
      const one = engines.get('engine-1')!
      await expect.poll(async () => (await one.list()).filter(({ ending }) => ending === null).length, { timeout: patienceMs }).toBe(0)
      // What has hardly begun when its media server dies may have nothing in it; then it says so.
      const mediaDied = story.some((mishap) => mishap.startsWith('media server'))
      for (const { callId } of await one.list()) {
        const { events, ending, recordings } = await one.call(callId)
        const types = events.map(({ type }) => type)
        const told = `after ${story.join(', ')}: ${JSON.stringify(events.map(({ type, node }) => `${String(node)} ${type}`))}`
        for (const type of ['call.arrived', 'call.ended'])
          expect(
            types.filter((each) => each === type),
            told,
          ).toHaveLength(1)
        expect(types.at(0), told).toBe('call.arrived')
        // A caller whom nobody had answered yet went to another engine, as another call. Without a database nobody was connected.
        expect(
          ['completed', 'interrupted', ...(story.includes('PostgreSQL killed') ? ['engineFault', 'unanswered', 'abandonedInHunt'] : [])],
          told,
        ).toContain(ending)
        if (types.includes('talk.started')) expect(ending, told).toBe('completed')
        if (types.includes('talk.started'))
          expect(
            types.filter((each) => each === 'talk.started'),
            told,
          ).toHaveLength(1)
        await expect
          .poll(
            async () =>
              (await one.call(callId)).recordings.every(
                ({ state, why }) => state === 'ready' || (state === 'failed' && why !== undefined && mediaDied),
              ),
            { timeout: patienceMs, message: told },
          )
          .toBe(true)
        // One more for each media server that died under it.
        expect(recordings.length, told).toBeLessThanOrEqual(1 + story.filter((mishap) => mishap.startsWith('media server')).length)
        if (types.includes('talk.started')) expect(recordings.length, told).toBeGreaterThan(0)
      }
    })
  },
)
