import { describe, expect, it } from 'vitest'
import { factsOf } from '../../test/kit/arranged-world.js'
import { Scenario } from '../../test/kit/calls/scenario.js'
import { MemoryLedger } from '../../test/kit/memory-ledger.js'
import type { Arrangements } from '../calls/arrangements.js'
import { ArrangedCalls } from './arranged-calls.js'
import { showNumber } from '../directory/telephone-number.js'

const minute = 60_000
const day = 24 * 60 * minute
const codes = '+441632960600'
const attacker = '+441632960701'

/** Real flows over arranged calls that can be restarted: a restart reads the facts that the flows appended. */
class KeyedWorld {
  readonly alarms = new Map<string, string>()
  readonly scenario: Scenario
  readonly #ledger: MemoryLedger
  #arranged: ArrangedCalls | undefined

  constructor() {
    const arrangements: Arrangements = {
      redeem: (keys, where, signal) => this.arranged.redeem(keys, where, signal),
      guess: (where, isRight) => this.arranged.guess(where, isRight),
    }
    this.scenario = new Scenario({ directory: { lines: [], clinicians: { 'dr-okafor': ['+447700900021'] }, codes }, arrangements })
    this.#ledger = new MemoryLedger(this.scenario.world.clock)
  }

  get arranged(): ArrangedCalls {
    if (!this.#arranged) throw new Error('not open yet')
    return this.#arranged
  }

  /** The engine starts, or starts again with what is on disk. */
  async starts(): Promise<void> {
    await this.#arranged?.close()
    this.alarms.clear()
    const { log, clock } = this.scenario.world
    this.#arranged = await ArrangedCalls.open({
      codesKey: () => Promise.resolve(Buffer.alloc(32, 5)),
      ledger: this.#ledger,
      log,
      clock,
      facts: factsOf(log),
      alarms: { raise: (alarm, detail) => void this.alarms.set(alarm, detail), clear: (alarm) => void this.alarms.delete(alarm) },
      directory: () => this.scenario.world.directory,
      mayDial: () => true,
    })
  }

  async code(): Promise<string> {
    const made = await this.arranged.makeCallBackCode({
      about: { thread: 't' },
      asked: { clinician: 'dr-okafor' },
      number: codes,
      validMs: 60 * minute,
    })
    if (made.kind !== 'made') throw new Error('no code was made')
    return made.arrangement.code
  }

  /** A call that keys these in turn, as fast as allowed. */
  async call(keys: readonly string[], number = attacker, account?: string): Promise<void> {
    const { scenario } = this
    const caller = scenario.caller(number)
    await caller.dials(codes, account === undefined ? {} : { callerAccount: account })
    for (const [index, one] of keys.entries()) {
      await scenario.until(
        `the code is asked for, ${index + 1} times`,
        () => caller.heard().filter((what) => what === 'code-ask').length > index,
      )
      caller.presses(one)
    }
    await scenario.until('the call is over', () => scenario.world.desk.liveCalls === 0)
  }

  refusals(): readonly string[] {
    return this.scenario.world.log.told.flatMap((event) => (event.type === 'code.refused' ? [event.why] : []))
  }

  /** The result of the right code. */
  async right(number = attacker, account?: string): Promise<string> {
    const before = this.refusals().length
    const code = await this.code()
    const caller = this.scenario.caller(number)
    await caller.dials(codes, account === undefined ? {} : { callerAccount: account })
    caller.presses(code)
    await this.scenario.until(
      'the code was answered',
      () => this.refusals().length > before || this.scenario.facts('arrangement.taken') > 0,
    )
    const answer = this.refusals()[before] ?? 'granted'
    caller.hangsUp()
    await this.scenario.until('the call is over', () => this.scenario.world.desk.liveCalls === 0)
    return answer
  }
}

async function world(): Promise<KeyedWorld> {
  const made = new KeyedWorld()
  await made.starts()
  return made
}

describe('wrong guesses, and a restart', () => {
  it('a lock stays, with its alarm and its end', async () => {
    const before = await world()
    await before.call(['12#', '12#', '12#'])
    await before.call(['12#', '12#', '12#'])
    expect(before.refusals()).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'wrongAndLocked'])
    const alarm = before.alarms.get('codes.locked')
    expect(alarm).toContain(`caller ${showNumber(attacker)} until`)
    await before.scenario.passes(60)
    await before.starts()
    expect(before.alarms.get('codes.locked')).toBe(alarm)
    expect(await before.right()).toBe('locked')
    await before.scenario.passes(15 * 60)
    expect(before.alarms.has('codes.locked')).toBe(false)
    expect(await before.right()).toBe('granted')
    await before.arranged.close()
  })

  it('callers who withhold their number are counted separately if their network identifies them, before a restart and after it', async () => {
    const before = await world()
    const [one, other] = ['withheld:aaaaaaaaaaaa', 'withheld:bbbbbbbbbbbb']
    await before.call(['12#', '12#', '12#'], '', one)
    await before.call(['12#', '12#', '12#'], '', one)
    const alarm = before.alarms.get('codes.locked')
    expect(alarm).toContain('a caller who withholds their number (aaaaaa) until')
    expect(await before.right('', one)).toBe('locked')
    await before.starts()
    expect(before.alarms.get('codes.locked')).toBe(alarm)
    expect(await before.right('', one)).toBe('locked')
    expect(await before.right('', other)).toBe('granted')
    await before.arranged.close()
  })

  it('five wrong ones of before it and one of after it lock', async () => {
    const before = await world()
    await before.call(['12#', '12#', '12#'])
    await before.call(['12#', '12#'])
    await before.starts()
    expect(before.alarms.size).toBe(0)
    await before.scenario.passes(10)
    await before.call(['12#'])
    expect(before.refusals().at(-1)).toBe('wrongAndLocked')
    await before.arranged.close()
  })

  it('each lock is twice as long as the one before, days and restarts in between or not', async () => {
    const before = await world()
    for (const minutes of [15, 30, 60]) {
      await before.call(['12#', '12#', '12#'])
      await before.call(['12#', '12#', '12#'])
      expect(before.refusals().at(-1)).toBe('wrongAndLocked')
      await before.starts()
      await before.scenario.passes(minutes * 60 - 60)
      expect(await before.right(), `in the last minute of ${minutes}`).toBe('locked')
      await before.scenario.passes(2 * (day / 1_000))
      await before.starts()
      expect(before.alarms.size).toBe(0)
    }
    await before.arranged.close()
  })

  it('a guess that came too soon, or while all were locked, was not checked and is not counted', async () => {
    const before = await world()
    const { log } = before.scenario.world
    await before.call(['12#', '12#', '12#'])
    for (let calls = 0; calls < 6; calls++) {
      // As the flows tell it of calls that key before their time.
      await log.append(`soon-${calls}`, {
        type: 'call.arrived',
        kind: 'callBackCode',
        callerNumber: attacker,
        dialledNumber: codes,
        source: '',
      })
      await log.append(`soon-${calls}`, { type: 'code.refused', digits: 4, why: calls < 3 ? 'tooSoon' : 'locked' })
    }
    await before.scenario.passes(20)
    await before.starts()
    expect(before.alarms.size).toBe(0)
    expect(await before.right()).toBe('granted')
    await before.arranged.close()
  })
})
