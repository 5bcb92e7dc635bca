import { describe, expect, it } from 'vitest'
import type { HuntCandidate } from '../directory/model.js'
import { noPast, type RungBefore } from '../watch-list/rung-before.js'
import { inHuntOrder } from './hunt-order.js'

const person = (name: string, ...numbers: string[]): HuntCandidate => ({
  key: `clinician:${name}`,
  pool: 'local',
  label: name,
  clinician: name,
  targets: numbers.map((number) => ({ kind: 'number', number })),
})
const names = (candidates: readonly HuntCandidate[]) => candidates.map(({ label }) => label)
const rota = [person('ada', '+441'), person('bo', '+442'), person('cy', '+443')]

/** @param rung when each candidate was last rung; @param watched telephones on the watch list */
function past(rung: Readonly<Record<string, number>>, ...watched: readonly string[]): RungBefore {
  return { lastRungAt: (candidate) => rung[candidate], isWatched: (target) => watched.includes(target) }
}

describe('the order of a hunt', () => {
  it('is the rota when nothing is known', () => {
    expect(inHuntOrder(rota, 'rota', noPast)).toEqual(rota)
    expect(names(inHuntOrder(rota, 'leastRecentlyRung', noPast))).toEqual(['ada', 'bo', 'cy'])
  })

  it('begins with the candidate rung longest ago, or never', () => {
    expect(names(inHuntOrder(rota, 'leastRecentlyRung', past({ 'clinician:ada': 3, 'clinician:cy': 2 })))).toEqual(['bo', 'cy', 'ada'])
  })

  it('passes over bad numbers after the good ones, and drops nobody', () => {
    expect(names(inHuntOrder(rota, 'rota', past({}, '+441')))).toEqual(['bo', 'cy', 'ada'])
    const [both] = inHuntOrder([person('dee', '+441', '+444')], 'rota', past({}, '+441'))
    expect(both?.targets).toEqual([
      { kind: 'number', number: '+444' },
      { kind: 'number', number: '+441' },
    ])
  })
})
