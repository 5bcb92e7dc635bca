import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Arrangement, CallBack } from '../facts/arrangement.js'
import { listArrangements, type ArrangementFilter } from './arrangement-list.js'

const now = 1_000_000

function callBack(id: string, dueAt: number, more: Partial<CallBack> = {}): CallBack {
  return {
    kind: 'callBack',
    id,
    madeAt: 0,
    madeBy: { kind: 'staff' },
    tries: [],
    changedAt: 0,
    line: 'epilepsy',
    patientNumber: '+447700900123',
    dueAt,
    ...more,
  }
}

const ids = (all: readonly Arrangement[], filter: Partial<ArrangementFilter> = {}) =>
  listArrangements(all, { kind: 'callBack', ...filter }, now).arrangements.map(({ id }) => id)

describe('the lists of what is arranged', () => {
  const all = [
    callBack('early', now - 10),
    callBack('late', now + 10, { line: 'cardiac-rehab', clinician: 'dr-okafor' }),
    callBack('done', now - 20, { closed: 'done' }),
    callBack('running', now - 30, { tries: [{ callId: 'c', at: 0, talked: false, ended: false }] }),
  ]

  it('have the last due first, or the other way round', () => {
    expect(ids(all)).toEqual(['late', 'early', 'done', 'running'])
    expect(ids(all, { order: 'oldest' })).toEqual(['running', 'done', 'early', 'late'])
  })

  it('are filtered by state, line, clinician and time', () => {
    expect(ids(all, { states: ['open'] })).toEqual(['late', 'early'])
    expect(ids(all, { states: ['inProgress', 'done'] })).toEqual(['done', 'running'])
    expect(ids(all, { line: 'cardiac-rehab' })).toEqual(['late'])
    expect(ids(all, { clinician: 'dr-okafor' })).toEqual(['late'])
    expect(ids(all, { from: now - 10, to: now + 10 })).toEqual(['early'])
    expect(ids(all, { kind: 'patientConnect' })).toEqual([])
  })

  it('know what is overdue: open, and later than it was due', () => {
    expect(ids(all, { overdue: true })).toEqual(['early'])
    expect(ids(all, { overdue: false })).toEqual(['late', 'done', 'running'])
  })

  it('show every entry exactly once over their pages, also where many are due in the same moment', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom('newest' as const, 'oldest' as const),
        (dues, limit, order) => {
          const many = dues.map((due, index) => callBack(`id-${index}`, due))
          const seen: string[] = []
          let cursor: string | undefined
          for (let pages = 0; pages <= many.length; pages++) {
            const page = listArrangements(many, { kind: 'callBack', order, limit, ...(cursor === undefined ? {} : { cursor }) }, now)
            seen.push(...page.arrangements.map(({ id }) => id))
            cursor = page.nextCursor
            if (cursor === undefined) break
          }
          expect(cursor).toBeUndefined()
          expect(seen).toEqual(ids(many, { order, limit: 200 }))
          expect(new Set(seen).size).toBe(many.length)
        },
      ),
    )
  })
})
