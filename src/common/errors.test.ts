import { expect, test } from 'vitest'
import { asError, messageOf } from './errors.js'

test('anything thrown is put into words', () => {
  expect(messageOf(new TypeError('no'))).toBe('no')
  expect(messageOf('no')).toBe('no')
  expect(messageOf(undefined)).toBe('undefined')
})

test('an error stays the same, and anything else becomes one', () => {
  const error = new TypeError('no')
  expect(asError(error)).toBe(error)
  expect(asError('no')).toEqual(new Error('no'))
})
