import { expect, it } from 'vitest'
import { keyOf, randomStream } from './random.js'

it('gives the same numbers for the same keys, and others for any other key', () => {
  const first = (...keys: readonly number[]) => {
    const random = randomStream(...keys)
    return [random(), random(), random()].join(' ')
  }
  expect(first(1, 2, 3)).toBe(first(1, 2, 3))
  const others = [first(1, 2, 3), first(1, 3, 2), first(2, 2, 3), first(1, 2, 4), first(1, 2), first(0, 0, 0), first(0, 0)]
  expect(new Set(others).size).toBe(others.length)
  expect(keyOf('+447700900101')).not.toBe(keyOf('+447700900102'))
})

it('is even, also over the first numbers of neighbouring streams', () => {
  const tenths = new Array<number>(10).fill(0)
  for (let run = 0; run < 100; run++) for (let call = 0; call < 100; call++) tenths[Math.floor(randomStream(1, run, call)() * 10)]!++
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(120)
})
