import { describe, expect, it } from 'vitest'
import type { CallWorldOptions } from '../../test/kit/calls/call-world.js'
import { Scenario, type ScenarioCaller, type ScenarioPhone } from '../../test/kit/calls/scenario.js'
import { dialIn } from '../../test/kit/calls/small-directory.js'

const [first, second] = ['+447700900001', '+447700900002'] as const
const outcomes = [
  { id: 'avoided', label: 'Referral avoided' },
  { id: 'made', label: 'Referral made' },
]

interface Scene {
  readonly scenario: Scenario
  readonly gp: ScenarioCaller
  readonly one: ScenarioPhone
  readonly two: ScenarioPhone
}

function scene(options: Partial<CallWorldOptions> = {}, line: object = {}): Scene {
  const scenario = new Scenario({ directory: { lines: [{ id: 'Cardiology', rota: [first, second], outcomes, ...line }] }, ...options })
  return { scenario, gp: scenario.caller(), one: scenario.phone(first), two: scenario.phone(second) }
}

async function talking(options: Partial<CallWorldOptions> = {}, line: object = {}): Promise<Scene> {
  const all = scene(options, line)
  await all.gp.dials(dialIn)
  await all.one.answers()
  all.one.presses('1')
  await all.gp.and(all.one).hearEachOther()
  return all
}

describe('the talk', () => {
  it('begins only when the acceptance is on disk', async () => {
    const { scenario, gp, one } = await talking({ logDelayMs: () => 300 })
    const stored = scenario.world.log.stored.find(({ event }) => event.type === 'attempt.accepted')
    const bridged = scenario.world.telephone.world.trace.find((entry) => entry.what === 'bridged')
    expect(stored?.at).toBeLessThanOrEqual(bridged?.at ?? 0)
    one.hangsUp()
    gp.hangsUp()
    await scenario.isOver()
  })

  it('does not begin when the acceptance cannot be stored: the specialist is told, the caller is hunted on', async () => {
    const { scenario, gp, one, two } = scene({ logDelayMs: () => 60_000 })
    await gp.dials(dialIn)
    await one.answers()
    one.presses('1')
    await one.hears('not-connected')
    await gp.hears('hunting-on')
    await gp.hears('ringback')
    await two.rings()
    gp.hangsUp()
    await scenario.until('every call is over', () => scenario.world.desk.liveCalls === 0)
    await scenario.passes(70)
    expect(scenario.world.leftovers()).toBeUndefined()
    expect(scenario.world.telephone.world.trace.some((entry) => entry.what === 'bridged')).toBe(false)
  })

  it('that the engine ends because it stops was ended by neither party', async () => {
    const { scenario, gp, one } = await talking()
    void scenario.world.desk.drain(0)
    await gp.isReleased()
    await one.isReleased()
    await scenario.isOver()
    expect(scenario.world.log.told.find((event) => event.type === 'talk.ended')).toMatchObject({ by: 'system', why: 'released' })
    expect(scenario.record()).toMatchObject({ ending: 'interrupted' })
  })

  it('is taken up with the next specialist when the bridge fails', async () => {
    const { scenario, gp, one, two } = scene({
      faults: (operation, nth) => (operation === 'bridge' && nth === 1 ? { kind: 'fails', afterMs: 100 } : undefined),
    })
    await gp.dials(dialIn)
    await one.answers()
    one.presses('1')
    await one.hears('not-connected')
    await gp.hears('hunting-on')
    await two.answers()
    two.presses('1')
    await gp.and(two).hearEachOther()
    gp.hangsUp()
    two.hangsUp()
    await scenario.isOver()
    expect(scenario.record().attempts.map(({ result }) => result)).toEqual(['failed', 'accepted'])
  })

  it('is not disturbed by a ringing tone that failed in the moment before it', async () => {
    const { scenario, gp, one } = scene({
      faults: (operation, nth) => (operation === 'play' && nth === 1 ? { kind: 'breaks', afterMs: 8_000 } : undefined),
    })
    await gp.dials(dialIn)
    await one.answers()
    await scenario.until('the ringing has failed', () => scenario.world.clock.monotonic() >= 8_050)
    one.presses('1')
    await gp.and(one).hearEachOther()
    await scenario.passes(5)
    one.hangsUp()
    gp.hangsUp()
    // Nothing was played over the conversation: the scenario counts that as a misuse of the port.
    await scenario.isOver()
    expect(scenario.record().ending).toBe('completed')
  })

  it('is recorded from its beginning to its end, and the recording is finished', async () => {
    const { scenario, gp, one } = await talking()
    await scenario.passes(42)
    one.hangsUp()
    gp.hangsUp()
    await scenario.isOver()
    const { trace } = scenario.world.telephone.world
    const at = (what: string): number => trace.find((entry) => entry.what === what)?.at ?? Number.NaN
    expect(at('recordingStarted')).toBe(at('bridged'))
    expect(at('recordingStopped')).toBe(at('apart'))
    expect(scenario.world.recordings.finished).toEqual(scenario.world.recordings.allocated)
    expect(scenario.record().recordings[0]).toMatchObject({ state: 'stopped' })
  })

  it('is recorded from the choice of the line where the line wants that', async () => {
    const { scenario, gp } = await talking({}, { recordFrom: 'answer' })
    const record = scenario.record()
    expect(record.recordings[0]?.startedAt).toBe(record.lineChosenAt)
    gp.hangsUp()
    await scenario.passes(60)
    await scenario.isOver()
    expect(scenario.world.recordings.finished).toHaveLength(1)
  })

  it('goes on without a recording when the disk is full; the fact and an alarm are kept', async () => {
    const all = scene()
    all.scenario.world.recordings.refuse = () => 'disk full'
    await all.gp.dials(dialIn)
    await all.one.answers()
    all.one.presses('1')
    await all.gp.and(all.one).hearEachOther()
    all.gp.hangsUp()
    all.one.hangsUp()
    await all.scenario.isOver()
    expect(all.scenario.record()).toMatchObject({
      ending: 'completed',
      recordings: [],
      alarms: [{ alarm: 'recording.notStarted', detail: 'disk full' }],
    })
    expect(all.scenario.facts('recording.failed')).toBe(1)
  })

  it('ends for both at once when either hangs up, where no outcome is asked for', async () => {
    for (const who of ['gp', 'one'] as const) {
      const all = await talking({}, { outcomes: [] })
      all[who].hangsUp()
      await all.gp.isReleased()
      await all.one.isReleased()
      await all.scenario.isOver()
      const ends = all.scenario.world.telephone.world.trace.flatMap((entry) => (entry.what === 'legDown' ? [entry.at] : []))
      expect(Math.max(...ends) - Math.min(...ends)).toBe(0)
      expect(all.scenario.record()).toMatchObject({ ending: 'completed', talkEndedBy: who === 'gp' ? 'caller' : 'specialist' })
    }
  })

  it('leaves nobody in silence when the specialist’s media are lost: the caller is told', async () => {
    const { scenario, gp, one } = await talking({}, { outcomes: [] })
    one.breaks('mediaLost')
    await gp.hears('connection-lost')
    await gp.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'mediaFault', talkEndedBy: 'system' })
  })

  it('tells both when the bridge breaks under them', async () => {
    const { scenario, gp, one } = await talking({
      faults: (operation) => (operation === 'bridge' ? { kind: 'breaks', afterMs: 5_000 } : undefined),
    })
    await one.hears('connection-lost')
    await gp.hears('connection-lost')
    await gp.hears('outcome-ask')
    gp.presses('2')
    await gp.hears('outcome-kept')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'mediaFault', outcome: { outcome: 'made' } })
  })
})

