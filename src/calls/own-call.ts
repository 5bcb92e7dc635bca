import type { Clinician, Line, Organisation } from '../directory/model.js'
import type { Leg } from '../switch/port.js'
import type { CallContext, CallEnd } from './call-context.js'
import { inHuntOrder } from './hunt-order.js'
import { hunt, type Answered, type AnswerOutcome } from './hunt.js'
import { lineCall } from './line-call.js'
import { notAccepted } from './not-accepted.js'
import { name, sentence } from './saying.js'
import { Stop } from './stop.js'
import { PreparedWhisper } from './whisper.js'

/** A line that a clinician rings with one press: the engine first rings the clinician, on their numbers in the directory. */
export interface OwnCall {
  readonly clinician: Clinician
  readonly line: Line
  /** One of the clinician's organisations that may use the line. */
  readonly organisation: Organisation
}

/** The clinician's telephones without browsers: a browser places its own calls. */
export function ownTelephones({ numbers }: Clinician): Clinician['numbers'] {
  return numbers.filter(({ kind }) => kind !== 'browser')
}

/** How long the clinician has to pick up and to press one, s. */
const ring = { ringSeconds: 25, acceptSeconds: 20, rounds: 1 }

/** Rings the clinician's own telephones, one after the other; the clinician presses one, as no answerphone does; then the line is rung as if they had dialled it. */
export async function ownCall(call: CallContext, { clinician, line, organisation }: OwnCall): Promise<CallEnd> {
  const { scope, clock } = call
  const targets = ownTelephones(clinician)
  const words = [
    sentence('whisper-own-call'),
    sentence('whisper-about'),
    name(line.spokenName, 'generic-line'),
    sentence('whisper-press-one-line'),
  ]
  const prepared = new PreparedWhisper(call, { press: words, say: words, spokenWord: 'off' })
  const wanted = new Stop(scope.stopping)

  const meet = async (answered: Answered): Promise<AnswerOutcome<Leg>> => {
    const { leg } = answered
    const heard = await prepared.to(answered, wanted.signal)
    if (heard.kind !== 'accepted') return notAccepted(call, leg, heard)
    return leg.ended ? { kind: 'answeredThenHungUp' } : { kind: 'connected', by: 'answer', connection: leg }
  }

  const candidate = { key: `clinician:${clinician.id}`, pool: 'local' as const, label: clinician.name, clinician: clinician.id, targets }
  const pools = [{ pool: 'direct' as const, candidates: inHuntOrder([candidate], 'rota', call.past), ring }]
  const deadline = clock.monotonic() + targets.length * (ring.ringSeconds + ring.acceptSeconds) * 1_000
  const result = await hunt(call, { pools, deadline, signal: wanted.signal, account: line.id, party: 'caller', meet }).finally(() =>
    wanted.done(),
  )
  switch (result.kind) {
    case 'connected':
      scope.tell({ type: 'call.answered', legId: result.connection.id })
      return lineCall(call, result.connection, { line, organisation, chosenBy: 'press', greeting: [sentence('calls-are-recorded')] })
    case 'nobody':
    case 'timeUp':
      return { ending: 'abandonedBeforeAnswer', detail: 'the clinician who asked for the call did not answer' }
    case 'calledOff':
      return { ending: 'interrupted' }
  }
}
