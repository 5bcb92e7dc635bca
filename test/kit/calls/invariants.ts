import { flowDefaults, longestSilenceMs } from '../../../src/calls/flow-settings.js'
import { heardText } from '../../../src/demo/virtual-speech.js'
import { callRecord, type CallRecord } from '../../../src/facts/call-record.js'
import type { AttemptRecord } from '../../../src/facts/attempt-record.js'
import type { CallEvent } from '../../../src/facts/events.js'
import type { TraceEntry } from '../../../src/switch/virtual/trace.js'
import type { VirtualCaller } from '../../../src/switch/virtual/virtual-caller.js'
import type { VirtualLeg } from '../../../src/switch/virtual/virtual-leg.js'
import { outbound } from './call-world.js'
import type { Lived } from './plan.js'

/** A rule that holds for every call, whatever happens in it. Returns the violation, or nothing. */
export interface Invariant {
  readonly name: string
  readonly wrong: (lived: Evidence) => string | undefined
}

/** What happened in a plan, from both sides: the engine's events, and the telephone world's trace and legs. */
export interface Evidence extends Lived {
  readonly calls: readonly CallEvidence[]
  readonly trace: readonly TraceEntry[]
  readonly legs: ReadonlyMap<string, VirtualLeg>
}

export interface CallEvidence {
  readonly id: string
  readonly events: readonly CallEvent[]
  readonly record: CallRecord
  /** Undefined when the call was never answered. */
  readonly callerLeg: VirtualLeg | undefined
}

/** A fault, a slow switch and the way to a phone and back take time: this much is allowed. */
const slackMs = 1_500
/** The longest sentence that a specialist may hear when the caller has gone. */
const partingMs = 10_000

/** The first invariant that does not hold, in words; undefined when all do. */
export function violation(lived: Lived, which: readonly Invariant[] = invariants): string | undefined {
  const evidence = gather(lived)
  for (const invariant of which) {
    const wrong = invariant.wrong(evidence)
    if (wrong !== undefined) return `${invariant.name}: ${wrong}`
  }
  return undefined
}

