import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { violation } from '../../test/kit/calls/invariants.js'
import { liveOthers, otherPlan, type OtherTampering } from '../../test/kit/calls/other-calls-plan.js'
import { otherRules, particular } from '../../test/kit/calls/other-calls-rules.js'
import { enoughRuns, propertyRuns } from '../../test/kit/property-runs.js'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent } from '../facts/events.js'
import type { Arrangements } from './arrangements.js'

it(
  'whatever patients, clinicians and practices do, with accidents, every rule of their calls holds (5,000 calls)',
  { timeout: 180_000 },
  async () => {
    expect(otherRules).toHaveLength(particular.length + 4)
    // A failure that takes long to shrink is told before the test's time is up.
    const seen = new Map<string, number>()
    let calls = 0
    await fc.assert(
      fc.asyncProperty(otherPlan, async (plan) => {
        const lived = await liveOthers(plan)
        calls += plan.calls.length
        for (const { ending = 'none', kind, talkStartedAt } of lived.world.records()) {
          const what = `${kind} ${ending}${talkStartedAt === undefined ? '' : ' talked'}`
          seen.set(what, (seen.get(what) ?? 0) + 1)
        }
        expect(violation(lived, otherRules)).toBeUndefined()
      }),
      { numRuns: propertyRuns(1_600), interruptAfterTimeLimit: 150_000, markInterruptAsFailure: true },
    )
    expect(calls).toBeGreaterThanOrEqual(propertyRuns(5_000) * 0.9)
    // What never happened was not checked.
    if (!enoughRuns) return
    for (const what of [
      'pifuAnswer completed talked',
      'pifuAnswer callBackRequested',
      'pifuCallBack completed talked',
      'patientConnect completed talked',
      'callBackCode completed talked',
      'bypass completed talked',
      'callBackCode wrongCode',
    ])
      expect(seen.get(what) ?? 0, what).toBeGreaterThan(0)
  },
)

describe('each of these rules notices a bug that breaks it', { timeout: 60_000 }, () => {
  async function notices(rule: string, bug: OtherTampering): Promise<void> {
    const rules = particular.filter(({ name }) => name.startsWith(rule))
    expect(rules, rule).toHaveLength(1)
    const outcome = await fc.check(
      fc.asyncProperty(otherPlan, async (plan) => violation(await liveOthers({ ...plan, trouble: 'none' }, bug), rules) === undefined),
      { numRuns: 600, endOnFailure: true },
    )
    expect(outcome.failed, rule).toBe(true)
  }

  it('a log that says too early that an acceptance is on disk', () =>
    notices('nobody who has to accept', {
      log: (honest, world) => ({
        append: (callId, fact) => {
          if (fact.type !== 'attempt.accepted') return honest.append(callId, fact)
          return Promise.resolve<CallEvent>({ ...unknownOrigin, callId, seq: 0, at: world.clock.now(), ...fact })
        },
        subscribe: (listener) => honest.subscribe(listener),
      }),
    }))

  it('a PIN that is granted again and again', () => {
    const generous: (honest: Arrangements) => Arrangements = (honest) => {
      let first: Awaited<ReturnType<Arrangements['redeem']>> | undefined
      return {
        redeem: async (keys, where, signal) => (first = first?.kind === 'granted' ? first : await honest.redeem(keys, where, signal)),
        guess: (where, isRight) => honest.guess(where, isRight),
      }
    }
    return notices('a code or PIN is good for one call', { arrangements: generous })
  })

  it('a request that is thanked for and never stored', () =>
    notices('nobody is promised', {
      log: (honest, world) => ({
        append: (callId, fact) =>
          fact.type === 'callBack.requested'
            ? Promise.resolve<CallEvent>({ ...unknownOrigin, callId, seq: 0, at: world.clock.now(), ...fact })
            : honest.append(callId, fact),
        subscribe: (listener) => honest.subscribe(listener),
      }),
    }))

  it('a call that ends twice', () =>
    notices('every call ends by itself', {
      log: (honest) => ({
        append: async (callId, fact) => {
          if (fact.type === 'call.ended') await honest.append(callId, fact)
          return honest.append(callId, fact)
        },
        subscribe: (listener) => honest.subscribe(listener),
      }),
    }))

  it('recordings for which there is never a place', () =>
    notices('every talk is recorded', {
      recordings: () => ({
        allocate: () => Promise.resolve({ kind: 'refused', why: 'no' }),
        left: () => Promise.resolve(undefined),
        resume: () => Promise.resolve(true),
        finish: () => undefined,
      }),
    }))

  it('a switch that rings on when the caller has gone', () =>
    notices('when one side has gone', {
      switch: (honest) =>
        new Proxy(honest, {
          get: (target, name) => {
            if (name === 'dial')
              return (to: Parameters<typeof target.dial>[0], options: Parameters<typeof target.dial>[1]) =>
                target.dial(to, { ...options, signal: new AbortController().signal })
            const value: unknown = Reflect.get(target, name)
            return typeof value === 'function' ? (value.bind(target) as unknown) : value
          },
        }),
    }))
})
