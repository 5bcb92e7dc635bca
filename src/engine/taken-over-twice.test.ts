import { expect, it } from 'vitest'
import { FleetWorld } from '../../test/kit/calls/fleet-world.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'

it('whose media server died with the engine is found where they are now when the next engine dies as well', async () => {
  const phone = '+447700900001'
  const ring = { ringSeconds: 60, acceptSeconds: 15, totalSeconds: 180, rounds: 1 }
  const world = new FleetWorld({
    directory: { lines: [{ id: 'line0', rota: [phone], ring }] },
    oneWayMs: 2,
    latencyMs: 1,
    databaseMs: () => 3,
  })
  const { clock, telephone } = world
  for (const name of ['engine-1', 'engine-2', 'engine-3']) world.start(name)
  telephone.phone(phone, () => ({ kind: 'neverAnswers' }))
  const caller = telephone.arrive({
    callerNumber: '+441632960001',
    dialledNumber: dialIn,
    then: [
      { atMs: 3_000, does: 'press', key: '1' },
      { atMs: 60_000, does: 'hangUp' },
    ],
  })
  await clock.advance(8_000)
  const events = () => [...world.calls().values()].flat()
  const carrier = () => events().at(-1)?.node ?? ''
  const [first] = [carrier()]
  world.kill(first)
  telephone.loseMedia({ forMs: 300 })
  await clock.advance(6_000)
  expect(carrier()).not.toBe(first)
  const moves = () => events().filter(({ type }) => type === 'leg.moved')
  expect(moves()).toMatchObject([{ party: 'caller', handle: caller.leg?.handle }])
  // How long they heard nothing, nobody knows.
  expect(moves()[0]).not.toHaveProperty('silentMs')
  world.kill(carrier())
  await clock.advance(6_000)
  expect(events().filter(({ type }) => type === 'call.takenOver')).toHaveLength(2)
  expect(moves()).toHaveLength(1)
})
