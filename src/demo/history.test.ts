import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { openingAt } from '../directory/hours.js'
import { parseDirectory } from '../directory/parse-directory.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { CallEvent } from '../facts/events.js'
import { inventHistory } from './history.js'

const file = new URL('../../config/directory.yaml', import.meta.url)
const parsed = parseDirectory(readFileSync(file, 'utf8'), 'directory.yaml')
if (!parsed.ok) throw new Error('the demo world has errors')
const { directory } = parsed
/** Tuesday 3 March 2026, 11:20 in London. */
const now = Date.UTC(2026, 2, 3, 11, 20)

describe('the invented month', () => {
  let events: readonly CallEvent[]
  let records: readonly CallRecord[]
  beforeAll(async () => {
    events = await inventHistory({ directory, now, days: 30, seed: 960 })
    const byCall = new Map<string, CallEvent[]>()
    for (const event of events) byCall.set(event.callId, [...(byCall.get(event.callId) ?? []), event])
    records = [...byCall.values()].map((ofCall) => callRecord(ofCall)).filter((record) => record !== undefined)
  })

  it('holds some forty calls a day, all of them over before now', () => {
    expect(records.length).toBeGreaterThan(700)
    expect(records.length).toBeLessThan(2_000)
    expect(records.every(({ endedAt }) => endedAt !== undefined && endedAt <= now)).toBe(true)
    expect(records.some(({ arrivedAt }) => now - arrivedAt < 3_600_000)).toBe(true)
  })

  it('has realistic waits and a realistic share of connected calls', () => {
    const waits = records.flatMap(({ waitMs }) => (waitMs === undefined ? [] : [waitMs / 1_000]))
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
    expect(mean).toBeGreaterThan(26)
    expect(mean).toBeLessThan(40)
    expect(waits.length / records.length).toBeGreaterThan(0.68)
    expect(waits.length / records.length).toBeLessThan(0.88)
  })

  it('has outcomes for most conversations, NCN rescues, and callers who gave up', () => {
    const spoke = records.filter(({ talkMs }) => talkMs !== undefined)
    expect(spoke.filter(({ outcome }) => outcome !== undefined).length / spoke.length).toBeGreaterThan(0.5)
    expect(events.some((event) => event.type === 'attempt.started' && event.pool === 'ncn')).toBe(true)
    expect(records.some(({ ending }) => ending === 'abandonedInHunt')).toBe(true)
    expect(
      records.filter(({ ending }) => ending !== undefined && ['engineFault', 'mediaFault', 'overloaded', 'interrupted'].includes(ending)),
    ).toEqual([])
  })

  it('rings lines only while they are open, and more by day than by night', () => {
    for (const { line, arrivedAt } of records) {
      const known = directory.lines.get(line ?? '')
      if (known) expect(openingAt(known, arrivedAt).open).toBe(true)
    }
    const hours = records.map(({ arrivedAt }) => new Date(arrivedAt).getUTCHours())
    expect(hours.filter((hour) => hour >= 9 && hour < 12).length).toBeGreaterThan(4 * hours.filter((hour) => hour < 6).length)
  })

  it('claims no recording that cannot be played, and says why each is missing', () => {
    expect(records.every(({ recordings }) => recordings.length === 0)).toBe(true)
    const spoke = events.filter(({ type }) => type === 'talk.started').length
    const failures = events.filter((event) => event.type === 'recording.failed')
    expect(failures.length).toBeGreaterThanOrEqual(spoke)
    expect(failures.every(({ why }) => why.includes('invented'))).toBe(true)
  })

  it('ends with calls just before now, also on a Sunday night', async () => {
    const sunday = Date.UTC(2026, 2, 1, 3, 20)
    const late = await inventHistory({ directory, now: sunday, days: 2, seed: 960 })
    expect(late.filter(({ type, at }) => type === 'call.arrived' && sunday - at < 3 * 3_600_000).length).toBeGreaterThan(3)
  })

  it('leaves no overdue request for a call-back', () => {
    for (const event of events) if (event.type === 'callBack.requested') expect(now - event.at).toBeLessThan(3 * 3_600_000)
  })
})
