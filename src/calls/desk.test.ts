import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn, smallDirectory } from '../../test/kit/calls/small-directory.js'

const [first, second] = ['+447700900001', '+447700900002'] as const

describe('the desk', () => {
  it('picks up a new directory between calls, never in the middle of one', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first] }, { id: 'Old line' }] } })
    const [one, two] = [scenario.phone(first), scenario.phone(second)]
    const [early, late] = [scenario.caller(), scenario.caller('+441632960002')]
    await early.dials(dialIn)
    await early.hears('menu-for')
    scenario.world.directory = smallDirectory({ lines: [{ id: 'New line', rota: [second] }] })
    early.presses('1')
    await one.rings()
    await late.dials(dialIn)
    await two.rings()
    early.hangsUp()
    late.hangsUp()
    await scenario.isOver()
    expect(scenario.world.records().map(({ line }) => line)).toEqual(['Cardiology', 'New line'])
  })

  it('refuses new calls while it drains, and lets the running talk end', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first] }] } })
    const one = scenario.phone(first)
    const [gp, late] = [scenario.caller(), scenario.caller('+441632960002')]
    await gp.dials(dialIn)
    await one.answers()
    one.presses('1')
    await gp.and(one).hearEachOther()
    const drained = scenario.world.desk.drain(60_000)
    await late.dials(dialIn)
    expect(late.refusedWith).toBe(503)
    await scenario.passes(30)
    expect(one.leg?.ended).toBeUndefined()
    gp.hangsUp()
    await scenario.isOver()
    await drained
    expect(scenario.world.records().map(({ ending }) => ending)).toEqual(['completed', 'interrupted'])
  })

  it('releases every leg when the drain time is over, and records the calls as interrupted', async () => {
    const scenario = new Scenario({
      directory: {
        lines: [
          { id: 'Cardiology', rota: [first] },
          { id: 'Renal', rota: [second] },
        ],
      },
    })
    const [one, two] = [scenario.phone(first), scenario.phone(second)]
    const callers = ['+441632960001', '+441632960002', '+441632960003'].map((number) => scenario.caller(number))
    const [talking, hunting, choosing] = callers
    if (!talking || !hunting || !choosing) throw new Error('three callers')
    await talking.dials(dialIn)
    talking.presses('1')
    await one.answers()
    one.presses('1')
    await talking.and(one).hearEachOther()
    await hunting.dials(dialIn)
    hunting.presses('2')
    await two.rings()
    await choosing.dials(dialIn)
    await choosing.hears('menu-for')
    const drained = scenario.world.desk.drain(5_000)
    await scenario.isOver()
    await drained
    expect(scenario.world.records().map(({ ending }) => ending)).toEqual(['interrupted', 'interrupted', 'interrupted'])
    expect(two.isRinging).toBe(false)
  })

  it('while facts cannot be stored a new caller hears at once that there is trouble, and nobody is rung; a talk goes on', async () => {
    let trouble: string | undefined
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first] }] }, cannotKeep: () => trouble })
    const one = scenario.phone(first)
    const [gp, late, next] = [scenario.caller(), scenario.caller('+441632960002'), scenario.caller('+441632960003')]
    await gp.dials(dialIn)
    await one.answers()
    one.presses('1')
    await gp.and(one).hearEachOther()
    const rung = one.wasRung
    trouble = 'the disk is full'
    await late.dials(dialIn)
    await late.hears('technical-fault')
    await late.isReleased()
    expect(one.leg?.ended).toBeUndefined()
    gp.hangsUp()
    await scenario.isOver()
    expect(one.wasRung).toBe(rung)
    expect(scenario.record(2)).toMatchObject({ ending: 'engineFault', attempts: [] })
    expect(scenario.record(1)).toMatchObject({ ending: 'completed' })
    trouble = undefined
    await next.dials(dialIn)
    await one.rings()
    next.hangsUp()
    await scenario.isOver()
  })

  it('of a disk that fills up during the menu the caller hears before anybody is rung', async () => {
    const disk: { trouble?: string } = {}
    const scenario = new Scenario({
      directory: {
        lines: [
          { id: 'Cardiology', rota: [first] },
          { id: 'Renal', rota: [second] },
        ],
      },
      cannotKeep: () => disk.trouble,
    })
    const one = scenario.phone(first)
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await gp.hears('menu-for')
    disk.trouble = 'the disk is full'
    gp.presses('1')
    await gp.hears('technical-fault')
    await gp.isReleased()
    await scenario.isOver()
    expect(one.wasRung).toBe(0)
    expect(scenario.record()).toMatchObject({ ending: 'engineFault' })
  })

  it('a disk that fills up while a specialist rings: nobody else is rung, and the caller is told', async () => {
    const disk: { trouble?: string } = {}
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first, second] }] }, cannotKeep: () => disk.trouble })
    const [one, two] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await one.rings()
    disk.trouble = 'the disk is full'
    await gp.hears('technical-fault')
    await gp.isReleased()
    await scenario.isOver()
    expect([one.wasRung, two.wasRung]).toEqual([1, 0])
    expect(scenario.record()).toMatchObject({ ending: 'engineFault' })
  })

  it('tells the caller, and goes on for everybody else, when a flow fails by a fault in the program', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first] }] } })
    const [gp, next] = [scenario.caller(), scenario.caller('+441632960002')]
    const { lines } = scenario.world.directory
    const broken = {
      ...scenario.world.directory,
      lines: new Proxy(lines, {
        get: () => {
          throw new Error('planted')
        },
      }),
    }
    const honest = scenario.world.directory
    scenario.world.directory = broken
    await gp.dials(dialIn)
    await gp.hears('technical-fault')
    await gp.isReleased()
    scenario.world.directory = honest
    await next.dials(dialIn)
    await next.hears('welcome')
    next.hangsUp()
    await scenario.until('both calls are over', () => scenario.world.desk.liveCalls === 0)
    await scenario.passes(1)
    expect(scenario.world.leftovers()).toBeUndefined()
    expect(scenario.world.faults).toHaveLength(1)
    expect(scenario.world.records().map(({ ending }) => ending)).toEqual(['engineFault', 'abandonedInHunt'])
  })
})
