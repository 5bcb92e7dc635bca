import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toldEngines } from '../../test/kit/told-engines.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import { callerRule, numberRule } from './guess-account.js'
import { defaultGuessRules, GuessGuard, type Guess, type SharedGuess } from './guess-guard.js'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

function world(rules = defaultGuessRules) {
  const clock = new VirtualClock(Date.UTC(2026, 2, 4, 10))
  const alarms = new Map<string, string>()
  const guard = new GuessGuard(
    clock,
    { raise: (alarm, detail) => void alarms.set(alarm, detail), clear: (alarm) => void alarms.delete(alarm) },
    rules,
  )
  return { clock, alarms, guard }
}

function charged(guess: Guess): Extract<Guess, { kind: 'charged' }> {
  if (guess.kind !== 'charged') throw new Error(`the guess is ${guess.kind}`)
  return guess
}

describe('the guard against guessing', () => {
  it('makes a caller wait 0, 1, 2, 4 and 8 seconds after wrong guesses, and locks them at the sixth, with an alarm that names them', async () => {
    const { clock, alarms, guard } = world()
    const waits: number[] = []
    for (let guesses = 0; guesses < 5; guesses++) {
      const answer = charged(guard.guess('+441632960701', '+441632960099')).wrong()
      if (answer.kind !== 'wrong') throw new Error('locked too early')
      waits.push(answer.waitMs)
      expect(alarms.size).toBe(0)
      await clock.advance(answer.waitMs)
    }
    expect(waits).toEqual([0, 1_000, 2_000, 4_000, 8_000])
    expect(charged(guard.guess('+441632960701', '+441632960099')).wrong()).toEqual({ kind: 'wrongAndLocked' })
    expect(alarms.get('codes.locked')).toContain('caller 01632 960701 until 2026-03-04 10:15 UTC')
    expect(guard.guess('+441632960701', '+441632960099')).toEqual({ kind: 'locked' })
    expect(guard.guess('+441632960702', '+441632960099').kind).toBe('charged')
    await clock.advance(15 * minute)
    expect(alarms.has('codes.locked')).toBe(false)
    expect(guard.guess('+441632960701', '+441632960099').kind).toBe('charged')
    guard.close()
    expect(clock.pending).toBe(0)
  })

  it('neither checks nor counts a guess that comes too soon', async () => {
    const { clock, guard } = world()
    for (let guesses = 0; guesses < 3; guesses++) {
      const answer = charged(guard.guess('a', 'n')).wrong()
      await clock.advance(guesses < 2 && answer.kind === 'wrong' ? answer.waitMs : 0)
    }
    for (let early = 0; early < 50; early++) expect(guard.guess('a', 'n')).toEqual({ kind: 'tooSoon', waitMs: 2_000 })
    await clock.advance(2_000)
    expect(charged(guard.guess('a', 'n')).wrong()).toEqual({ kind: 'wrong', waitMs: 4_000 })
  })

  it('gives many calls at once no more guesses than one', () => {
    const { guard } = world()
    const looked = Array.from({ length: 200 }, () => guard.guess('a', 'n')).filter(({ kind }) => kind === 'charged')
    // The second one is free, as it is for one call; the third has to wait.
    expect(looked).toHaveLength(2)
    const others = Array.from({ length: 200 }, (_, index) => guard.guess(`other ${index}`, 'n')).filter(({ kind }) => kind === 'charged')
    expect(others).toHaveLength(numberRule.wrongInWindow - 2)
  })

  it('charges nothing for a right one', async () => {
    const { clock, alarms, guard } = world()
    for (let guesses = 0; guesses < 1_000; guesses++) {
      charged(guard.guess('switchboard', 'n')).right()
      await clock.advance(500)
    }
    expect(alarms.size).toBe(0)
    expect(charged(guard.guess('switchboard', 'n')).wrong()).toEqual({ kind: 'wrong', waitMs: 0 })
  })

  it('counts callers who withhold their number as one caller', async () => {
    const { clock, alarms, guard } = world()
    for (let guesses = 0; guesses < callerRule.wrongInWindow; guesses++) {
      charged(guard.guess('', `number ${guesses}`)).wrong()
      await clock.advance(20_000)
    }
    expect(guard.guess('', 'any number')).toEqual({ kind: 'locked' })
    expect(alarms.get('codes.locked')).toContain('withhold')
  })

  it('lets each lock last twice as long as the one before, for a day at the most', async () => {
    const { clock, alarms, guard } = world()
    const locks: number[] = []
    for (let lock = 0; lock < 10; lock++) {
      for (let guesses = 0; guesses < 100; guesses++) {
        const guess = guard.guess('a', `n${lock}`)
        if (guess.kind === 'tooSoon') await clock.advance(guess.waitMs)
        else if (guess.kind === 'charged' && guess.wrong().kind === 'wrongAndLocked') break
      }
      const from = clock.monotonic()
      for (let step = 0; step < 3_000 && alarms.has('codes.locked'); step++) await clock.advance(minute)
      locks.push(Math.round((clock.monotonic() - from) / minute))
    }
    expect(locks).toEqual([15, 30, 60, 120, 240, 480, 960, 1_440, 1_440, 1_440])
  })

  it('stays within its memory, and forgets locked callers last', () => {
    const { guard } = world({
      ...defaultGuessRules,
      number: { ...numberRule, wrongInWindow: 1_000_000, wrongInDay: 1_000_000 },
      caller: { ...callerRule, wrongInWindow: 1 },
      remembered: 100,
    })
    expect(charged(guard.guess('locked', 'n')).wrong()).toEqual({ kind: 'wrongAndLocked' })
    for (let caller = 0; caller < 5_000; caller++) charged(guard.guess(`caller ${caller}`, 'n')).right()
    expect(guard.size).toBeLessThanOrEqual(101)
    expect(guard.guess('locked', 'n')).toEqual({ kind: 'locked' })
  })

  it('counts the guesses of before a restart', () => {
    const { guard } = world()
    for (let ago = 6; ago > 1; ago--) guard.remember('a', 'n', ago * minute)
    expect(charged(guard.guess('a', 'n')).wrong()).toEqual({ kind: 'wrongAndLocked' })
    for (let ago = 30; ago > 0; ago--) guard.remember(`caller ${ago}`, 'attacked', (ago * minute) / 3)
    expect(guard.guess('another caller', 'attacked')).toEqual({ kind: 'locked' })
    guard.close()
  })

  it('whatever an attacker does, no more wrong guesses are checked than the docs say', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            caller: fc.integer({ min: 0, max: 60 }),
            pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 2 * hour })),
            parallel: fc.integer({ min: 1, max: 40 }),
            rotates: fc.boolean(),
          }),
          { minLength: 20, maxLength: 150 },
        ),
        async (plan) => {
          const { clock, guard } = world()
          const looked: { readonly at: number; readonly caller: string }[] = []
          for (const { caller, pauseMs, parallel, rotates } of plan) {
            const guesses = Array.from({ length: parallel }, (_, index) => {
              const name = `caller ${rotates ? caller + index * 100 : caller}`
              return { name, guess: guard.guess(name, 'n') }
            })
            for (const { name, guess } of guesses) {
              if (guess.kind !== 'charged') continue
              looked.push({ at: clock.monotonic(), caller: name })
              guess.wrong()
            }
            await clock.advance(pauseMs)
          }
          guard.close()
          const most = (list: readonly { readonly at: number }[], windowMs: number) =>
            Math.max(0, ...list.map(({ at }) => list.filter((one) => one.at > at - windowMs && one.at <= at).length))
          expect(most(looked, 15 * minute)).toBeLessThanOrEqual(numberRule.wrongInWindow)
          // 60, and one more for each lock that ended within the day (15 + 30 + ... + 960 minutes: seven of them).
          expect(most(looked, day)).toBeLessThanOrEqual(numberRule.wrongInDay + 7)
          for (const caller of new Set(looked.map((one) => one.caller))) {
            const own = looked.filter((one) => one.caller === caller)
            expect(most(own, 15 * minute)).toBeLessThanOrEqual(callerRule.wrongInWindow)
            expect(most(own, day)).toBeLessThanOrEqual(callerRule.wrongInDay + 7)
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('an attacker with a new number for each call, who guesses as fast as they may, gets 65 guesses at one number in the first day and 60 in a later one', async () => {
    const { clock, guard } = world()
    const perDay = [0, 0, 0, 0, 0]
    for (let call = 0; call < 20_000 && clock.monotonic() < 5 * day; call++) {
      const guess = guard.guess(`caller ${call}`, 'n')
      if (guess.kind === 'charged') {
        guess.wrong()
        perDay[Math.floor(clock.monotonic() / day)]! += 1
      } else await clock.advance(minute)
    }
    guard.close()
    expect(perDay[0]).toBe(65)
    for (const later of perDay.slice(1)) expect(later).toBeLessThanOrEqual(60)
  })

  it('counts guesses at all engines together: by turns there are no more of them, and the lock is in force at both', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 2, 4, 10))
    const raised: string[] = []
    const engines = toldEngines<SharedGuess>().map(
      (others) => new GuessGuard(clock, { raise: (alarm) => void raised.push(alarm), clear: () => undefined }, defaultGuessRules, others),
    )
    let wrong = 0
    for (let turn = 0; turn < 40; turn++) {
      const guess = engines[turn % 2]?.guess('+441632960701', '+441632960099')
      if (guess?.kind === 'locked') break
      if (guess?.kind === 'tooSoon') await clock.advance(guess.waitMs)
      else if (guess) {
        guess.wrong()
        wrong++
      }
    }
    expect(wrong).toBe(callerRule.wrongInWindow)
    for (const engine of engines) expect(engine.guess('+441632960701', '+441632960099')).toEqual({ kind: 'locked' })
    expect(raised).toContain('codes.locked')
    for (const engine of engines) engine.close()
    expect(clock.pending).toBe(0)
  })
})