export const invariants: readonly Invariant[] = [
  {
    name: 'every call and every hunt ends by itself',
    wrong: ({ ended, calls }) => {
      if (!ended) return 'a call is still going on long after everybody should have hung up'
      return first(calls, ({ id, events }) =>
        count(events, 'line.chosen') === count(events, 'hunt.ended') ? undefined : `the hunt of ${id} has no end`,
      )
    },
  },
  {
    name: 'one record for every call, with one beginning, one end, and its attempts as children',
    wrong: ({ calls, world }) => {
      const arrived = world.telephone.callers.length
      if (calls.length !== arrived) return `${arrived} calls arrived, ${calls.length} are recorded`
      return first(calls, ({ id, events }) => {
        if (count(events, 'call.arrived') !== 1 || events[0]?.type !== 'call.arrived') return `${id} does not begin with its arrival`
        if (count(events, 'call.ended') !== 1 || events.at(-1)?.type !== 'call.ended') return `${id} does not end with exactly one end`
        const started = events.flatMap((event) => (event.type === 'attempt.started' ? [event.attempt] : []))
        const ended = events.flatMap((event) => (event.type === 'attempt.ended' ? [event.attempt] : []))
        return started.length === ended.length && started.every((attempt, index) => ended[index] === attempt)
          ? undefined
          : `${id} has attempts without exactly one end each: ${started.join()} / ${ended.join()}`
      })
    },
  },
  {
    name: 'nobody is connected without an acceptance that is stored, and was really given',
    wrong: ({ trace, world, legs, plan }) =>
      first(trace, (bridged) => {
        if (bridged.what !== 'bridged') return undefined
        const called = bridged.legs.find((id) => legs.get(id)?.party === 'called')
        const stored = world.log.stored.find(({ event }) => event.type === 'attempt.accepted' && event.proof.legId === called)
        if (!stored) return `${bridged.legs.join(' and ')} were connected, and no acceptance is stored`
        if (stored.at > bridged.at)
          return `the acceptance on ${called ?? 'nobody'} was stored ${stored.at - bridged.at} ms after the bridge`
        const { event } = stored
        if (event.type === 'attempt.accepted' && event.proof.heard.kind === 'word') {
          if (plan.spokenWord !== 'accepts') return `${called ?? 'nobody'} accepted by a word, where none accepts`
          const before = trace.filter(
            (entry) => entry.at <= bridged.at && (entry.what === 'said' || entry.what === 'talked') && entry.leg === called,
          )
          if (before.filter(({ what }) => what === 'said').length < 2) return `${called ?? 'nobody'} did not say the word twice`
          return before.some(({ what }) => what === 'talked')
            ? `${called ?? 'nobody'} speaks as a greeting does, and accepted by a word`
            : undefined
        }
        const pressed = trace.some(
          (entry) => entry.what === 'pressed' && entry.leg === called && entry.key === '1' && entry.at <= bridged.at,
        )
        return pressed ? undefined : `${called ?? 'nobody'} never pressed the key of acceptance`
      }),
  },
  {
    name: 'the key accepts at every moment of the time to accept, whatever was said before',
    wrong: ({ trace, calls, plan }) =>
      first(calls, ({ id, events, record }) =>
        first(record.attempts, (attempt) => {
          const leg = events.flatMap((event) =>
            event.type === 'attempt.answered' && event.attempt === attempt.attempt ? [event.legId] : [],
          )[0]
          const up = trace.find((entry) => entry.what === 'legUp' && entry.leg === leg)
          if (attempt.result !== 'notAccepted' || !up) return undefined
          const inTime = up.at + plan.ring.acceptSeconds * 1_000 - slackMs
          const press = trace.find((entry) => entry.what === 'pressed' && entry.leg === leg && entry.key === '1' && entry.at < inTime)
          return press ? `${leg ?? ''} of ${id} pressed the key after ${press.at - up.at} ms, and had not accepted` : undefined
        }),
      ),
  },
  {
    name: 'at most one specialist is connected to a caller, and each specialist to one caller',
    wrong: ({ trace, calls }) => {
      const talking = new Map<string, number>()
      for (const entry of trace) {
        if (entry.what === 'bridged') {
          for (const leg of entry.legs) {
            if (talking.has(leg)) return `${leg} is in two conversations`
            talking.set(leg, entry.bridge)
          }
        }
        if (entry.what === 'apart') for (const leg of entry.legs) if (talking.get(leg) === entry.bridge) talking.delete(leg)
      }
      const bridges = new Map<string, number>()
      for (const entry of trace) if (entry.what === 'bridged') for (const leg of entry.legs) bridges.set(leg, (bridges.get(leg) ?? 0) + 1)
      // Once more for every media server that died under it.
      for (const [leg, times] of bridges) if (times > 1 + lossesOf(trace, leg).length) return `${leg} was connected ${times} times`
      return first(calls, ({ id, events, record }) => {
        const winners = record.attempts.filter(({ result }) => result === 'accepted').length
        return winners <= 1 && count(events, 'talk.started') === winners
          ? undefined
          : `${id} has ${winners} winners and ${count(events, 'talk.started')} talks`
      })
    },
  },
  {
    name: 'when the caller has gone, every other leg is released within a bound, and nobody is rung any more',
    wrong: ({ calls, legs, plan }) =>
      first(calls, ({ id, events, callerLeg }) => {
        const gone = callerLeg?.ended
        if (!gone) return undefined
        const talked = count(events, 'talk.started') > 0
        const boundMs = talked ? flowDefaults.outcomeMs + partingMs + slackMs : partingMs + slackMs
        const late = events.find((event) => event.type === 'attempt.started' && event.at > gone.at + plan.latencyMs)
        if (late) return `${id} rings a telephone ${late.at - gone.at} ms after the caller has gone`
        return first(
          events.flatMap((event) => (event.type === 'attempt.answered' ? [event.legId] : [])),
          (legId) => {
            const ended = legs.get(legId)?.ended
            if (!ended) return `${legId} is still up, and the caller of ${id} has gone`
            // A party whose media server died during these words hears them from the start, at another one.
            const moves = events.flatMap((event) => (event.type === 'leg.moved' && event.legId === legId ? [event.at] : []))
            return ended.at - Math.max(gone.at, ...moves) <= boundMs
              ? undefined
              : `${legId} was up for ${ended.at - gone.at} ms after the caller of ${id} had gone`
          },
        )
      }),
  },
  {
    name: 'a hunt rings nobody beyond its total, and ends when a specialist who answered by then has had their time',
    wrong: (evidence) => {
      const { calls, plan, world } = evidence
      const totalMs = plan.ring.totalSeconds * 1_000
      const late = first(calls, ({ id, events, record }) => {
        const ended = events.find((event) => event.type === 'hunt.ended')
        if (!ended || record.lineChosenAt === undefined) return undefined
        const tookMs = ended.at - record.lineChosenAt
        const boundMs = totalMs + plan.ring.acceptSeconds * 1_000 + flowDefaults.durableMs + partingMs + slackMs
        return tookMs <= boundMs ? undefined : `the hunt of ${id} took ${tookMs} ms`
      })
      if (late !== undefined) return late
      return first(ringings(evidence), ({ call, dialledAt, settledAt }) => {
        const chosenAt = (call.record.lineChosenAt ?? 0) - world.clock.now() + world.clock.monotonic()
        // An answered leg is not cut off while its media are set up.
        return settledAt - chosenAt <= totalMs + plan.latencyMs + 2 * plan.oneWayMs || settledAt === Infinity
          ? undefined
          : `${call.id} still rang a telephone ${settledAt - chosenAt} ms after its line was chosen (dialled at ${dialledAt})`
      })
    },
  },
  {
    name: 'the ring time-out of each leg is exact: not shorter, not longer',
    wrong: (evidence) =>
      first(ringings(evidence), ({ call, dialledAt, settledAt, result, ringMs }) => {
        const { plan, world } = evidence
        const fullMs = plan.ring.ringSeconds * 1_000
        const chosenAt = (call.record.lineChosenAt ?? 0) - world.clock.now() + world.clock.monotonic()
        const leftMs = chosenAt + plan.ring.totalSeconds * 1_000 - dialledAt
        if (Math.abs(ringMs - Math.min(fullMs, leftMs)) > 0.001)
          return `${call.id} rings for ${ringMs} ms where ${Math.min(fullMs, leftMs)} ms are right`
        if (result !== 'noAnswer')
          return settledAt - dialledAt > ringMs + plan.latencyMs + 2 * plan.oneWayMs
            ? `a ringing went on for ${settledAt - dialledAt} ms`
            : undefined
        return settledAt - dialledAt === Math.min(fullMs, leftMs)
          ? undefined
          : `a ringing that nobody answered lasted ${settledAt - dialledAt} ms instead of ${Math.min(fullMs, leftMs)} ms`
      }),
  },
  {
    name: 'the next is rung at once when one does not answer, is busy or refuses',
    wrong: ({ calls, plan }) =>
      first(calls, ({ id, events }) => {
        if (plan.ring.rounds > 1 || count(events, 'candidate.passedOver') > 0) return undefined
        let endedAt: number | undefined
        for (const event of events) {
          if (event.type === 'attempt.started' && endedAt !== undefined && event.at - endedAt > 0)
            return `${id} let ${event.at - endedAt} ms pass before the next was rung`
          if (event.type === 'attempt.ended') endedAt = event.at
        }
        return undefined
      }),
  },
  {
    name: 'a specialist who answers has their whole time to accept, whatever the ring time-out was',
    wrong: ({ calls, plan }) =>
      first(calls, ({ id, record }) =>
        first(record.attempts, (attempt) => {
          if (attempt.result !== 'notAccepted' || attempt.answeredAt === undefined || attempt.endedAt === undefined) return undefined
          const hadMs = attempt.endedAt - attempt.answeredAt
          return hadMs === plan.ring.acceptSeconds * 1_000 ? undefined : `${attempt.attempt} of ${id} had ${hadMs} ms to accept`
        }),
      ),
  },
  {
    name: 'only the specialist ends a leg before their time to accept is over, or the caller by hanging up',
    wrong: ({ calls, legs, plan }) =>
      first(calls, ({ id, events, record }) =>
        first(record.attempts, (attempt) => {
          const leg = legs.get(
            events.flatMap((event) => (event.type === 'attempt.answered' && event.attempt === attempt.attempt ? [event.legId] : []))[0] ??
              '',
          )
          if (
            leg?.ended?.ending !== 'released' ||
            attempt.answeredAt === undefined ||
            attempt.result === 'accepted' ||
            attempt.result === 'failed' ||
            attempt.result === 'cancelled'
          )
            return undefined
          const upMs = leg.ended.at - attempt.answeredAt
          return upMs >= plan.ring.acceptSeconds * 1_000 ? undefined : `${leg.id} of ${id} was cut off after ${upMs} ms`
        }),
      ),
  },
  {
    name: 'the whisper begins at once',
    wrong: ({ legs, trace, plan }) => {
      // It waits for a speech engine that never answers; then comes the beep.
      if (plan.trouble === 'speechSilent') return undefined
      const up = new Map<string, number>()
      const played = new Map<string, number>()
      for (const entry of trace) {
        if (entry.what === 'legUp') up.set(entry.leg, entry.at)
        if (entry.what === 'playAsked' && !played.has(entry.leg)) played.set(entry.leg, entry.at)
      }
      return first([...legs.values()], (leg) => {
        if (leg.party !== 'called') return undefined
        const playedAt = played.get(leg.id) ?? leg.ended?.at ?? Infinity
        const waitedMs = playedAt - (up.get(leg.id) ?? 0)
        return waitedMs <= 200 || !played.has(leg.id) ? undefined : `${leg.id} heard nothing for ${waitedMs} ms`
      })
    },
  },
  {
    name: 'nobody on the line is left in silence',
    wrong: ({ legs, plan }) => {
      // A dead media server is silent; another one may die before its parties are moved to it.
      const withoutMediaMs = plan.mediaDeaths.reduce((sum, { forMs }) => sum + forMs, 0)
      return first([...legs.values()], (leg) =>
        leg.longestSilenceMs <= longestSilenceMs + withoutMediaMs ? undefined : `${leg.id} heard nothing for ${leg.longestSilenceMs} ms`,
      )
    },
  },
  {
    name: 'a party moved to another media server is in the facts, and so is a talk that goes on there',
    wrong: ({ calls, trace, legs }) =>
      first(calls, ({ id, events, callerLeg }) => {
        const answered = events.flatMap((event) => (event.type === 'attempt.answered' ? [event.legId] : []))
        for (const legId of [...(callerLeg ? [callerLeg.id] : []), ...answered]) {
          const moved = trace.filter((entry) => entry.what === 'moved' && entry.leg === legId).length
          const told = events.filter((event) => event.type === 'leg.moved' && event.legId === legId).length
          if (moved !== told) return `${legId} of ${id} was taken to another media server ${moved} times, and ${told} are told`
        }
        const bridged = trace.filter((entry) => entry.what === 'bridged' && entry.legs.some((leg) => leg === callerLeg?.id)).length
        const talks = count(events, 'talk.started') + count(events, 'talk.resumed')
        // One that ends at the moment of the new bridge is only recorded as over.
        return bridged - talks > 1 || talks > bridged + legs.size
          ? `${id} was connected ${bridged} times, and ${talks} are told`
          : undefined
      }),
  },
  {
    name: 'no telephone is rung for two callers at once',
    wrong: ({ trace }) => {
      const engaged = new Map<string, string>()
      const numberOfLeg = new Map<string, string>()
      for (const entry of trace) {
        if (entry.what === 'dialled') {
          const by = engaged.get(entry.number)
          if (by !== undefined) return `${entry.number} is rung while ${by}`
          engaged.set(entry.number, `it rings (${entry.dial})`)
        }
        if (entry.what === 'dialSettled' && entry.result !== 'answered') engaged.delete(entry.number)
        if (entry.what === 'legUp' && entry.party === 'called') {
          engaged.set(entry.number, `it is on a call (${entry.leg})`)
          numberOfLeg.set(entry.leg, entry.number)
        }
        if (entry.what === 'legDown') engaged.delete(numberOfLeg.get(entry.leg) ?? '')
      }
      return undefined
    },
  },
  {
    name: 'the recording is as long as the talk',
    wrong: ({ calls, trace, plan }) => {
      if (plan.recordFrom === 'answer' || plan.trouble === 'diskFull' || plan.trouble === 'recordingsSilent') return undefined
      return first(calls, ({ id, events, callerLeg, record }) => {
        if (record.talkStartedAt === undefined || record.talkEndedAt === undefined || count(events, 'recording.failed') > 0)
          return undefined
        const talkMs = record.talkEndedAt - record.talkStartedAt
        // Cut off with its media server; what comes after is another one.
        if (lossesOf(trace, callerLeg?.id).length > 0) return undefined
        const began = trace.filter((entry) => entry.what === 'recordingStarted' && entry.leg === callerLeg?.id)
        const stopped = trace.filter((entry) => entry.what === 'recordingStopped' && entry.leg === callerLeg?.id)
        if (talkMs <= plan.latencyMs && began.length === 0) return undefined
        if (began.length !== 1 || stopped.length !== 1) return `${id} has ${began.length} recordings, ${stopped.length} of them closed`
        const recordedMs = (stopped[0]?.at ?? 0) - (began[0]?.at ?? 0)
        return Math.abs(recordedMs - talkMs) <= plan.latencyMs + 1 ? undefined : `${id}: ${talkMs} ms of talk, ${recordedMs} ms recorded`
      })
    },
  },
  {
    name: 'what a media server cuts off is a recording of its own, and the talk that goes on is recorded on',
    wrong: ({ calls, trace, plan, world }) => {
      if (plan.recordFrom === 'answer' || plan.trouble !== 'none' || plan.faults.length > 0) return undefined
      const toWall = world.clock.now() - world.clock.monotonic()
      return first(calls, ({ id, events, callerLeg, record }) => {
        const losses = lossesOf(trace, callerLeg?.id)
        if (losses.length === 0 || record.talkStartedAt === undefined || record.talkEndedAt === undefined) return undefined
        const down = trace.find((entry) => entry.what === 'legDown' && entry.leg === callerLeg?.id)?.at ?? Infinity
        const [from, to] = [record.talkStartedAt - toWall, Math.min(record.talkEndedAt - toWall, down)]
        const pieces = trace.flatMap((entry) => (entry.what === 'recordingStarted' && entry.leg === callerLeg?.id ? [entry.at] : []))
        const ends = trace.flatMap((entry) => (entry.what === 'recordingStopped' && entry.leg === callerLeg?.id ? [entry.at] : []))
        if (pieces.length !== ends.length) return `${id} has ${pieces.length} recordings, ${ends.length} of them closed`
        if (pieces.length !== count(events, 'recording.started')) return `${id} has ${pieces.length} recordings, and tells others`
        const heardMs = pieces.reduce((sum, at, index) => sum + (ends[index] ?? at) - at, 0)
        const lostMs = losses.reduce((sum, { at, until }) => sum + Math.max(0, Math.min(until, to) - Math.max(at, from)), 0)
        const slack = (losses.length + 1) * (2 * plan.latencyMs + 2)
        return heardMs + lostMs >= to - from - slack && heardMs <= to - from + slack
          ? undefined
          : `${id}: ${to - from} ms of talk, ${lostMs} ms without a media server, ${heardMs} ms recorded in ${pieces.length} pieces`
      })
    },
  },
  {
    name: 'what is recorded is finished, once',
    wrong: ({ calls, world, plan }) => {
      if (plan.trouble === 'diskFull' || plan.trouble === 'recordingsSilent') return undefined
      const started = calls.flatMap(({ events }) =>
        events.flatMap((event) => (event.type === 'recording.started' ? [event.recordingId] : [])),
      )
      const { finished } = world.recordings
      return started.length === finished.length && started.every((id) => finished.includes(id))
        ? undefined
        : `recorded: ${started.join() || 'nothing'}; finished: ${finished.join() || 'nothing'}`
    },
  },
  {
    name: 'every called party sees the single outbound number and nothing else',
    wrong: ({ trace }) =>
      first(trace, (entry) =>
        entry.what === 'dialled' && JSON.stringify(entry.from) !== JSON.stringify(outbound)
          ? `${entry.number} was shown ${JSON.stringify(entry.from)}`
          : undefined,
      ),
  },
  {
    name: 'local people are rung before the network, and in the order of the rota',
    wrong: ({ calls, plan }) =>
      first(calls, ({ id, record, events }) => {
        const pools = record.attempts.map(({ pool }) => pool)
        // People busy at their turn are tried again at the end, even local ones after the network.
        if (count(events, 'candidate.passedOver') > 0) return undefined
        if (pools.lastIndexOf('local') > pools.indexOf('ncn') && pools.includes('ncn'))
          return `${id} rang the network before it was through with the local people`
        if (plan.ring.rounds > 1) return undefined
        const rota = plan.rotas[Number(record.line?.slice('line'.length))] ?? []
        return inOrder(
          record.attempts,
          rota.length === 0
            ? []
            : [
                ...new Set(
                  rota.map((phone) =>
                    plan.pairs ? `clinician:clinician${Math.floor(phone / 2)}` : `phone:+4477009000${String(phone).padStart(2, '0')}`,
                  ),
                ),
              ],
        )
          ? undefined
          : `${id} rang ${record.attempts.map(({ candidate }) => candidate).join()}`
      }),
  },
  {
    name: 'a caller to whom nobody came is told so',
    wrong: ({ calls, plan }) => {
      if (plan.trouble === 'speechSilent' || plan.trouble === 'speechThrows') return undefined
      return first(calls, ({ id, record, callerLeg }) => {
        if (record.ending !== 'unanswered' || callerLeg?.ended?.ending !== 'released' || plan.faults.length > 0) return undefined
        return callerLeg.heard.some(({ audio }) => heardText(audio) === 'nobody-available') ? undefined : `${id} ended without a word`
      })
    },
  },
  {
    name: 'nothing is left open',
    wrong: ({ world }) => {
      const misuse = world.telephone.world.trace.find((entry) => entry.what === 'misuse')
      if (misuse?.what === 'misuse') return `the port was misused: ${misuse.detail}`
      if (world.faults.length > 0) return `a fault in the program: ${String(world.faults[0])}`
      return world.leftovers()
    },
  },
]