describe('the outcome', () => {
  it('is asked of the specialist when the caller has hung up', async () => {
    const { scenario, gp, one } = await talking()
    gp.hangsUp()
    await one.hears('outcome-ask')
    for (const words of ['menu-for', 'Referral avoided', 'menu-press', 'digit-1', 'menu-for', 'Referral made', 'menu-press', 'digit-2'])
      await one.hears(words)
    one.presses('2')
    await one.hears('outcome-kept')
    await one.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ outcome: { outcome: 'made', by: 'specialist' } })
  })

  it('is asked again after a wrong key, and is not taken from what was pressed during the talk', async () => {
    const { scenario, gp, one } = await talking()
    gp.presses('1')
    await scenario.passes(1)
    one.hangsUp()
    await gp.hears('outcome-ask')
    gp.presses('9')
    await gp.hears('outcome-wrong-key')
    gp.presses('1')
    await gp.hears('outcome-kept')
    await scenario.isOver()
    expect(scenario.record().outcome?.outcome).toBe('avoided')
  })

  it('stays open when nobody presses anything', async () => {
    const { scenario, gp, one } = await talking()
    one.hangsUp()
    await gp.hears('outcome-later')
    await gp.isReleased()
    await scenario.isOver()
    expect(scenario.record().outcome).toBeUndefined()
    expect(scenario.record().ending).toBe('completed')
  })

  it('is said to be saved only when it is', async () => {
    let slow = false
    const { scenario, gp, one } = await talking({ logDelayMs: () => (slow ? 60_000 : 0) })
    one.hangsUp()
    await gp.hears('outcome-ask')
    slow = true
    gp.presses('1')
    await gp.hears('outcome-not-kept')
    gp.hangsUp()
    await scenario.until('the call is over', () => scenario.world.desk.liveCalls === 0)
    await scenario.passes(70)
    expect(scenario.world.leftovers()).toBeUndefined()
  })
})
