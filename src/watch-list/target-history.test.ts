import { describe, expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { AttemptResult, CallFact } from '../facts/events.js'
import { TargetHistory } from './target-history.js'

let at = 0
let attempts = 0

function tell(history: TargetHistory, fact: CallFact): void {
  history.apply({ ...unknownOrigin, callId: 'call', seq: (at += 1), at, ...fact })
}

function ring(
  history: TargetHistory,
  target: string,
  result: AttemptResult,
  more: { fault?: 'ours' | 'trunk' | 'farEnd'; status?: number; candidate?: string } = {},
): void {
  const attempt = `call-${(attempts += 1)}`
  tell(history, { type: 'attempt.started', attempt, candidate: more.candidate ?? `phone:${target}`, label: target, pool: 'local', target })
  if (result === 'accepted' || result === 'notAccepted' || result === 'answeredThenHungUp')
    tell(history, { type: 'attempt.answered', attempt, legId: 'leg' })
  tell(history, {
    type: 'attempt.ended',
    attempt,
    result,
    ...(more.fault ? { fault: more.fault } : {}),
    ...(more.status ? { status: more.status } : {}),
  })
}

const mobile = '+447700900123'

it('remembers when each candidate was last rung', () => {
  const history = new TargetHistory()
  ring(history, '+441', 'busy', { candidate: 'clinician:ada' })
  ring(history, '+443', 'busy', { candidate: 'clinician:cy' })
  ring(history, '+441', 'busy', { candidate: 'clinician:ada' })
  expect(history.lastRungAt('clinician:bo')).toBeUndefined()
  expect(history.lastRungAt('clinician:ada')).toBeGreaterThan(history.lastRungAt('clinician:cy') ?? Number.NaN)
})

describe('a telephone', () => {
  it('with a bad number three times in a row is put on the watch list, with the evidence', () => {
    const history = new TargetHistory()
    const told: string[] = []
    history.onWatch((figures, change) => told.push(`${figures.target} ${change}`))
    ring(history, mobile, 'badNumber', { status: 404 })
    ring(history, mobile, 'badNumber', { status: 404 })
    expect(history.isWatched(mobile)).toBe(false)
    ring(history, mobile, 'badNumber', { status: 410 })
    expect(history.isWatched(mobile)).toBe(true)
    expect(history.failing(mobile)?.failures.map(({ status }) => status)).toEqual([404, 404, 410])
    expect(told).toEqual([`${mobile} watched`])
  })

  it('that only voicemail answers is put there too', () => {
    const history = new TargetHistory()
    for (let times = 0; times < 3; times += 1) ring(history, mobile, 'notAccepted')
    expect(history.isWatched(mobile)).toBe(true)
  })

  it.each<[AttemptResult, 'ours' | 'trunk' | 'farEnd' | undefined]>([
    ['busy', undefined],
    ['noAnswer', undefined],
    ['unavailable', undefined],
    ['cancelled', undefined],
    ['answeredThenHungUp', undefined],
    ['failed', 'ours'],
    ['failed', 'trunk'],
  ])('is not blamed for %s (%s)', (result, fault) => {
    const history = new TargetHistory()
    for (let times = 0; times < 9; times += 1) ring(history, mobile, result, fault ? { fault } : {})
    expect(history.isWatched(mobile)).toBe(false)
  })

  it('comes back by itself after one success, or by hand', () => {
    const history = new TargetHistory()
    for (let times = 0; times < 4; times += 1) ring(history, mobile, 'failed', { fault: 'farEnd' })
    ring(history, mobile, 'busy')
    expect(history.isWatched(mobile)).toBe(true)
    ring(history, mobile, 'accepted')
    expect(history.isWatched(mobile)).toBe(false)
    for (let times = 0; times < 3; times += 1) ring(history, mobile, 'badNumber')
    expect(history.clear(mobile)).toBe(true)
    expect(history.clear(mobile)).toBe(false)
    ring(history, mobile, 'badNumber')
    expect(history.isWatched(mobile)).toBe(false)
  })

  it('needs its failures in a row', () => {
    const history = new TargetHistory()
    for (const result of ['badNumber', 'badNumber', 'accepted', 'badNumber', 'badNumber'] as const) ring(history, mobile, result)
    expect(history.isWatched(mobile)).toBe(false)
  })
})
