import { describe, expect, it } from 'vitest'
import type { DialResult } from '../port.js'
import { nextTrunkMayHelp, refusalOf, trunkSignOf, type FinalAnswer } from './dial-outcome.js'

const answer = (status: number, more: Partial<FinalAnswer> = {}): FinalAnswer => ({
  status,
  reason: 'x',
  local: false,
  viaTrunk: false,
  ...more,
})

describe('what a refusal means', () => {
  it.each([
    [486, 'busy'],
    [600, 'busy'],
    [603, 'declined'],
    [607, 'declined'],
    [608, 'declined'],
    [433, 'declined'],
    [480, 'unavailable'],
    [408, 'unavailable'],
    [404, 'badNumber'],
    [410, 'badNumber'],
    [484, 'badNumber'],
    [604, 'badNumber'],
    [302, 'failed'],
    [400, 'failed'],
    [401, 'failed'],
    [403, 'failed'],
    [415, 'failed'],
    [488, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
    [606, 'failed'],
  ] as const)('%i is %s', (status, kind) => {
    expect(refusalOf(answer(status))).toMatchObject({ kind, status })
  })

  it('knows a 480 that a person pressed from one that a switch gave', () => {
    expect(refusalOf(answer(480, { reasonHeader: 'Q.850;cause=21;text="Call Rejected"' })).kind).toBe('declined')
    expect(refusalOf(answer(480, { reasonHeader: 'Q.850;cause=18' })).kind).toBe('unavailable')
    expect(refusalOf(answer(480, { reasonHeader: 'Q.850;cause=210' })).kind).toBe('unavailable')
  })

  it('knows a 408 from the far end from a silence', () => {
    expect(refusalOf(answer(408, { local: true }))).toMatchObject({ kind: 'failed', fault: 'farEnd' })
    expect(refusalOf(answer(408, { local: true, viaTrunk: true }))).toMatchObject({ kind: 'failed', fault: 'trunk' })
    expect(refusalOf(answer(408, { viaTrunk: true }))).toMatchObject({ kind: 'failed', fault: 'trunk' })
    expect(refusalOf(answer(408, { viaTrunk: true, rang: true }))).toMatchObject({ kind: 'unavailable' })
  })

  it.each([
    [answer(503, { local: true, viaTrunk: true }), 'trunk'],
    [answer(503, { local: true }), 'farEnd'],
    [answer(500, { local: true }), 'ours'],
    [answer(502, { viaTrunk: true }), 'trunk'],
    [answer(502), 'farEnd'],
    [answer(407, { viaTrunk: true }), 'trunk'],
    [answer(400, { viaTrunk: true }), 'ours'],
    [answer(488), 'farEnd'],
    [answer(302), 'indeterminate'],
    [answer(699), 'indeterminate'],
  ] as const)('says on whose side the fault lies: %o', (given, fault) => {
    expect(refusalOf(given)).toMatchObject({ kind: 'failed', fault })
  })

  it('tries the next trunk only when nobody can have been rung', () => {
    const trunkDown = refusalOf(answer(503, { local: true, viaTrunk: true }))
    expect(nextTrunkMayHelp(trunkDown, false)).toBe(true)
    expect(nextTrunkMayHelp(trunkDown, true)).toBe(false)
    expect(nextTrunkMayHelp(refusalOf(answer(486, { viaTrunk: true })), false)).toBe(false)
    expect(nextTrunkMayHelp(refusalOf(answer(404, { viaTrunk: true })), false)).toBe(false)
  })
})

describe('what an attempt says of its trunk', () => {
  const failed = (status: number, more: Partial<FinalAnswer> = {}): DialResult => refusalOf(answer(status, { viaTrunk: true, ...more }))

  it.each<[DialResult, boolean, string | undefined]>([
    [{ kind: 'answered', leg: undefined as never, at: 0, rangMs: 0 }, false, 'carried'],
    [failed(486), false, 'carried'],
    [failed(603), false, 'carried'],
    [failed(404), false, 'carried'],
    [failed(480), false, 'carried'],
    [failed(503), true, 'carried'],
    [{ kind: 'noAnswer', rangMs: 1 }, true, 'carried'],
    [{ kind: 'cancelled' }, true, 'carried'],
    [{ kind: 'noAnswer', rangMs: 1 }, false, undefined],
    [{ kind: 'cancelled' }, false, undefined],
    [failed(488), false, undefined],
    [failed(400), false, undefined],
    [{ kind: 'failed', fault: 'ours', reason: 'no channel' }, false, undefined],
    [failed(503), false, 'down'],
    [failed(503, { local: true }), false, 'down'],
    [failed(408, { local: true }), false, 'down'],
    [failed(401), false, 'down'],
    [failed(407), false, 'down'],
    [{ kind: 'failed', fault: 'trunk', reason: 'it does not answer' }, false, 'down'],
    [failed(408), false, 'refused'],
    [failed(403), false, 'refused'],
    [failed(500), false, 'refused'],
    [failed(504), false, 'refused'],
  ])('%o, rang: %s: %s', (result, rang, expected) => {
    expect(trunkSignOf(result, rang)?.kind).toBe(expected)
  })

  it('passes on how long it asks for', () => {
    expect(trunkSignOf(failed(503), false, 120)).toMatchObject({ kind: 'down', retryAfterMs: 120_000 })
  })
})
