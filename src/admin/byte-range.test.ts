import { expect, test } from 'vitest'
import { byteRange } from './byte-range.js'

test.each([
  [undefined, { kind: 'all' }],
  ['bytes=0-', { kind: 'part', first: 0, last: 999 }],
  ['bytes=0-0', { kind: 'part', first: 0, last: 0 }],
  ['bytes=999-', { kind: 'part', first: 999, last: 999 }],
  ['bytes=500-5000', { kind: 'part', first: 500, last: 999 }],
  ['bytes=-1', { kind: 'part', first: 999, last: 999 }],
  ['bytes=-5000', { kind: 'part', first: 0, last: 999 }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=1000-', { kind: 'unsatisfiable' }],
  ['bytes=1000-2000', { kind: 'unsatisfiable' }],
  ['bytes=20-10', { kind: 'all' }],
  ['bytes=-', { kind: 'all' }],
  ['bytes=a-b', { kind: 'all' }],
  ['bytes=0-1,3-4', { kind: 'all' }],
  ['Bytes = 0-1', { kind: 'all' }],
  ['BYTES=1-2', { kind: 'part', first: 1, last: 2 }],
])('of 1000 bytes, "%s" asks for %o', (header, range) => {
  expect(byteRange(header, 1_000)).toEqual(range)
})

test('an empty file has no range', () => {
  expect(byteRange('bytes=0-', 0)).toEqual({ kind: 'unsatisfiable' })
  expect(byteRange('bytes=-5', 0)).toEqual({ kind: 'unsatisfiable' })
})
