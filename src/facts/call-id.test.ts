import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginningOf, firstCallId, newCallId } from './call-id.js'

const instant = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2100, 0) })

test('an id says when its call began, and sorts as that does', () => {
  fc.assert(
    fc.property(instant, instant, (a, b) => {
      const [one, other] = [newCallId(a), newCallId(b)]
      expect(beginningOf(one)).toBe(a)
      if (a < b) expect(one < other).toBe(true)
      expect(firstCallId(a) < one && one < firstCallId(a + 1)).toBe(true)
    }),
  )
})

test('no two are the same, within one millisecond either', () => {
  expect(new Set(Array.from({ length: 1_000 }, () => newCallId(1_000))).size).toBe(1_000)
})

test.each(['one', '', crypto.randomUUID(), '019b7731-4000-7000-0000-000000000000'])('%s does not say when', (id) => {
  expect(beginningOf(id)).toBeUndefined()
})
