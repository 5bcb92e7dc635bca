import { expect, test } from 'vitest'
import { withIsoInstants } from './instants.js'

test('instants are written in ISO 8601 at every depth; durations and counts stay numbers', () => {
  const at = Date.UTC(2026, 2, 2, 9, 30, 0, 123)
  expect(
    withIsoInstants({
      now: at,
      calls: [{ arrivedAt: at, waitMs: 31_250, refs: 2, proof: { heardAt: at }, hangUp: { at } }],
      since: at,
      watchedSince: null,
      lastAt: at,
      uptimeSeconds: 3,
      at: 'yesterday',
    }),
  ).toEqual({
    now: '2026-03-02T09:30:00.123Z',
    calls: [
      {
        arrivedAt: '2026-03-02T09:30:00.123Z',
        waitMs: 31_250,
        refs: 2,
        proof: { heardAt: '2026-03-02T09:30:00.123Z' },
        hangUp: { at: '2026-03-02T09:30:00.123Z' },
      },
    ],
    since: '2026-03-02T09:30:00.123Z',
    watchedSince: null,
    lastAt: '2026-03-02T09:30:00.123Z',
    uptimeSeconds: 3,
    at: 'yesterday',
  })
})
