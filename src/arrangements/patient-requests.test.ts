import { describe, expect, it } from 'vitest'
import { ArrangedWorld, patient } from '../../test/kit/arranged-world.js'
import { showNumber } from '../directory/telephone-number.js'
import type { CallBack } from '../facts/arrangement.js'
import { requestsPerHour } from './patient-requests.js'

const minute = 60_000
const hour = 60 * minute
const alarm = 'callBacks.many'

let calls = 0

/** A caller rings, leaves a number, and hangs up. @returns the call */
async function asks(
  world: ArrangedWorld,
  number: string,
  { caller = '07700900123', account, line = 'epilepsy' }: { caller?: string; account?: string; line?: string } = {},
): Promise<string> {
  const callId = `call-${++calls}`
  await world.log.append(callId, {
    type: 'call.arrived',
    kind: 'pifuAnswer',
    callerNumber: caller,
    ...(account === undefined ? {} : { callerAccount: account }),
    dialledNumber: '01632960031',
    source: '',
  })
  await world.log.append(callId, { type: 'callBack.requested', line, number })
  await world.log.append(callId, { type: 'call.ended', ending: 'callBackRequested' })
  await world.settled()
  return callId
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `+4477009002${String(index).padStart(2, '0')}`)
const all = (world: ArrangedWorld) => [...world.arranged.diary.values()] as CallBack[]

