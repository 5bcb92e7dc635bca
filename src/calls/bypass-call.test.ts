import { describe, expect, it } from 'vitest'
import { FewArrangements } from '../../test/kit/calls/few-arrangements.js'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn, type SmallDirectory } from '../../test/kit/calls/small-directory.js'

const bypassDesk = '+441632960201'
const reception = '+441632960301'
const bypassNumber = '+441632960098'

const world: SmallDirectory = {
  lines: [
    { id: 'cardiology', rota: [] },
    { id: 'ent', rota: [] },
  ],
  practices: { 'Elm Surgery': dialIn, 'Mill Street': '+441632960103', Silent: '+441632960104' },
  desks: {
    'Elm Surgery': { code: '2101', bypass: bypassDesk, reception },
    'Mill Street': { code: '2102', reception },
    Silent: { code: '2103' },
  },
  bypass: bypassNumber,
}

describe('a clinician reaches a practice by its code', () => {
  it('on its bypass number: the party that answers is connected at once, and recorded', async () => {
    const scenario = new Scenario({ directory: world })
    const desk = scenario.phone(bypassDesk)
    const specialist = scenario.caller()
    await specialist.dials(bypassNumber)
    await specialist.hears('bypass-key-code')
    specialist.presses('2101')
    await specialist.hears('Elm Surgery')
    await desk.answers()
    await specialist.and(desk).hearEachOther()
    desk.hangsUp()
    await specialist.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({
      kind: 'bypass',
      reached: 'Elm Surgery',
      ending: 'completed',
      talkEndedBy: 'called',
      refs: 0,
      recordings: [{ state: 'stopped' }],
      attempts: [{ label: 'Elm Surgery, bypass number', result: 'connected' }],
    })
    expect(scenario.facts('outcome.asked')).toBe(0)
  })

  it.each(['busy', 'unavailable', 'declined', 'badNumber'] as const)('at its reception where the bypass number is %s', async (how) => {
    const scenario = new Scenario({ directory: world })
    const desk = scenario.phone(bypassDesk)
    const front = scenario.phone(reception)
    const specialist = scenario.caller()
    await specialist.dials(dialIn)
    specialist.presses('**2101')
    await desk.refuses(how)
    await front.answers()
    await specialist.and(front).hearEachOther()
    specialist.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts.map(({ label, result }) => [label, result])).toEqual([
      ['Elm Surgery, bypass number', how],
      ['Elm Surgery, reception', 'connected'],
    ])
  })

  it('at its reception where the bypass number does not answer, or is not there', async () => {
    const scenario = new Scenario({ directory: world })
    const desk = scenario.phone(bypassDesk)
    const front = scenario.phone(reception)
    const specialist = scenario.caller()
    await specialist.dials(bypassNumber)
    specialist.presses('2101')
    await desk.ringsFor(25)
    await front.ringsFor(25)
    await specialist.hears('practice-not-reached')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'unanswered' })

    const again = scenario.caller()
    await again.dials(bypassNumber)
    again.presses('2102')
    await front.answers()
    await again.and(front).hearEachOther()
    again.hangsUp()
    await scenario.isOver()
  })

  it('two callers for one reception: it is rung for both, since it has more than one telephone', async () => {
    const scenario = new Scenario({ directory: world })
    scenario.phone(reception)
    const [one, two] = [scenario.caller('+441632960901'), scenario.caller('+441632960902')]
    for (const caller of [one, two]) {
      await caller.dials(bypassNumber)
      caller.presses('2102')
    }
    await scenario.until('both calls ring it', () => scenario.facts('attempt.started') === 2)
    expect(scenario.facts('attempt.ended')).toBe(0)
    one.hangsUp()
    two.hangsUp()
    await scenario.isOver()
  })

  it('codes cannot be tried one after the other: wrong ones are limited like PINs', async () => {
    const scenario = new Scenario({ directory: world, arrangements: new FewArrangements({}, 2, 1_000) })
    const stranger = scenario.caller()
    await stranger.dials(bypassNumber)
    for (const keys of ['9991#', '9992#', '2101']) {
      await stranger.hears('bypass-key-code')
      stranger.presses(keys)
    }
    await stranger.hears('code-locked')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'wrongCode', attempts: [] })
  })

  it('a code that no practice has is asked for again; the caller is told of a practice without a number', async () => {
    const scenario = new Scenario({ directory: world })
    const specialist = scenario.caller()
    await specialist.dials(bypassNumber)
    await specialist.hears('bypass-key-code')
    specialist.presses('9999#')
    await specialist.hears('bypass-no-such-code')
    specialist.presses('2103')
    await specialist.hears('bypass-no-number')
    await specialist.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'noRota', reached: 'Silent' })
  })
})
