import { expect, it } from 'vitest'
import type { TakenOver } from '../calls/desk.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import type { EngineGone } from '../fleet/presence.js'
import type { BegunRecording } from '../recordings/recording-sink.js'
import type { LeftCall } from '../store/left-calls.js'
import type { Reach } from '../switch/port.js'
import { TakingOver } from './taking-over.js'

const facts = (callId: string, handle: string | undefined): readonly CallEvent[] => {
  const told: readonly CallFact[] = [
    { type: 'call.arrived', kind: 'dialIn', callerNumber: '', dialledNumber: '', source: '' },
    { type: 'call.answered', legId: `${callId}-a`, ...(handle === undefined ? {} : { handle }) },
    { type: 'recording.started', recordingId: `${callId}-r`, spoolPath: `/spool/${callId}-r.wav` },
  ]
  return told.map((fact, index) => ({ ...unknownOrigin, callId, seq: index + 1, at: 0, ...fact }))
}
const left = (callId: string, handle: string | undefined, node = 'engine-2'): LeftCall => ({
  callId,
  owner: `run-${node}`,
  node,
  aliveAt: undefined,
  events: facts(callId, handle),
})

/** An engine, and calls that are left to the engine that claims them. */
function world(calls: readonly LeftCall[], { others = true } = {}) {
  const clock = new VirtualClock()
  const nobodys = new Map(calls.map((call) => [call.callId, call]))
  const [goneOn, closed, takenUp]: [string[], string[], BegunRecording[]] = [[], [], []]
  const reach = new Map<string, Reach>()
  const state = {
    draining: false,
    lost: false,
    certain: Promise.resolve(true),
    takes: (): TakenOver => ({ kind: 'takenOver' }),
    asked: 0,
    elsewhere: new Set<string>(),
    storeAway: false,
  }
  let hear: (gone: EngineGone) => void = () => undefined
  const taking = new TakingOver({
    left: {
      open: () => {
        state.asked++
        return state.storeAway ? Promise.reject(new Error('the database is away')) : Promise.resolve([...nobodys.values()])
      },
      claim: (wanted) => {
        const mine = wanted.filter(({ callId }) => nobodys.delete(callId) && !state.elsewhere.has(callId))
        return Promise.resolve(mine)
      },
      close: (lost) => Promise.resolve(void closed.push(...lost.map(({ callId }) => callId))),
    },
    desk: {
      get draining() {
        return state.draining
      },
      takeOver: (events) => {
        const result = state.takes()
        if (result.kind === 'takenOver') goneOn.push(events[0]?.callId ?? '')
        return Promise.resolve(result)
      },
    },
    telephone: { reach: (handle) => reach.get(handle) ?? 'there' },
    recordings: {
      takeUp: (recording) => Promise.resolve(void takenUp.push(recording)),
      recover: () => Promise.resolve({ queued: 0, orphans: [] }),
    },
    presence: {
      self: { name: 'engine-1', incarnation: 'run-1' },
      onGone: (listener) => {
        hear = listener
        return () => undefined
      },
      get lost() {
        return state.lost
      },
      whenCertain: () => state.certain,
    },
    others,
    clock,
    log: { warn: () => undefined, error: () => undefined } as never,
  })
  return {
    taking,
    clock,
    state,
    reach,
    goneOn,
    closed,
    takenUp,
    nobodys,
    hears: () => hear({ name: 'engine-2', incarnation: 'run-engine-2', how: 'lapsed', at: 0 }),
  }
}

it('goes on with what is within reach at once, closes what has no leg to be found, and finishes its recording', async () => {
  const { taking, goneOn, closed, takenUp } = world([left('a', 'h'), left('b', undefined)])
  await taking.look()
  expect([goneOn, closed]).toEqual([['a'], ['b']])
  expect(takenUp).toEqual([{ recordingId: 'b-r', callId: 'b', path: '/spool/b-r.wav', startedAt: 0 }])
  await taking.close()
})

