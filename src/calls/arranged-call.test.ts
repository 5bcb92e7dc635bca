import { describe, expect, it } from 'vitest'
import { outbound } from '../../test/kit/calls/call-world.js'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'
import { okaforMobile, okaforOffice, patientHome, connect, callBack, world } from '../../test/kit/calls/arranged-directory.js'

describe('a clinician calls a patient', () => {
  it('the engine rings the clinician, and the patient only after acceptance; recorded; the clinician is asked for the outcome', async () => {
    const scenario = new Scenario({ directory: world })
    const mobile = scenario.phone(okaforMobile)
    const patient = scenario.phone(patientHome)
    const placed = scenario.world.desk.place(callBack)
    expect(placed).toEqual({ kind: 'placed', callId: 'call1' })
    await mobile.answers()
    await mobile.hears('whisper-call-back')
    await mobile.hears('clinic')
    expect(patient.wasRung).toBe(0)
    mobile.presses('1')
    await mobile.hears('ringing-patient')
    await mobile.hears('ringback')
    await patient.answers()
    await mobile.and(patient).hearEachOther()
    await scenario.passes(60)
    patient.hangsUp()
    await mobile.hears('outcome-ask')
    mobile.presses('1')
    await scenario.isOver()
    const record = scenario.record()
    expect(record).toMatchObject({
      kind: 'pifuCallBack',
      arrangement: 'back-1',
      line: 'clinic',
      ending: 'completed',
      refs: 1,
      outcome: { outcome: 'discharged', by: 'caller' },
      recordings: [{ state: 'stopped' }],
    })
    expect(record.attempts.map(({ label, pool, result }) => [label, pool, result])).toEqual([
      ['dr-okafor', 'local', 'accepted'],
      ['Patient', 'direct', 'connected'],
    ])
    // From the moment when they hear each other, not from the clinician's acceptance.
    expect(Math.round((record.talkMs ?? 0) / 1_000)).toBe(60)
    expect(scenario.world.log.told.at(0)).toMatchObject({
      type: 'call.placed',
      kind: 'pifuCallBack',
      arrangement: 'back-1',
      clinician: 'dr-okafor',
    })
    for (const entry of scenario.world.telephone.world.trace) if (entry.what === 'dialled') expect(entry.from).toEqual(outbound)
  })

  it('an answerphone is connected too: a message may be left there, and is recorded', async () => {
    const scenario = new Scenario({ directory: world })
    const mobile = scenario.phone(okaforMobile)
    const answerphone = scenario.phone(patientHome)
    scenario.world.desk.place(connect)
    await mobile.answers()
    mobile.presses('1')
    await answerphone.answers()
    await mobile.and(answerphone).hearEachOther()
    await scenario.passes(20)
    mobile.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({
      kind: 'patientConnect',
      ending: 'completed',
      talkEndedBy: 'caller',
      recordings: [{ state: 'stopped' }],
    })
  })

  it("a clinician's voicemail accepts nothing: their next number is rung, and no patient", async () => {
    const scenario = new Scenario({ directory: world })
    const voicemail = scenario.phone(okaforMobile)
    const office = scenario.phone(okaforOffice)
    const patient = scenario.phone(patientHome)
    scenario.world.desk.place(connect)
    await voicemail.answers()
    await voicemail.isReleased()
    await office.ringsFor(30)
    await scenario.isOver()
    expect(patient.wasRung).toBe(0)
    expect(scenario.record()).toMatchObject({ ending: 'unanswered', attempts: [{ result: 'notAccepted' }, { result: 'noAnswer' }] })
  })

  it.each([
    ['busy', 'patient-engaged'],
    ['unavailable', 'patient-no-answer'],
    ['badNumber', 'patient-not-reached'],
  ] as const)('a patient whose telephone is %s: the clinician hears %s, and is asked for the outcome', async (how, words) => {
    const scenario = new Scenario({ directory: world })
    const mobile = scenario.phone(okaforMobile)
    const patient = scenario.phone(patientHome)
    scenario.world.desk.place(connect)
    await mobile.answers()
    mobile.presses('1')
    await patient.refuses(how)
    await mobile.hears(words)
    await mobile.hears('outcome-ask')
    mobile.presses('3')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'unanswered', outcome: { outcome: 'patient-unavailable', by: 'caller' } })
  })

  it('the clinician hangs up while the patient is being rung: the patient is rung no more', async () => {
    const scenario = new Scenario({ directory: world })
    const mobile = scenario.phone(okaforMobile)
    const patient = scenario.phone(patientHome)
    scenario.world.desk.place(connect)
    await mobile.answers()
    mobile.presses('1')
    await patient.rings()
    mobile.hangsUp()
    await scenario.isOver()
    expect(patient.isRinging).toBe(false)
    expect(scenario.record()).toMatchObject({ ending: 'abandonedInHunt' })
  })

  it('an acceptance that is not on disk rings no patient; the clinician is told', async () => {
    const scenario = new Scenario({ directory: world, logDelayMs: () => 60_000 })
    const mobile = scenario.phone(okaforMobile)
    const patient = scenario.phone(patientHome)
    scenario.world.desk.place(connect)
    await mobile.answers()
    mobile.presses('1')
    await mobile.hears('technical-fault')
    await scenario.passes(70)
    await scenario.isOver()
    expect(patient.wasRung).toBe(0)
  })

  it('an engine that is closing down places no call, and releases one that runs', async () => {
    const scenario = new Scenario({ directory: world })
    const mobile = scenario.phone(okaforMobile)
    scenario.world.desk.place(connect)
    await mobile.rings()
    const drained = scenario.world.desk.drain(1_000)
    await scenario.isOver()
    await drained
    expect(mobile.isRinging).toBe(false)
    expect(scenario.record()).toMatchObject({ ending: 'interrupted' })
    expect(scenario.world.desk.place(connect)).toEqual({ kind: 'refused', why: 'closingDown' })
  })

  it('nobody is rung for an arranged call whose acceptance could not be kept', async () => {
    const scenario = new Scenario({ directory: world, cannotKeep: () => 'the disk is full' })
    const mobile = scenario.phone(okaforMobile)
    expect(scenario.world.desk.place(connect)).toEqual({ kind: 'refused', why: 'cannotKeep' })
    await scenario.isOver()
    expect(mobile.wasRung).toBe(0)
  })

  it('a clinician on another call is not rung for this one', async () => {
    const scenario = new Scenario({ directory: world })
    const mobile = scenario.phone(okaforMobile)
    const gp = scenario.caller()
    await gp.dials(dialIn)
    gp.presses('1')
    await mobile.answers()
    mobile.presses('1')
    await gp.and(mobile).hearEachOther()
    const rung = mobile.wasRung
    scenario.world.desk.place(connect)
    await scenario.until('the arranged call has ended', () =>
      scenario.world.records().some(({ arrangement, ending }) => arrangement !== undefined && ending === 'unanswered'),
    )
    expect(mobile.wasRung).toBe(rung)
    gp.hangsUp()
    await scenario.isOver()
  })
})
