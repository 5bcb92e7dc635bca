import { expect, test } from 'vitest'
import { onOneLine, printable } from './printable.js'

test('what a terminal would obey is seen instead', () => {
  expect(printable('\u001b[2J\u009b31m\u0007\u007f\u202eevil\u2028x\r')).toBe('\\u001b[2J\\u009b31m\\u0007\\u007f\\u202eevil\\u2028x\\r')
})

test('names in every script stay as they are, and so do lines and tabs', () => {
  const text = 'Zoë Núñez\tДр. Орлова\n山田 太郎 क्‍ष نورا 👩‍⚕️'
  expect(printable(text)).toBe(text)
})

test('on one line a newline is seen', () => {
  expect(onOneLine('Mary\r\nperson-1  forged')).toBe('Mary\\r\\nperson-1  forged')
})
