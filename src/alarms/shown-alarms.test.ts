import { expect, it } from 'vitest'
import type { ActiveAlarm } from './alarm-board.js'
import { alarmList, entryOf, type AlarmKind, type AlarmName } from './alarm-list.js'
import { shownAlarms } from './shown-alarms.js'

const up = (alarm: AlarmName, detail = 'x'): ActiveAlarm => ({
  alarm,
  severity: entryOf(alarm).severity,
  detail,
  since: 0,
  lastAt: 0,
  times: 1,
})

it('a few alarms are shown as they are, with what they mean and what to do', () => {
  const active = [up('store.slow', 'a write took 2 s'), up('number.failing: Dr Okafor')]
  expect(shownAlarms(active)).toEqual({
    alarms: active.map((one) => ({ ...one, meaning: entryOf(one.alarm).meaning, action: entryOf(one.alarm).action })),
    alarmCount: 2,
    alarmsByKind: { 'store.slow': 1, 'number.failing': 1 },
  })
})

it('hundreds of one kind hide no other, and the answer stays small', () => {
  const active = [
    ...Array.from({ length: 1_000 }, (_, index) => up(`number.failing: Dr ${index}`, 'y'.repeat(5_000))),
    up('store.cannotWrite'),
  ]
  const { alarms, alarmCount, alarmsByKind } = shownAlarms(active)
  expect(alarms.map(({ alarm }) => alarm)).toEqual([
    'number.failing: Dr 0',
    'number.failing: Dr 1',
    'number.failing: Dr 2',
    'number.failing: Dr 3',
    'number.failing: Dr 4',
    'store.cannotWrite',
  ])
  expect(alarms[0]?.detail).toMatch(/^y{500} \.\.\. \(5000 characters/)
  expect([alarmCount, alarmsByKind]).toEqual([1_001, { 'number.failing': 1_000, 'store.cannotWrite': 1 }])
})

it('with many kinds, the first of each comes before the second of any', () => {
  const kinds = Object.keys(alarmList) as AlarmKind[]
  expect(kinds.length).toBeGreaterThan(30)
  const active = Array.from({ length: 120 }, (_, index) => up(`${kinds[index % kinds.length] ?? ''}: ${index}` as AlarmName))
  const { alarms, alarmCount } = shownAlarms(active)
  expect(alarmCount).toBe(120)
  expect(alarms.map(({ alarm }) => alarm)).toEqual(Array.from({ length: 30 }, (_, index) => `${kinds[index] ?? ''}: ${index}`))
})
