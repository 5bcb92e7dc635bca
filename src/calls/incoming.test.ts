import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'

const first = '+447700900001'

describe('what a dialled number does', () => {
  it('refuses a number that does nothing, unanswered', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first] }] } })
    const gp = scenario.caller()
    await gp.dials('+441632960999')
    expect(gp.refusedWith).toBe(404)
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'unknownNumber', dialledNumber: '+441632960999' })
    expect(scenario.record().answeredAt).toBeUndefined()
  })

  it('knows its number in every form that a trunk sends', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first] }] } })
    const gp = scenario.caller()
    await gp.dials('01632960100')
    expect(gp.refusedWith).toBeUndefined()
    gp.hangsUp()
    await scenario.isOver()
  })

  it('rings a line at once where the number is the line’s own, and whispers "a practice" since it is unknown who calls', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: [first] }, { id: 'Paediatrics' }], direct: { '+441632960200': 'Cardiology' } },
    })
    const gp = scenario.caller()
    const specialist = scenario.phone(first)
    await gp.dials('+441632960200')
    await specialist.answers()
    await specialist.hears('generic-practice')
    await specialist.hears('Cardiology')
    specialist.presses('1')
    await gp.and(specialist).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ kind: 'line', line: 'Cardiology', ending: 'completed' })
  })

  it('tells an organisation without lines so', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', access: { everyone: false, organisations: [], areas: [] } }] },
    })
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await gp.hears('no-lines')
    await gp.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'notAllowed' })
  })

  it('tells the caller of a line without a rota so, instead of ringing for ever', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [] }] } })
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await gp.hears('nobody-on-rota')
    await gp.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'noRota', line: 'Cardiology' })
  })

  it('tells the caller of a closed line when it opens', async () => {
    const scenario = new Scenario({
      directory: {
        lines: [{ id: 'Cardiology', rota: [first], hours: { week: { tue: [{ from: '09:00', to: '17:00' }] }, exceptions: {} } }],
      },
    })
    const gp = scenario.caller()
    await gp.dials(dialIn)
    for (const words of [
      'Cardiology',
      'line-closed',
      'line-opens',
      'day-tomorrow',
      'time-at',
      'digit-9',
      'time-oclock',
      'time-morning',
      'goodbye',
    ])
      await gp.hears(words)
    await gp.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'lineClosed' })
  })

  it('ends clean when the caller gives up before the answer', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: [first] }] },
      latencyMs: (operation) => (operation === 'answer' ? 40 : 0),
    })
    const gp = scenario.caller()
    await gp.dials(dialIn, { givesUpAfterMs: 20 })
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'abandonedBeforeAnswer' })
  })

  it('refuses a caller with whom there is no common codec', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first] }] } })
    const gp = scenario.caller()
    await gp.dials(dialIn, { noCommonCodec: true })
    expect(gp.refusedWith).toBe(488)
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'noCommonCodec' })
  })
})
