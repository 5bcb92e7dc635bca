import { describe, expect, it } from 'vitest'
import { Scenario, type ScenarioCaller, type ScenarioPhone } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'
import { sleep } from '../clock/clock.js'

const [first, second] = ['+447700900001', '+447700900002'] as const

interface Scene {
  readonly scenario: Scenario
  readonly gp: ScenarioCaller
  readonly one: ScenarioPhone
  readonly two: ScenarioPhone
}

/** The first specialist has just answered. */
async function answered(
  options: { readonly spokenWord?: 'offers' | 'accepts'; readonly hearsWords?: boolean; readonly ringSeconds?: number } = {},
): Promise<Scene> {
  const { spokenWord, hearsWords, ringSeconds } = options
  const scenario = new Scenario({
    directory: {
      lines: [
        {
          id: 'Cardiology',
          rota: [first, second],
          ...(spokenWord && { spokenWord }),
          ring: { ringSeconds: ringSeconds ?? 20, acceptSeconds: spokenWord ? 45 : 15 },
        },
      ],
    },
    ...(hearsWords === undefined ? {} : { hearsWords }),
  })
  const [gp, one, two] = [scenario.caller(), scenario.phone(first), scenario.phone(second)]
  await gp.dials(dialIn)
  await one.answers()
  return { scenario, gp, one, two }
}

