import { describe, expect, it } from 'vitest'
import { LocalReservations } from './reservations.js'

async function reserved(reservations: LocalReservations, keys: readonly string[]) {
  const result = await reservations.reserve(keys, 'call')
  if (result.kind === 'taken') throw new Error('taken')
  return result.reservation
}

describe('a specialist who is rung', () => {
  it('is reserved with every key or not at all', async () => {
    const reservations = new LocalReservations()
    await reserved(reservations, ['okafor', 'ward'])
    expect(await reservations.reserve(['jones', 'ward'], 'other')).toEqual({ kind: 'taken', by: 'beingRung' })
    expect(reservations.size).toBe(2)
  })

  it('is on a call after acceptance, and free after the release, once', async () => {
    const reservations = new LocalReservations()
    const first = await reserved(reservations, ['okafor'])
    first.onACall()
    expect(await reservations.reserve(['okafor'], 'other')).toEqual({ kind: 'taken', by: 'onACall' })
    first.release()
    const second = await reserved(reservations, ['okafor'])
    // A late second release of the first must not free the second.
    first.release()
    expect(reservations.size).toBe(1)
    second.release()
    expect(reservations.size).toBe(0)
  })

  it('can be waited for: the wait ends when one of them is wholly free, or is no longer wanted', async () => {
    const reservations = new LocalReservations()
    const okafor = await reserved(reservations, ['okafor', 'ward'])
    const jones = await reserved(reservations, ['jones'])
    const stop = new AbortController()
    let freed = 0
    const waits = [
      reservations.freed([['okafor', 'ward']], stop.signal).then(() => freed++),
      reservations.freed([['okafor', 'jones']], stop.signal).then(() => freed++),
    ]
    jones.release()
    await Promise.resolve()
    expect(freed).toBe(0)
    okafor.release()
    await Promise.all(waits)
    expect(freed).toBe(2)
    await reserved(reservations, ['okafor'])
    const wait = reservations.freed([['okafor']], stop.signal)
    stop.abort()
    await wait
    expect(reservations.waiting).toBe(0)
  })
})

it('of a call go over to the engine that goes on with it, and are released by the last one alone', async () => {
  const reservations = new LocalReservations()
  const first = await reservations.reserve(['dr-okafor', 'ward'], 'call')
  expect(await reservations.reserve(['dr-okafor'], 'call')).toMatchObject({ kind: 'taken' })
  expect(await reservations.reserve(['dr-okafor'], 'another', 'takeOver')).toMatchObject({ kind: 'taken' })
  const second = await reservations.reserve(['dr-okafor', 'ward'], 'call', 'takeOver')
  if (first.kind !== 'reserved' || second.kind !== 'reserved') throw new Error('not reserved')
  first.reservation.release()
  expect(await reservations.reserve(['ward'], 'another')).toMatchObject({ kind: 'taken' })
  second.reservation.release()
  expect((await reservations.reserve(['ward'], 'another')).kind).toBe('reserved')
})
