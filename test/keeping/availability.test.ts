import { expect, test } from 'vitest'
import { watchLinesAllNotNow } from '../../src/availability/all-not-now.js'
import { Availability } from '../../src/availability/not-now.js'
import { systemClock } from '../../src/clock/system-clock.js'
import type { Directory } from '../../src/directory/model.js'
import { LocalSignals } from '../../src/fleet/signals.js'
import { VirtualClock } from '../../src/clock/virtual-clock.js'
import { smallDirectory } from '../kit/calls/small-directory.js'
import { keptWorld } from './kept-world.js'

const staff = { kind: 'staff', id: 'person-1' } as const

test('"not now" set at one engine holds at all, after a start as well, and ends by itself', async () => {
  const world = await keptWorld()
  const clock = new VirtualClock(Date.now())
  const signals = new LocalSignals()
  const engine = () => Availability.open({ store: world.store, clock, alarms: world.alarms, signals })
  const [one, other] = [await engine(), await engine()]
  const heard = new Promise<void>((resolve) => other.onChange(resolve))
  await one.notNow('dr-okafor', clock.now() + 30 * 60_000, 'withPatient', staff)
  expect(one.of('dr-okafor')).toMatchObject({ why: 'withPatient' })
  await heard
  expect(other.of('dr-okafor')).toEqual(one.of('dr-okafor'))
  await other.on('dr-okafor', staff)
  await one.look()
  expect([one.of('dr-okafor'), other.of('dr-okafor')]).toEqual([undefined, undefined])
  await one.notNow('dr-okafor', clock.now() + 30 * 60_000, 'inTheatre', staff)
  const third = await engine()
  expect(third.now().map(({ clinician }) => clinician)).toEqual(['dr-okafor'])
  await clock.advance(30 * 60_000)
  expect([one, other, third].map((each) => each.of('dr-okafor'))).toEqual([undefined, undefined, undefined])
  await Promise.all([one, other, third].map((each) => each.close()))
  expect(clock.pending).toBe(0)
})

test('the alarm of a line is up while everybody who is on has said "not now"', async () => {
  const world = await keptWorld()
  const clock = systemClock
  const availability = await Availability.open({ store: world.store, clock, alarms: world.alarms, signals: new LocalSignals() })
  const directory: Directory = smallDirectory({
    lines: [
      { id: 'cardiology', rota: ['dr-okafor', 'dr-prasad'] },
      { id: 'ward', rota: ['dr-okafor', '+447700900009'] },
    ],
    clinicians: { 'dr-okafor': ['+447700900001'], 'dr-prasad': ['+447700900002'] },
  })
  const end = watchLinesAllNotNow({ availability, directory: () => directory, alarms: world.alarms, clock })
  const up = () =>
    world.alarms
      .active()
      .map(({ alarm }) => alarm)
      .filter((alarm) => alarm.startsWith('line.'))
  await availability.notNow('dr-okafor', clock.now() + 600_000, 'other', staff)
  expect(up()).toEqual([])
  await availability.notNow('dr-prasad', clock.now() + 600_000, 'other', staff)
  // The ward's telephone cannot say "not now".
  expect(up()).toEqual(['line.allNotNow: cardiology'])
  await availability.on('dr-okafor', staff)
  expect(up()).toEqual([])
  end()
  await availability.close()
})
