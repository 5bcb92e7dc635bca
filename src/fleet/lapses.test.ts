import { expect, test } from 'vitest'
import { Lapses } from './lapses.js'

/** Looks every half second; `beatsAt` says what the other engine's count is at that moment. */
function watch(beatsAt: (ms: number) => number, looks: readonly number[]): number | undefined {
  const lapses = new Lapses(2_500, 1_500, 30_000)
  return looks.find((at) => lapses.look(at, [{ incarnation: 'other', beats: beatsAt(at) }]).length > 0)
}
const everyHalfSecond = (from: number, to: number) => Array.from({ length: (to - from) / 500 + 1 }, (_, look) => from + 500 * look)

test('an engine that beats never lapses, one that stops lapses a lease later and no earlier', () => {
  expect(watch((at) => 1 + at / 500, everyHalfSecond(0, 60_000))).toBeUndefined()
  expect(watch((at) => 1 + Math.min(10_000, at) / 500, everyHalfSecond(0, 60_000))).toBe(12_500)
})

test('one that beats now and then, within its lease, does not lapse', () => {
  expect(watch((at) => 1 + Math.floor(at / 2_400), everyHalfSecond(0, 60_000))).toBeUndefined()
})

test('one that starts may take its time, and lapses only when that cannot be a start any more', () => {
  expect(watch((at) => Math.max(0, at - 29_000) / 500, everyHalfSecond(0, 60_000))).toBeUndefined()
  expect(watch(() => 0, everyHalfSecond(0, 60_000))).toBe(30_000)
})

test('one that has beaten is no starting engine, even when the server has lost its count', () => {
  expect(watch((at) => (at < 5_000 ? 1 + at / 500 : 0), everyHalfSecond(0, 60_000))).toBe(7_500)
})

test('after a break of the looks every engine has a whole lease again', () => {
  // The database was away for a minute, for all engines: the others come back a second after this engine.
  const looks = [...everyHalfSecond(0, 1_000), ...everyHalfSecond(61_000, 90_000)]
  expect(watch((at) => (at < 62_000 ? 3 : 3 + at / 500), looks)).toBeUndefined()
  // One that does not come back at all.
  expect(watch(() => 3, looks)).toBe(63_500)
})

test('two looks that lie further apart than a lease prove nothing', () => {
  expect(watch(() => 3, [0, 3_000, 6_000, 9_000, 12_000])).toBeUndefined()
})
