import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'

const [first, second, network] = ['+447700900001', '+447700900002', '+447700900003'] as const
const clinicians = { 'dr-okafor': [first], 'dr-prasad': [second], 'dr-nakamura': [network] }

/** The clinicians who have said "not now"; may change during calls. */
function line(said: ReadonlySet<string>, more: { readonly ncnPool?: string; readonly ring?: { readonly rounds: number } } = {}): Scenario {
  return new Scenario({
    directory: {
      lines: [{ id: 'Cardiology', rota: ['dr-okafor', 'dr-prasad'], ...more }],
      clinicians,
      pools: { network: { members: ['dr-nakamura'] } },
    },
    notNow: (clinician) => said.has(clinician),
  })
}

const rung = (scenario: Scenario) => scenario.record().attempts.map(({ clinician }) => clinician)

describe('a clinician who has said "not now"', () => {
  it('is not rung if another specialist accepts', async () => {
    const scenario = line(new Set(['dr-okafor']))
    const [, prasad] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await prasad.answers()
    prasad.presses('1')
    await gp.and(prasad).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(rung(scenario)).toEqual(['dr-prasad'])
    expect(scenario.world.log.told).toContainEqual(
      expect.objectContaining({ type: 'candidate.passedOver', candidate: 'clinician:dr-okafor', why: 'notNow' }),
    )
  })

  it('is rung last, after the National Consultant Network, when nobody else does', async () => {
    const scenario = line(new Set(['dr-okafor']), { ncnPool: 'network' })
    const [okafor, prasad, nakamura] = [scenario.phone(first), scenario.phone(second), scenario.phone(network)]
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await prasad.ringsFor(20)
    await nakamura.ringsFor(20)
    await okafor.answers()
    okafor.presses('1')
    await gp.and(okafor).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(rung(scenario)).toEqual(['dr-prasad', 'dr-nakamura', 'dr-okafor'])
  })

  it('is rung at once where everybody has said so', async () => {
    const scenario = line(new Set(['dr-okafor', 'dr-prasad']))
    const [okafor] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await okafor.answers()
    okafor.presses('1')
    await gp.and(okafor).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(rung(scenario)).toEqual(['dr-okafor'])
  })

  it.each([
    ['the National Consultant Network is rung at once', { ncnPool: 'network' }, network],
    ['and where there is no network they are', {}, first],
  ])('like all others on the rota: the caller waits through no round in which nobody can be rung; %s', async (_what, more, number) => {
    const scenario = line(new Set(['dr-okafor', 'dr-prasad']), { ...more, ring: { rounds: 4 } })
    const phones = new Map([first, second, network].map((one) => [one, scenario.phone(one)]))
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await phones.get(number)?.rings()
    gp.hangsUp()
    await scenario.isOver()
    const at = (type: string) => scenario.world.log.told.find((event) => event.type === type)?.at ?? NaN
    expect(at('attempt.started') - at('hunt.started')).toBeLessThan(1_000)
  })

  it('counts from the moment it is said, even in a running hunt', async () => {
    const said = new Set<string>()
    const scenario = line(said)
    const [okafor] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await okafor.rings()
    said.add('dr-prasad')
    await okafor.ringsFor(20)
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.world.log.told).toContainEqual(
      expect.objectContaining({ type: 'candidate.passedOver', candidate: 'clinician:dr-prasad', why: 'notNow' }),
    )
  })

  it('takes it back, and is rung in the next round', async () => {
    const said = new Set(['dr-okafor'])
    const scenario = line(said, { ring: { rounds: 2 } })
    const [okafor, prasad] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(dialIn)
    await prasad.rings()
    said.delete('dr-okafor')
    await prasad.ringsFor(20)
    await okafor.answers()
    okafor.presses('1')
    await gp.and(okafor).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(rung(scenario)).toEqual(['dr-prasad', 'dr-okafor'])
  })
})
