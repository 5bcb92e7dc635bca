import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { DgramSockets } from './dgram-sockets.js'
import { FrameScheduler } from './frame-scheduler.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('beats every 20 ms for each client, without drift, and rests without clients', () => {
  const scheduler = new FrameScheduler(new DgramSockets())
  const clients = Array.from({ length: 6 }, () => ({
    beats: [] as number[],
    due: 0,
    onFrame(due: number, now: number) {
      this.due += due
      this.beats.push(now)
    },
  }))
  for (const client of clients) scheduler.add(client)
  vi.advanceTimersByTime(60_000)
  for (const client of clients) {
    expect(client.due).toBeGreaterThanOrEqual(2999)
    expect(client.due).toBeLessThanOrEqual(3000)
    expect(client.beats.length).toBe(client.due)
  }
  for (const client of clients) scheduler.remove(client)
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(1000)
  expect(clients[0]?.due).toBeLessThanOrEqual(3000)
})

it('spreads its clients over the 20 ms', () => {
  const scheduler = new FrameScheduler(new DgramSockets())
  const phases = new Set<number>()
  const client = () => ({ onFrame: (_due: number, now: number) => void phases.add(Math.round(now % 20)) })
  const clients = Array.from({ length: 8 }, client)
  for (const one of clients) scheduler.add(one)
  vi.advanceTimersByTime(100)
  expect(phases.size).toBe(4)
  for (const one of clients) scheduler.remove(one)
})

it('after a stall tells each client once how many beats it missed', () => {
  const scheduler = new FrameScheduler(new DgramSockets())
  const due: number[] = []
  const client = { onFrame: (count: number) => void due.push(count) }
  scheduler.add(client)
  vi.advanceTimersByTime(40)
  due.length = 0
  // The process stands still for 200 ms: the clock goes on, no timer fires.
  const real = performance.now.bind(performance)
  const stalled = vi.spyOn(performance, 'now').mockImplementation(() => real() + 200)
  vi.advanceTimersByTime(25)
  expect(due[0]).toBeGreaterThanOrEqual(10)
  expect(due.slice(1).every((count) => count === 1)).toBe(true)
  expect(scheduler.takeWorstDelay()).toBeGreaterThan(150)
  expect(scheduler.takeWorstDelay()).toBeLessThan(10)
  stalled.mockRestore()
  scheduler.remove(client)
})

it('survives a client that leaves, and one that comes, while being served', () => {
  const scheduler = new FrameScheduler(new DgramSockets())
  let late = 0
  const newcomer = {
    onFrame: () => {
      late++
    },
  }
  const leaver = {
    onFrame: () => {
      scheduler.remove(leaver)
      scheduler.add(newcomer)
    },
  }
  scheduler.add(leaver)
  vi.advanceTimersByTime(200)
  expect(late).toBeGreaterThan(5)
  scheduler.remove(newcomer)
  expect(vi.getTimerCount()).toBe(0)
})

it('goes on when a client fails, and tells of it', async () => {
  const scheduler = new FrameScheduler(new DgramSockets())
  const told: unknown[] = []
  vi.stubGlobal('queueMicrotask', (work: () => void) => {
    try {
      work()
    } catch (error) {
      told.push(error)
    }
  })
  const failing = {
    onFrame: () => {
      throw new Error('one call')
    },
  }
  let beats = 0
  const others = Array.from({ length: 8 }, () => ({ onFrame: () => (beats += 1) }))
  for (const client of [failing, ...others]) scheduler.add(client)
  await vi.advanceTimersByTimeAsync(1000)
  vi.unstubAllGlobals()
  expect(beats).toBeGreaterThanOrEqual(8 * 49)
  expect(told.length).toBeGreaterThanOrEqual(49)
  for (const client of [failing, ...others]) scheduler.remove(client)
})
