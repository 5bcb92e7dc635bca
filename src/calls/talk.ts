import type { AcceptanceProof, AttemptId, Party } from '../facts/events.js'
import type { Bridge, BridgeEnd, Leg, LegEnding } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import type { Recorder } from './recorder.js'
import { say, sentence } from './saying.js'

/** Two who talk, or are about to. */
export interface Parties {
  readonly caller: Leg
  /** The specialist, or whoever was called. */
  readonly other: Leg
}

export type ConnectResult =
  | { readonly kind: 'talking'; readonly bridge: Bridge }
  | { readonly kind: 'callerGone' }
  | { readonly kind: 'otherGone' }
  /** `why` for the record. Both are still on the line, apart. */
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Acceptance, then the bridge, in this order and no other: only what the log has on disk lets two people hear each other.
 * Recording begins with the bridge (or goes on, where it runs from the answer).
 */
export async function connect(call: CallContext, parties: Parties, acceptance: { readonly attempt: AttemptId; readonly proof: AcceptanceProof }, recorder: Recorder): Promise<ConnectResult> {
  recorder.prepare()
  const stored = await call.scope.keep({ type: 'attempt.accepted', ...acceptance })
  if (!stored && !parties.caller.ended && !parties.other.ended) return { kind: 'failed', why: 'the acceptance could not be stored' }
  return join(call, parties, acceptance.attempt, recorder)
}

/** The bridge by itself, for those who need not accept (a patient, a practice): they are who the caller wanted to reach. */
export async function join(call: CallContext, parties: Parties, attempt: AttemptId, recorder: Recorder): Promise<ConnectResult> {
  const { caller, other } = parties
  const { scope } = call
  if (caller.ended) return { kind: 'callerGone' }
  if (other.ended) return { kind: 'otherGone' }
  recorder.prepare()
  const result = await call.switch.bridge(caller, other, { signal: scope.gone(caller) })
  switch (result.kind) {
    case 'bridged':
      scope.tell({ type: 'talk.started', attempt })
      void recorder.start(caller)
      return { kind: 'talking', bridge: result.bridge }
    case 'hungUp':
      return result.leg === caller ? { kind: 'callerGone' } : { kind: 'otherGone' }
    case 'cancelled':
      return { kind: 'callerGone' }
    case 'failed':
      return { kind: 'failed', why: result.why }
  }
}

/** How the talk ended. */
export interface TalkEnd {
  readonly by: Party | 'system'
  /** `hangup` is how conversations end; whatever else it was, whoever is left is told that something broke. */
  readonly why: LegEnding | 'unbridged' | 'faulted'
}

/** Waits for the end of the conversation, whichever way it comes, and closes the recording. Two whose media server dies are connected again. */
export async function talk(call: CallContext, bridge: Bridge, parties: Parties, recorder: Recorder): Promise<TalkEnd> {
  let end = await bridge.ended
  while (end.kind === 'moved') end = await talkAgain(call, parties, end.apartMs)
  const talkEnd: TalkEnd = { by: endedBy(call, end, parties), why: end.kind === 'hungUp' ? end.hangUp.ending : end.kind }
  call.scope.tell({ type: 'talk.ended', ...talkEnd })
  call.scope.alongside(recorder.stop())
  return talkEnd
}

/** Each hears what has happened, and then the other one. */
async function talkAgain(call: CallContext, { caller, other }: Parties, apartMs: number): Promise<BridgeEnd> {
  const { scope, clock } = call
  const since = clock.monotonic()
  await Promise.all([caller, other].map((leg) => say(call, leg, [sentence('talk-goes-on')], scope.gone(leg))))
  const result = await call.switch.bridge(caller, other, { signal: scope.gone(caller) })
  switch (result.kind) {
    case 'bridged':
      scope.tell({ type: 'talk.resumed', apartMs: Math.round(apartMs + clock.monotonic() - since) })
      return result.bridge.ended
    case 'hungUp':
      return gone(result.leg)
    case 'cancelled':
      return gone(caller)
    case 'failed':
      return { kind: 'faulted', why: result.why }
  }
}

function gone(leg: Leg): BridgeEnd {
  return leg.ended ? { kind: 'hungUp', first: leg, hangUp: leg.ended } : { kind: 'faulted', why: 'they could not be connected again' }
}

function endedBy({ scope }: CallContext, end: BridgeEnd, { caller, other }: Parties): TalkEnd['by'] {
  if (end.kind !== 'hungUp') return 'system'
  const { ending } = end.hangUp
  if (ending === 'released' || ending === 'mediaLost' || ending === 'signallingLost') return 'system'
  return scope.partyOf(end.first === caller ? caller : other)
}
