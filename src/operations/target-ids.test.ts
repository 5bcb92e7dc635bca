import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TargetIds } from './target-ids.js'

it('an id leads back to its row without revealing it', () => {
  const ids = new TargetIds()
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (row) => {
      expect(ids.idOf(row)).toMatch(/^[A-Za-z0-9_-]{22}$/)
      expect(ids.rowOf(ids.idOf(row))).toBe(row)
    }),
  )
  expect(new Set([1, 2, 3].map((row) => ids.idOf(row).slice(0, 6))).size).toBe(3)
})

it('an id from another start, or no id, matches nothing', () => {
  const ids = new TargetIds()
  expect(ids.rowOf(new TargetIds().idOf(1))).toBeUndefined()
  expect(ids.rowOf('Qm9zY8sVxjv3mK2w5tA1dQ')).toBeUndefined()
  expect(ids.rowOf('short')).toBeUndefined()
})
