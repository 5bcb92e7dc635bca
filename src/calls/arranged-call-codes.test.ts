import { describe, expect, it } from 'vitest'
import { FewArrangements } from '../../test/kit/calls/few-arrangements.js'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'
import { nothingArranged } from './arrangements.js'
import { okaforMobile, patientHome, codeNumber, gpDesk, connect, coded, world } from '../../test/kit/calls/arranged-directory.js'

describe('a PIN on the Dial-In number', () => {
  it('star, the PIN, and the patient is rung at once', async () => {
    const arrangements = new FewArrangements({ '482913': connect })
    const scenario = new Scenario({ directory: world, arrangements })
    const patient = scenario.phone(patientHome)
    const clinician = scenario.caller(okaforMobile)
    await clinician.dials(dialIn)
    clinician.presses('*482913')
    await clinician.hears('ringing-patient')
    await patient.answers()
    await clinician.and(patient).hearEachOther()
    patient.hangsUp()
    await clinician.hears('outcome-ask')
    clinician.presses('2')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({
      kind: 'patientConnect',
      arrangement: 'connect-1',
      ending: 'completed',
      outcome: { outcome: 'appointment-required' },
    })
    expect(arrangements.asked).toEqual([
      { keys: '482913', callId: 'call1', callerNumber: okaforMobile, dialledNumber: dialIn, organisation: 'Elm Surgery' },
    ])
    // The digits of a PIN are in no fact.
    expect(JSON.stringify(scenario.world.log.told)).not.toContain('482913')
  })

  it('star leads there too where the organisation has one line, which is being rung by then: that hunt is called off', async () => {
    const scenario = new Scenario({
      directory: { ...world, lines: world.lines.slice(0, 1) },
      arrangements: new FewArrangements({ '482913': connect }),
    })
    const mobile = scenario.phone(okaforMobile)
    const patient = scenario.phone(patientHome)
    const clinician = scenario.caller('+441632960444')
    await clinician.dials(dialIn)
    await mobile.rings()
    clinician.presses('*')
    await clinician.hears('code-ask-pin')
    await scenario.until('the specialist is rung no more', () => !mobile.isRinging)
    clinician.presses('482913')
    await patient.answers()
    await clinician.and(patient).hearEachOther()
    clinician.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ kind: 'patientConnect', ending: 'completed' })
    expect(scenario.world.log.told.filter((event) => event.type === 'hunt.ended').map(({ result }) => result)).toEqual([
      'calledOff',
      'connected',
    ])
    // The line's figures do not have this call.
    expect(scenario.record()).toMatchObject({ refs: 0 })
    expect(scenario.record().line).toBeUndefined()
  })

  it('star is heard where the organisation may use no line at all', async () => {
    const scenario = new Scenario({ directory: { ...world, lines: [] }, arrangements: new FewArrangements({ '482913': connect }) })
    const patient = scenario.phone(patientHome)
    const clinician = scenario.caller(okaforMobile)
    await clinician.dials(dialIn)
    await clinician.hears('no-lines')
    clinician.presses('*482913')
    await patient.rings()
    clinician.hangsUp()
    await scenario.isOver()
  })

  it('nobody rings a clinician for a caller while they are on the line with their PIN', async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({ '482913': connect }) })
    const mobile = scenario.phone(okaforMobile)
    const patient = scenario.phone(patientHome)
    const clinician = scenario.caller(okaforMobile)
    await clinician.dials(dialIn)
    clinician.presses('*482913')
    await patient.answers()
    await clinician.and(patient).hearEachOther()
    const gp = scenario.caller()
    await gp.dials(dialIn)
    gp.presses('1')
    await gp.hears('ringback')
    await scenario.passes(10)
    expect(scenario.world.telephone.world.trace.filter((entry) => entry.what === 'dialled' && entry.number === okaforMobile)).toEqual([])
    clinician.hangsUp()
    await mobile.rings()
    gp.hangsUp()
    await scenario.isOver()
  })

  it('a PIN whose star was forgotten is in no fact either', async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({}) })
    const clinician = scenario.caller()
    await clinician.dials(dialIn)
    clinician.presses('482913#')
    await clinician.hears('menu-not-understood')
    clinician.hangsUp()
    await scenario.isOver()
    expect(JSON.stringify(scenario.world.log.told)).not.toContain('482913')
  })

  it('star and then nothing is not a wrong code', async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({}) })
    const clinician = scenario.caller()
    await clinician.dials(dialIn)
    clinician.presses('*')
    await clinician.hears('menu-no-choice')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'noChoice' })
  })

  it('asks again after a wrong one, each time after a longer wait without silence, and then checks no more', async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({}, 2, 9_000) })
    const clinician = scenario.caller()
    await clinician.dials(dialIn)
    clinician.presses('*')
    await clinician.hears('code-ask-pin')
    clinician.presses('111111')
    await clinician.hears('code-please-wait')
    await clinician.hears('code-wrong')
    clinician.presses('222222')
    await clinician.hears('code-wrong')
    clinician.presses('333333')
    await clinician.hears('code-locked')
    await clinician.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'wrongCode', endingDetail: 'too many wrong codes', attempts: [] })
    expect(scenario.world.log.told.filter((event) => event.type === 'code.refused').map(({ digits, why }) => [digits, why])).toEqual([
      [6, 'wrong'],
      [6, 'wrong'],
      [6, 'locked'],
    ])
  })

  it('a PIN that cannot be checked counts as wrong, and the caller is told', async () => {
    const scenario = new Scenario({
      directory: world,
      arrangements: { ...nothingArranged, redeem: () => Promise.reject(new Error('disk')) },
    })
    const patient = scenario.phone(patientHome)
    const clinician = scenario.caller()
    await clinician.dials(dialIn)
    clinician.presses('*482913')
    await clinician.hears('technical-fault')
    await scenario.isOver()
    expect(patient.wasRung).toBe(0)
    expect(scenario.record()).toMatchObject({ ending: 'engineFault' })
  })
})

