import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallWorld, Tampering } from '../../test/kit/calls/call-world.js'
import { invariants, violation } from '../../test/kit/calls/invariants.js'
import { calmPlan, live, mortalPlan } from '../../test/kit/calls/plan.js'
import { sleep } from '../clock/clock.js'
import { unknownOrigin } from '../facts/actor.js'
import type { Leg, Switch } from '../switch/port.js'

/**
 * A checker that has never found anything proves nothing. Each rule of `invariants.ts` is held here against an engine or a switch with
 * one bug planted in it, and has to notice: that rule and not just any.
 */

/** Part of a switch that misbehaves, in front of an honest one. */
function tamperedSwitch(change: (honest: Switch, world: CallWorld) => Partial<Switch>): Tampering {
  return { switch: (honest, world) => within(honest, change(honest, world)) }
}

/** A leg that misbehaves, in front of an honest one. The honest switch still has to know its legs: `bridge` unwraps them. */
function tamperedLegs(change: (honest: Leg, world: CallWorld) => Partial<Leg>): Tampering {
  return {
    switch: (honest, world) => {
      const honestLegs = new Map<Leg, Leg>()
      const tamperedLegs = new Map<Leg, Leg>()
      const tamper = (leg: Leg): Leg => {
        const tampered = within(leg, change(leg, world))
        honestLegs.set(tampered, leg)
        tamperedLegs.set(leg, tampered)
        return tampered
      }
      const unwrap = (leg: Leg): Leg => honestLegs.get(leg) ?? leg
      const wrap = (leg: Leg): Leg => tamperedLegs.get(leg) ?? leg
      return within(honest, {
        onIncoming: (handler) => {
          honest.onIncoming((call) =>
            handler(
              within(call, {
                answer: async () => {
                  const answer = await call.answer()
                  return answer.kind === 'answered' ? { kind: 'answered', leg: tamper(answer.leg) } : answer
                },
              }),
            ),
          )
        },
        dial: async (target, options) => {
          const result = await honest.dial(target, options)
          return result.kind === 'answered' ? { ...result, leg: tamper(result.leg) } : result
        },
        bridge: async (a, b, options) => {
          const result = await honest.bridge(unwrap(a), unwrap(b), options)
          if (result.kind === 'hungUp') return { ...result, leg: wrap(result.leg) }
          if (result.kind !== 'bridged') return result
          const ended = result.bridge.ended.then((end) => (end.kind === 'hungUp' ? { ...end, first: wrap(end.first) } : end))
          return { ...result, bridge: { ended, unbridge: () => result.bridge.unbridge() } }
        },
      })
    },
  }
}