interface RingingEvidence {
  readonly call: CallEvidence
  readonly dialledAt: number
  /** `Infinity`: never. */
  readonly settledAt: number
  readonly result: string
  readonly ringMs: number
}

/** Pairs each attempt of the events with its dialling in the trace: every attempt is dialled as soon as it is appended. */
function ringings({ calls, trace, world }: Evidence): readonly RingingEvidence[] {
  const dialled = trace.flatMap((entry) => (entry.what === 'dialled' ? [entry] : []))
  const settled = new Map(trace.flatMap((entry) => (entry.what === 'dialSettled' ? [[entry.dial, entry] as const] : [])))
  const byId = new Map(calls.map((call) => [call.id, call]))
  const attempts = world.log.told.flatMap((event) => (event.type === 'attempt.started' ? [event] : []))
  return attempts.flatMap((attempt, index): RingingEvidence[] => {
    const entry = dialled[index]
    const call = byId.get(attempt.callId)
    if (!call || entry?.number !== attempt.target) return []
    const end = settled.get(entry.dial)
    return [{ call, dialledAt: entry.at, settledAt: end?.at ?? Infinity, result: end?.result ?? 'none', ringMs: entry.ringMs }]
  })
}

/** Whether the attempts follow the order; people reserved for another caller at the time may be missing. */
function inOrder(attempts: readonly AttemptRecord[], order: readonly string[]): boolean {
  const rung = [...new Set(attempts.filter(({ pool }) => pool === 'local').map(({ candidate }) => candidate))]
  return rung.every((candidate, index) => order[index] === candidate)
}

