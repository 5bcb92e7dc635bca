import { describe, expect, it } from 'vitest'
import { ArrangedWorld, codeNumber, patient } from '../../test/kit/arranged-world.js'

const hour = 60 * 60_000
const another = { callerNumber: '01632960703' }

async function patientConnect(world: ArrangedWorld) {
  const made = await world.arranged.makePatientConnect({
    nhsNumber: '9434765919',
    patientNumber: patient,
    clinician: 'dr-prasad',
    validMs: hour,
  })
  if (made.kind !== 'made') throw new Error('no PIN was made')
  return made.arrangement
}

async function code(world: ArrangedWorld) {
  const made = await world.arranged.makeCallBackCode({
    about: { thread: 't' },
    asked: { clinician: 'dr-okafor' },
    number: codeNumber,
    validMs: hour,
  })
  if (made.kind !== 'made') throw new Error('no code was made')
  return made.arrangement
}

const stateOf = (world: ArrangedWorld, id: string) => world.arranged.stateOf(world.arranged.diary.get(id)!)

/** Lets all pending promises settle. */
const meanwhile = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a PIN or code that is taken while the disk is slow', () => {
  it('is free again if its call ends before its turn comes', async () => {
    const world = await ArrangedWorld.open()
    const made = await patientConnect(world)
    expect((await world.arranged.redeem(made.pin, world.at('a'))).kind).toBe('granted')
    const goOn = world.ledger.stalls()
    await world.log.append('a', { type: 'call.ended', ending: 'unanswered' })
    const second = world.arranged.redeem(made.pin, world.at('b', another))
    await meanwhile()
    await world.log.append('b', { type: 'call.ended', ending: 'engineFault' })
    goOn()
    expect((await second).kind).toBe('granted')
    await world.settled()
    expect(world.arranged.diary.get(made.id)?.tries).toMatchObject([
      { callId: 'a', ended: true },
      { callId: 'b', ended: true, talked: false },
    ])
    expect(stateOf(world, made.id)).toBe('open')
    expect((await world.arranged.redeem(made.pin, world.at('c', another))).kind).toBe('granted')
  })

  it('is neither granted nor charged if the caller has gone when its turn comes', async () => {
    const world = await ArrangedWorld.open()
    const made = await patientConnect(world)
    expect((await world.arranged.redeem(made.pin, world.at('a'))).kind).toBe('granted')
    const goOn = world.ledger.stalls()
    await world.log.append('a', { type: 'call.ended', ending: 'unanswered' })
    const waiting = Array.from({ length: 5 }, (_, index) => {
      const gaveUp = new AbortController()
      return {
        gaveUp,
        answer: world.arranged.redeem(made.pin, world.at(`b${index}`, { callerNumber: `0163296080${index}` }), gaveUp.signal),
      }
    })
    await meanwhile()
    for (const { gaveUp } of waiting) gaveUp.abort()
    goOn()
    for (const { answer } of waiting) expect((await answer).kind).toBe('tooSoon')
    await world.settled()
    expect(world.ledger.kept.filter(({ type }) => type === 'begun')).toHaveLength(1)
    for (let index = 0; index < 5; index++) expect(world.arranged.diary.ofCall(`b${index}`)).toBeUndefined()
    // Nothing was charged: a caller who gave up may key it at once.
    expect((await world.arranged.redeem(made.pin, world.at('c', { callerNumber: '01632960800' }))).kind).toBe('granted')
  })

  it('stays valid, over a restart too, if the caller has gone by the time it is written', async () => {
    const world = await ArrangedWorld.open()
    const made = await code(world)
    const goOn = world.ledger.stalls()
    const gaveUp = new AbortController()
    const answer = world.arranged.redeem(made.code, world.atCodes('a'), gaveUp.signal)
    await meanwhile()
    gaveUp.abort()
    goOn()
    expect((await answer).kind).toBe('tooSoon')
    expect(stateOf(world, made.id)).toBe('open')
    await world.log.append('a', { type: 'call.ended', ending: 'engineFault' })
    await world.settled()
    expect(stateOf(world, made.id)).toBe('open')
    await world.again()
    expect(stateOf(world, made.id)).toBe('open')
    expect((await world.arranged.redeem(made.code, world.atCodes('b'))).kind).toBe('granted')
  })

  it('is not checked for a caller who has already gone', async () => {
    const world = await ArrangedWorld.open()
    const made = await code(world)
    for (let guess = 0; guess < 10; guess++)
      expect(await world.arranged.redeem('12', world.atCodes('a'), AbortSignal.abort())).toEqual({ kind: 'tooSoon', waitMs: 0 })
    expect((await world.arranged.redeem(made.code, world.atCodes('a'), AbortSignal.abort())).kind).toBe('tooSoon')
    expect((await world.arranged.redeem(made.code, world.atCodes('a'))).kind).toBe('granted')
  })
})