/** The honest object with some members replaced. Private members stay where they are: methods are bound to the honest one. */
function within<T extends object>(honest: T, changed: Partial<T>): T {
  return new Proxy(honest, {
    get: (target, name) => {
      if (name in changed) return changed[name as keyof T]
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** Runs random plans with the bug in place until the rule notices. */
async function notices(rule: string, bug: Tampering, plans = calmPlan, runs = 1_500): Promise<void> {
  const invariant = invariants.filter(({ name }) => name === rule)
  expect(invariant, rule).toHaveLength(1)
  const outcome = await fc.check(
    fc.asyncProperty(plans, async (plan) => violation(await live(plan, bug), invariant) === undefined),
    { numRuns: runs, endOnFailure: true },
  )
  expect(outcome.failed, `${runs} plans, and "${rule}" noticed nothing`).toBe(true)
}

/** The engine is not told that a party has another media server now. */
const untold = tamperedLegs(() => ({ onMoved: () => () => undefined }))

const planted: readonly { readonly bug: string; readonly rule: string; readonly tampering: Tampering; readonly plans?: typeof calmPlan }[] =
  [
    {
      bug: 'that a party was taken to another media server stands nowhere',
      rule: 'a party moved to another media server is in the facts, and so is a talk that goes on there',
      tampering: untold,
      plans: mortalPlan,
    },
    {
      bug: 'a recording that its media server cut off is not gone on with',
      rule: 'what a media server cuts off is a recording of its own, and the talk that goes on is recorded on',
      tampering: untold,
      plans: mortalPlan,
    },
    {
      bug: 'the log says that an acceptance is on disk before it is',
      rule: 'nobody is connected without an acceptance that is stored, and was really given',
      tampering: {
        log: (honest, world) =>
          within(honest, {
            append: async (callId, fact) => {
              if (fact.type !== 'attempt.accepted') return honest.append(callId, fact)
              const event = { ...unknownOrigin, callId, seq: 0, at: world.clock.now(), ...fact }
              void sleep(world.clock, 500).then(() => honest.append(callId, fact))
              return event
            },
          }),
      },
    },
    {
      bug: 'another key than 1 is taken for acceptance',
      rule: 'nobody is connected without an acceptance that is stored, and was really given',
      tampering: tamperedLegs((leg) => ({
        listenFor: async (options) => {
          const heard = await leg.listenFor(options)
          return heard.kind === 'otherKey' ? { ...heard, kind: 'key' } : heard
        },
      })),
    },
    {
      bug: 'the end of the whisper is taken for acceptance, as when a voicemail picks up',
      rule: 'nobody is connected without an acceptance that is stored, and was really given',
      tampering: tamperedLegs((leg, world) => ({
        listenFor: async (options) => {
          const heard = await Promise.race([leg.listenFor(options), sleep(world.clock, 8_000, options.signal)])
          return typeof heard === 'string' ? { kind: 'key', key: '1', source: 'unknown', at: world.clock.now() } : heard
        },
      })),
    },
    {
      bug: 'a word is heard that nobody said, as when a greeting is taken for it',
      rule: 'nobody is connected without an acceptance that is stored, and was really given',
      tampering: tamperedLegs((leg, world) => ({
        listenFor: (options) =>
          options.words ? Promise.resolve({ kind: 'word', word: 'one', confidence: 0.9, at: world.clock.now() }) : leg.listenFor(options),
      })),
    },
    {
      bug: 'while a word is listened for, the key is not',
      rule: 'the key accepts at every moment of the time to accept, whatever was said before',
      tampering: tamperedLegs((leg) => ({ listenFor: (options) => leg.listenFor(options.words ? { ...options, keys: [] } : options) })),
    },
    {
      bug: 'a bridge that was made is reported as failed, and the hunt goes on to a second one',
      rule: 'at most one specialist is connected to a caller, and each specialist to one caller',
      tampering: tamperedSwitch((honest) => ({
        bridge: async (a, b, options) => {
          const result = await honest.bridge(a, b, options)
          if (result.kind !== 'bridged') return result
          await result.bridge.unbridge()
          return { kind: 'failed', why: 'says the switch' }
        },
      })),
    },
    {
      bug: 'a leg is not closed when it should be',
      rule: 'when the caller has gone, every other leg is released within a bound, and nobody is rung any more',
      tampering: tamperedLegs((leg) => ({ close: () => (leg.id.startsWith('called') ? Promise.resolve() : leg.close()) })),
    },
    {
      bug: 'ringing does not stop when the caller hangs up',
      rule: 'when the caller has gone, every other leg is released within a bound, and nobody is rung any more',
      tampering: tamperedSwitch((honest) => ({
        dial: (target, options) => honest.dial(target, { ...options, signal: new AbortController().signal }),
      })),
    },
    {
      bug: 'the ring time-out is half a second late, as a coarse timer makes it',
      rule: 'the ring time-out of each leg is exact: not shorter, not longer',
      tampering: tamperedSwitch((honest) => ({
        dial: (target, options) => honest.dial(target, { ...options, ringMs: options.ringMs + 500 }),
      })),
    },
    {
      bug: 'the ring time-out knows nothing of the total',
      rule: 'a hunt rings nobody beyond its total, and ends when a specialist who answered by then has had their time',
      tampering: tamperedSwitch((honest) => ({ dial: (target, options) => honest.dial(target, { ...options, ringMs: 60_000 }) })),
    },
    {
      bug: 'a telephone rings for ever',
      rule: 'every call and every hunt ends by itself',
      tampering: tamperedSwitch((honest) => ({
        dial: (target, options) => honest.dial(target, { ...options, ringMs: 10 ** 9, signal: new AbortController().signal }),
      })),
    },
    {
      bug: 'the ring time-out goes on after the answer and cuts the whisper off',
      rule: 'only the specialist ends a leg before their time to accept is over, or the caller by hanging up',
      tampering: tamperedSwitch((honest, world) => ({
        dial: async (target, options) => {
          const result = await honest.dial(target, options)
          if (result.kind === 'answered') {
            const { leg } = result
            const cancel = world.clock.after(options.ringMs - result.rangMs, () => void leg.close())
            void leg.hungUp.then(cancel)
          }
          return result
        },
      })),
    },
    {
      bug: 'acceptance is given up a second too early',
      rule: 'a specialist who answers has their whole time to accept, whatever the ring time-out was',
      tampering: {
        clock: (honest) =>
          within(honest, {
            after: (delayMs, action) => honest.after(delayMs === 10_000 || delayMs === 15_000 ? delayMs - 1_000 : delayMs, action),
          }),
      },
    },
    {
      bug: 'the next specialist is rung after a pause for thought',
      rule: 'the next is rung at once when one does not answer, is busy or refuses',
      tampering: {
        reservations: (honest, world) =>
          within(honest, {
            reserve: async (keys, holder) => {
              await sleep(world.clock, 40)
              return honest.reserve(keys, holder)
            },
          }),
      },
    },
    {
      bug: 'the engine does not track who is rung',
      rule: 'no telephone is rung for two callers at once',
      tampering: {
        reservations: () => ({
          reserve: () => Promise.resolve({ kind: 'reserved', reservation: { onACall: () => undefined, release: () => undefined } }),
          freed: () => Promise.resolve(),
        }),
      },
    },
    {
      bug: 'a reservation is never released',
      rule: 'nothing is left open',
      tampering: {
        reservations: (honest) =>
          within(honest, {
            reserve: async (keys, holder) => {
              const result = await honest.reserve(keys, holder)
              return result.kind === 'reserved'
                ? { kind: 'reserved', reservation: { onACall: () => undefined, release: () => undefined } }
                : result
            },
          }),
      },
    },
    {
      bug: 'a prompt is reported as playing, and nothing is heard',
      rule: 'nobody on the line is left in silence',
      tampering: tamperedLegs((_leg, world) => ({
        play: async (_audio, options) => {
          const elapsed = await sleep(world.clock, 30_000, options?.signal)
          return elapsed === 'elapsed' ? { kind: 'finished', ms: 30_000 } : { kind: 'cancelled', ms: 0 }
        },
      })),
    },
    {
      bug: 'the whisper begins five seconds late',
      rule: 'the whisper begins at once',
      tampering: tamperedLegs((leg, world) => ({
        play: async (audio, options) => {
          if (leg.id.startsWith('called')) await sleep(world.clock, 4_000, options?.signal)
          return leg.play(audio, options)
        },
      })),
    },
    {
      bug: 'the recording begins late',
      rule: 'the recording is as long as the talk',
      tampering: tamperedLegs((leg, world) => ({
        record: async (path, options) => {
          await sleep(world.clock, 700)
          return leg.record(path, options)
        },
      })),
    },
    {
      bug: 'the recording is not closed at the end of the talk',
      rule: 'the recording is as long as the talk',
      tampering: tamperedLegs((leg) => ({
        record: async (path, options) => {
          const result = await leg.record(path, options)
          return result.kind === 'recording'
            ? { kind: 'recording', recording: { ...result.recording, stop: () => Promise.resolve() } }
            : result
        },
      })),
    },
    {
      bug: 'nobody makes the MP3',
      rule: 'what is recorded is finished, once',
      tampering: { recordings: (honest) => within(honest, { finish: () => undefined }) },
    },
    {
      bug: 'the end of a call is not told',
      rule: 'one record for every call, with one beginning, one end, and its attempts as children',
      tampering: {
        log: (honest, world) =>
          within(honest, {
            append: (callId, fact) =>
              fact.type === 'call.ended'
                ? Promise.resolve({ ...unknownOrigin, callId, seq: 0, at: world.clock.now(), ...fact })
                : honest.append(callId, fact),
          }),
      },
    },
    {
      bug: 'the end of an attempt is told twice',
      rule: 'one record for every call, with one beginning, one end, and its attempts as children',
      tampering: {
        log: (honest) =>
          within(honest, {
            append: (callId, fact) => {
              if (fact.type === 'attempt.ended') void honest.append(callId, fact)
              return honest.append(callId, fact)
            },
          }),
      },
    },
    {
      bug: "the caller's own number is shown to the specialist",
      rule: 'every called party sees the single outbound number and nothing else',
      tampering: tamperedSwitch((honest) => ({
        dial: (target, options) => honest.dial(target, { ...options, from: { number: '+441632960001' } }),
      })),
    },
    {
      bug: 'a leg leaks',
      rule: 'nothing is left open',
      tampering: tamperedSwitch((honest, world) => ({
        dial: async (target, options) => {
          // Answered at the very moment when the caller gave up: no code looks after the leg.
          const result = await honest.dial(target, { ...options, signal: new AbortController().signal })
          if (result.kind === 'answered') world.telephone.world.opened('legs')
          return result
        },
      })),
    },
    {
      bug: 'the closing message is swallowed',
      rule: 'a caller to whom nobody came is told so',
      tampering: {
        speech: (honest) =>
          within(honest, {
            say: (parts) => honest.say(parts.filter((part) => part.kind !== 'sentence' || part.id !== 'nobody-available')),
          }),
      },
    },
    {
      bug: 'the rota is rung from the bottom',
      rule: 'local people are rung before the network, and in the order of the rota',
      tampering: {
        reservations: (honest, world) => {
          for (const [line, rota] of world.directory.rotas) {
            ;(world.directory.rotas as Map<string, typeof rota>).set(line, {
              ...rota,
              pattern: rota.pattern.map((session) => ({ ...session, entries: [...session.entries].reverse() })),
            })
          }
          return honest
        },
      },
    },
  ]

describe('a planted bug is noticed', () => {
  it.each(planted)('$bug', async ({ rule, tampering, plans }) => {
    await notices(rule, tampering, plans)
  })

  it.each([
    ['switch', tamperedSwitch(() => ({}))],
    ['legs', tamperedLegs(() => ({}))],
  ])('and the %s with nothing planted in them are not blamed', async (_what, tampering) => {
    await fc.assert(
      fc.asyncProperty(calmPlan, async (plan) => {
        expect(violation(await live(plan, tampering))).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })

  it('for every rule there is a bug that it has to notice', () => {
    expect(new Set(planted.map(({ rule }) => rule))).toEqual(new Set(invariants.map(({ name }) => name)))
  })
})
