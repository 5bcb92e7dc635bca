import { beforeEach, describe, expect, it } from 'vitest'
import { AlarmBoard } from './alarm-board.js'
import { alarmLines } from './alarm-lines.js'

describe('what the log says of alarms', () => {
  let now: number
  let board: AlarmBoard
  let lines: string[]
  beforeEach(() => {
    now = 0
    lines = []
    board = new AlarmBoard(() => now)
    board.subscribe(alarmLines((up, { alarm, detail, times }) => lines.push(`${alarm} ${up ? 'up' : 'over'} (${times}): ${detail}`)))
  })

  it('is one line for a thousand refused callers, and one at its end', () => {
    for (let caller = 0; caller < 1_000; caller++) board.raise('calls.overloaded', 'too many')
    board.clear('calls.overloaded')
    expect(lines).toEqual(['calls.overloaded up (1): too many', 'calls.overloaded over (1000): too many'])
  })

  it('is a line for each change of its words', () => {
    for (const detail of ['disk full', 'disk full', 'read-only', 'disk full']) board.raise('store.cannotWrite', detail)
    expect(lines).toEqual([
      'store.cannotWrite up (1): disk full',
      'store.cannotWrite up (3): read-only',
      'store.cannotWrite up (4): disk full',
    ])
  })

  it('is a line a minute while it goes on', () => {
    for (now = 0; now < 180_000; now += 1_000) board.raise('calls.overloaded', 'too many')
    expect(lines).toHaveLength(3)
  })

  it('begins again after it was over', () => {
    board.raise('calls.overloaded', 'too many')
    board.clear('calls.overloaded')
    board.raise('calls.overloaded', 'too many')
    expect(lines.map((line) => line.split(' ')[1])).toEqual(['up', 'over', 'up'])
  })
})
