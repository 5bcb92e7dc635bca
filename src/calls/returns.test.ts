import { describe, expect, it } from 'vitest'
import { Scenario, type ScenarioCaller, type ScenarioPhone } from '../../test/kit/calls/scenario.js'
import { dialIn, type SmallDirectory } from '../../test/kit/calls/small-directory.js'
import type { DeviceOwner } from '../directory/device-owner.js'
import type { OtherTalks } from './returns.js'

const ward = '+447700900031'
const browser = 'browser-1'
const directory: SmallDirectory = { lines: [{ id: 'cardiology', code: '21', rota: [ward] }], practices: { 'Elm Surgery': dialIn } }
const owners: Readonly<Record<string, DeviceOwner>> = {
  [browser]: { kind: 'organisation', id: 'Elm Surgery' },
  'browser-2': { kind: 'organisation', id: 'Elm Surgery' },
  'elm-desk': { kind: 'organisation', id: 'Elm Surgery' },
}

/** A browser's user talks with a specialist. */
async function talking(
  device = browser,
  otherTalks?: OtherTalks,
): Promise<{ readonly scenario: Scenario; readonly caller: ScenarioCaller; readonly specialist: ScenarioPhone }> {
  const scenario = new Scenario({ directory, owners: (name) => owners[name], ...(otherTalks ? { otherTalks } : {}) })
  const specialist = scenario.phone(ward)
  const caller = scenario.caller(device)
  await caller.dials('21', { device })
  await specialist.answers()
  specialist.presses('1')
  await caller.and(specialist).hearEachOther()
  return { scenario, caller, specialist }
}

describe('a browser whose page is loaded again', () => {
  it('rejoins its talk; the other side hears meanwhile that it is held', async () => {
    const { scenario, caller, specialist } = await talking()
    expect(scenario.world.desk.browserAway(browser)).toBe(true)
    await specialist.hears('hold-returning')
    await scenario.passes(10)
    const back = scenario.caller(browser)
    await back.dials('return', { device: browser })
    await back.and(specialist).hearEachOther()
    expect(caller.leg?.ended).toMatchObject({ ending: 'released' })
    specialist.hangsUp()
    await back.isReleased()
    await scenario.isOver()
    const record = scenario.record()
    expect(record).toMatchObject({ ending: 'completed', talkEndedBy: 'specialist' })
    // Of the leg before, and of the one after.
    expect(record.recordings).toHaveLength(2)
  })

  it('rejoins even if it never said that it was away', async () => {
    const { scenario, specialist } = await talking()
    const back = scenario.caller(browser)
    await back.dials('return', { device: browser })
    await back.and(specialist).hearEachOther()
    back.hangsUp()
    await specialist.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
  })

  it('is not waited for longer than half a minute', async () => {
    const { scenario, specialist } = await talking()
    scenario.world.desk.browserAway(browser)
    await specialist.hears('hold-returning')
    await scenario.passes(29)
    expect(specialist.leg?.ended).toBeUndefined()
    await specialist.hears('connection-lost')
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'completed' })
  })

  it('may say that they do not come back', async () => {
    const { scenario, specialist } = await talking()
    scenario.world.desk.browserAway(browser)
    await specialist.hears('hold-returning')
    expect(scenario.world.desk.browserLeft(browser)).toBe(true)
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
  })

  it('finds nobody when the other side has hung up meanwhile', async () => {
    const { scenario, specialist } = await talking()
    scenario.world.desk.browserAway(browser)
    await specialist.hears('hold-returning')
    specialist.hangsUp()
    await scenario.passes(1)
    const back = scenario.caller(browser)
    await back.dials('return', { device: browser })
    expect(back.refusedWith).toBe(404)
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ talkEndedBy: 'specialist' })
  })

  it('nothing else joins its talk: neither another browser nor a desk phone', async () => {
    const { scenario, caller } = await talking()
    const other = scenario.caller('browser-2')
    await other.dials('return', { device: 'browser-2' })
    expect(other.refusedWith).toBe(404)
    caller.hangsUp()
    await scenario.isOver()
    const desk = await talking('elm-desk')
    expect(desk.scenario.world.desk.browserAway('elm-desk')).toBe(false)
    desk.caller.hangsUp()
    await desk.scenario.isOver()
  })
})

