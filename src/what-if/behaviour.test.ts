import { describe, expect, it } from 'vitest'
import { Behaviour, priorRingings, type ObservedRinging } from './behaviour.js'
import { randomStream } from './random.js'

function ringings(
  target: string,
  hour: number,
  of: {
    readonly accepted?: number
    readonly unanswered?: number
    readonly busy?: number
    readonly voicemail?: number
    readonly calledOff?: number
  },
): readonly ObservedRinging[] {
  const times = (count: number | undefined, ringing: Omit<ObservedRinging, 'target' | 'hour'>) =>
    Array.from({ length: count ?? 0 }, () => ({ target, hour, ...ringing }))
  const answered = { atMs: 6_000, cause: 'answered' } as const
  return [
    ...times(of.accepted, { ringing: answered, answer: { atMs: 4_000, cause: 'accepted' }, calledOff: false }),
    ...times(of.voicemail, { ringing: answered, answer: { atMs: 15_000, cause: undefined }, calledOff: false }),
    ...times(of.unanswered, { ringing: { atMs: 20_000, cause: undefined }, answer: undefined, calledOff: false }),
    ...times(of.busy, { ringing: { atMs: 500, cause: 'busy' }, answer: undefined, calledOff: false }),
    ...times(of.calledOff, { ringing: { atMs: 2_000, cause: undefined }, answer: undefined, calledOff: true }),
  ]
}

const k = priorRingings

describe('how a specialist behaves when rung', () => {
  const good = ringings('good', 9, { accepted: 18, unanswered: 2 })
  const bad = ringings('bad', 9, { unanswered: 20 })
  const everybody = 18 / 40

  it.each([
    { name: 'never rung: like everybody', target: 'new', hour: 9, expected: everybody },
    { name: 'rung at another hour: mostly like themselves', target: 'good', hour: 14, expected: (20 * 0.9 + k * everybody) / (20 + k) },
    {
      name: 'rung in this hour: more so',
      target: 'good',
      hour: 9,
      expected: (20 * 0.9 + k * ((20 * 0.9 + k * everybody) / (20 + k))) / (20 + k),
    },
    { name: 'never answered: seldom, but not never', target: 'bad', hour: 9, expected: (k * ((k * everybody) / (20 + k))) / (20 + k) },
  ])('$name', ({ target, hour, expected }) => {
    expect(new Behaviour([...good, ...bad]).answers(target, hour)).toBeCloseTo(expected, 12)
  })

  it('draws by its stated probabilities', () => {
    const behaviour = new Behaviour([...good, ...bad, ...ringings('bad', 10, { voicemail: 6, busy: 4 })])
    for (const [target, hour] of [
      ['good', 9],
      ['bad', 10],
      ['new', 3],
    ] as const) {
      const drawn = Array.from({ length: 4_000 }, (_, run) => behaviour.draw(target, hour, randomStream(7, run)))
      const answered = drawn.filter(({ ringing }) => ringing?.cause === 'answered')
      expect(Math.abs(answered.length / 4_000 - behaviour.answers(target, hour))).toBeLessThan(0.03)
      const accepted = answered.filter(({ answer }) => answer?.cause === 'accepted')
      expect(Math.abs(accepted.length / answered.length - behaviour.accepts(target, hour))).toBeLessThan(0.05)
      expect(drawn.every(({ ringing, answer }) => ringing?.cause === 'answered' || answer === undefined)).toBe(true)
    }
  })

  it('gives fewer answers for a shorter ringing, and nothing beyond the longest', () => {
    const behaviour = new Behaviour(ringings('good', 9, { accepted: 1, unanswered: 1 }))
    expect([behaviour.answers('x', 9, 5_999), behaviour.answers('x', 9, 6_000), behaviour.answers('x', 9, 60_000)]).toEqual([0, 0.5, 0.5])
    expect(behaviour.longestSeen).toEqual({ ringMs: 20_000, acceptMs: 4_000 })
  })

  it('counts a ringing that the caller called off for the two seconds it lasted', () => {
    // Two answers of two watched to the end: the called-off ones neither answer nor refuse.
    const behaviour = new Behaviour(ringings('good', 9, { accepted: 2, calledOff: 30 }))
    expect(behaviour.answers('new', 9)).toBeCloseTo(1, 12)
    const strong = new Behaviour([...ringings('bad', 9, { unanswered: 20 }), ...ringings('seldom', 9, { calledOff: 50 })])
    const mixed = new Behaviour([...ringings('good', 9, { accepted: 20 }), ...ringings('seldom', 9, { calledOff: 50 })])
    expect(strong.answers('seldom', 9)).toBe(0)
    expect(mixed.answers('seldom', 9)).toBeCloseTo(1, 12)
  })

  it('judges a specialist with only such ringings by others’ ringings', () => {
    const behaviour = new Behaviour(good, [...good, ...ringings('elsewhere', 9, { unanswered: 95 })])
    expect(behaviour.answers('elsewhere', 20)).toBeCloseTo((k * 0.9) / (95 + k), 12)
    expect(behaviour.answers('new', 20)).toBeCloseTo(0.9, 12)
  })
})
