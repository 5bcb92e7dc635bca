import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import type { SmallLine } from '../../test/kit/calls/small-directory.js'

const clinic = '+441632960700'
const first = '+447700900011'
const second = '+447700900012'
const patientMobile = '+447700900555'

function patientsLine(more: Partial<SmallLine> = {}): Scenario {
  return new Scenario({
    directory: {
      lines: [
        {
          id: 'Epilepsy follow-up',
          kind: 'pifuAnswer',
          rota: [first, second],
          outcomes: [{ id: 'discharged', label: 'Patient discharged' }],
          ...more,
        },
      ],
      direct: { [clinic]: more.id ?? 'Epilepsy follow-up' },
    },
  })
}

describe('a patient rings their follow-up line', () => {
  it('waits with music; the clinician who answers hears that it is a patient, and for which line; only the clinician is asked for the outcome', async () => {
    const scenario = patientsLine()
    const nurse = scenario.phone(first)
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await patient.hears('patient-welcome')
    await patient.hears('Epilepsy follow-up')
    await patient.hears('music')
    await nurse.answers()
    await nurse.hears('whisper-patient')
    await nurse.hears('Epilepsy follow-up')
    await nurse.hears('whisper-press-one-patient')
    nurse.presses('1')
    await patient.and(nurse).hearEachOther()
    patient.hangsUp()
    await nurse.hears('outcome-ask')
    nurse.presses('1')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({
      kind: 'pifuAnswer',
      ending: 'completed',
      refs: 1,
      outcome: { outcome: 'discharged', by: 'specialist' },
      recordings: [{ state: 'stopped' }],
    })
  })

  it('is never asked for the outcome when the clinician hangs up first, but is told good-bye', async () => {
    const scenario = patientsLine()
    const nurse = scenario.phone(first)
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await nurse.answers()
    nurse.presses('1')
    await patient.and(nurse).hearEachOther()
    nurse.hangsUp()
    await patient.hears('goodbye')
    await patient.isReleased()
    await scenario.isOver()
    expect(scenario.facts('outcome.asked')).toBe(0)
  })

  it('the music begins again when it ends, and the hunt moves on to the next clinician behind it', async () => {
    const scenario = patientsLine({ ring: { ringSeconds: 40 } })
    scenario.phone(first)
    const registrar = scenario.phone(second)
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await registrar.rings()
    expect(patient.heard().filter((what) => what === 'music')).toHaveLength(2)
    await registrar.answers()
    registrar.presses('1')
    await patient.and(registrar).hearEachOther()
    registrar.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'completed', refs: 2 })
  })

  it('nobody is free: one key asks to be called back on the number that they ring from, kept before they are thanked', async () => {
    const scenario = patientsLine()
    scenario.phone(first)
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await patient.hears('nobody-available')
    await patient.hears('call-back-offer')
    patient.presses('1')
    await patient.hears('call-back-kept')
    await patient.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'callBackRequested', callBackRequested: patientMobile, line: 'Epilepsy follow-up' })
    const kept = scenario.world.log.stored.find(({ event }) => event.type === 'callBack.requested')
    expect(kept).toBeDefined()
  })

  it('keys pressed while waiting are no answer to the offer', async () => {
    const scenario = patientsLine()
    scenario.phone(first)
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await patient.hears('music')
    patient.presses('1')
    await patient.hears('call-back-offer')
    // Asked once more: a patient looking for the key must not lose the request.
    await patient.hears('call-back-offer')
    await patient.hears('try-again-later')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'unanswered' })
    expect(scenario.record().callBackRequested).toBeUndefined()
  })

  it('asks for another number: a wrong one is asked for again, the right one is kept in E.164', async () => {
    const scenario = patientsLine()
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await patient.hears('call-back-offer')
    patient.presses('2')
    await patient.hears('call-back-key-number')
    patient.presses('1234#')
    await patient.hears('call-back-no-number')
    await patient.hears('call-back-key-number')
    patient.presses('01632960777#')
    await patient.hears('call-back-kept')
    await scenario.isOver()
    expect(scenario.record().callBackRequested).toBe('+441632960777')
  })

  it('a patient whose number is withheld keys one', async () => {
    const scenario = patientsLine()
    const patient = scenario.caller('anonymous')
    await patient.dials(clinic)
    await patient.hears('call-back-offer-number')
    patient.presses('1')
    await patient.hears('call-back-key-number')
    patient.presses('07700900999')
    await patient.hears('call-back-kept')
    await scenario.isOver()
    expect(scenario.record().callBackRequested).toBe('+447700900999')
  })

  it.each([
    ['00447700900999', '+447700900999', 'with its country code, longer than any national number'],
    ['447700900999#', '+447700900999', 'without a plus sign'],
  ])('%s is kept as %s: %s', async (keys, number) => {
    const scenario = patientsLine()
    const patient = scenario.caller('anonymous')
    await patient.dials(clinic)
    await patient.hears('call-back-offer-number')
    patient.presses('1')
    await patient.hears('call-back-key-number')
    patient.presses(keys)
    await patient.hears('call-back-kept')
    await scenario.isOver()
    expect(scenario.record().callBackRequested).toBe(number)
  })

  it("understands the caller's own number as a trunk sends it", async () => {
    const scenario = patientsLine()
    const patient = scenario.caller('447700900555')
    await patient.dials(clinic)
    await patient.hears('call-back-offer')
    patient.presses('1')
    await patient.hears('call-back-kept')
    await scenario.isOver()
    expect(scenario.record().callBackRequested).toBe(patientMobile)
  })

  it('promises no call to a number that may not be dialled: an own one is not offered, a keyed one is asked for again', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'clinic', kind: 'pifuAnswer', rota: [first] }], direct: { [clinic]: 'clinic' } },
      mayDial: (number) => number.startsWith('+4477'),
    })
    const patient = scenario.caller('+441632960001')
    await patient.dials(clinic)
    await patient.hears('call-back-offer-number')
    patient.presses('1')
    await patient.hears('call-back-key-number')
    patient.presses('09098790123#')
    await patient.hears('call-back-no-number')
    patient.presses('07700900123')
    await patient.hears('call-back-kept')
    await scenario.isOver()
    expect(scenario.record().callBackRequested).toBe('+447700900123')
  })

  it('is called back on their own number when the other one does not come across', async () => {
    const scenario = patientsLine()
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await patient.hears('call-back-offer')
    patient.presses('2')
    for (let tries = 0; tries < 3; tries++) {
      await patient.hears('call-back-key-number')
      patient.presses('123#')
    }
    await patient.hears('call-back-kept-own')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'callBackRequested', callBackRequested: patientMobile })
  })

  it('a request that cannot be put on disk is not promised; it is in the facts, and an alarm is up', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'clinic', kind: 'pifuAnswer', rota: [first] }], direct: { [clinic]: 'clinic' } },
      logDelayMs: () => 60_000,
    })
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await patient.hears('call-back-offer')
    patient.presses('1')
    await patient.hears('call-back-not-kept')
    await scenario.passes(70)
    await scenario.isOver()
    expect(scenario.world.log.told.some((event) => event.type === 'alarm.raised' && event.alarm === 'callBack.notStored')).toBe(true)
    expect(scenario.facts('callBack.requested')).toBe(1)
  })

  it('with nobody on the rota they may ask for the call-back at once', async () => {
    const scenario = patientsLine({ rota: [] })
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await patient.hears('call-back-offer')
    patient.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'abandonedInHunt', attempts: [] })
  })

  it("a secretary's line is the same, with the secretary's telephones on the rota", async () => {
    const scenario = patientsLine({ kind: 'pifuCallBack' })
    const secretary = scenario.phone(first)
    const patient = scenario.caller(patientMobile)
    await patient.dials(clinic)
    await secretary.answers()
    await secretary.hears('whisper-patient')
    secretary.presses('1')
    await patient.and(secretary).hearEachOther()
    secretary.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ kind: 'pifuCallBack', ending: 'completed' })
  })
})
