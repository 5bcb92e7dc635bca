import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LimitedLines } from './limited-lines.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function lines(): { readonly written: string[]; readonly limited: LimitedLines } {
  const written: string[] = []
  return {
    written,
    limited: new LimitedLines(
      (line) => written.push(line),
      { burst: 3, refillMs: 1_000, summaryMs: 5_000 },
      () => Date.now(),
    ),
  }
}

test('a few lines are written as they come; of many, how many were left out', () => {
  const { written, limited } = lines()
  for (let line = 1; line <= 1_000; line++) limited.write(`line ${line}`)
  expect(written).toEqual(['line 1', 'line 2', 'line 3'])
  vi.advanceTimersByTime(5_000)
  expect(written.at(-1)).toBe('997 more lines like these were left out')
})

test('after a rest there is room again, and nothing is said of lines that were not left out', () => {
  const { written, limited } = lines()
  for (const line of ['a', 'b', 'c']) limited.write(line)
  vi.advanceTimersByTime(60_000)
  for (const line of ['d', 'e', 'f']) limited.write(line)
  vi.advanceTimersByTime(60_000)
  expect(written).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
})
