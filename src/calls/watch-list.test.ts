import { beforeEach, describe, expect, it } from 'vitest'
import type { AttemptResult, CallEvent } from './events.js'
import { TargetHistory } from './target-history.js'
import { recall, WatchList, type Clearing } from './watch-list.js'

const mobile = '+447700900123'
const office = '+441632960101'
let attempts = 0

/** A ringing that began and ended at these instants. */
function ringing(at: number, result: AttemptResult, { target = mobile, label = 'Dr Okafor', status }: { target?: string; label?: string; status?: number } = {}): CallEvent[] {
  const attempt = `a${(attempts += 1)}`
  const call = { callId: `call-${attempt}` }
  return [
    { ...call, seq: 1, at, type: 'attempt.started', attempt, candidate: 'clinician:dr-okafor', label, pool: 'local', target },
    { ...call, seq: 2, at: at + 1, type: 'attempt.ended', attempt, result, ...(status === undefined ? {} : { status }) },
  ]
}

const bad = (...at: number[]) => at.flatMap((each) => ringing(each, 'badNumber', { status: 404 }))

describe('a telephone that was cleared by hand', () => {
  it.each<[string, CallEvent[], number[], boolean, number]>([
    ['does not come back by what had failed before', bad(10, 20, 30), [40], false, 0],
    ['comes back when it fails as often again', [...bad(10, 20, 30), ...bad(50, 60, 70)], [40], true, 3],
    ['is still clear while it has failed less often since', [...bad(10, 20, 30), ...bad(50, 60)], [40], false, 2],
    ['stays clear however often it was cleared', [...bad(10, 20, 30), ...bad(50, 60, 70)], [40, 80], false, 0],
    ['was not on the list before it failed: that clears nothing', bad(10, 20, 30), [5], true, 3],
    ['was not on the list yet: that clears nothing', bad(10, 20, 30), [25], true, 3],
    ['keeps what failed in the moment of the clearing', bad(10, 20, 30, 40), [40], false, 1],
  ])('%s', (_name, events, clearedAt, watched, failures) => {
    const history = new TargetHistory()
    recall(history, events, clearedAt.map((at): Clearing => ({ target: mobile, at })).reverse())
    expect(history.isWatched(mobile)).toBe(watched)
    expect(history.figuresOf(mobile)?.failures).toHaveLength(failures)
  })

  it('and one that nobody knows is no trouble', () => {
    const history = new TargetHistory()
    recall(history, bad(10), [{ target: office, at: 5 }])
    expect(history.figures()).toHaveLength(1)
  })
})

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
    expect(told).toEqual([expect.stringMatching(/^number\.failing: Dr Okafor: a telephone of Dr Okafor failed 3 times in a row \(badNumber 404, badNumber 404, badNumber 404\)/)])
    expect(told.join()).not.toContain('900123')
  })

  it('raises the alarm again when the engine starts anew', () => {
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
    expect(list.watched()).toEqual([])
  })

  it('lets go of a telephone only when that is on disk', async () => {
    fill(bad(10, 20, 30))
    expect(await list.clear(office)).toBe(false)
    expect(kept).toEqual([])
    disk = Promise.reject(new Error('disk full'))
    await expect(list.clear(mobile)).rejects.toThrow('disk full')
    expect(list.watched()).toHaveLength(1)
    disk = Promise.resolve(25)
    expect(await list.clear(mobile)).toBe(true)
    // What failed after the instant of the clearing counts.
    expect(history.figuresOf(mobile)?.failures.map(({ at }) => at)).toEqual([31])
  })

  it('counts what came of ringing by result and by reason', () => {
    fill(bad(10, 20), ringing(30, 'busy', { status: 486 }), ringing(40, 'noAnswer'), ringing(50, 'accepted'))
    expect(list.figures()[0]).toMatchObject({ rung: 5, byResult: { badNumber: 2, busy: 1, noAnswer: 1, accepted: 1 }, byReason: { 'badNumber 404': 2, 'busy 486': 1 } })
  })
})
