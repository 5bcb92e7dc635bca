import type { AttemptResult } from '../facts/events.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Bridge, Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { hunt, type Answered, type AnswerOutcome, type Rung } from './hunt.js'
import { notAccepted } from './not-accepted.js'
import type { Recorder } from './recorder.js'
import { Ringback } from './ringback.js'
import { sayAndRelease, sentence, spoken } from './saying.js'
import { Stop } from './stop.js'
import { connect, join } from './talk.js'
import { PreparedWhisper, type WhisperWords } from './whisper.js'

export interface ReachRequest {
  readonly caller: Leg
  /** The party's telephones, rung one after the other until one answers. Each with a key of its own. */
  readonly telephones: readonly Rung[]
  readonly ringSeconds: number
  readonly account: string
  readonly recorder: Recorder
  /** Whether the party is rung for one call at a time: clinicians are. */
  readonly reserved: boolean
  /** Said to the caller first, in one piece with the ringing. */
  readonly words: readonly SpeechPart[]
  /** What the party hears on answering, and its time to accept. Absent: it is connected at once, and so is its answerphone. */
  readonly acceptance?: { readonly whisper: WhisperWords; readonly acceptSeconds: number }
}

export type Reached =
  | { readonly kind: 'talking'; readonly called: Leg; readonly bridge: Bridge }
  /** `last`: the result of the last attempt. The caller is still there, and hears nothing now. */
  | { readonly kind: 'notReached'; readonly last: AttemptResult | undefined }
  | { readonly kind: 'callerGone' }

/** Rings the one party that the caller wants: a patient, a practice, the clinician who asked for advice. */
export async function reach(call: CallContext, request: ReachRequest): Promise<Reached> {
  const { scope, clock } = call
  const { caller, telephones, acceptance, recorder } = request
  const ringback = new Ringback(call, caller)
  const prepared = acceptance && new PreparedWhisper(call, acceptance.whisper)
  ringback.ring(await spoken(call, request.words))
  const wanted = new Stop(scope.gone(caller), ringback.lost)

  const meet = async (answered: Answered): Promise<AnswerOutcome<{ readonly called: Leg; readonly bridge: Bridge }>> => {
    const { leg, attempt } = answered
    const parties = { caller, other: leg }
    const heard = await prepared?.to(answered, wanted.signal)
    if (heard && heard.kind !== 'accepted') return notAccepted(call, leg, heard)
    ringback.handOver()
    const joined = heard
      ? await connect(call, parties, { attempt, proof: heard.proof }, recorder)
      : await join(call, parties, attempt, recorder)
    switch (joined.kind) {
      case 'talking':
        return { kind: 'connected', by: heard ? 'acceptance' : 'answer', connection: { called: leg, bridge: joined.bridge } }
      case 'callerGone':
        return notAccepted(call, leg, { kind: 'cancelled' })
      case 'otherGone':
        ringback.resume()
        return { kind: 'answeredThenHungUp' }
      case 'failed':
        scope.alongside(sayAndRelease(call, leg, [sentence('not-connected')]))
        ringback.resume()
        return { kind: 'failed', reason: joined.why }
    }
  }

  const ring = { ringSeconds: request.ringSeconds, acceptSeconds: acceptance?.acceptSeconds ?? request.ringSeconds, rounds: 1 }
  const deadline = clock.monotonic() + telephones.flatMap(({ targets }) => targets).length * (ring.ringSeconds + ring.acceptSeconds) * 1_000
  const result = await hunt(call, {
    pools: [{ pool: 'direct', candidates: telephones, ring, reserved: request.reserved }],
    deadline,
    signal: wanted.signal,
    account: request.account,
    near: caller,
    party: 'called',
    meet,
  }).finally(() => wanted.done())
  switch (result.kind) {
    case 'connected':
      return { kind: 'talking', ...result.connection }
    case 'nobody':
    case 'timeUp':
      ringback.stop()
      return { kind: 'notReached', last: result.kind === 'nobody' ? result.last : undefined }
    case 'calledOff':
      return { kind: 'callerGone' }
  }
}
