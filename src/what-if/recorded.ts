import type { TimeZone } from '../directory/time-zone.js'
import type { CallRecord } from '../facts/call-record.js'
import type { CallEnding } from '../facts/events.js'
import type { PastRinging } from '../store/past-ringing.js'
import type { AnswerCause, ObservedRinging, RingCause } from './behaviour.js'
import type { CallResult } from './figures.js'
import type { Observation } from './incidence.js'

/** A recorded call that reached the hunt, to replay. */
export interface HuntedCall {
  readonly callId: string
  /** Wall-clock ms. The rota applies at the arrival, the hunt begins when the line is chosen. */
  readonly arrivedAt: number
  readonly huntAt: number
  /** Hour of the day, 0 to 23, at which the hunt began, on the line's wall clock. */
  readonly hour: number
  /** How long the caller is known to have waited in the hunt, and whether they hung up then. */
  readonly patience: Observation<'hangsUp'>
  /** Undefined without a conversation. ms */
  readonly talkMs: number | undefined
  readonly result: CallResult
}

/** Endings of a hunt without acceptance. */
const nobodyAccepted: ReadonlySet<CallEnding> = new Set<CallEnding>(['unanswered', 'abandonedInHunt', 'callBackRequested'])
/** Endings caused by the engine, not by specialists. */
const ourFault: ReadonlySet<CallEnding> = new Set<CallEnding>(['interrupted', 'engineFault', 'mediaFault', 'overloaded'])

/** The calls of a period: the replayable ones, and how many were left out. */
export interface RecordedCalls {
  readonly hunted: readonly HuntedCall[]
  /** Broken off by a fault of the engine or its media server before acceptance, or still running. */
  readonly broken: number
  /** Ended before the hunt (closed, nobody on the rota, given up), left it by `*`, or were arranged. */
  readonly withoutHunt: number
}

/** The recorded calls that can be replayed. */
export function huntedCalls(records: readonly CallRecord[], zone: TimeZone): RecordedCalls {
  const hunted: HuntedCall[] = []
  let [broken, withoutHunt] = [0, 0]
  for (const record of records) {
    const { lineChosenAt, lineChosenAfterMs, ending } = record
    if (lineChosenAt === undefined || lineChosenAfterMs === undefined || record.arrangement !== undefined) {
      withoutHunt++
      continue
    }
    const accepted = record.attempts.find(
      ({ attempt, result, pool }) => attempt === record.acceptedBy && result === 'accepted' && pool !== 'direct',
    )
    if (accepted === undefined && (ending === undefined || !nobodyAccepted.has(ending))) {
      if (ending === undefined || ourFault.has(ending)) broken++
      else withoutHunt++
      continue
    }
    const heardOutUntilMs = accepted?.acceptedAfterMs ?? record.huntEndedAfterMs ?? record.endedAfterMs ?? lineChosenAfterMs
    hunted.push({
      callId: record.callId,
      arrivedAt: record.arrivedAt,
      huntAt: lineChosenAt,
      hour: hourAt(zone, lineChosenAt),
      patience: {
        atMs: span(lineChosenAfterMs, heardOutUntilMs),
        cause: accepted === undefined && ending === 'abandonedInHunt' ? 'hangsUp' : undefined,
      },
      talkMs: accepted === undefined ? undefined : record.talkMs,
      result: { waitMs: accepted === undefined ? undefined : record.waitMs, refs: record.refs },
    })
  }
  hunted.sort((a, b) => a.huntAt - b.huntAt || (a.callId < b.callId ? -1 : 1))
  return { hunted, broken, withoutHunt }
}

/** @returns 0 to 23, on the zone's wall clock */
export function hourAt(zone: TimeZone, atMs: number): number {
  return Math.floor(zone.wallClockAt(atMs).minute / 60)
}

/** What one past attempt tells about the telephone. Undefined for one that needs no acceptance (a patient, a practice). */
export function observed(ringing: PastRinging, zone: TimeZone): ObservedRinging | undefined {
  const { target, startedAt, answeredAt, endedAt, result } = ringing
  if (ringing.pool === 'direct' || result === 'connected') return undefined
  const about = { target, hour: hourAt(zone, startedAt), calledOff: result === 'cancelled' }
  if (answeredAt === undefined)
    return { ...about, ringing: { atMs: span(startedAt, endedAt), cause: refusalOf(ringing) }, answer: undefined }
  return { ...about, ringing: { atMs: span(startedAt, answeredAt), cause: 'answered' }, answer: answerOf(ringing, answeredAt) }
}

function refusalOf({ result }: PastRinging): RingCause | undefined {
  switch (result) {
    case 'busy':
    case 'declined':
    case 'unavailable':
    case 'badNumber':
    case 'failed':
      return result
    case 'noAnswer':
    case 'cancelled':
    // The three below follow an answer; if the answer was lost, only the ringing is known.
    case 'accepted':
    case 'notAccepted':
    case 'answeredThenHungUp':
    case 'connected':
      return undefined
  }
}

function answerOf({ result, acceptedAt, endedAt }: PastRinging, answeredAt: number): Observation<AnswerCause> {
  switch (result) {
    case 'accepted':
      return { atMs: span(answeredAt, acceptedAt ?? endedAt), cause: 'accepted' }
    case 'answeredThenHungUp':
    // A failed connection takes as long, and the hunt goes on after it as well.
    case 'failed':
      return { atMs: span(answeredAt, endedAt), cause: 'hungUp' }
    default:
      return { atMs: span(answeredAt, endedAt), cause: undefined }
  }
}

function span(from: number, to: number): number {
  return Math.max(0, to - from)
}

/** The ring policy's times in force then, from the attempts they ended. Undefined if the evidence is too thin. */
export interface TimesInForce {
  readonly ringSeconds: number | undefined
  readonly acceptSeconds: number | undefined
}

/** Fewer time-outs than this, or less than half of them alike, prove nothing. */
const minTimeOuts = 5

/** @param ringings attempts of the line's own rota, in the period */
export function timesInForce(ringings: readonly PastRinging[]): TimesInForce {
  const local = ringings.filter(({ pool }) => pool === 'local')
  return {
    ringSeconds: commonest(local.filter(({ result }) => result === 'noAnswer').map(({ startedAt, endedAt }) => endedAt - startedAt)),
    acceptSeconds: commonest(
      local.flatMap(({ result, answeredAt, endedAt }) =>
        result === 'notAccepted' && answeredAt !== undefined ? [endedAt - answeredAt] : [],
      ),
    ),
  }
}

function commonest(timesMs: readonly number[]): number | undefined {
  const counts = new Map<number, number>()
  for (const ms of timesMs) counts.set(Math.round(ms / 1_000), (counts.get(Math.round(ms / 1_000)) ?? 0) + 1)
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])
  return best === undefined || best[1] < minTimeOuts || best[1] * 2 < timesMs.length ? undefined : best[0]
}
