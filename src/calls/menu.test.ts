import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn, type SmallLine } from '../../test/kit/calls/small-directory.js'

const heart = '+447700900001'
const child = '+447700900002'
const nightOnly = { week: { mon: [{ from: '18:30', to: '24:00' }] }, exceptions: {} } as const

function twoLines(...more: readonly SmallLine[]): Scenario {
  return new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [heart] }, { id: 'Paediatrics', rota: [child] }, ...more] } })
}

describe('the menu of a Dial-In number', () => {
  it('is cut short by a key (barge-in), and rings at once', async () => {
    const scenario = twoLines()
    const gp = scenario.caller()
    const phone = scenario.phone(child)
    await gp.dials(dialIn)
    await gp.hears('welcome')
    gp.presses('2')
    await phone.rings()
    expect(gp.heard()).not.toContain('menu-for')
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ line: 'Paediatrics', ending: 'abandonedInHunt' })
  })

  it('takes keys that were pressed before it was read out (type-ahead)', async () => {
    const scenario = twoLines()
    const gp = scenario.caller()
    const phone = scenario.phone(heart)
    await gp.dials(dialIn, { then: [{ atMs: 0, does: 'press', key: '1' }] })
    await phone.rings()
    expect(scenario.record().lineChosenAt).toBeLessThanOrEqual((scenario.record().answeredAt ?? 0) + 20)
    gp.hangsUp()
    await scenario.isOver()
  })

  it('takes codes of several digits, and waits for a further digit only where one can still come', async () => {
    const scenario = new Scenario({
      directory: {
        lines: [
          { id: 'A', code: '1', rota: [heart] },
          { id: 'B', code: '12', rota: [child] },
          { id: 'C', code: '345', rota: [child] },
        ],
      },
    })
    const phone = scenario.phone(heart)
    const gp = scenario.caller()
    await gp.dials(dialIn)
    gp.presses('1')
    await phone.rings()
    const [keyed, chosen] = ['menu.keyed', 'line.chosen'].map((type) => scenario.world.log.told.find((event) => event.type === type))
    expect(keyed).toMatchObject({ keys: '1', understood: true })
    expect((chosen?.at ?? 0) - (scenario.record().answeredAt ?? 0)).toBeGreaterThanOrEqual(2_000)
    gp.hangsUp()

    const other = scenario.caller('+441632960002')
    await other.dials(dialIn)
    other.presses('345')
    await scenario.until('the code is taken', () => scenario.record(2).line === 'C')
    expect((scenario.record(2).lineChosenAt ?? 0) - (scenario.record(2).answeredAt ?? 0)).toBeLessThan(100)
    other.hangsUp()
    await scenario.isOver()
  })

  it('is read out again on #, as often as it takes, and that is no failed try', async () => {
    const scenario = twoLines()
    scenario.phone(heart)
    const gp = scenario.caller()
    await gp.dials(dialIn)
    for (let time = 0; time < 4; time++) {
      await gp.hears('menu-repeat')
      gp.presses('#')
    }
    await gp.hears('menu-for')
    gp.presses('1')
    await gp.hears('ringback')
    gp.hangsUp()
    await scenario.isOver()
  })

  it('asks three times and then ends politely when nobody presses anything', async () => {
    const scenario = twoLines()
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await gp.hears('menu-for')
    await gp.hears('menu-nothing-heard')
    await gp.hears('menu-nothing-heard')
    await gp.hears('menu-no-choice')
    await gp.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'noChoice', attempts: [] })
    expect(scenario.facts('menu.offered')).toBe(3)
  })

  it('says that a wrong key is none of the choices; the star leads to PINs', async () => {
    const scenario = twoLines()
    scenario.phone(heart)
    const gp = scenario.caller()
    await gp.dials(dialIn)
    gp.presses('98')
    await gp.hears('menu-not-understood')
    gp.presses('*')
    await gp.hears('code-ask-pin')
    expect(scenario.world.log.told.filter((event) => event.type === 'menu.keyed').map(({ keys }) => keys)).toEqual(['98', '*'])
    gp.hangsUp()
    await scenario.isOver()
  })

  it('does not offer a closed line, but says when it opens to a caller who keys its code', async () => {
    const scenario = twoLines({ id: 'Night line', code: '7', hours: nightOnly, rota: [heart] })
    scenario.phone(heart)
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await gp.hears('menu-repeat')
    expect(gp.heard()).not.toContain('Night line')
    gp.presses('7')
    await gp.hears('Night line')
    await gp.hears('line-closed')
    await gp.hears('line-opens')
    await gp.hears('day-today')
    await gp.hears('digit-6')
    await gp.hears('number-30')
    await gp.hears('time-evening')
    await gp.hears('menu-for')
    gp.presses('1')
    await gp.hears('ringback')
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.facts('line.refused')).toBe(1)
  })

  it('says so when every line is closed, and lets the caller ask when each opens', async () => {
    const scenario = new Scenario({
      directory: {
        lines: [
          { id: 'Day', code: '1', hours: nightOnly },
          { id: 'Night', code: '2', hours: nightOnly },
        ],
      },
    })
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await gp.hears('menu-all-closed')
    gp.presses('2')
    await gp.hears('Night')
    await gp.hears('line-opens')
    await gp.hears('menu-no-choice')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'lineClosed' })
  })

  it('ends quietly when the caller hangs up in it', async () => {
    const scenario = twoLines()
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await gp.hears('menu-for')
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'abandonedInMenu' })
  })
})
