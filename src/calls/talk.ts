import type { Bridge, BridgeEnd, Leg, LegEnding } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import type { AcceptanceProof, AttemptId } from './events.js'
import type { Recorder } from './recorder.js'

export interface Parties {
  readonly caller: Leg
  readonly specialist: Leg
}

export type ConnectResult =
  | { readonly kind: 'talking'; readonly bridge: Bridge }
  | { readonly kind: 'callerGone' }
  | { readonly kind: 'specialistGone' }
  /** `why` for the record. Both are still on the line, apart. */
  | { readonly kind: 'failed'; readonly why: string }

/**
 * Acceptance, then the bridge, in this order and no other: only what the log has on disk lets two people hear each other.
 * Recording begins with the bridge (or goes on, where it runs from the answer).
 */
export async function connect(call: CallContext, parties: Parties, acceptance: { readonly attempt: AttemptId; readonly proof: AcceptanceProof }, recorder: Recorder): Promise<ConnectResult> {
  const { caller, specialist } = parties
  const { scope } = call
  recorder.prepare()
  const stored = await scope.keep({ type: 'attempt.accepted', ...acceptance })
  if (caller.ended) return { kind: 'callerGone' }
  if (specialist.ended) return { kind: 'specialistGone' }
  if (!stored) return { kind: 'failed', why: 'the acceptance could not be stored' }
  const result = await call.switch.bridge(caller, specialist, { signal: scope.gone(caller) })
  switch (result.kind) {
    case 'bridged':
      scope.tell({ type: 'talk.started', attempt: acceptance.attempt })
      void recorder.start(caller)
      return { kind: 'talking', bridge: result.bridge }
    case 'hungUp':
      return result.leg === caller ? { kind: 'callerGone' } : { kind: 'specialistGone' }
    case 'cancelled':
      return { kind: 'callerGone' }
    case 'failed':
      return { kind: 'failed', why: result.why }
  }
}

/** How the talk ended. */
export interface TalkEnd {
  readonly by: 'caller' | 'specialist' | 'system'
  /** `hangup` is how conversations end; whatever else it was, whoever is left is told that something broke. */
  readonly why: LegEnding | 'unbridged' | 'faulted'
}

/** Waits for the end of the conversation, whichever way it comes, and closes the recording. */
export async function talk(call: CallContext, bridge: Bridge, parties: Parties, recorder: Recorder): Promise<TalkEnd> {
  const end = await bridge.ended
  const talkEnd: TalkEnd = { by: endedBy(end, parties), why: end.kind === 'hungUp' ? end.hangUp.ending : end.kind }
  call.scope.tell({ type: 'talk.ended', ...talkEnd })
  call.scope.alongside(recorder.stop())
  return talkEnd
}

function endedBy(end: BridgeEnd, { caller }: Parties): TalkEnd['by'] {
  if (end.kind !== 'hungUp') return 'system'
  const { ending } = end.hangUp
  if (ending === 'released' || ending === 'mediaLost' || ending === 'signallingLost') return 'system'
  return end.first === caller ? 'caller' : 'specialist'
}
