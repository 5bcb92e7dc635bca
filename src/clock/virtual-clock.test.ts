import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sleep } from './clock.js'
import { VirtualClock } from './virtual-clock.js'

describe('the virtual clock', () => {
  it('fires timers in order of time, and simultaneous ones in order of setting', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 60 }), async (delays) => {
        const clock = new VirtualClock()
        const fired: { delay: number; index: number; at: number }[] = []
        delays.forEach((delay, index) => clock.after(delay, () => fired.push({ delay, index, at: clock.monotonic() })))
        await clock.runToEnd(100)
        expect(fired.map(({ index }) => index)).toEqual(
          delays
            .map((delay, index) => ({ delay, index }))
            .sort((a, b) => a.delay - b.delay || a.index - b.index)
            .map(({ index }) => index),
        )
        expect(fired.every(({ delay, at }) => delay === at)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  it('lets code run to its next wait before time moves on', async () => {
    const clock = new VirtualClock(1_000)
    const seen: number[] = []
    const work = (async () => {
      for (let step = 0; step < 5; step++) {
        await sleep(clock, 10)
        for (let turn = 0; turn < 20; turn++) await Promise.resolve()
        seen.push(clock.now())
      }
    })()
    await clock.advance(35)
    expect(seen).toEqual([1_010, 1_020, 1_030])
    expect(clock.now()).toBe(1_035)
    await clock.runToEnd(100)
    await work
    expect(seen).toHaveLength(5)
  })

  it('does not fire cancelled timers, and counts those still set', async () => {
    const clock = new VirtualClock()
    const fired: string[] = []
    const cancel = clock.after(5, () => fired.push('cancelled'))
    clock.after(6, () => fired.push('kept'))
    cancel()
    cancel()
    expect(clock.pending).toBe(1)
    await clock.runToEnd(10)
    cancel()
    expect(fired).toEqual(['kept'])
    expect(clock.pending).toBe(0)
  })

  it('says so when timers go on for ever', async () => {
    const clock = new VirtualClock()
    const again = (): void => void clock.after(10, again)
    again()
    await expect(clock.runToEnd(1_000)).rejects.toThrow('1 timers are still set after 1000 ms')
  })
})
