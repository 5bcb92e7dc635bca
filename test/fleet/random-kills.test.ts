import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, eventually, type ApiCall } from '../e2e/engine.js'
import { msOfTone } from '../e2e/listening.js'
import { world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SharedSwitch } from './shared-switch.js'
import { SupervisedEngines } from './supervised-engines.js'

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
  'engine frozen with its machine',
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
/** Of the specialist who is first on both rotas, Hz. */
const sharedTone = 1_900
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
    let engines: SupervisedEngines | undefined
    const phones: TestPhone[] = []
    const story: string[] = []
    beforeAll(async () => {
      ;[postgres, redis, shared] = await Promise.all([Postgres.start(), RedisServer.start(), SharedSwitch.start()])
      media = await SharedSwitch.start(shared.eventSocket.secret, shared.sip)
    }, 120_000)
    afterEach(async () => {
      if (keptLogs !== undefined) {
        const facts = await postgres.by(
          postgres.firstDatabase,
          'select call_id, seq, type, node, at from call_events order by at desc limit 100',
        )
        const callers = phones[0]?.calls.map(({ answeredAt, refused, byeAt }) => ({ answeredAt, refused, byeAt }))
        writeFileSync(
          join(keptLogs, `seed-${seed}.story`),
          [...story, ...(callers ?? []), ...facts].map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
        )
      }
      await engines?.dispose(keptLogs, `seed-${seed}`)
      for (const phone of phones.splice(0)) phone.close()
    })
    afterAll(async () => {
      await Promise.all([postgres.close(), redis.close(), shared.stop(), media.stop()])
    })

    /** Answers whatever comes, and accepts once a voice is heard. */
    function specialist(phone: TestPhone, tone: number, gpTones: readonly number[]): void {
      phone.onCall = (call) => {
        call.answer()
        call.media.tones = [tone]
        void (async () => {
          const speaks = () =>
            Promise.resolve(call.media.samplesSince(0).some((sample) => Math.abs(sample) > 500) || call.byeAt !== undefined || undefined)
          await eventually(speaks, patienceMs)
          // Who is whispered to again, by another engine, has to press again.
          while (call.byeAt === undefined && !gpTones.some((gpTone) => talksTo(call, gpTone))) {
            await call.media.press('1').catch(() => undefined)
            await delay(1_500)
          }
        })()
      }
    }

    it(`every call has one record with one end, and parties that talk go on talking (${rounds} rounds, seed ${seed})`, async () => {
      const chance = random(seed)
      const url = await postgres.database()
      const [gp, both, ...wards] = await Promise.all([TestPhone.open(), TestPhone.open(), ...lines.map(() => TestPhone.open())])
      phones.push(gp, both, ...wards)
      lines.forEach(({ tones: [gpTone, tone] }, index) => specialist(wards[index]!, tone, [gpTone]))
      specialist(
        both,
        sharedTone,
        lines.map(({ tones }) => tones[0]),
      )
      const directory = world(
        lines.map(({ id, code, number }, index) => ({
          id,
          code,
          number,
          rota: [both.uri, wards[index]!.uri],
          ring: { ringSeconds: 30, acceptSeconds: 60, totalSeconds: 120 },
        })),
      )
      const fleet = (engines = new SupervisedEngines((name) => ({
        directory,
        startWithinMs: patienceMs,
        sip: shared.sip,
        env: {
          DATABASE_URL: url,
          RINGROUND_REDIS_URL: redis.url,
          RINGROUND_ENGINE_NAME: name,
          RINGROUND_MASTER_KEY: '5a'.repeat(32),
          ...shared.env,
          RINGROUND_FREESWITCH: `${placeOf(media)},${placeOf(shared)}`,
        },
      })))
      for (const name of names) await fleet.start(name)
      const talks = new Map<string, PhoneCall>()
      /** When nobody could say who is reserved. */
      const unreserved: { readonly from: number; readonly to: number }[] = []
      const hears = (caller: PhoneCall, tone: number) => talksTo(caller, tone) || talksTo(caller, sharedTone)
      // Both: who is left would be asked for the outcome for half a minute.
      const hangUp = (number: string) => {
        const gpTone = lines.find((line) => line.number === number)?.tones[0] ?? 0
        const called = [both, ...wards].flatMap(({ calls }) => calls).filter((call) => call.byeAt === undefined && talksTo(call, gpTone))
        for (const call of [talks.get(number), ...called]) call?.bye()
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
        const talking = new Set(lines.filter(({ number, tones }) => hears(talks.get(number)!, tones[1])).map(({ number }) => number))
        const mishap = mishaps[Math.floor(chance() * mishaps.length)]!
        const victim = names[Math.floor(chance() * names.length)]!
        await fleet.running()
        const engine = fleet.engine(victim)
        story.push(mishap.includes('engine') ? `${mishap} (${victim})` : mishap)
        const absentMs = chance() * 3_000
        if (mishap.includes('engine')) fleet.expectEnd(victim)
        if (mishap.startsWith('media server')) await media.stop()
        switch (mishap) {
          case 'engine killed':
          case 'media server and engine killed':
            engine.child.kill('SIGKILL')
            break
          case 'engine frozen':
            // Its watchdog ends it.
            engine.child.kill('SIGSTOP')
            break
          case 'engine frozen with its machine':
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
          case 'Redis killed': {
            const from = Date.now()
            await redis.stop()
            await delay(absentMs)
            redis.run()
            // Until every engine has found it again, and has told it what it holds.
            unreserved.push({ from, to: Date.now() + 10_000 })
            break
          }
          case 'media server killed':
        }
        if (mishap.includes('engine')) {
          await expect.poll(() => engine.child.exitCode ?? engine.child.signalCode, { timeout: patienceMs }).not.toBeNull()
          await fleet.running()
        }
        // All of them talk, or come to it.
        for (const { number, tones } of lines) {
          const caller = talks.get(number)!
          // Without a database nobody new is connected: an acceptance has to be stored first. They are told so, and let go.
          if (mishap === 'PostgreSQL killed' && !talking.has(number)) {
            await expect
              .poll(() => hears(caller, tones[1]) || caller.byeAt !== undefined || caller.refused !== undefined, {
                timeout: patienceMs,
                message: `after ${story.join(', ')} the caller of ${number} is left alone`,
              })
              .toBe(true)
            if (!hears(caller, tones[1])) {
              hangUp(number)
              continue
            }
          }
          await expect
            .poll(() => hears(caller, tones[1]), {
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
      await fleet.running()
      const one = () => fleet.engine('engine-1')
      await expect.poll(async () => (await one().list()).filter(({ ending }) => ending === null).length, { timeout: patienceMs }).toBe(0)
      // What has hardly begun when its media server dies may have nothing in it; then it says so.
      const mediaDied = story.some((mishap) => mishap.startsWith('media server'))
      const calls: ApiCall[] = []
      for (const { callId } of await one().list()) {
        const call = await one().call(callId)
        calls.push(call)
        const { events, ending, recordings } = call
        const types = events.map(({ type }) => type)
        const told = `after ${story.join(', ')}: ${JSON.stringify(events.map(({ type, node }) => `${String(node)} ${type}`))}`
        for (const type of ['call.arrived', 'call.ended'])
          expect(
            types.filter((each) => each === type),
            told,
          ).toHaveLength(1)
        expect(types.at(0), told).toBe('call.arrived')
        // Without a database nobody was connected.
        expect(
          ['completed', ...(story.includes('PostgreSQL killed') ? ['engineFault', 'unanswered', 'abandonedInHunt'] : [])],
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
              (await one().call(callId)).recordings.every(
                ({ state, why }) => state === 'ready' || (state === 'failed' && why !== undefined && mediaDied),
              ),
            { timeout: patienceMs, message: told },
          )
          .toBe(true)
        // One more for each media server that died under it.
        expect(recordings.length, told).toBeLessThanOrEqual(1 + story.filter((mishap) => mishap.startsWith('media server')).length)
        if (types.includes('talk.started')) expect(recordings.length, told).toBeGreaterThan(0)
      }
      // The API does not show who was rung.
      const targets = await postgres.by(
        url,
        "select call_id || ' ' || (data::json ->> 'attempt') as attempt, data::json ->> 'target' as target from call_events where type = 'attempt.started'",
      )
      const targetOf = new Map(targets.map(({ attempt, target }) => [String(attempt), String(target)]))
      expect(new Set(targetOf.values()).size).toBeGreaterThan(1)
      expect(rungTwice(calls, targetOf, unreserved).join('\n'), `after ${story.join(', ')}`).toBe('')
      story.push(`ended by a machine that kept them waiting: ${fleet.ended.join(', ') || 'none'}`)
    })
  },
)

/** Specialists rung for one caller while they were rung for, or spoke to, another one, as the facts tell it. @param targetOf by call and attempt */
function rungTwice(
  calls: readonly ApiCall[],
  targetOf: ReadonlyMap<string, string>,
  unreserved: readonly { readonly from: number; readonly to: number }[],
): readonly string[] {
  const engaged = calls.flatMap(({ callId, events, endedAt = Infinity }) =>
    events.flatMap((event) => {
      if (event.type !== 'attempt.started') return []
      const end = events.find(({ type, attempt }) => type === 'attempt.ended' && attempt === event['attempt'])
      const talked = end?.['result'] === 'accepted'
      const talkEnd = events.find(({ type }) => type === 'talk.ended')?.at ?? endedAt
      return [
        {
          callId,
          target: targetOf.get(`${callId} ${String(event['attempt'])}`),
          from: event.at,
          to: talked ? talkEnd : (end?.at ?? endedAt),
        },
      ]
    }),
  )
  return engaged.flatMap((one) =>
    engaged
      .filter(({ callId, target, from }) => callId !== one.callId && target === one.target && from >= one.from && from < one.to)
      .filter(({ from }) => !unreserved.some((window) => from >= window.from && from <= window.to))
      .map((other) => `${one.target} of ${one.callId} (${one.from} to ${one.to}) was rung for ${other.callId} at ${other.from}`),
  )
}
