import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import { SetUpGate, type Admitted } from './set-up-gate.js'

const limits = { width: 4, maxWaitMs: 2_000, slowMs: 1_500, forgottenMs: 15_000 }
const never = new AbortController().signal

/** Callers at a gate whose answers take `answerMs` each; calls answered at the same time share one processor. */
function crowd(gate: SetUpGate, clock: VirtualClock, answerMs: () => number) {
  const told: { readonly kind: Admitted['kind']; readonly waitedMs: number }[] = []
  let busyUntil = 0
  return {
    told,
    kinds: () => told.map(({ kind }) => kind),
    arrive(signal: AbortSignal = new AbortController().signal): void {
      const at = clock.monotonic()
      void Promise.resolve(gate.enter(signal)).then((admitted) => {
        told.push({ kind: admitted.kind, waitedMs: clock.monotonic() - at })
        if (admitted.kind !== 'entered') return
        busyUntil = Math.max(busyUntil, clock.monotonic()) + answerMs()
        clock.after(busyUntil - clock.monotonic(), () => admitted.leave())
      })
    },
  }
}

describe('the door before the answer', () => {
  it('lets everybody in at once while answers are quick', async () => {
    const clock = new VirtualClock(0)
    const gate = new SetUpGate(clock, limits)
    const all = crowd(gate, clock, () => 10)
    for (let i = 0; i < 50; i++) {
      all.arrive()
      await clock.advance(20)
    }
    await clock.advance(1_000)
    expect(all.told).toHaveLength(50)
    expect(all.told.every(({ kind, waitedMs }) => kind === 'entered' && waitedMs === 0)).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('of callers who ring all at once takes as many as can be answered in time, in their order, and refuses the others early', async () => {
    const clock = new VirtualClock(0)
    const gate = new SetUpGate(clock, limits)
    const all = crowd(gate, clock, () => 50)
    for (let i = 0; i < 140; i++) all.arrive()
    await clock.advance(500)
    const refusedEarly = all.kinds().filter((kind) => kind === 'refused').length
    await clock.advance(20_000)
    const entered = all.told.filter(({ kind }) => kind === 'entered')
    const refused = all.told.filter(({ kind }) => kind === 'refused')
    expect(entered.length + refused.length).toBe(140)
    // 2 s of patience at 20 answers a second.
    expect(entered.length).toBeGreaterThan(25)
    expect(entered.length).toBeLessThan(60)
    expect(Math.max(...all.told.map(({ waitedMs }) => waitedMs))).toBeLessThanOrEqual(2_000)
    expect(refusedEarly).toBeGreaterThan(refused.length / 2)
    expect([...entered].sort((a, b) => a.waitedMs - b.waitedMs)).toEqual(entered)
    expect(clock.pending).toBe(0)
  })

  it('keeps on answering as many as it can while twice as many ring, and tells each of the others within its patience', async () => {
    const clock = new VirtualClock(0)
    const gate = new SetUpGate(clock, limits)
    const all = crowd(gate, clock, () => 50)
    for (let i = 0; i < 400; i++) {
      all.arrive()
      await clock.advance(25)
    }
    await clock.advance(5_000)
    expect(all.told).toHaveLength(400)
    expect(all.kinds().filter((kind) => kind === 'entered').length).toBeGreaterThan(180)
    expect(Math.max(...all.told.map(({ waitedMs }) => waitedMs))).toBeLessThanOrEqual(2_000)
    const later = all.told.filter(({ kind }) => kind === 'refused').slice(50)
    expect(later.filter(({ waitedMs }) => waitedMs > 500).length).toBeLessThan(later.length / 4)
  })

  it('lets nobody in while answers are stuck, says so within its patience, and goes on when they come again', async () => {
    const clock = new VirtualClock(0)
    const gate = new SetUpGate(clock, limits)
    let stuck = true
    const all = crowd(gate, clock, () => (stuck ? 6_000 : 10))
    for (let i = 0; i < 30; i++) {
      all.arrive()
      await clock.advance(100)
    }
    await clock.advance(2_000)
    expect(all.kinds().filter((kind) => kind === 'entered')).toHaveLength(4)
    expect(all.told).toHaveLength(30)
    stuck = false
    await clock.advance(30_000)
    const before = all.told.length
    for (let i = 0; i < 10; i++) {
      all.arrive()
      await clock.advance(50)
    }
    expect(all.kinds().slice(before)).toEqual(Array.from({ length: 10 }, () => 'entered'))
  })

  it('frees the place of an answer that never comes, and one slow answer keeps nobody out', async () => {
    const clock = new VirtualClock(0)
    const gate = new SetUpGate(clock, limits)
    void gate.enter(never)
    await clock.advance(3_000)
    expect(gate.hasRoom).toBe(true)
    for (let i = 0; i < 3; i++) void gate.enter(never)
    expect(gate.hasRoom).toBe(false)
    await clock.advance(16_000)
    expect(gate.hasRoom).toBe(true)
  })

  it('forgets who hangs up while waiting, and counts a place that is left twice once', async () => {
    const clock = new VirtualClock(0)
    const gate = new SetUpGate(clock, { ...limits, width: 1 })
    const first = gate.enter(never) as Extract<Admitted, { kind: 'entered' }>
    const caller = new AbortController()
    const waiting = gate.enter(caller.signal)
    const next = gate.enter(never)
    caller.abort()
    expect(await waiting).toEqual({ kind: 'gone' })
    first.leave()
    first.leave()
    expect((await next).kind).toBe('entered')
    expect(gate.hasRoom).toBe(false)
    expect(clock.pending).toBe(0)
  })
})

describe('a desk to which more calls come than it can answer', () => {
  const setUp = { width: 2, maxWaitMs: 1_000, slowMs: 5_000, forgottenMs: 15_000 }

  it('refuses the others with 503 before the answer, records each of them, and those who were let in go on', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology' }, { id: 'Renal' }] },
      latencyMs: (operation) => (operation === 'answer' ? 400 : 0),
      setUp,
    })
    const callers = Array.from({ length: 12 }, (_, i) => scenario.caller(`+4416329600${String(i + 10)}`))
    for (const caller of callers) caller.call = scenario.world.telephone.arrive({ callerNumber: caller.number, dialledNumber: dialIn })
    await scenario.passes(1.5)
    const refused = callers.filter(({ refusedWith }) => refusedWith === 503)
    expect(refused.length).toBeGreaterThanOrEqual(4)
    expect(refused.length).toBeLessThanOrEqual(9)
    const taken = callers.filter(({ refusedWith }) => refusedWith === undefined)
    for (const caller of taken) await caller.hears('menu-for')
    for (const caller of taken) caller.hangsUp()
    await scenario.isOver()
    const endings = scenario.world.records().map(({ ending }) => ending)
    expect(endings).toHaveLength(12)
    expect(endings.filter((ending) => ending === 'overloaded')).toHaveLength(refused.length)
    expect(endings.filter((ending) => ending === 'abandonedInMenu')).toHaveLength(taken.length)
  })

  it('refuses callers who wait for their turn as soon as the engine closes down', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology' }, { id: 'Renal' }] },
      latencyMs: (operation) => (operation === 'answer' ? 400 : 0),
      setUp,
    })
    const callers = Array.from({ length: 4 }, (_, i) => scenario.caller(`+4416329600${String(i + 10)}`))
    const late = callers.pop()
    for (const caller of callers) caller.call = scenario.world.telephone.arrive({ callerNumber: caller.number, dialledNumber: dialIn })
    await scenario.passes(0.05)
    void scenario.world.desk.drain(1_000)
    if (late === undefined) throw new Error('four callers')
    late.call = scenario.world.telephone.arrive({ callerNumber: late.number, dialledNumber: dialIn })
    await scenario.passes(0.1)
    expect(late.refusedWith).toBe(503)
    await scenario.isOver()
  })
})
