import { expect, test } from 'vitest'
import { appendTo } from './append-to.js'
import { messageOf } from './message-of.js'

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

test('what was thrown is said in words, whatever it was', () => {
  expect(messageOf(new TypeError('no'))).toBe('no')
  expect(messageOf('no')).toBe('no')
  expect(messageOf(undefined)).toBe('undefined')
})
