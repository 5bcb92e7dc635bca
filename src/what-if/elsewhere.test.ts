import { describe, expect, it } from 'vitest'
import type { PastRinging } from '../store/past-ringing.js'
import { engagements } from './elsewhere.js'
import type { HuntedCall } from './recorded.js'

let serial = 0
function ringing(more: Partial<PastRinging> & { readonly startedAt: number; readonly endedAt: number }): PastRinging {
  return {
    callId: 'other',
    attempt: `other-${++serial}`,
    line: 'ent',
    candidate: 'clinician:a',
    label: 'A',
    pool: 'local',
    target: '+441',
    answeredAt: undefined,
    acceptedAt: undefined,
    result: 'noAnswer',
    callEndedAt: undefined,
    ...more,
  }
}

function call(callId: string, huntAt: number): HuntedCall {
  return {
    callId,
    arrivedAt: huntAt,
    huntAt,
    hour: 9,
    patience: { atMs: 0, cause: undefined },
    talkMs: undefined,
    result: { waitMs: undefined, refs: 0 },
  }
}

describe('who was busy with calls that are not replayed', () => {
  const calls = [call('one', 100_000), call('two', 900_000)]
  it.each([
    ['rung when a hunt began', ringing({ startedAt: 95_000, endedAt: 110_000 }), [95_000, 110_000]],
    ['rung while a hunt could still be under way', ringing({ startedAt: 250_000, endedAt: 260_000 }), [250_000, 260_000]],
    ['rung when no hunt was', ringing({ startedAt: 500_000, endedAt: 520_000 }), undefined],
    ['rung before the first hunt', ringing({ startedAt: 10_000, endedAt: 20_000 }), undefined],
    [
      'on a call that lasted into a hunt',
      ringing({ startedAt: 500_000, endedAt: 520_000, result: 'accepted', callEndedAt: 950_000 }),
      [500_000, 950_000],
    ],
    ['rung by a call that is replayed', ringing({ callId: 'one', startedAt: 100_000, endedAt: 110_000 }), undefined],
  ] as const)('%s', (_name, past, expected) => {
    const found = engagements([past], calls, 180_000)
    expect(found).toEqual(expected === undefined ? [] : [{ from: expected[0], to: expected[1], keys: ['clinician:a', 'target:+441'] }])
  })
})
