import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplayWindow } from './replay-window.js'

/** @returns whether a genuine packet with that number is taken */
function take(window: ReplayWindow, sequence: number): boolean {
  const index = window.indexOf(sequence & 0xffff)
  if (!window.isNew(index)) return false
  window.took(index)
  return true
}

test('a packet that comes twice is taken once, and one that is late is taken as long as it may be new', () => {
  const window = new ReplayWindow()
  expect([100, 101, 103, 102, 102, 103, 100].map((sequence) => take(window, sequence))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
  expect(take(window, 400)).toBe(true)
  expect(take(window, 300)).toBe(true)
  expect(take(window, 200)).toBe(false)
})

test('numbers go round', () => {
  const window = new ReplayWindow()
  expect([65_534, 65_535, 0, 1, 65_535, 0].map((sequence) => take(window, sequence))).toEqual([true, true, true, true, false, false])
})

test('whatever is lost, doubled and overtaken within the window, every packet is taken exactly once', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 65_535 }),
      fc.array(fc.record({ lost: fc.boolean(), doubled: fc.boolean(), lateBy: fc.nat(60) }), { maxLength: 300 }),
      (first, packets) => {
        const sent = packets
          .flatMap(({ lost, doubled, lateBy }, index) =>
            lost
              ? []
              : doubled
                ? [
                    { index, at: index + lateBy },
                    { index, at: index + lateBy + 1 },
                  ]
                : [{ index, at: index + lateBy }],
          )
          .sort((one, other) => one.at - other.at)
        const window = new ReplayWindow()
        // The first one says where the numbers begin.
        take(window, first)
        const taken = sent.filter(({ index }) => take(window, first + 1 + index)).map(({ index }) => index)
        expect([...taken].sort((one, other) => one - other)).toEqual(
          [...new Set(sent.map(({ index }) => index))].sort((one, other) => one - other),
        )
      },
    ),
  )
})