describe('the whisper', () => {
  it('says who calls about what, at once, and again until the deadline for acceptance', async () => {
    const { scenario, gp, one, two } = await answered()
    for (let time = 0; time < 2; time++)
      for (const words of ['whisper-call-from', 'Elm Surgery', 'whisper-about', 'Cardiology', 'whisper-press-one']) await one.hears(words)
    expect(one.leg?.heard[0]?.at).toBe(
      scenario.world.telephone.world.trace.find((entry) => entry.what === 'legUp' && entry.party === 'called')?.at,
    )
    await two.rings()
    await one.isReleased()
    gp.hangsUp()
    await scenario.isOver()
    const [attempt] = scenario.record().attempts
    expect(attempt).toMatchObject({ result: 'notAccepted' })
    expect((attempt?.endedAt ?? 0) - (attempt?.answeredAt ?? 0)).toBe(15_000)
  })

  it('never lets a voicemail accept, however long it talks', async () => {
    const { scenario, gp, one, two } = await answered()
    await two.rings()
    expect(one.leg?.ended?.ending).toBe('released')
    await two.ringsFor(20)
    await gp.hears('nobody-available')
    await scenario.isOver()
    expect(scenario.record().acceptedAt).toBeUndefined()
  })

  it('asks again at once after a wrong key, and takes the right one then', async () => {
    const { scenario, gp, one } = await answered()
    await one.hears('Elm Surgery')
    one.presses('2')
    await one.hears('whisper-wrong-key')
    await one.hears('whisper-call-from')
    one.presses('1')
    await gp.and(one).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts[0]).toMatchObject({ wrongKeys: 1, result: 'accepted' })
  })

  it('does not wait for the end of the whisper to ask again after a wrong key', async () => {
    const { scenario, gp, one } = await answered()
    await one.hears('whisper-call-from')
    one.presses('2')
    const pressedAt = scenario.world.clock.monotonic()
    await one.hears('whisper-wrong-key')
    expect(scenario.world.clock.monotonic() - pressedAt).toBeLessThanOrEqual(20)
    gp.hangsUp()
    await scenario.isOver()
  })

  it('is not begun more often than twice a second, however short its words are', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: [first] }] },
      settings: { whisperPauseMs: 0 },
      durationMs: (audio) => (audio.kind === 'tone' ? Infinity : 1),
    })
    const [gp, one] = [scenario.caller(), scenario.phone(first)]
    await gp.dials(dialIn)
    await one.answers()
    await one.isReleased()
    await scenario.isOver()
    // Fifteen seconds to accept.
    expect(scenario.facts('whisper.started')).toBeGreaterThanOrEqual(29)
    expect(scenario.facts('whisper.started')).toBeLessThanOrEqual(31)
    expect(gp.leg?.ended).toBeDefined()
  })

  it('takes what it waits for its words off the time to accept', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: [first, second] }] },
      settings: { promptTimeoutMs: 5_000 },
      tampering: {
        speech: (honest, world) => ({
          say: async (parts) => {
            if (parts.some((part) => part.kind === 'sentence' && part.id === 'whisper-call-from')) await sleep(world.clock, 4_000)
            return honest.say(parts)
          },
          warm: () => honest.warm(),
        }),
      },
    })
    const [gp, one, two] = [scenario.caller(), scenario.phone(first), scenario.phone(second)]
    await gp.dials(dialIn)
    await one.answers()
    await two.rings()
    gp.hangsUp()
    await scenario.isOver()
    const [attempt] = scenario.record().attempts
    expect(attempt).toMatchObject({ result: 'notAccepted' })
    expect((attempt?.endedAt ?? 0) - (attempt?.answeredAt ?? 0)).toBe(15_000)
  })

  it('takes key 1 in each of the forms in which keys come, and keeps which it was', async () => {
    for (const source of ['rfc4733', 'inband', 'info'] as const) {
      const { scenario, gp, one } = await answered()
      one.leg?.press('1', source)
      await gp.and(one).hearEachOther()
      gp.hangsUp()
      await scenario.isOver()
      expect(scenario.record().attempts[0]?.proof).toMatchObject({ heard: { kind: 'key', key: '1', source }, legId: one.leg?.id })
    }
  })

  it('is not cut off by the ring time-out when a specialist answers late', async () => {
    const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first, second], ring: { ringSeconds: 10 } }] } })
    const [gp, one, two] = [scenario.caller(), scenario.phone(first), scenario.phone(second)]
    await gp.dials(dialIn)
    await one.rings()
    await scenario.passes(9.9)
    await one.answers()
    await scenario.passes(12)
    expect(two.wasRung).toBe(0)
    one.presses('1')
    await gp.and(one).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
  })

  it('goes on to the next when the specialist hangs up, without a gap in the caller’s ringing', async () => {
    const { scenario, gp, one, two } = await answered()
    await scenario.passes(8)
    one.hangsUp()
    await two.answers()
    two.presses('1')
    await gp.and(two).hearEachOther()
    expect(gp.heard().filter((what) => what === 'ringback')).toHaveLength(1)
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts.map(({ result }) => result)).toEqual(['answeredThenHungUp', 'accepted'])
  })

  it('tells the specialist when the caller has hung up meanwhile', async () => {
    const { scenario, gp, one, two } = await answered()
    await one.hears('whisper-call-from')
    gp.hangsUp()
    await one.hears('caller-hung-up')
    await one.isReleased()
    await scenario.isOver()
    expect(two.wasRung).toBe(0)
    expect(scenario.record()).toMatchObject({ ending: 'abandonedInHunt', attempts: [{ result: 'cancelled' }] })
  })

  it('goes on to the next when it cannot be played: a specialist cannot accept what they have not heard', async () => {
    const scenario = new Scenario({
      directory: { lines: [{ id: 'Cardiology', rota: [first, second] }] },
      faults: (operation, nth) => (operation === 'play' && (nth === 2 || nth === 3) ? { kind: 'fails', afterMs: 5 } : undefined),
    })
    const [gp, one, two] = [scenario.caller(), scenario.phone(first), scenario.phone(second)]
    await gp.dials(dialIn)
    await one.answers()
    await two.rings()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts[0]).toMatchObject({ result: 'failed' })
  })
})

