import { describe, expect, it } from 'vitest'
import { ArrangedWorld } from '../../test/kit/arranged-world.js'
import { patientConnect, callBack, stateOf } from '../../test/kit/arranging.js'

describe('after a restart', () => {
  it('a call that ran is over, and what its facts say of it counts', async () => {
    const world = await ArrangedWorld.open()
    const [talked, silent, left] = [await callBack(world), await callBack(world), await callBack(world)]
    for (const { id } of [talked, silent, left]) await world.arranged.start(id, world.place)
    // The engine is killed now: what comes is on disk as facts, and no engine follows it.
    await world.arranged.close()
    for (const [index, callId] of ['placed-1', 'placed-2', 'placed-3'].entries()) {
      if (index !== 1) await world.log.append(callId, { type: 'talk.started', attempt: '1' })
      if (index === 2) await world.log.append(callId, { type: 'outcome.left', outcome: 'patient-discharged', by: 'caller' })
      await world.log.append(callId, { type: 'call.ended', ending: 'interrupted' })
    }
    await world.again()
    expect([talked, silent, left].map((one) => stateOf(world, one))).toEqual(['open', 'open', 'done'])
    expect([talked, silent].map(({ id }) => world.arranged.diary.get(id)?.tries)).toMatchObject([
      [{ talked: true, ended: true }],
      [{ talked: false, ended: true }],
    ])
  })

  it('a call that began without an entry in the ledger counts as a try', async () => {
    const world = await ArrangedWorld.open()
    const made = await callBack(world)
    await world.arranged.close()
    await world.log.append('lost', { type: 'call.placed', kind: 'pifuCallBack', arrangement: made.id, clinician: 'dr-prasad' })
    await world.log.append('lost', { type: 'call.ended', ending: 'interrupted' })
    await world.again()
    expect(world.arranged.diary.get(made.id)?.tries).toMatchObject([{ callId: 'lost', clinician: 'dr-prasad', ended: true }])
    expect(stateOf(world, made)).toBe('open')
  })

  it('a call that ends while its PIN is being written down gives the PIN back', async () => {
    const world = await ArrangedWorld.open()
    const made = await patientConnect(world)
    let goOn: () => void = () => undefined
    world.ledger.beforeAppend = () => new Promise((resolve) => (goOn = resolve))
    const redeemed = world.arranged.redeem(made.pin, world.at('a'))
    await Promise.resolve()
    await world.log.append('a', { type: 'call.ended', ending: 'abandonedInMenu' })
    world.ledger.beforeAppend = () => Promise.resolve()
    goOn()
    expect((await redeemed).kind).toBe('granted')
    await world.settled()
    expect(stateOf(world, made)).toBe('open')
  })
})