/** When the media server of a leg died, and until when it had none, monotonic ms. */
function lossesOf(trace: readonly TraceEntry[], leg: string | undefined): readonly { readonly at: number; readonly until: number }[] {
  const own = trace.filter(
    (entry) => (entry.what === 'mediaLost' || entry.what === 'moved' || entry.what === 'legDown') && entry.leg === leg,
  )
  return own.flatMap(({ what, at }, index) => (what === 'mediaLost' ? [{ at, until: own[index + 1]?.at ?? at }] : []))
}

function count(events: readonly CallEvent[], type: CallEvent['type']): number {
  return events.reduce((sum, event) => sum + (event.type === type ? 1 : 0), 0)
}

function first<T>(items: readonly T[], wrong: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = wrong(item)
    if (found !== undefined) return found
  }
  return undefined
}

export function gather(lived: Lived): Evidence {
  const { world } = lived
  const legs = new Map<string, VirtualLeg>()
  const leave = (leg: VirtualLeg | undefined): void => {
    if (leg) legs.set(leg.id, leg)
  }
  world.telephone.callers.forEach((caller: VirtualCaller) => leave(caller.leg))
  for (const phone of world.telephone.phones.values()) phone.legs.forEach(leave)
  const byCall = new Map<string, CallEvent[]>()
  for (const event of world.log.told) {
    const events = byCall.get(event.callId)
    if (events) events.push(event)
    else byCall.set(event.callId, [event])
  }
  const calls = [...byCall].flatMap(([id, events]): CallEvidence[] => {
    const record = callRecord(events)
    const answered = events.find((event) => event.type === 'call.answered')
    return record === undefined ? [] : [{ id, events, record, callerLeg: answered === undefined ? undefined : legs.get(answered.legId) }]
  })
  return { ...lived, calls, trace: world.telephone.world.trace, legs }
}
