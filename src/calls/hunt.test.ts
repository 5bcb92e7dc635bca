import { describe, expect, it } from 'vitest'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'
import { sleep } from '../clock/clock.js'

const [first, second, third] = ['+447700900001', '+447700900002', '+447700900003'] as const
const elm = dialIn
const oak = '+441632960101'

function line(rota: readonly string[], more: object = {}): Scenario {
  return new Scenario({ directory: { lines: [{ id: 'Cardiology', rota, ...more }], practices: { Elm: elm, Oak: oak } } })
}

describe('the hunt', () => {
  it('goes on at once past a busy phone, a refusal, a bad number and a failing one', async () => {
    const scenario = line([first, second, '+447700900099', third])
    const [one, two, three] = [scenario.phone(first), scenario.phone(second), scenario.phone(third)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await one.refuses('busy')
    await two.refuses('failed')
    await three.rings()
    const rung = scenario.world.log.told.filter((event) => event.type === 'attempt.started' || event.type === 'attempt.ended')
    const gaps = rung.slice(1).map((event, index) => (event.type === 'attempt.started' ? event.at - (rung[index]?.at ?? 0) : 0))
    expect(Math.max(...gaps)).toBe(0)
    await three.answers()
    three.presses('1')
    await gp.and(three).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ refs: 4, ending: 'completed' })
    expect(scenario.record().attempts.map(({ result }) => result)).toEqual(['busy', 'failed', 'badNumber', 'accepted'])
  })

  it('goes on to the National Consultant Network when nobody local accepts, and only then', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: [first], ncnPool: 'network' }], pools: { network: { members: [second] } } },
    })
    const [local, network] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await local.ringsFor(20)
    await network.answers()
    network.presses('1')
    await gp.and(network).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts.map(({ pool }) => pool)).toEqual(['local', 'ncn'])
  })

  it('tells the caller, in the line’s own words, that nobody came', async () => {
    const scenario = line([first], { blurb: 'Quiet on Fridays.', closedMessage: 'Try again after 15 minutes.' })
    const phone = scenario.phone(first)
    const gp = scenario.caller()
    await gp.dials(elm)
    await phone.ringsFor(20)
    for (const words of ['nobody-available', 'Try again after 15 minutes.', 'goodbye']) await gp.hears(words)
    await gp.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'unanswered' })
  })

  it('rings each number of a clinician in turn, and counts them as one ref', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: ['dr-okafor'] }], clinicians: { 'dr-okafor': [first, second] } },
    })
    const [mobile, office] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await mobile.ringsFor(20)
    await office.answers()
    office.presses('1')
    await gp.and(office).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ refs: 1 })
    expect(scenario.record().attempts).toHaveLength(2)
  })

  it('does not ring the other number of a specialist who has refused', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: ['dr-okafor', third] }], clinicians: { 'dr-okafor': [first, second] } },
    })
    const [mobile, office, other] = [scenario.phone(first), scenario.phone(second), scenario.phone(third)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await mobile.refuses('declined')
    await other.rings()
    expect(office.wasRung).toBe(0)
    gp.hangsUp()
    await scenario.isOver()
  })

  it('does not ring a specialist again who answered and hung up: not on their other number, and not in the next round', async () => {
    const scenario = new Scenario({
      directory: {
        lines: [{ id: 'Cardiology', rota: ['dr-okafor', third], ring: { rounds: 3 } }],
        clinicians: { 'dr-okafor': [first, second] },
      },
    })
    const [mobile, office, other] = [scenario.phone(first), scenario.phone(second), scenario.phone(third)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await mobile.answers()
    mobile.hangsUp()
    await other.ringsFor(20)
    await other.ringsFor(20)
    await other.ringsFor(20)
    await gp.hears('nobody-available')
    await scenario.isOver()
    expect([mobile.wasRung, office.wasRung, other.wasRung]).toEqual([1, 0, 3])
    expect(scenario.record().attempts[0]?.result).toBe('answeredThenHungUp')
  })

  it('does not ring the other number of a specialist who answered and could not be connected, but rings them again in the next round', async () => {
    const scenario = new Scenario({
      directory: {
        lines: [{ id: 'Cardiology', rota: ['dr-okafor', third], ring: { rounds: 2 } }],
        clinicians: { 'dr-okafor': [first, second] },
      },
      faults: (operation, nth) => (operation === 'bridge' && nth === 1 ? { kind: 'fails', afterMs: 5 } : undefined),
    })
    const [mobile, office, other] = [scenario.phone(first), scenario.phone(second), scenario.phone(third)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await mobile.answers()
    mobile.presses('1')
    await other.ringsFor(20)
    expect([mobile.wasRung, office.wasRung]).toEqual([1, 0])
    await mobile.answers()
    mobile.presses('1')
    await gp.and(mobile).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(office.wasRung).toBe(0)
    expect(scenario.record().attempts.map(({ result }) => result)).toEqual(['failed', 'noAnswer', 'accepted'])
  })

  it('begins again from the top where the line wants several rounds, without those who refused, until its total is used up', async () => {
    const scenario = line([first, second], { ring: { rounds: 10, totalSeconds: 90 } })
    const [one, two] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await one.refuses('declined')
    await two.ringsFor(20)
    await two.ringsFor(20)
    await two.ringsFor(20)
    await two.ringsFor(20)
    await gp.hears('nobody-available')
    await scenario.isOver()
    const { attempts, lineChosenAt } = scenario.record()
    expect(attempts.map(({ target }) => target)).toEqual([first, second, second, second, second, second])
    const huntEnd = scenario.world.log.told.find((event) => event.type === 'hunt.ended')
    expect((huntEnd?.at ?? 0) - (lineChosenAt ?? 0)).toBeLessThanOrEqual(90_000)
    expect(huntEnd).toMatchObject({ result: 'timeUp' })
  })

  it('does not cut off a specialist who answered just before the total was used up', async () => {
    const scenario = line([first, second], { ring: { totalSeconds: 40 } })
    const [one, two] = [scenario.phone(first), scenario.phone(second)]
    const gp = scenario.caller()
    await gp.dials(elm)
    await one.ringsFor(20)
    await two.rings()
    await scenario.passes(19)
    await two.answers()
    await scenario.passes(10)
    two.presses('1')
    await gp.and(two).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
  })

  it('passes over a specialist who rings for another caller, and comes back when nobody else is left', async () => {
    const scenario = line([first, second])
    const [one, two] = [scenario.phone(first), scenario.phone(second)]
    const [gpOfElm, gpOfOak] = [scenario.caller(), scenario.caller('+441632960002')]
    await gpOfElm.dials(elm)
    await one.rings()
    await gpOfOak.dials(oak)
    await two.rings()
    expect(scenario.world.log.told.find((event) => event.type === 'candidate.passedOver')).toMatchObject({
      why: 'beingRung',
      callId: 'call2',
    })
    await two.refuses('busy')
    await one.answers()
    one.presses('3')
    await scenario.passes(15)
    // The first caller's specialist did not accept and is free now: the second caller has waited for that.
    await one.rings()
    await one.answers()
    one.presses('1')
    await gpOfOak.and(one).hearEachOther()
    gpOfOak.hangsUp()
    await scenario.isOver()
    expect(scenario.record(2).attempts.map(({ target, result }) => [target, result])).toEqual([
      [second, 'busy'],
      [first, 'accepted'],
    ])
  })

  it('does not wait for ever for a specialist who is on a call: the caller is told', async () => {
    const scenario = line([first])
    const one = scenario.phone(first)
    const [gpOfElm, gpOfOak] = [scenario.caller(), scenario.caller('+441632960002')]
    await gpOfElm.dials(elm)
    await one.answers()
    one.presses('1')
    await gpOfElm.and(one).hearEachOther()
    await gpOfOak.dials(oak)
    await gpOfOak.hears('ringback')
    await gpOfOak.hears('nobody-available')
    expect(one.wasRung).toBe(1)
    gpOfElm.hangsUp()
    await scenario.isOver()
    expect(scenario.record(2)).toMatchObject({ ending: 'unanswered', attempts: [] })
  })

  it('rings unreserved, with an alarm, while reservations do not answer, and keeps a late reservation during the talk', async () => {
    let slow = true
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: [first] }], practices: { Elm: elm } },
      tampering: {
        reservations: (honest, world) => ({
          reserve: async (keys, holder) => {
            if (slow) await sleep(world.clock, 10_000)
            return honest.reserve(keys, holder)
          },
          freed: (anyOf, signal) => honest.freed(anyOf, signal),
        }),
      },
    })
    const one = scenario.phone(first)
    const gp = scenario.caller()
    await gp.dials(elm)
    await one.rings()
    expect(scenario.world.log.told.find((event) => event.type === 'alarm.raised')).toMatchObject({ alarm: 'reservations.failed' })
    await one.answers()
    one.presses('1')
    await gp.and(one).hearEachOther()
    await scenario.passes(15)
    // It came while they talked.
    expect(scenario.world.reservations.size).toBeGreaterThan(0)
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.world.reservations.size).toBe(0)
    slow = false
    const again = scenario.caller()
    await again.dials(elm)
    await one.rings()
    expect(scenario.facts('alarm.raised')).toBe(1)
    expect(scenario.world.reservations.size).toBeGreaterThan(0)
    again.hangsUp()
    await scenario.isOver()
  })

  it('stops ringing when the caller hangs up: nobody answers a dead call', async () => {
    const scenario = line([first])
    const one = scenario.phone(first)
    const gp = scenario.caller()
    await gp.dials(elm)
    await one.rings()
    gp.hangsUp()
    await scenario.until('the phone stops ringing', () => !one.isRinging)
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'abandonedInHunt', attempts: [{ result: 'cancelled' }] })
  })

  it('releases a leg that was answered in the moment of the time-out, and rings nobody twice', async () => {
    const scenario = line([first, second])
    const [one, two] = [scenario.phone(first), scenario.phone(second)]
    one.phone.temperament = () => ({ kind: 'answers', afterMs: 19_997, then: [] })
    const gp = scenario.caller()
    await gp.dials(elm)
    await two.rings()
    await scenario.passes(1)
    expect(one.phone.leg).toBeUndefined()
    expect(one.wasRung).toBe(1)
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts.map(({ result }) => result)).toEqual(['noAnswer', 'cancelled'])
  })
})
