import { expect, test } from 'vitest'
import { asError, messageOf } from './errors.js'

test('what was thrown is said in words, whatever it was', () => {
  expect(messageOf(new TypeError('no'))).toBe('no')
  expect(messageOf('no')).toBe('no')
  expect(messageOf(undefined)).toBe('undefined')
})

test('an error stays the one that it is, and anything else becomes one', () => {
  const error = new TypeError('no')
  expect(asError(error)).toBe(error)
  expect(asError('no')).toEqual(new Error('no'))
})
