import { expect, test } from 'vitest'
import { appendTo } from './lists-by-key.js'

test('values are listed by key, in order', () => {
  const lists = new Map<string, number[]>()
  for (const [key, value] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
  ] as const)
    appendTo(lists, key, value)
  expect([...lists]).toEqual([
    ['a', [1, 3]],
    ['b', [2]],
  ])
})
