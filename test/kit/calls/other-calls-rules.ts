import { heardText } from '../../../src/demo/virtual-speech.js'
import type { CallEvent } from '../../../src/facts/events.js'
import { invariants, type Invariant } from './invariants.js'

/** Rules of every call, a GP's or not. */
const shared: readonly string[] = [
  'nobody on the line is left in silence',
  'every called party sees the single outbound number and nothing else',
  'what is recorded is finished, once',
  'nothing is left open',
]

/** How long the remaining party may still be spoken to, or asked for the outcome, after the other has gone. */
const partingMs = 45_000

/** Further rules for patients' calls, arranged calls and calls to practices. */
export const particular: readonly Invariant[] = [
  {
    name: 'every call ends by itself, with one beginning, one end, and its attempts as children',
    wrong: ({ ended, calls }) => {
      if (!ended) return 'a call is still going on'
      for (const { id, events } of calls) {
        const began = events.filter(({ type }) => type === 'call.arrived' || type === 'call.placed')
        if (began.length !== 1 || began[0] !== events[0]) return `${id} begins ${began.length} times`
        if (events.filter(({ type }) => type === 'call.ended').length !== 1 || events.at(-1)?.type !== 'call.ended')
          return `${id} does not end once`
        const started = events.flatMap((event) => (event.type === 'attempt.started' ? [event.attempt] : []))
        const over = events.flatMap((event) => (event.type === 'attempt.ended' ? [event.attempt] : []))
        if (new Set(started).size !== started.length || started.join() !== over.join())
          return `${id} has attempts ${started.join()} that ended as ${over.join()}`
        const hunts = events.filter(({ type }) => type === 'hunt.started').length
        if (hunts !== events.filter(({ type }) => type === 'hunt.ended').length) return `a hunt of ${id} has no end`
      }
      return undefined
    },
  },
  {
    name: 'nobody who has to accept is connected without an acceptance that is stored and was given; no patient is rung before the clinician has accepted',
    wrong: ({ trace, world, calls }) => {
      const events = calls.flatMap((call) => call.events)
      const storedAt = (legId: string | undefined) =>
        world.log.stored.find(({ event }) => event.type === 'attempt.accepted' && event.proof.legId === legId)?.at
      for (const bridged of trace) {
        if (bridged.what !== 'bridged') continue
        const legIds: readonly string[] = bridged.legs
        const attempts = events.filter(
          (event): event is Extract<CallEvent, { type: 'attempt.answered' }> =>
            event.type === 'attempt.answered' && legIds.includes(event.legId),
        )
        for (const { attempt, legId } of attempts) {
          const started = events.find((event) => event.type === 'attempt.started' && event.attempt === attempt)
          const freely =
            started?.type === 'attempt.started' && started.pool === 'direct' && /^(patient|bypass|reception):/.test(started.candidate)
          const stored = storedAt(legId)
          if (!freely && (stored === undefined || stored > bridged.at)) return `${legId} was connected, and had not accepted`
          const pressed = trace.some(
            (entry) => entry.what === 'pressed' && entry.leg === legId && entry.key === '1' && entry.at <= bridged.at,
          )
          if (!freely && !pressed) return `${legId} never pressed the key`
        }
      }
      for (const { id, events: ofCall } of calls) {
        if (ofCall[0]?.type !== 'call.placed') continue
        const rung = ofCall.findIndex((event) => event.type === 'attempt.started' && event.candidate.startsWith('patient:'))
        if (rung >= 0 && !ofCall.slice(0, rung).some(({ type }) => type === 'attempt.accepted'))
          return `${id} rang the patient before the clinician had accepted`
      }
      return undefined
    },
  },
  {
    name: 'no clinician is rung for two calls at once',
    wrong: ({ trace }) => {
      const engaged = new Map<string, string>()
      const numberOfLeg = new Map<string, string>()
      for (const entry of trace) {
        // Patients and practices are not ours to reserve.
        if (entry.what === 'dialled' && /^\+447700900/.test(entry.number)) {
          if (engaged.has(entry.number)) return `${entry.number} is rung while it is engaged (${engaged.get(entry.number) ?? ''})`
          engaged.set(entry.number, `dial ${entry.dial}`)
        }
        if (entry.what === 'dialSettled' && entry.result !== 'answered') engaged.delete(entry.number)
        if (entry.what === 'legUp' && entry.party === 'called') numberOfLeg.set(entry.leg, entry.number)
        if (entry.what === 'legDown') engaged.delete(numberOfLeg.get(entry.leg) ?? '')
      }
      return undefined
    },
  },
  {
    name: 'a code or PIN is good for one call',
    wrong: ({ calls }) => {
      const taken = calls.flatMap(({ events }) =>
        events.flatMap((event) => (event.type === 'arrangement.taken' ? [event.arrangement] : [])),
      )
      return new Set(taken).size === taken.length ? undefined : `taken: ${taken.join()}`
    },
  },
  {
    name: 'nobody is promised a call-back that is not on disk',
    wrong: ({ calls, world }) => {
      for (const { id, events, callerLeg } of calls) {
        if (!callerLeg?.heard.some(({ audio }) => heardText(audio) === 'call-back-kept')) continue
        if (!world.log.stored.some(({ event }) => event.callId === id && event.type === 'callBack.requested'))
          return `${id} was promised one`
        if (!events.some(({ type }) => type === 'callBack.requested')) return `${id} has no request`
      }
      return undefined
    },
  },
  {
    name: 'when one side has gone, the other is released within a bound, and nobody more is rung',
    wrong: ({ calls, legs }) => {
      for (const { id, events } of calls) {
        const near =
          events.flatMap((event) => (event.type === 'call.answered' ? [event.legId] : []))[0] ??
          events.flatMap((event) => (event.type === 'attempt.accepted' ? [event.proof.legId] : []))[0]
        const gone = legs.get(near ?? '')?.ended
        if (!gone) continue
        const late = events.find((event) => event.type === 'attempt.started' && event.at > gone.at + 25)
        if (late) return `${id} rings a telephone ${late.at - gone.at} ms after the caller has gone`
        const answered = new Set(events.flatMap((event) => (event.type === 'attempt.answered' ? [event.attempt] : [])))
        for (const event of events) {
          if (event.type === 'attempt.ended' && !answered.has(event.attempt) && event.at > gone.at + 500)
            return `${id} rang on for ${event.at - gone.at} ms`
          if (event.type !== 'attempt.answered') continue
          const ended = legs.get(event.legId)?.ended
          if (!ended || ended.at - gone.at > partingMs)
            return `${event.legId} of ${id} was up for ${(ended?.at ?? Infinity) - gone.at} ms more`
        }
      }
      return undefined
    },
  },
  {
    name: 'every talk is recorded',
    wrong: ({ calls, plan }) => {
      if (plan.trouble === 'diskFull' || plan.trouble === 'recordingsSilent' || plan.faults.length > 0) return undefined
      // A dying media server cuts one off; the rest is another one.
      const cutMs = plan.mediaDeaths.reduce((sum, { forMs }) => sum + forMs, 0)
      for (const { id, record } of calls) {
        if (record.talkStartedAt === undefined || (record.talkEndedAt ?? 0) - record.talkStartedAt <= 30 + cutMs) continue
        if (record.recordings.length < 1 || record.recordings.length > 1 + plan.mediaDeaths.length)
          return `${id} has ${record.recordings.length} recordings`
      }
      return undefined
    },
  },
]

/** All checks on them. */
export const otherRules: readonly Invariant[] = [...invariants.filter(({ name }) => shared.includes(name)), ...particular]
