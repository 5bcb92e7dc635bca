import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callRecord } from '../facts/call-record.js'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import { goodCall } from '../../test/kit/sample-call.js'
import { rollUpChange, rollUpOf, RollUpTotal, whenIn, type RollUpRow } from './roll-up.js'

const begun = Date.UTC(2026, 2, 10, 12)
function events(facts: readonly CallFact[], at = begun): readonly CallEvent[] {
  return facts.map((fact, index) => ({
    ...unknownOrigin,
    callId: 'one',
    seq: index + 1,
    at: at + index * 1_000,
    elapsedMs: index * 1_000,
    ...fact,
  }))
}
const sum = (rows: Iterable<RollUpRow>, figure: string, scope = 'all') =>
  [...rows].filter((row) => row.figure === figure && row.scope === scope).reduce((total, { amount }) => total + amount, 0)

describe('the sums of a month', () => {
  it('have a call once it is over: in all, of its line, of the organisation that called', () => {
    const facts = goodCall('one')
    const end = facts.findIndex(({ type }) => type === 'call.ended')
    expect(rollUpOf(callRecord(events(facts.slice(0, end)))).size).toBe(0)
    const rows = [...rollUpOf(callRecord(events(facts))).values()]
    for (const scope of ['all', 'line', 'organisation']) {
      expect(sum(rows, 'answered', scope)).toBe(1)
      expect(sum(rows, 'connectionIn', scope)).toBe(1)
      expect(sum(rows, 'answeredAt', scope)).toBe(1)
    }
    // By hour only for lines: nothing else shows it.
    expect(['all', 'line', 'organisation'].map((scope) => sum(rows, 'connectionAt', scope))).toEqual([
      0,
      sum(rows, 'connectionMs', 'line'),
      0,
    ])
    expect(new Set(rows.filter(({ scope }) => scope !== 'lineDay').map(({ month }) => month))).toEqual(new Set(['2026-03']))
  })

  it('have a call on its day as well, only for its line: what the wallboard shows', () => {
    const rows = [...rollUpOf(callRecord(events(goodCall('one')))).values()]
    const days = rows.filter(({ scope }) => scope === 'lineDay')
    expect(new Set(days.map(({ month, id }) => `${month} ${id}`))).toEqual(new Set(['2026-03-10 cardiology']))
    const ofMonth = new Map(rows.filter(({ scope }) => scope === 'line').map(({ figure, part, amount }) => [`${figure} ${part}`, amount]))
    for (const { figure, part, amount } of days) expect(amount, figure).toBe(ofMonth.get(`${figure} ${part}`))
    expect(days.map(({ figure }) => figure).sort()).toEqual([
      'answered',
      'connectionIn',
      'connectionMs',
      'dialToVoiceIn',
      'dialToVoiceMs',
      'within60',
    ])
  })

  it('have a call by who asked whom, for returns: what these show', () => {
    const rows = [
      ...rollUpOf(callRecord(events([...goodCall('one'), { type: 'outcome.left', outcome: 'referral-avoided', by: 'staff' }]))).values(),
    ].filter(({ scope }) => scope === 'asked')
    expect(rows.map(({ month, id, figure, part, amount }) => [month, id, figure, part, amount])).toEqual([
      ['2026-03', 'elm-row cardiology', 'answered', '', 1],
      ['2026-03', 'elm-row cardiology', 'outcome', 'referral-avoided', 1],
    ])
  })

  it('change by the difference, whenever it is counted', () => {
    const all = events(goodCall('one'))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: all.length }), { maxLength: 5 }), (cuts) => {
        const total = new RollUpTotal()
        let before = rollUpOf(undefined)
        for (const cut of [...cuts.toSorted((a, b) => a - b), all.length]) {
          const now = rollUpOf(callRecord(all.slice(0, cut)))
          total.add(rollUpChange(before, now))
          before = now
        }
        const whole = new RollUpTotal()
        whole.add(rollUpOf(callRecord(all)))
        expect(total.rows()).toEqual(whole.rows())
      }),
    )
  })

  it.each([
    ['the last hour of October in summer time', Date.UTC(2026, 9, 31, 23, 30), '2026-10-31', 5 * 24 + 23],
    ['a Monday just after midnight in summer time', Date.UTC(2026, 5, 28, 23, 5), '2026-06-29', 0],
    ['New Year', Date.UTC(2027, 0, 1), '2027-01-01', 4 * 24],
  ])('%s is in the month, day and hour of the service', (_what, at, date, hourOfWeek) =>
    expect(whenIn(at)).toEqual({ month: date.slice(0, 7), date, hourOfWeek }),
  )
})
