import { describe, expect, it } from 'vitest'
import type { HuntCandidate } from '../directory/model.js'
import type { AttemptResult, CallFact } from './events.js'
import { inHuntOrder, noPast } from './hunt-order.js'
import { TargetHistory } from './target-history.js'

let at = 0
let attempts = 0

function tell(history: TargetHistory, fact: CallFact): void {
  history.apply({ callId: 'call', seq: (at += 1), at, ...fact })
}

function ring(history: TargetHistory, target: string, result: AttemptResult, more: { fault?: 'ours' | 'trunk' | 'farEnd'; status?: number; candidate?: string } = {}): void {
  const attempt = `call-${(attempts += 1)}`
  tell(history, { type: 'attempt.started', attempt, candidate: more.candidate ?? `phone:${target}`, label: target, pool: 'local', target })
  if (result === 'accepted' || result === 'notAccepted' || result === 'answeredThenHungUp') tell(history, { type: 'attempt.answered', attempt, legId: 'leg' })
  tell(history, { type: 'attempt.ended', attempt, result, ...(more.fault ? { fault: more.fault } : {}), ...(more.status ? { status: more.status } : {}) })
}

const mobile = '+447700900123'

describe('a telephone', () => {
  it('that nobody has three times in a row is put on the watch list, with the evidence', () => {
    const history = new TargetHistory()
    const told: string[] = []
    history.onWatch((figures, change) => told.push(`${figures.target} ${change}`))
    ring(history, mobile, 'badNumber', { status: 404 })
    ring(history, mobile, 'badNumber', { status: 404 })
    expect(history.isWatched(mobile)).toBe(false)
    ring(history, mobile, 'badNumber', { status: 410 })
    expect(history.isWatched(mobile)).toBe(true)
    expect(history.figuresOf(mobile)?.failures.map(({ status }) => status)).toEqual([404, 404, 410])
    expect(told).toEqual([`${mobile} watched`])
  })

  it('where always the voicemail answers is put there too', () => {
    const history = new TargetHistory()
    for (let times = 0; times < 3; times += 1) ring(history, mobile, 'notAccepted')
    expect(history.isWatched(mobile)).toBe(true)
    expect(history.figuresOf(mobile)).toMatchObject({ rung: 3, answered: 3, byResult: { notAccepted: 3 } })
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

describe('the order of a hunt', () => {
  const person = (name: string, ...numbers: string[]): HuntCandidate => ({ key: `clinician:${name}`, pool: 'local', label: name, clinician: name, targets: numbers.map((number) => ({ kind: 'number', number })) })
  const names = (candidates: readonly HuntCandidate[]) => candidates.map(({ label }) => label)
  const rota = [person('ada', '+441'), person('bo', '+442'), person('cy', '+443')]

  it('is the rota when nothing is known', () => {
    expect(inHuntOrder(rota, 'rota', noPast)).toEqual(rota)
    expect(names(inHuntOrder(rota, 'leastRecentlyRung', noPast))).toEqual(['ada', 'bo', 'cy'])
  })

  it('begins with whoever was rung longest ago, or never', () => {
    const history = new TargetHistory()
    ring(history, '+441', 'busy', { candidate: 'clinician:ada' })
    ring(history, '+443', 'busy', { candidate: 'clinician:cy' })
    ring(history, '+441', 'busy', { candidate: 'clinician:ada' })
    expect(names(inHuntOrder(rota, 'leastRecentlyRung', history))).toEqual(['bo', 'cy', 'ada'])
  })

  it('passes over bad numbers after the good ones, and drops nobody', () => {
    const history = new TargetHistory()
    for (let times = 0; times < 3; times += 1) ring(history, '+441', 'badNumber')
    expect(names(inHuntOrder(rota, 'rota', history))).toEqual(['bo', 'cy', 'ada'])
    const [both] = inHuntOrder([person('dee', '+441', '+444')], 'rota', history)
    expect(both?.targets).toEqual([
      { kind: 'number', number: '+444' },
      { kind: 'number', number: '+441' },
    ])
  })
})
