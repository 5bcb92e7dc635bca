import { expect, test } from 'vitest'
import { AlarmBoard } from '../alarms/alarm-board.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import type { ServerHealth, SwitchHealth } from '../switch/port.js'
import { alarmOfServers } from './server-alarms.js'

const [one, two]: readonly [string, string] = ['10.0.0.5:8021', '10.0.0.6:8021']

function watched(named = true) {
  const alarms = new AlarmBoard()
  const clock = new VirtualClock()
  let health = of({})
  const listeners = new Set<(health: SwitchHealth) => void>()
  const end = alarmOfServers(
    {
      health: () => health,
      onHealth: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    alarms,
    clock,
    named,
  )
  const becomes = (next: SwitchHealth) => {
    health = next
    for (const tell of listeners) tell(next)
  }
  return { becomes, end, clock, up: () => alarms.active().map(({ alarm, detail }) => `${alarm}: ${detail}`) }
}

/** @param down those that are away, and why */
function of(down: Readonly<Record<string, string>>): SwitchHealth {
  const servers = [one, two].map((name): ServerHealth => ({
    kind: 'freeswitch',
    name,
    up: !(name in down),
    detail: down[name] ?? 'connected',
  }))
  const up = servers.some((server) => server.up)
  return {
    ready: up,
    signalling: { up: true, detail: 'connected' },
    media: { up, detail: servers.map(({ detail }) => detail).join('; ') },
    legs: 0,
    servers,
  }
}

test('one of two FreeSWITCHes that is away has an alarm, which is over when it is back', async () => {
  const { becomes, clock, up } = watched()
  becomes(of({ [one]: 'connection lost' }))
  await clock.advance(2_900)
  expect(up()).toEqual([])
  await clock.advance(200)
  expect(up()).toEqual([`freeswitch.down: ${one}: connection lost`])
  becomes(of({ [one]: 'connect ECONNREFUSED' }))
  expect(up()).toEqual([`freeswitch.down: ${one}: connect ECONNREFUSED`])
  becomes(of({}))
  expect(up()).toEqual([])
})

test('one that is back in a moment has none', async () => {
  const { becomes, clock, up } = watched()
  becomes(of({ [two]: 'connection lost' }))
  await clock.advance(2_000)
  becomes(of({}))
  await clock.advance(60_000)
  expect(up()).toEqual([])
})

test('when none is left, one more says that no calls are taken', async () => {
  const { becomes, clock, up } = watched()
  becomes(of({ [one]: 'connection lost', [two]: 'connection lost' }))
  await clock.advance(3_000)
  expect(up().toSorted()).toEqual([
    `freeswitch.down: ${one}: connection lost`,
    `freeswitch.down: ${two}: connection lost`,
    'switch.down: connection lost; connection lost',
  ])
  becomes(of({ [two]: 'connection lost' }))
  expect(up()).toEqual([`freeswitch.down: ${two}: connection lost`])
})

test('the servers of an embedded switch have no names: calls are taken, or not', async () => {
  const { becomes, clock, up } = watched(false)
  becomes(of({ [one]: 'connection lost', [two]: 'connection lost' }))
  await clock.advance(3_000)
  expect(up()).toEqual(['switch.down: connection lost; connection lost'])
})

test('an engine that closes down raises nothing', async () => {
  const { becomes, clock, up, end } = watched()
  becomes(of({ [one]: 'connection lost' }))
  end()
  await clock.advance(60_000)
  expect(up()).toEqual([])
})
