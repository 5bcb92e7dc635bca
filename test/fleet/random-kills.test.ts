import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { delay, eventually, type ApiCall } from '../e2e/engine.js'
import { msOfTone } from '../e2e/listening.js'
import { world } from '../e2e/world.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SupervisedEngines } from './supervised-engines.js'
import { startSwitchThatDies, type SwitchThatDies } from './switch-that-dies.js'

/** The same rounds again, as far as chance is ours: `RINGROUND_KILL_SEED`. */
const seed = Number(process.env['RINGROUND_KILL_SEED'] ?? Math.floor(Math.random() * 1e9))
/** A few in `npm test`; many more by hand. */
const rounds = Number(process.env['RINGROUND_KILL_ROUNDS'] ?? '3')
/** How long after the callers have rung the mishap may come; a short time makes most of them fall into answers. */
const withinMs = Number(process.env['RINGROUND_KILL_WITHIN_MS'] ?? '5000')
/** A folder in which the engines' logs are kept, to see afterwards why a round failed. */
const keptLogs = process.env['RINGROUND_KILL_LOGS']
const names = ['engine-1', 'engine-2', 'engine-3'] as const
/** What may befall in one round; engines as often as all others together. The drachtio-server only where it can be killed alone. */
const mishapsOfAll = [
  'engine killed',
  'engine killed',
  'engine frozen with its machine',
  'engine frozen',
  'media server killed',
  'PostgreSQL killed',
  'Redis killed',
  'media server and engine killed',
] as const
type Mishap = (typeof mishapsOfAll)[number] | 'drachtio-server killed'
const lines = [
  { id: 'cardiology', code: '21', number: '4000', tones: [530, 1_100] },
  { id: 'renal', code: '22', number: '4001', tones: [620, 1_300] },
] as const
/** Of the specialist who is first on both rotas, Hz. */
const sharedTone = 1_900
/** A caller who is not answered in this time gives up, ms. */
const answerMs = 8_000
/** What takes seconds at most; a machine that has more to do takes longer. */
const patienceMs = 60_000

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
    let servers: SwitchThatDies
    let engines: SupervisedEngines | undefined
    const phones: TestPhone[] = []
    /** Calls that a specialist has left, with nobody there to be told. */
    const left = new Set<PhoneCall>()
    const story: string[] = []
    /** When each of them came, ms. */
    const times: number[] = []
    beforeAll(async () => {
      ;[postgres, redis, servers] = await Promise.all([Postgres.start(), RedisServer.start(), startSwitchThatDies()])
    }, 120_000)
    afterEach(async () => {
      if (keptLogs !== undefined) {
        const facts = await postgres.by(
          postgres.firstDatabase,
          'select at, node, call_id, seq, type, data from call_events order by at desc limit 5000',
        )
        const callers = phones[0]?.calls.map(({ answeredAt, refused, byeAt }) => ({ answeredAt, refused, byeAt }))
        writeFileSync(
          join(keptLogs, `seed-${seed}.story`),
          [...story.map((mishap, index) => `${times[index] ?? ''} ${mishap}`), ...(callers ?? []), ...facts]
            .map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))
            .join('\n'),
        )
      }
      await engines?.dispose(keptLogs, `seed-${seed}`)
      for (const phone of phones.splice(0)) phone.close()
    })
    afterAll(async () => {
      await Promise.all([postgres.close(), redis.close(), servers.stop()])
    })

    function leave(call: PhoneCall): void {
      if (call.byeAt !== undefined || left.has(call)) return
      left.add(call)
      call.bye()
    }

    /** Answers whatever comes, and accepts once a voice is heard. */
    function specialist(phone: TestPhone, tone: number, gpTones: readonly number[]): void {
      phone.onCall = (call) => {
        call.answer()
        call.media.tones = [tone]
        void (async () => {
          const over = () => call.byeAt !== undefined || left.has(call)
          const speaks = () => Promise.resolve(call.media.samplesSince(0).some((sample) => Math.abs(sample) > 500) || over() || undefined)
          await eventually(speaks, patienceMs)
          // Who is whispered to again, by another engine, has to press again.
          while (!over() && !gpTones.some((gpTone) => talksTo(call, gpTone))) {
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
        sip: servers.sip,
        env: {
          DATABASE_URL: url,
          RINGROUND_REDIS_URL: redis.url,
          RINGROUND_ENGINE_NAME: name,
          RINGROUND_MASTER_KEY: '5a'.repeat(32),
          ...servers.env,
        },
      })))
      for (const name of names) await fleet.start(name)
      const mishaps: readonly Mishap[] = servers.signalling ? [...mishapsOfAll, 'drachtio-server killed'] : mishapsOfAll
      const talks = new Map<string, PhoneCall>()
      /** When nobody could say who is reserved. */
      const unreserved: { readonly from: number; readonly to: number }[] = []
      const hears = (caller: PhoneCall, tone: number) => talksTo(caller, tone) || talksTo(caller, sharedTone)
      const ring = async (number: string, gpTone: number) => {
        const caller = await gp.call(`sip:${number}@${servers.sip}`)
        caller.media.tones = [gpTone]
        talks.set(number, caller)
        return caller
      }
      // Who rang in at an engine that died or froze before it had answered gives up, and rings again: drachtio-server hands no INVITE to a second engine.
      const answered = async (number: string, gpTone: number) => {
        let caller = talks.get(number)!
        for (let tries = 1; servers.real && tries <= 5; tries++) {
          const answers = () => Promise.resolve(caller.answeredAt !== undefined || caller.refused !== undefined || undefined)
          if (await eventually(answers, answerMs)) break
          caller.cancel()
          caller = await ring(number, gpTone)
        }
        return caller
      }
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
          await ring(number, tones[0])
        }
        // Anywhere between the first ring and the talk.
        await delay(chance() * withinMs)
        const talking = new Set(lines.filter(({ number, tones }) => hears(talks.get(number)!, tones[1])).map(({ number }) => number))
        const mishap: Mishap = mishaps[Math.floor(chance() * mishaps.length)]!
        const victim = names[Math.floor(chance() * names.length)]!
        await fleet.running()
        const engine = fleet.engine(victim)
        times.push(Date.now())
        story.push(mishap.includes('engine') ? `${mishap} (${victim})` : mishap)
        const absentMs = chance() * 3_000
        if (mishap.includes('engine')) fleet.expectEnd(victim)
        if (mishap.startsWith('media server')) await servers.media.kill()
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
          case 'drachtio-server killed':
            await servers.signalling?.kill()
            await delay(absentMs)
            await servers.signalling?.start()
            break
          case 'media server killed':
        }
        if (mishap.includes('engine')) {
          await expect.poll(() => engine.child.exitCode ?? engine.child.signalCode, { timeout: patienceMs }).not.toBeNull()
          // Of a call whose parties both hang up while its engine is not there no leg is left to go on with, and it ends as interrupted: not here.
          const since = times.at(-1) ?? 0
          const left = await postgres.by(
            url,
            `select call_id from calls where ending is null and owner in (select incarnation from engine_runs where node = '${victim}' and started_at < ${since})`,
          )
          const waiting = left.map(({ call_id }) => `'${String(call_id)}'`).join() || 'null'
          await expect
            .poll(
              () =>
                postgres.by(
                  url,
                  `select call_id from calls where ending is null and call_id in (${waiting}) and not exists
                    (select 1 from call_events where call_events.call_id = calls.call_id and type = 'call.takenOver' and at >= ${since})`,
                ),
              { timeout: patienceMs, message: `after ${story.join(', ')} nobody goes on with the calls` },
            )
            .toEqual([])
          await fleet.running()
        }
        // It takes its dialogs with it: the engines let go of their calls, and no party hears of it.
        if (mishap === 'drachtio-server killed') {
          for (const call of [both, ...wards].flatMap(({ calls }) => calls)) leave(call)
          for (const { number } of lines) hangUp(number)
          for (const name of names)
            await expect.poll(async () => (await fleet.engine(name).get('/readyz')).status, { timeout: patienceMs }).toBe(200)
        }
        // All of them talk, or come to it.
        for (const { number, tones } of lines) {
          if (!talks.has(number)) continue
          const caller = await answered(number, tones[0])
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
        await servers.media.start()
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
      const signallingDied = story.includes('drachtio-server killed')
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
          [
            'completed',
            ...(story.includes('PostgreSQL killed') ? ['engineFault', 'unanswered', 'abandonedInHunt'] : []),
            ...(signallingDied ? ['engineFault'] : []),
            // The caller gave up, and rang again.
            ...(servers.real && !types.includes('call.answered') ? ['abandonedBeforeAnswer', 'interrupted'] : []),
          ],
          told,
        ).toContain(ending)
        if (types.includes('talk.started')) expect(['completed', ...(signallingDied ? ['engineFault'] : [])], told).toContain(ending)
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
