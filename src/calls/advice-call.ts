import { openingAt } from '../directory/hours.js'
import type { Line, Organisation } from '../directory/model.js'
import { outcomesFor } from '../directory/outcomes.js'
import { huntCandidates, poolCandidates } from '../directory/rota.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Bridge, Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import { afterTalk } from './after-talk.js'
import type { CallContext, CallEnd } from './call-context.js'
import { hunt, type Answered, type HuntPool, type Meeting } from './hunt.js'
import { inHuntOrder } from './hunt-order.js'
import { closedWords } from './menu.js'
import { tellNobody } from './nobody.js'
import { Recorder } from './recorder.js'
import { Ringback } from './ringback.js'
import { name, sayAndRelease, sentence, spoken } from './saying.js'
import { Stop } from './stop.js'
import { connect, talk } from './talk.js'
import { adviceWhisper, whisper } from './whisper.js'

export interface AdviceRequest {
  readonly line: Line
  /** Who asks for advice. Undefined: the number dialled does not tell. */
  readonly organisation: Organisation | undefined
  readonly chosenBy: 'only' | 'code' | 'number'
  /** Said first, in one piece with the ringing. */
  readonly greeting: readonly SpeechPart[]
}

interface Connection {
  readonly specialist: Leg
  readonly bridge: Bridge
}

/** The line is known: hunt, whisper, acceptance, the talk, the outcome. */
export async function adviceCall(call: CallContext, caller: Leg, request: AdviceRequest): Promise<CallEnd> {
  const { scope, clock } = call
  const { line, organisation } = request
  const opening = openingAt(line, call.arrivedAt)
  if (!opening.open) {
    scope.tell({ type: 'line.refused', line: line.id, why: 'closed' })
    await sayAndRelease(call, caller, [...request.greeting, ...closedWords({ line, opening }, call.arrivedAt), sentence('goodbye')])
    return { ending: 'lineClosed' }
  }
  const pools = huntPools(call, line)
  if (pools.every(({ candidates }) => candidates.length === 0)) {
    scope.tell({ type: 'line.refused', line: line.id, why: 'noRota' })
    await sayAndRelease(call, caller, [...request.greeting, sentence('nobody-on-rota'), sentence('try-again-later'), sentence('goodbye')])
    return { ending: 'noRota' }
  }

  scope.tell({ type: 'line.chosen', line: line.id, by: request.chosenBy })
  const deadline = clock.monotonic() + line.ring.totalSeconds * 1_000
  const recorder = new Recorder(call)
  if (line.recordFrom === 'answer') void recorder.start(caller)
  const ringback = new Ringback(call, caller)
  const whisperWords = spoken(call, adviceWhisper(call, { organisation: organisation?.spokenName, line: line.spokenName }))
  const wrongKeyWords = spoken(call, [sentence('whisper-wrong-key')])
  ringback.ring(await spoken(call, [...request.greeting, sentence('ringing-line'), name(line.spokenName, 'generic-line'), ...blurb(line)]))

  const meet = async ({ leg, attempt, acceptMs }: Answered): Promise<Meeting<Connection>> => {
    const answeredAt = clock.monotonic()
    const [words, wrongKey] = await Promise.all([whisperWords, wrongKeyWords])
    const leftMs = acceptMs - (clock.monotonic() - answeredAt)
    const heard = await whisper(call, { leg, attempt, words, wrongKeyWords: wrongKey, acceptMs: leftMs, signal: wanted.signal })
    if (heard.kind !== 'accepted') return notAccepted(call, leg, heard)
    ringback.handOver()
    const connected = await connect(call, { caller, specialist: leg }, { attempt, proof: heard.proof }, recorder)
    switch (connected.kind) {
      case 'talking':
        return { kind: 'connected', connection: { specialist: leg, bridge: connected.bridge } }
      case 'callerGone':
        return notAccepted(call, leg, { kind: 'cancelled' })
      case 'specialistGone':
        ringback.resume()
        return { kind: 'answeredThenHungUp' }
      case 'failed':
        scope.alongside(sayAndRelease(call, leg, [sentence('not-connected')]))
        ringback.ring(await spoken(call, [sentence('hunting-on')]))
        return { kind: 'failed', reason: connected.why }
    }
  }

  const wanted = new Stop(scope.gone(caller), ringback.lost)
  const result = await hunt(call, { pools, deadline, signal: wanted.signal, account: line.id, near: caller, meet }).finally(() => wanted.done())
  switch (result.kind) {
    case 'connected': {
      const parties = { caller, specialist: result.connection.specialist }
      const end = await talk(call, result.connection.bridge, parties, recorder)
      return afterTalk(call, parties, end, outcomesFor(call.directory, line, organisation?.id))
    }
    case 'nobody':
    case 'timeUp':
      scope.alongside(recorder.stop())
      await tellNobody(call, caller, line)
      return { ending: 'unanswered' }
    case 'calledOff':
      scope.alongside(recorder.stop())
      return leftEarly(caller, 'abandonedInHunt')
  }
}

/** Local people first, who know the local pathways; then the National Consultant Network, where the line has it. */
function huntPools(call: CallContext, line: Line): readonly HuntPool[] {
  const local: HuntPool = { pool: 'local', candidates: inHuntOrder(huntCandidates(call.directory, line, call.arrivedAt), line.ring.order, call.past), ring: line.ring }
  const network = line.ncnPool === undefined ? undefined : call.directory.pools.get(line.ncnPool)
  return network === undefined ? [local] : [local, { pool: 'ncn', candidates: inHuntOrder(poolCandidates(call.directory, network.id), network.ring.order, call.past), ring: network.ring }]
}

/** Answered, and not accepted: who is still there is told why, or released. */
async function notAccepted(call: CallContext, leg: Leg, heard: { readonly kind: 'notAccepted' | 'hungUp' | 'cancelled' } | { readonly kind: 'failed'; readonly why: string }): Promise<Meeting<Connection>> {
  switch (heard.kind) {
    case 'cancelled':
      // The hunt is over, so somebody who has answered may hear why before they are let go.
      await sayAndRelease(call, leg, [sentence('caller-hung-up')])
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

function blurb(line: Line): readonly SpeechPart[] {
  return line.blurb.trim() === '' ? [] : [name(line.blurb.trim(), 'try-again-later')]
}
