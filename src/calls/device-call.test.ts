import { describe, expect, it } from 'vitest'
import { FewArrangements } from '../../test/kit/calls/few-arrangements.js'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn, type SmallDirectory } from '../../test/kit/calls/small-directory.js'
import type { DeviceOwner } from '../directory/device-owner.js'

const ward = '+447700900031'
const desk = '+441632960201'
const otherDialIn = '+441632960103'
const entNumber = '+441632960700'
const clinicNumber = '+441632960701'

const world: SmallDirectory = {
  lines: [
    { id: 'cardiology', code: '21', rota: [ward] },
    { id: 'ent', code: '22', rota: [ward], access: { everyone: false, organisations: ['Mill Street'], areas: [] } },
    { id: 'clinic', code: '23', kind: 'pifuAnswer', rota: [ward] },
  ],
  practices: { 'Elm Surgery': dialIn, 'Mill Street': otherDialIn },
  desks: { 'Mill Street': { code: '2102', bypass: desk } },
  direct: { [entNumber]: 'ent', [clinicNumber]: 'clinic' },
}

const owners: Readonly<Record<string, DeviceOwner>> = {
  'elm-desk': { kind: 'organisation', id: 'Elm Surgery' },
  stranger: { kind: 'organisation', id: 'gone' },
}

function elmRings(dialled: string, device = 'elm-desk') {
  const scenario = new Scenario({ directory: world, owners: (name) => owners[name], arrangements: new FewArrangements({}) })
  scenario.phone(desk)
  const phone = scenario.caller('elm-desk')
  return { scenario, phone, dialled: phone.dials(dialled, { device }) }
}

describe('what a registered telephone may dial', () => {
  it("a line's code: the whisper says whose telephone it is, and the record says which", async () => {
    const { scenario, phone, dialled } = elmRings('21')
    const specialist = scenario.phone(ward)
    await dialled
    await specialist.answers()
    await specialist.hears('Elm Surgery')
    specialist.presses('1')
    await phone.and(specialist).hearEachOther()
    phone.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({
      kind: 'line',
      device: 'elm-desk',
      organisation: 'Elm Surgery',
      line: 'cardiology',
      ending: 'completed',
    })
  })

  it.each([
    [dialIn, 'cardiology', 'the Dial-In number of its own organisation'],
    ['*', 'code-ask-pin', 'star'],
    ['*1234', 'code-wrong', 'star and a code'],
    ['**', 'bypass-key-code', 'two stars'],
    ['**2102', 'Mill Street', 'two stars and the code of a practice'],
    ['**2102#', 'Mill Street', 'the same, with the key that ends the dialling'],
    ['*1234#', 'code-wrong', 'star, a code and that key'],
    [clinicNumber, 'patient-welcome', "a patients' line, as anybody"],
  ])('%s leads to "%s": %s', async (number, hears) => {
    const { scenario, phone, dialled } = elmRings(number)
    scenario.phone(ward)
    await dialled
    await phone.hears(hears)
    phone.hangsUp()
    await scenario.isOver()
  })

  it.each([
    ['22', 404, 'the code of a line that its owner may not use'],
    ['23', 404, "the code of a patients' line"],
    [entNumber, 403, 'the number of a line that its owner may not use'],
    [otherDialIn, 403, "another organisation's Dial-In number"],
    ['01632960999', 404, 'the telephone network'],
    ['999', 404, 'an emergency number'],
    ['*21*01632960999#', 404, 'a diversion code'],
    ['**2102;phone-context=x', 404, 'a practice with something behind it'],
  ])('%s is refused with %i: %s', async (number, status) => {
    const { scenario, phone, dialled } = elmRings(number)
    await dialled
    expect(phone.refusedWith).toBe(status)
    await scenario.isOver()
    expect(scenario.facts('attempt.started')).toBe(0)
  })

  it('rings everybody on the rota but the caller', async () => {
    const mobile = '+447700900041'
    const scenario = new Scenario({
      directory: { ...world, lines: [{ id: 'cardiology', code: '21', rota: ['okafor', ward] }], clinicians: { okafor: [mobile] } },
      owners: () => ({ kind: 'clinician', id: 'okafor' }),
    })
    const [own, colleague] = [scenario.phone(mobile), scenario.phone(ward)]
    const okafor = scenario.caller('okafor-desk')
    await okafor.dials('21', { device: 'okafor-desk' })
    await colleague.rings()
    expect(own.wasRung).toBe(0)
    okafor.hangsUp()
    await scenario.isOver()
  })

  it.each(['*482913', '*482913#', '*#482913'])('a PIN that it dials as %s is in no fact', async (number) => {
    const { scenario, phone, dialled } = elmRings(number)
    await dialled
    if (phone.leg) {
      await phone.hears('code-wrong')
      phone.hangsUp()
    }
    await scenario.isOver()
    expect(JSON.stringify(scenario.world.log.told)).not.toContain('482913')
    expect(scenario.record()).toMatchObject({ dialledNumber: '*' })
  })

  it('nothing, once its owner is no longer in the directory', async () => {
    for (const device of ['stranger', 'unknown']) {
      const { scenario, phone, dialled } = elmRings('21', device)
      await dialled
      expect(phone.refusedWith).toBe(403)
      await scenario.isOver()
      expect(scenario.record()).toMatchObject({ ending: 'notAllowed' })
    }
  })
})