it('has nothing to do with what another engine was quicker to claim', async () => {
  const { taking, state, goneOn, closed } = world([left('a', 'h'), left('b', 'h')])
  state.elsewhere.add('a')
  await taking.look()
  expect([goneOn, closed]).toEqual([['b'], []])
  await taking.close()
})

it('waits for a server that is away, for a while; then what is there is closed', async () => {
  const { taking, clock, reach, goneOn, closed, nobodys } = world([left('a', 'h1'), left('b', 'h2')])
  reach.set('h1', 'away').set('h2', 'away')
  await taking.look()
  await clock.advance(10_000)
  expect([goneOn, closed, nobodys.size]).toEqual([[], [], 2])
  reach.set('h1', 'there')
  await clock.advance(2_000)
  expect([goneOn, closed]).toEqual([['a'], []])
  await clock.advance(25_000)
  expect([goneOn, closed]).toEqual([['a'], ['b']])
  await taking.close()
})

it('leaves calls on a switch that it does not have to their own engine, for five minutes; its own it closes at once', async () => {
  const { taking, clock, reach, closed } = world([left('a', 'h'), left('mine', 'h', 'engine-1')])
  reach.set('h', 'unknown')
  await taking.look()
  expect(closed).toEqual(['mine'])
  await clock.advance(4 * 60_000)
  expect(closed).toEqual(['mine'])
  await clock.advance(2 * 60_000)
  expect(closed).toEqual(['mine', 'a'])
  await taking.close()
})

it('closes what cannot be continued, unless it is closing down itself', async () => {
  const { taking, state, closed, goneOn } = world([left('a', 'h')])
  state.takes = () => ({ kind: 'left', why: 'hung up' })
  await taking.look()
  expect([goneOn, closed]).toEqual([[], ['a']])
  await taking.close()

  const draining = world([left('b', 'h')])
  draining.state.takes = () => {
    draining.state.draining = true
    return { kind: 'left', why: 'closing down' }
  }
  await draining.taking.look()
  expect(draining.closed).toEqual([])
  await draining.taking.close()
})

it('takes nothing while it is closing down, is lost, or may be', async () => {
  for (const set of [
    (state: { draining: boolean }) => void (state.draining = true),
    (state: { lost: boolean }) => void (state.lost = true),
    (state: { certain: Promise<boolean> }) => void (state.certain = Promise.resolve(false)),
  ]) {
    const { taking, state, nobodys } = world([left('a', 'h')])
    set(state)
    await taking.look()
    expect(nobodys.size).toBe(1)
    await taking.close()
  }
})

it('looks when an engine has gone, also while it looks; and again when the database was away', async () => {
  const { taking, clock, state, goneOn, nobodys, hears } = world([left('a', 'h')])
  state.storeAway = true
  await taking.look()
  expect(goneOn).toEqual([])
  state.storeAway = false
  await clock.advance(1_000)
  expect(goneOn).toEqual(['a'])
  const look = taking.look()
  nobodys.set('b', left('b', 'h'))
  hears()
  await look
  expect(goneOn).toEqual(['a', 'b'])
  nobodys.set('c', left('c', 'h'))
  hears()
  await clock.advance(0)
  expect(goneOn).toEqual(['a', 'b', 'c'])
  await taking.close()
  const asked = state.asked
  await clock.advance(60_000)
  expect(state.asked).toBe(asked)
})

it('looks once where no other engine can leave any', async () => {
  const { taking, clock, state } = world([], { others: false })
  await taking.look()
  await clock.advance(120_000)
  expect(state.asked).toBe(1)
  await taking.close()
})

it('many are claimed some at a time, so that others get theirs', async () => {
  const { taking, goneOn } = world(Array.from({ length: 50 }, (_, index) => left(`call-${index}`, 'h')))
  await taking.look()
  expect(new Set(goneOn).size).toBe(50)
  await taking.close()
})
