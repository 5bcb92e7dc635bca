import { describe, expect, it } from 'vitest'
import { adviceInWords, adviceOf, longestFirst } from './advice.js'
import type { RollUpFigure, RollUpRow } from './roll-up.js'

const row = (id: string, figure: RollUpFigure, amount: number, part = '', month = '2026-11'): RollUpRow => ({
  month,
  scope: 'clinician',
  id,
  figure,
  part,
  amount,
})
const rows = [
  row('okafor', 'ringing', 2, 'noAnswer'),
  row('okafor', 'ringing', 3, 'accepted'),
  row('okafor', 'answered', 3),
  row('okafor', 'talkMs', 5_400_000),
  row('hughes', 'ringing', 7, 'busy'),
]

describe('what a clinician gave', () => {
  it('is all attempts, with any result, the calls answered and the time spoken', () => {
    expect(adviceOf(rows.filter(({ id }) => id === 'okafor'))).toEqual({ rung: 5, answered: 3, talkMs: 5_400_000 })
    expect(adviceOf([])).toEqual({ rung: 0, answered: 0, talkMs: 0 })
  })
  it('is listed by time spoken, longest first', () => {
    const each = ['hughes', 'okafor'].map((id) => ({ id, ...adviceOf(rows.filter((one) => one.id === id)) }))
    expect(longestFirst(each).map(({ id }) => id)).toEqual(['okafor', 'hughes'])
  })
  it.each([
    [
      { rung: 5, answered: 3, talkMs: 5_400_000 },
      { rung: '5', answered: '3', share: '60%', talk: '1 h 30 min', mean: '30 min 00 s' },
    ],
    [
      { rung: 0, answered: 0, talkMs: 0 },
      { rung: '0', answered: '0', share: '–', talk: '0 h 00 min', mean: '–' },
    ],
  ])('reads as people read it: %j', (advice, words) => expect(adviceInWords(advice)).toEqual(words))
})
