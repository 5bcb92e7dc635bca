import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { AlarmBoard, type ActiveAlarm } from '../../src/alarms/alarm-board.js'
import { AlarmsOfAll } from '../../src/alarms/alarms-of-all.js'
import { systemClock } from '../../src/clock/system-clock.js'
import { MemoryLog } from '../../src/demo/memory-log.js'
import { tellEnded } from '../../src/engine/fleet.js'
import { RedisMaps } from '../../src/fleet/redis-maps.js'
import type { EngineGone, EngineRun, Presence } from '../../src/fleet/presence.js'
import { ofEachEngine } from '../../src/fleet/shared-map.js'
import { Allowance, defaultAllowance, type SharedCharge } from '../../src/guard/allowance.js'
import { createLiveBoard, type LiveChange, type SharedCall } from '../../src/live/live-board.js'
import { Bindings, defaultBindingLimits, type SharedBinding } from '../../src/registrar/bindings.js'
import { redisConnection } from '../../src/shared/redis-reservations.js'
import { RedisServer } from '../kit/redis.js'
import { untilTalking } from '../kit/sample-call.js'

const runs: readonly EngineRun[] = ['engine-1', 'engine-2'].map((name) => ({ name, incarnation: `run-${name}` }))

/** Two engines that see each other; the second one can go. */
function presenceOf(self: EngineRun) {
  const listeners = new Set<(engine: EngineGone) => void>()
  const presence: Presence = {
    self,
    engines: () => runs.map((run) => ({ ...run, since: 0, lastSeen: 0 })),
    onChange: () => () => undefined,
    onGone(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    lost: false,
    unheardMs: 0,
    begin: () => Promise.resolve(),
    onLost: () => () => undefined,
    certain: true,
    whenCertain: () => Promise.resolve(true),
    close: () => Promise.resolve(),
  }
  return { presence, goes: (run: EngineRun) => listeners.forEach((listener) => listener({ ...run, how: 'lapsed', at: 0 })) }
}

describe('what engines tell each other over Redis', { timeout: 60_000 }, () => {
  let redis: RedisServer
  let one: ReturnType<typeof engine>
  let two: ReturnType<typeof engine>
  beforeAll(async () => {
    redis = await RedisServer.start()
  })
  afterAll(() => redis.close())

  function engine(self: EngineRun) {
    const maps = new RedisMaps({ incarnation: self.incarnation, connect: () => redisConnection(redis.url, () => undefined) })
    onTestFinished(() => maps.close())
    return { self, maps, ...presenceOf(self) }
  }
  beforeEach(async () => {
    await redis.stop()
    redis.run()
    ;[one, two] = [engine(runs[0]!), engine(runs[1]!)]
  })

  test('a value that one sets is known to the other, also to one that comes later, and is gone when it is taken away, or its time is over', async () => {
    const [mine, theirs] = [one.maps.map<string>('m'), two.maps.map<string>('m')]
    mine.set('a', 'x')
    mine.set('short', 'y', 1_500)
    await expect
      .poll(() => [...theirs.entries()], { timeout: 10_000 })
      .toEqual([
        ['a', 'x'],
        ['short', 'y'],
      ])
    const later = engine({ name: 'engine-3', incarnation: 'run-engine-3' }).maps.map<string>('m')
    await expect.poll(() => later.get('a'), { timeout: 10_000 }).toBe('x')
    theirs.delete('a')
    await expect.poll(() => [mine.get('a'), later.get('a')]).toEqual([undefined, undefined])
    await expect.poll(() => [...later.entries()], { timeout: 5_000 }).toEqual([])
  })

  test('while Redis is away each knows what it knew; when it is back, even with nothing in its memory, all know everything', async () => {
    const [mine, theirs] = [one.maps.map<string>('m'), two.maps.map<string>('m')]
    mine.set('a', 'before')
    theirs.set('b', 'before')
    await expect.poll(() => [mine.get('b'), theirs.get('a')], { timeout: 10_000 }).toEqual(['before', 'before'])
    await redis.stop()
    mine.set('a', 'meanwhile')
    theirs.set('c', 'meanwhile')
    expect(theirs.get('a')).toBe('before')
    redis.run()
    for (const map of [mine, theirs])
      await expect
        .poll(() => Object.fromEntries(map.entries()), { timeout: 10_000 })
        .toEqual({ a: 'meanwhile', b: 'before', c: 'meanwhile' })
  })

  test('the live board shows the calls of both, with the engine that has them, and their ends', async () => {
    const logs = [new MemoryLog(systemClock), new MemoryLog(systemClock)]
    const boards = [one, two].map(({ maps, presence }, place) => {
      const board = createLiveBoard(
        logs[place]!,
        { organisation: () => undefined, line: () => undefined },
        undefined,
        ofEachEngine(maps.map<SharedCall>('live'), presence),
      )
      onTestFinished(() => board.close())
      return board
    })
    const changes: LiveChange[] = []
    boards[1]!.subscribe((change) => changes.push(change))
    for (const fact of untilTalking('a')) await logs[0]!.append('a', fact)
    await expect
      .poll(() => boards[1]!.calls().map(({ callId, stage, engine: name }) => [callId, stage, name]), { timeout: 10_000 })
      .toEqual([['a', 'talking', 'engine-1']])
    expect(boards[0]!.calls()).toMatchObject([{ callId: 'a' }])
    expect(boards[0]!.calls()[0]).not.toHaveProperty('engine')
    // Both say how long it has lasted, by their own clocks.
    expect(Math.abs(boards[0]!.calls()[0]!.lastedMs - boards[1]!.calls()[0]!.lastedMs)).toBeLessThan(1_000)
    await logs[0]!.append('a', { type: 'call.ended', ending: 'completed' })
    await expect.poll(() => changes.at(-1)).toEqual({ kind: 'over', callId: 'a', ending: 'completed' })
    expect(boards[1]!.calls()).toEqual([])
    // One whose engine is gone is over as far as anybody knows, until another one has taken it over.
    for (const fact of untilTalking('b')) await logs[0]!.append('b', fact)
    await expect.poll(() => boards[1]!.calls().map(({ callId }) => callId)).toEqual(['b'])
    two.goes(one.self)
    expect(changes.at(-1)).toEqual({ kind: 'over', callId: 'b', ending: null })
  })

  test('alarms are those of both, with the name of the engine', async () => {
    const boards = [new AlarmBoard(), new AlarmBoard()]
    const all = [one, two].map(
      ({ self, maps, presence }, place) =>
        new AlarmsOfAll(boards[place]!, self.name, ofEachEngine(maps.map<ActiveAlarm>('alarms'), presence)),
    )
    boards[0]!.raise('store.slow', 'here')
    boards[1]!.raise('store.slow', 'there')
    for (const one of all)
      await expect
        .poll(
          () =>
            one
              .active()
              .map(({ alarm, engine: name, detail }) => `${alarm} ${name ?? ''} ${detail}`)
              .toSorted(),
          { timeout: 10_000 },
        )
        .toEqual(['store.slow engine-1 here', 'store.slow engine-2 there'])
    boards[0]!.clear('store.slow')
    await expect.poll(() => all[1]!.active().map(({ engine: name }) => name)).toEqual(['engine-2'])
  })

  test('an engine that hears nothing of the database any more hears here that its run is over, also when it comes back later', async () => {
    const over: string[] = []
    for (const { self, maps, presence } of [one, two]) tellEnded(maps.map<true>('ended'), presence, () => over.push(self.name))
    // Another one is told by the database that the first one is gone; the first one is not.
    two.goes({ name: 'engine-3', incarnation: 'run-engine-3' })
    two.goes(one.self)
    await expect.poll(() => over).toEqual(['engine-1'])
    const later = engine({ name: 'engine-3', incarnation: 'run-engine-3' })
    tellEnded(later.maps.map<true>('ended'), later.presence, () => over.push('engine-3'))
    await expect.poll(() => over).toEqual(['engine-1', 'engine-3'])
  })

  test('a telephone that registers at one can be rung by the other, until it lapses or is taken away', async () => {
    const [here, there] = [one, two].map(
      ({ maps }) => new Bindings(systemClock, { ...defaultBindingLimits, minSeconds: 1 }, maps.map<readonly SharedBinding[]>('telephones')),
    )
    const by = (sequence: number) => ({ source: { address: '192.0.2.9', port: 40_000, protocol: 'udp' as const }, callId: 'one', sequence })
    here!.bind('okafor', [{ uri: 'sip:okafor@10.0.0.9', expiresSeconds: 60 }], by(1))
    here!.bind('ward', [{ uri: 'sip:ward@10.0.0.9', expiresSeconds: 3 }], by(2))
    await expect
      .poll(() => there!.of('okafor').map(({ contact, source }) => [contact, source.port]), { timeout: 10_000 })
      .toEqual([['sip:okafor@10.0.0.9', 40_000]])
    expect(there!.knows('192.0.2.9')).toBe(true)
    // The order of its requests holds at both (RFC 3261 10.3).
    expect(there!.bind('okafor', [{ uri: 'sip:okafor@10.0.0.9', expiresSeconds: 60 }], by(1))).toEqual({ kind: 'outOfOrder' })
    const gone: string[] = []
    here!.onGone('okafor', 'sip:okafor@10.0.0.9', () => gone.push('okafor'))
    there!.clear('okafor', by(3))
    await expect.poll(() => gone).toEqual(['okafor'])
    await expect.poll(() => there!.of('ward'), { timeout: 5_000 }).toEqual([])
    here!.close()
    there!.close()
  })

  test('outgoing calls count together, and those of an engine that is gone count no more', async () => {
    const limits = { ...defaultAllowance, concurrent: 3, concurrentPerAccount: 2 }
    const [here, there] = [one, two].map(
      ({ maps, presence }) => new Allowance(systemClock, new AlarmBoard(), limits, ofEachEngine(maps.map<SharedCharge>('calls'), presence)),
    )
    const begun = [here!.begin('cardiology'), here!.begin('cardiology')]
    expect(begun.map(({ kind }) => kind)).toEqual(['granted', 'granted'])
    const tries = () => {
      const verdict = there!.begin('cardiology')
      if (verdict.kind === 'granted') verdict.charge.end()
      return verdict.kind
    }
    await expect.poll(tries, { timeout: 10_000 }).toBe('refused')
    expect(there!.begin('paediatrics').kind).toBe('granted')
    expect(there!.begin('paediatrics').kind).toBe('refused')
    two.goes(one.self)
    expect(there!.begin('paediatrics').kind).toBe('granted')
  })
})