describe('a call-back code', () => {
  it('four digits ring the clinician who asked for advice; they accept, and are asked for the outcome first', async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({ '4821': coded }) })
    const desk = scenario.phone(gpDesk)
    const specialist = scenario.caller('+447700900077')
    await specialist.dials(codeNumber)
    await specialist.hears('code-ask')
    specialist.presses('4821')
    await specialist.hears('ringing-clinician')
    await desk.answers()
    await desk.hears('whisper-call-back-code')
    await desk.hears('cardiology')
    desk.presses('1')
    await specialist.and(desk).hearEachOther()
    specialist.hangsUp()
    await desk.hears('outcome-ask')
    desk.presses('1')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({
      kind: 'callBackCode',
      arrangement: 'code-1',
      line: 'cardiology',
      organisation: 'Elm Surgery',
      ending: 'completed',
      outcome: { outcome: 'avoided', by: 'called' },
    })
  })

  it('four digits after star on a Dial-In number, ended by hash or a pause', async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({ '4821': coded }) })
    const desk = scenario.phone(gpDesk)
    const specialist = scenario.caller()
    await specialist.dials(dialIn)
    specialist.presses('*4821#')
    await desk.rings()
    specialist.hangsUp()
    await scenario.isOver()
  })

  it('a clinician who is on a call is not rung for a code', async () => {
    const scenario = new Scenario({
      directory: world,
      arrangements: new FewArrangements({ '4821': { ...coded, targets: [{ kind: 'number', number: okaforMobile }] } }),
    })
    const mobile = scenario.phone(okaforMobile)
    const gp = scenario.caller()
    await gp.dials(dialIn)
    gp.presses('1')
    await mobile.answers()
    mobile.presses('1')
    await gp.and(mobile).hearEachOther()
    const colleague = scenario.caller('+447700900077')
    await colleague.dials(codeNumber)
    colleague.presses('4821')
    await colleague.hears('clinician-not-reached')
    expect(scenario.world.telephone.world.trace.filter((entry) => entry.what === 'dialled')).toHaveLength(1)
    gp.hangsUp()
    await scenario.isOver()
  })

  it("the practice's answerphone accepts nothing, and the specialist is told", async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({ '4821': coded }) })
    const desk = scenario.phone(gpDesk)
    const specialist = scenario.caller()
    await specialist.dials(codeNumber)
    specialist.presses('4821')
    await desk.answers()
    await specialist.hears('clinician-not-reached')
    await scenario.isOver()
    expect(scenario.facts('talk.started')).toBe(0)
    expect(scenario.record()).toMatchObject({ ending: 'unanswered', attempts: [{ result: 'notAccepted', pool: 'direct' }] })
  })
})
