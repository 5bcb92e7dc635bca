import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SessionTimer } from './session-timer.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function timer(refresher: 'us' | 'them') {
  const said: string[] = []
  const made = new SessionTimer(1800, refresher, { refresh: () => said.push('refresh'), expired: () => said.push('expired') })
  return { made, said }
}

test('where we refresh, it is due at half the interval', () => {
  const { said } = timer('us')
  vi.advanceTimersByTime(899_999)
  expect(said).toEqual([])
  vi.advanceTimersByTime(1)
  expect(said).toEqual(['refresh'])
})

test('where the other side does, the session has expired shortly before the interval is over', () => {
  const { said } = timer('them')
  vi.advanceTimersByTime(1_700_000)
  expect(said).toEqual([])
  vi.advanceTimersByTime(100_000)
  expect(said).toEqual(['expired'])
})

test('what could not be done comes again, as often as asked; stopped, it does not', () => {
  const { made, said } = timer('us')
  vi.advanceTimersByTime(900_000)
  made.again(3000)
  vi.advanceTimersByTime(3000)
  expect(said).toEqual(['refresh', 'refresh'])
  made.again(3000)
  made.stop()
  vi.advanceTimersByTime(3_600_000)
  expect(said).toEqual(['refresh', 'refresh'])
})