describe('requests of patients', () => {
  it('are one per line and number while open, with every repetition noted on it, over restarts', async () => {
    const world = await ArrangedWorld.open()
    const first = await asks(world, patient)
    await world.clock.advance(minute)
    const second = await asks(world, patient, { caller: '' })
    const check = () => {
      expect(all(world)).toMatchObject([
        {
          id: `request-${first}`,
          madeBy: { kind: 'patient', call: first, caller: patient, keyed: false },
          repeats: [{ call: second, at: world.clock.now() }],
        },
      ])
    }
    check()
    await world.again()
    check()
    // Another line or number is a different request.
    await asks(world, patient, { line: 'cardiac-rehab' })
    const keyed = await asks(world, '+447700900124')
    expect(all(world)).toHaveLength(3)
    expect(all(world).at(-1)).toMatchObject({ id: `request-${keyed}`, madeBy: { caller: patient, keyed: true } })
  })

  it('are new when the one before is settled, and a repetition of that one does not come back at a restart days later', async () => {
    const world = await ArrangedWorld.open()
    const first = await asks(world, patient)
    await asks(world, patient)
    await world.arranged.settle(`request-${first}`, 'done')
    const third = await asks(world, patient)
    expect(all(world).map(({ id }) => id)).toEqual([`request-${first}`, `request-${third}`])
    await world.arranged.settle(`request-${third}`, 'done')
    await world.clock.advance(5 * 24 * hour)
    // The start reads the facts of a long time.
    await world.again()
    await world.clock.advance(2 * hour)
    await world.again()
    expect(all(world).filter((one) => world.arranged.stateOf(one) === 'open')).toEqual([])
    expect(world.ledger.kept.filter(({ type }) => type === 'made')).toHaveLength(2)
  })

  it('told at the same time are noted once each, and none is lost', async () => {
    const world = await ArrangedWorld.open()
    const goOn = world.ledger.stalls()
    for (let index = 0; index < 10; index++)
      void world.log.append(`same-${index}`, { type: 'callBack.requested', line: 'epilepsy', number: patient })
    goOn()
    await world.settled()
    expect(all(world)).toMatchObject([{ id: 'request-same-0' }])
    expect(all(world)[0]!.repeats?.map(({ call }) => call)).toEqual(Array.from({ length: 9 }, (_, index) => `same-${index + 1}`))
  })

  it('of one caller for many numbers within an hour are kept, marked as suspicious, and an alarm is up for an hour, over a restart too', async () => {
    const world = await ArrangedWorld.open()
    for (const number of numbers(requestsPerHour)) await asks(world, number)
    // Asking again for the same number is no new request.
    await asks(world, numbers(1)[0]!)
    expect(all(world).filter(({ madeBy }) => 'suspicious' in madeBy)).toEqual([])
    expect(world.alarms.has(alarm)).toBe(false)
    // In every form that a trunk sends it is the same caller.
    await asks(world, '+447700900298', { caller: '447700900123' })
    await asks(world, '+447700900299', { caller: '01632960701' })
    expect(all(world).map(({ madeBy }) => madeBy.kind === 'patient' && madeBy.suspicious === true)).toEqual([
      ...numbers(requestsPerHour).map(() => false),
      true,
      false,
    ])
    expect(world.alarms.get(alarm)).toContain(showNumber(patient))
    expect(world.alarms.get(alarm)).not.toContain('960701')
    await world.clock.advance(30 * minute)
    await world.arranged.close()
    world.alarms.clear()
    await world.again()
    expect(world.alarms.get(alarm)).toContain(showNumber(patient))
    await world.clock.advance(30 * minute)
    expect(world.alarms.has(alarm)).toBe(false)
    await asks(world, '+447700900297')
    expect(all(world).at(-1)?.madeBy).not.toHaveProperty('suspicious')
    await world.arranged.close()
  })

  it('of callers who withhold their number count together', async () => {
    const world = await ArrangedWorld.open()
    for (const number of numbers(requestsPerHour + 1)) await asks(world, number, { caller: '' })
    expect(world.alarms.get(alarm)).toContain('callers who withhold their number')
    await world.arranged.close()
  })

  it('of callers who withhold their number count separately if their network identifies them, and name nobody', async () => {
    const world = await ArrangedWorld.open()
    const [one, other] = ['withheld:0123456789ab', 'withheld:ba9876543210']
    for (const [index, number] of numbers(2 * requestsPerHour).entries())
      await asks(world, number, { caller: '', account: index % 2 === 0 ? one : other })
    expect(world.alarms.has(alarm)).toBe(false)
    await asks(world, '+447700900299', { caller: '', account: one })
    expect(world.alarms.get(alarm)).toContain('by one who withholds their number;')
    expect(world.alarms.get(alarm)).not.toContain('0123456789')
    expect(all(world).at(-1)).toMatchObject({ madeBy: { caller: '', account: one, keyed: true, suspicious: true } })
    await world.again()
    expect(world.alarms.has(alarm)).toBe(true)
  })

  it('the alarm about them is up for an hour, whatever the clock is set to meanwhile', async () => {
    const world = await ArrangedWorld.open()
    for (const number of numbers(requestsPerHour + 1)) await asks(world, number)
    for (const byMs of [26 * hour, -52 * hour]) {
      world.clock.setBy(byMs)
      await world.clock.advance(29 * minute)
      expect(world.alarms.has(alarm)).toBe(true)
    }
    await world.clock.advance(3 * minute)
    expect(world.alarms.has(alarm)).toBe(false)
  })

  it('that the engine was killed over are one, and are counted, after the next start', async () => {
    const world = new ArrangedWorld()
    for (const number of [...numbers(requestsPerHour + 1), ...numbers(1)]) {
      const callId = `killed-${++calls}`
      await world.log.append(callId, {
        type: 'call.arrived',
        kind: 'pifuAnswer',
        callerNumber: patient,
        dialledNumber: '01632960031',
        source: '',
      })
      await world.log.append(callId, { type: 'callBack.requested', line: 'epilepsy', number })
    }
    await world.again()
    expect(all(world)).toHaveLength(requestsPerHour + 1)
    expect(all(world)[0]!.repeats).toHaveLength(1)
    expect(all(world).at(-1)?.madeBy).toMatchObject({ suspicious: true })
    expect(world.alarms.has(alarm)).toBe(true)
    await world.arranged.close()
  })
})