/** `silence` is the pause behind a whisper, and the time for the word behind the question for it. */
describe('the spoken word', () => {
  it('accepts when it is said after the first whole whisper, and again when it is asked for', async () => {
    const { scenario, gp, one } = await answered({ spokenWord: 'accepts' })
    await one.hears('whisper-press-or-say-one')
    await one.hears('silence')
    one.leg?.say('one', 0.9)
    await one.hears('whisper-say-again')
    await one.hears('silence')
    one.leg?.say('one', 0.8)
    await gp.and(one).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts[0]?.proof).toMatchObject({
      heard: { kind: 'word', word: 'one', confidence: 0.8 },
      legId: one.leg?.id,
    })
    expect(scenario.facts('whisper.word')).toBe(1)
  })

  it('counts for nothing during the first whisper, nor once alone', async () => {
    const { scenario, gp, one, two } = await answered({ spokenWord: 'accepts' })
    await scenario.passes(3)
    one.leg?.say('one')
    await one.hears('whisper-press-or-say-one')
    await one.hears('silence')
    one.leg?.say('one')
    await one.hears('whisper-say-again')
    await two.rings()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts[0]).toMatchObject({ result: 'notAccepted' })
    expect(scenario.record().acceptedAt).toBeUndefined()
  })

  it('is not taken while it is being asked for: a voice that talks on may be a greeting', async () => {
    const { scenario, gp, one, two } = await answered({ spokenWord: 'accepts' })
    await one.hears('silence')
    one.leg?.say('one')
    await one.hears('whisper-say-again')
    one.leg?.say('one')
    one.leg?.talk('goesOn')
    await one.hears('whisper-press-one')
    one.leg?.say('one')
    await two.rings()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts[0]).toMatchObject({ result: 'notAccepted' })
    expect(scenario.facts('whisper.keyOnly')).toBe(1)
  })

  it('is asked for twice at the most, and then no longer', async () => {
    const { scenario, gp, one } = await answered({ spokenWord: 'accepts' })
    for (let time = 0; time < 2; time++) {
      await one.hears('whisper-press-or-say-one')
      await one.hears('silence')
      one.leg?.say('one')
      await one.hears('whisper-say-again')
      await one.hears('silence')
    }
    await one.hears('whisper-press-one')
    one.leg?.say('one')
    one.leg?.say('one')
    await scenario.passes(0.1)
    expect(scenario.facts('whisper.word')).toBe(2)
    expect(scenario.facts('attempt.accepted')).toBe(0)
    one.presses('1')
    await gp.and(one).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
  })

  it('leaves the key what it was: in the whisper, while the word is asked for again, and in the time for it', async () => {
    for (const place of ['whisper', 'question', 'window']) {
      const { scenario, gp, one } = await answered({ spokenWord: 'accepts' })
      await one.hears('whisper-about')
      if (place !== 'whisper') {
        await one.hears('silence')
        one.leg?.say('one')
        await one.hears('whisper-say-again')
      }
      if (place === 'window') await one.hears('silence')
      one.presses('1')
      await gp.and(one).hearEachOther()
      gp.hangsUp()
      await scenario.isOver()
      expect(scenario.record().attempts[0]?.proof).toMatchObject({ heard: { kind: 'key', key: '1' } })
    }
  })

  it('is no longer asked for once the answerer talks like a greeting', async () => {
    const { scenario, gp, one, two } = await answered({ spokenWord: 'accepts' })
    await one.hears('whisper-about')
    one.leg?.talk('talking')
    await one.hears('whisper-press-or-say-one')
    await one.hears('whisper-press-one')
    one.leg?.say('one')
    one.leg?.say('one')
    await two.rings()
    gp.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts[0]).toMatchObject({ result: 'notAccepted' })
  })

  it('asks for the key alone where the line says so', async () => {
    const { scenario, gp, one } = await answered({ spokenWord: 'offers' })
    await one.hears('whisper-press-or-say-one')
    await one.hears('silence')
    one.leg?.say('one')
    await one.hears('whisper-did-you-say')
    await one.hears('silence')
    one.leg?.say('one')
    await scenario.passes(1)
    expect(scenario.facts('attempt.accepted')).toBe(0)
    await one.hears('whisper-press-one')
    one.presses('1')
    await gp.and(one).hearEachOther()
    gp.hangsUp()
    await scenario.isOver()
  })

  it('is not asked for where nothing hears it, or the line does not want it', async () => {
    for (const options of [{ spokenWord: 'accepts', hearsWords: false }, {}] as const) {
      const { scenario, gp, one } = await answered(options)
      await one.hears('whisper-press-one')
      one.leg?.say('one')
      await scenario.passes(1)
      expect(scenario.facts('attempt.accepted')).toBe(0)
      gp.hangsUp()
      await scenario.isOver()
    }
  })
})
