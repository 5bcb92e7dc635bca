import { describe, expect, it } from 'vitest'
import { callRecord } from '../facts/call-record.js'
import { unknownOrigin } from '../facts/actor.js'
import { goodCall, untilTalking } from '../../test/kit/sample-call.js'
import type { CallFact } from '../facts/events.js'
import { rollUpOf, RollUpTotal } from './roll-up.js'
import { figuresOf, grouped, hoursOfWeek, monthsUntil, sumsOf } from './summary.js'

/** A second between two facts. */
function record(callId: string, facts: readonly CallFact[], at: number) {
  return callRecord(
    facts.map((fact, index) => ({ ...unknownOrigin, callId, seq: index + 1, at: at + index * 1_000, elapsedMs: index * 1_000, ...fact })),
  )
}
const abandoned: readonly CallFact[] = [
  ...untilTalking('gone').slice(0, 10),
  { type: 'attempt.ended', attempt: 'gone-2', result: 'cancelled' },
  { type: 'hunt.ended', result: 'callerGone' },
  { type: 'call.ended', ending: 'abandonedInHunt' },
]
const [march, april] = [Date.UTC(2026, 2, 10, 12), Date.UTC(2026, 3, 14, 8)]

function rows() {
  const total = new RollUpTotal()
  for (const one of [
    record('one', goodCall('one'), march),
    record('two', goodCall('two', { line: 'ent' }), march),
    record('gone', abandoned, april),
  ])
    total.add(rollUpOf(one))
  return total.rows()
}

describe('the figures of a period', () => {
  it('are those of the calls in it, added up over its months', () => {
    const all = rows().filter(({ scope }) => scope === 'all')
    const figures = figuresOf(all)
    expect(figures).toMatchObject({
      placed: 3,
      offered: 3,
      answered: 2,
      abandoned: 1,
      unanswered: 0,
      answerRate: 2 / 3,
      within60: 1,
      ncnShare: 0,
      refs: 2,
      outcomes: [{ outcome: 'referral-avoided', calls: 2 }],
    })
    // The choice of the line is the third fact, the talk the sixteenth.
    expect(figures.connection.mean).toBe(13_000)
    expect(figures.connection.median! / 13_000).toBeCloseTo(1, 1.9)
    expect(figures.dialToVoice.mean).toBe(15_000)
    expect(figures.talkMs).toBe(10_000)
  })

  it('can be split by month and by line', () => {
    const months = grouped(
      rows().filter(({ scope }) => scope === 'all'),
      ({ month }) => month,
    )
    expect([...months].map(([month, group]) => [month, figuresOf(group).answered])).toEqual([
      ['2026-03', 2],
      ['2026-04', 0],
    ])
    const lines = grouped(
      rows().filter(({ scope }) => scope === 'line'),
      ({ id }) => id,
    )
    expect([...lines].map(([line, group]) => [line, figuresOf(group).offered])).toEqual([
      ['cardiology', 2],
      ['ent', 1],
    ])
  })

  it('omit what there is none of', () => {
    expect(figuresOf([])).toEqual({
      ...{ placed: 0, offered: 0, answered: 0, unanswered: 0, abandoned: 0, abandonedEarly: 0, closed: 0, notOffered: 0 },
      connection: {},
      dialToVoice: {},
      talkMs: 0,
      ...{ callBackRequested: 0, arranged: 0, arrangedConnected: 0 },
      outcomes: [],
    })
  })

  it("by hour of the week: March's two on a Tuesday at 12, April's on a Tuesday at 9 in summer time", () => {
    const hours = hoursOfWeek(sumsOf(rows().filter(({ scope }) => scope === 'all')))
    expect(hours[24 + 12]).toEqual({ offered: 2, answered: 2 })
    expect(hours[24 + 9]).toEqual({ offered: 1, answered: 0 })
  })

  it('months are counted over the turn of a year', () =>
    expect(monthsUntil('2026-02', 4)).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']))
})
