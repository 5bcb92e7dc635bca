import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Incidence, type Observation } from './incidence.js'

type Cause = 'answered' | 'busy'
const at = (atMs: number, cause?: Cause): Observation<Cause> => ({ atMs, cause })

describe('what happens to a subject not always watched to the end', () => {
  it.each<{
    readonly name: string
    readonly seen: readonly Observation<Cause>[]
    readonly answered: number
    readonly busy: number
    readonly nothing: number
  }>([
    { name: 'nobody was ever watched: nothing is known to happen', seen: [], answered: 0, busy: 0, nothing: 1 },
    {
      name: 'everybody was watched to the end: the shares',
      seen: [at(5, 'answered'), at(7, 'answered'), at(1, 'busy'), at(9, 'answered')],
      answered: 0.75,
      busy: 0.25,
      nothing: 0,
    },
    {
      name: 'all rung off at the same moment: the share that answered before',
      seen: [at(5, 'answered'), at(20), at(20), at(20)],
      answered: 0.25,
      busy: 0,
      nothing: 0.75,
    },
    // Kaplan and Meier by hand: at 5 one of four (3/4 are left); 6 is censored; at 8 one of two.
    {
      name: 'rung off early: those who are left stand for them',
      seen: [at(5, 'answered'), at(6), at(8, 'answered'), at(20)],
      answered: 1 / 4 + (3 / 4) * (1 / 2),
      busy: 0,
      nothing: 3 / 8,
    },
    {
      name: 'what happens in the moment of ringing off has happened',
      seen: [at(20, 'answered'), at(20)],
      answered: 0.5,
      busy: 0,
      nothing: 0.5,
    },
    // At 2 one of four is busy; at 4 one of the two who are left is answered.
    {
      name: 'causes compete',
      seen: [at(2, 'busy'), at(3), at(4, 'answered'), at(9)],
      answered: (3 / 4) * (1 / 2),
      busy: 1 / 4,
      nothing: 3 / 8,
    },
    { name: 'two at the same moment', seen: [at(4, 'answered'), at(4, 'busy'), at(9)], answered: 1 / 3, busy: 1 / 3, nothing: 1 / 3 },
  ])('$name', ({ seen, answered, busy, nothing }) => {
    const incidence = new Incidence(seen)
    expect(incidence.probability('answered')).toBeCloseTo(answered, 12)
    expect(incidence.probability('busy')).toBeCloseTo(busy, 12)
    const draws = Array.from({ length: 1_000 }, (_, index) => incidence.draw((index + 0.5) / 1_000))
    expect(draws.filter((drawn) => drawn === undefined).length / 1_000).toBeCloseTo(nothing, 2)
    expect(draws.filter((drawn) => drawn?.cause === 'busy').length / 1_000).toBeCloseTo(busy, 2)
  })

  it('counts only what has happened by a given moment', () => {
    const incidence = new Incidence([at(5, 'answered'), at(10, 'answered'), at(15, 'answered'), at(20)])
    expect([4, 5, 10, 14, 15, 99].map((byMs) => incidence.probability('answered', byMs))).toEqual([0, 0.25, 0.5, 0.5, 0.75, 0.75])
  })

  it('draws for a subject still waiting at a moment only what comes later, in the same proportions', () => {
    const incidence = new Incidence([at(5, 'answered'), at(10, 'answered'), at(15, 'busy'), at(20)])
    const later = Array.from({ length: 900 }, (_, index) => incidence.drawAfter(5, (index + 0.5) / 900))
    expect(later.filter((drawn) => drawn?.atMs === 10)).toHaveLength(300)
    expect(later.filter((drawn) => drawn?.atMs === 15)).toHaveLength(300)
    expect(later.filter((drawn) => drawn === undefined)).toHaveLength(300)
    expect(incidence.drawAfter(15, 0)).toBeUndefined()
  })

  const observations = fc.array(fc.record({ atMs: fc.nat(30), cause: fc.constantFrom<Cause | undefined>('answered', 'busy', undefined) }), {
    maxLength: 40,
  })

  it('for any observations: a probability, never later than anybody was watched, and never before what is past', () => {
    fc.assert(
      fc.property(observations, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(30), (seen, chance, past) => {
        const incidence = new Incidence(seen)
        const sum = incidence.probability('answered') + incidence.probability('busy')
        expect(sum).toBeLessThanOrEqual(1 + 1e-9)
        expect(incidence.draw(chance)?.atMs ?? 0).toBeLessThanOrEqual(incidence.longestMs)
        expect(incidence.drawAfter(past, chance)?.atMs ?? Number.POSITIVE_INFINITY).toBeGreaterThan(past)
      }),
    )
  })

  it('for any observations that nobody cut short: exactly their shares', () => {
    fc.assert(
      fc.property(observations, (all) => {
        const seen = all.filter(({ cause }) => cause !== undefined)
        const answered = seen.filter(({ cause }) => cause === 'answered').length
        expect(new Incidence(seen).probability('answered')).toBeCloseTo(seen.length === 0 ? 0 : answered / seen.length, 9)
      }),
    )
  })
})
