import type { Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import type { AnswerOutcome } from './hunt.js'
import { sayAndRelease, sentence } from './saying.js'
import type { WhisperResult } from './whisper.js'

/** Answered, not accepted: the party, if still there, is told why and released. */
export async function notAccepted<T>(
  call: CallContext,
  leg: Leg,
  heard: Exclude<WhisperResult, { readonly kind: 'accepted' }>,
): Promise<AnswerOutcome<T>> {
  switch (heard.kind) {
    case 'cancelled':
      // The hunt is over, so a specialist who has answered may hear why before release.
      await sayAndRelease(call, leg, [sentence(call.scope.caller?.ended ? 'caller-hung-up' : 'not-needed')])
      return { kind: 'cancelled' }
    case 'hungUp':
      return { kind: 'answeredThenHungUp' }
    case 'notAccepted':
      void call.scope.release(leg)
      return { kind: 'notAccepted' }
    case 'failed':
      void call.scope.release(leg)
      return { kind: 'failed', reason: heard.why }
  }
}
