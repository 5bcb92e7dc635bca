import { beforeEach, describe, expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { AttemptResult, CallEvent } from '../facts/events.js'
import { TargetHistory } from './target-history.js'
import { WatchList } from './watch-list.js'

const mobile = '+447700900123'
const office = '+441632960101'
let attempts = 0

/** An attempt that began and ended at these instants. */
function ringing(
  at: number,
  result: AttemptResult,
  { target = mobile, label = 'Dr Okafor', status }: { target?: string; label?: string; status?: number } = {},
): CallEvent[] {
  const attempt = `a${(attempts += 1)}`
  const call = { callId: `call-${attempt}` }
  return [
    {
      ...unknownOrigin,
      ...call,
      seq: 1,
      at,
      type: 'attempt.started',
      attempt,
      candidate: 'clinician:dr-okafor',
      label,
      pool: 'local',
      target,
    },
    { ...unknownOrigin, ...call, seq: 2, at: at + 1, type: 'attempt.ended', attempt, result, ...(status === undefined ? {} : { status }) },
  ]
}

const bad = (...at: number[]) => at.flatMap((each) => ringing(each, 'badNumber', { status: 404 }))

describe('the watch list', () => {
  let told: string[]
  let kept: string[]
  let history: TargetHistory
  let list: WatchList
  let disk: Promise<number>

  function fill(...events: readonly CallEvent[][]): void {
    for (const event of events.flat()) history.apply(event)
  }

  beforeEach(() => {
    told = []
    kept = []
    disk = Promise.resolve(100)
    history = new TargetHistory()
    list = new WatchList({
      history,
      alarms: { raise: (alarm, detail) => told.push(`${alarm}: ${detail}`), clear: (alarm) => told.push(`over: ${alarm}`) },
      keep: (target) => {
        kept.push(target)
        return disk
      },
    })
  })

  it('raises an alarm that names the person and the evidence, and no number', () => {
    fill(bad(10, 20, 30))
    expect(told).toEqual([
      expect.stringMatching(
        /^number\.failing: Dr Okafor: a telephone of Dr Okafor failed 3 times in a row \(badNumber 404, badNumber 404, badNumber 404\)/,
      ),
    ])
    expect(told.join()).not.toContain('900123')
  })

  it('raises the alarm again after a restart', () => {
    fill(bad(10, 20, 30))
    told = []
    new WatchList({ history, alarms: { raise: (alarm) => told.push(alarm), clear: () => undefined }, keep: () => disk })
    expect(told).toEqual(['number.failing: Dr Okafor'])
  })

  it('keeps the alarm of a person up until none of their telephones is on it', async () => {
    fill(bad(10, 20, 30), ...[10, 20, 30].map((at) => ringing(at, 'notAccepted', { target: office })))
    expect(told.at(-1)).toMatch(/2 telephones of Dr Okafor/)
    fill(ringing(40, 'accepted'))
    expect(told.at(-1)).toMatch(/^number\.failing: Dr Okafor: a telephone/)
    expect(await list.clear(office)).toBe(true)
    expect(told.at(-1)).toBe('over: number.failing: Dr Okafor')
    expect(list.size).toBe(0)
    expect(list.watched()).toEqual([])
  })

  it('removes a telephone only once that is on disk', async () => {
    fill(bad(10, 20, 30))
    expect(await list.clear(office)).toBe(false)
    expect(kept).toEqual([])
    disk = Promise.reject(new Error('disk full'))
    await expect(list.clear(mobile)).rejects.toThrow('disk full')
    expect(list.watched()).toHaveLength(1)
    disk = Promise.resolve(25)
    expect(await list.clear(mobile)).toBe(true)
    // What failed after the instant of the clearing counts.
    expect(history.failing(mobile)?.failures.map(({ at }) => at)).toEqual([31])
  })
})
