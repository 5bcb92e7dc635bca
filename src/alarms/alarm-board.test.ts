import { expect, test } from 'vitest'
import { AlarmBoard } from './alarm-board.js'

test('an alarm stays up until it is cleared, with how often and since when', () => {
  let now = 1_000
  const alarms = new AlarmBoard(() => now)
  const told: string[] = []
  alarms.subscribe((alarm, up) => told.push(`${alarm.alarm} ${up ? 'up' : 'over'}`))
  alarms.raise('store.cannotWrite', 'disk full')
  now = 2_000
  alarms.raise('store.cannotWrite', 'disk still full')
  expect(alarms.active()).toEqual([
    { alarm: 'store.cannotWrite', severity: 'critical', detail: 'disk still full', since: 1_000, lastAt: 2_000, times: 2 },
  ])
  alarms.clear('store.cannotWrite')
  alarms.clear('store.cannotWrite')
  expect(told).toEqual(['store.cannotWrite up', 'store.cannotWrite up', 'store.cannotWrite over'])
  expect(alarms.raised).toBe(2)
})
