import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { SwitchWatch } from './switch-watch.js'
import type { SwitchHealth } from './switch/port.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const health = (signalling: string | undefined, media: string | undefined): SwitchHealth => ({
  ready: signalling === undefined && media === undefined,
  signalling: { up: signalling === undefined, detail: signalling ?? 'connected' },
  media: { up: media === undefined, detail: media ?? 'connected' },
  legs: 0,
})
const fine = health(undefined, undefined)

function watch() {
  const lines: string[] = []
  return { lines, watch: new SwitchWatch({ notReady: (why) => lines.push(why), ready: () => lines.push('ready') }) }
}

it('a switch not ready at the start is reported at once, with what is missing', () => {
  const { lines, watch: watching } = watch()
  watching.begin(health(undefined, '480; set enable-3pcc'))
  expect(lines).toEqual(['480; set enable-3pcc'])
  watching.changed(fine)
  expect(lines).toEqual(['480; set enable-3pcc', 'ready'])
})

it('a loss that mends itself at once is not reported', () => {
  const { lines, watch: watching } = watch()
  watching.begin(fine)
  watching.changed(health('connection lost', undefined))
  vi.advanceTimersByTime(1_000)
  watching.changed(fine)
  vi.advanceTimersByTime(10_000)
  expect(lines).toEqual([])
})

it('a lasting loss is reported once it has settled, and again when it changes', () => {
  const { lines, watch: watching } = watch()
  watching.changed(health('connection lost', undefined))
  watching.changed(health('ECONNREFUSED', undefined))
  vi.advanceTimersByTime(2_000)
  watching.changed(health('ECONNREFUSED', undefined))
  vi.advanceTimersByTime(60_000)
  expect(lines).toEqual(['ECONNREFUSED'])
  watching.changed(health(undefined, '403'))
  vi.advanceTimersByTime(2_000)
  watching.changed(fine)
  expect(lines).toEqual(['ECONNREFUSED', '403', 'ready'])
})

it('nothing is reported after the end', () => {
  const { lines, watch: watching } = watch()
  watching.changed(health('connection lost', undefined))
  watching.close()
  vi.advanceTimersByTime(60_000)
  expect(lines).toEqual([])
})