/** What engines tell each other, as one of them has it. */
class Others implements OtherTalks {
  readonly here = new Map<string, readonly string[]>()
  readonly told: string[] = []
  elsewhere: readonly string[] = []
  hears: Parameters<OtherTalks['onTold']>[0] = () => undefined
  begun(talk: string, who: readonly string[]): void {
    this.here.set(talk, who)
  }
  over(talk: string): void {
    this.here.delete(talk)
  }
  has(who: readonly string[]): boolean {
    return this.elsewhere.some((one) => who.includes(one))
  }
  switchOf(who: readonly string[]): string | undefined {
    return this.has(who) ? 'ws://192.0.2.8:5066' : undefined
  }
  tell: OtherTalks['tell'] = ({ device }, news) => void this.told.push(`${device} ${news}`)
  onTold(listener: typeof this.hears): void {
    this.hears = listener
  }
}

describe('of several engines', () => {
  it('the one that has the talk says so, and hears from the others that its page is left', async () => {
    const others = new Others()
    const { scenario, specialist } = await talking(browser, others)
    expect([...others.here.values()]).toEqual([[browser]])
    const { clock } = scenario.world
    others.hears({ device: browser, clinician: undefined }, 'away', clock.now())
    await specialist.hears('hold-returning')
    const back = scenario.caller(browser)
    await back.dials('return', { device: browser })
    await back.and(specialist).hearEachOther()
    // Of the page before, and late: they are back.
    others.hears({ device: browser, clinician: undefined }, 'away', clock.now() - 1_000)
    await scenario.passes(40)
    await back.and(specialist).hearEachOther()
    back.hangsUp()
    await scenario.isOver()
    expect(others.here.size).toBe(0)
    expect(others.told).toEqual([])
  })

  it('another one asks the browser to dial again, and passes on that its page is left', async () => {
    const others = new Others()
    others.elsewhere = [browser]
    const scenario = new Scenario({ directory, owners: (name) => owners[name], otherTalks: others })
    const back = scenario.caller(browser)
    await back.dials('return', { device: browser })
    expect(back.refusedWith).toBe(480)
    expect(scenario.world.desk.switchOfTalk(browser)).toBe('ws://192.0.2.8:5066')
    expect(scenario.world.desk.switchOfTalk('browser-2')).toBeUndefined()
    expect(scenario.world.desk.browserAway(browser)).toBe(true)
    expect(scenario.world.desk.browserLeft('browser-2')).toBe(false)
    expect(others.told).toEqual([`${browser} away`])
  })
})

describe('a browser whose session ends', () => {
  const signedOut = { device: browser, clinician: undefined }

  it('has left their talk: it ends as if they had hung up', async () => {
    const { scenario, caller, specialist } = await talking()
    scenario.world.desk.browserSignedOut(signedOut)
    await caller.isReleased()
    await specialist.isReleased()
    await scenario.isOver()
    expect(scenario.record()).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
  })

  it('is released while a specialist rings, and the ringing ends', async () => {
    const scenario = new Scenario({ directory, owners: (name) => owners[name] })
    const specialist = scenario.phone(ward)
    const caller = scenario.caller(browser)
    await caller.dials('21', { device: browser })
    await specialist.rings()
    scenario.world.desk.browserSignedOut(signedOut)
    await caller.isReleased()
    await scenario.isOver()
    expect(scenario.record().ending).toBe('interrupted')
  })

  it('is let go of at the engine that carries the call, whichever engine hears of it', async () => {
    const others = new Others()
    const scenario = new Scenario({ directory, owners: (name) => owners[name], otherTalks: others })
    const specialist = scenario.phone(ward)
    const caller = scenario.caller(browser)
    await caller.dials('21', { device: browser })
    await specialist.rings()
    others.hears({ device: 'browser-2', clinician: undefined }, 'signedOut', scenario.world.clock.now())
    await scenario.passes(2)
    expect(caller.leg?.ended).toBeUndefined()
    others.hears(signedOut, 'signedOut', scenario.world.clock.now())
    await caller.isReleased()
    await scenario.isOver()
    // Another one that has signed out here: this engine carries nothing of theirs, and another may.
    scenario.world.desk.browserSignedOut({ device: 'browser-2', clinician: undefined })
    expect(others.told).toEqual(['browser-2 signedOut'])
  })

  it('and of nobody else’s call', async () => {
    const { scenario, caller, specialist } = await talking()
    scenario.world.desk.browserSignedOut({ device: 'browser-2', clinician: undefined })
    await scenario.passes(5)
    await caller.and(specialist).hearEachOther()
    caller.hangsUp()
    await scenario.isOver()
  })
})

it('a browser that tries its connection hears beeps, and leaves no call behind', async () => {
  const scenario = new Scenario({ directory, owners: (name) => owners[name] })
  const caller = scenario.caller(browser)
  await caller.dials('connection-test', { device: browser })
  await scenario.passes(3)
  expect(caller.leg?.ended).toBeUndefined()
  await scenario.passes(13)
  expect(caller.leg?.ended).toMatchObject({ ending: 'released' })
  expect(scenario.world.log.told).toEqual([])
})
