import { openingAt } from '../directory/hours.js'
import type { HuntCandidate, HuntOrder, Line, Organisation } from '../directory/model.js'
import { outcomesFor } from '../directory/outcomes.js'
import { huntCandidates, poolCandidates } from '../directory/rota.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Bridge, Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import { afterTalk } from './after-talk.js'
import type { CallContext, CallEnd } from './call-context.js'
import { cannotConnect } from './cannot-connect.js'
import type { ChosenBy } from './events.js'
import { hunt, type Answered, type HuntPool, type Meeting } from './hunt.js'
import { inHuntOrder } from './hunt-order.js'
import { mannerOf } from './line-manner.js'
import { closedWords } from './menu.js'
import { notAccepted } from './not-accepted.js'
import { Recorder } from './recorder.js'
import { Ringback } from './ringback.js'
import { sayAndRelease, sentence, spoken } from './saying.js'
import { over, Stop } from './stop.js'
import { connect, talk } from './talk.js'
import { PreparedWhisper } from './whisper.js'

export interface LineRequest {
  readonly line: Line
  /** Who asks for advice. Undefined: the number dialled does not tell. */
  readonly organisation: Organisation | undefined
  readonly chosenBy: ChosenBy
  /** Said first, in one piece with the ringing. */
  readonly greeting: readonly SpeechPart[]
  /** Where the line was rung without a menu: `*`, pressed before somebody accepts, calls the hunt off and leads here. */
  readonly onStar?: () => Promise<CallEnd>
}

interface Connection {
  readonly specialist: Leg
  readonly bridge: Bridge
}

/** The line is known: hunt, whisper, acceptance, the talk, the outcome. */
export async function lineCall(call: CallContext, caller: Leg, request: LineRequest): Promise<CallEnd> {
  const { scope, clock } = call
  const { line, organisation } = request
  const manner = mannerOf(line.kind)
  const opening = openingAt(line, call.arrivedAt)
  if (!opening.open) {
    scope.tell({ type: 'line.refused', line: line.id, why: 'closed' })
    await sayAndRelease(call, caller, [...request.greeting, ...closedWords({ line, opening }, call.arrivedAt), sentence('goodbye')])
    return { ending: 'lineClosed' }
  }
  const pools = huntPools(call, line)
  if (pools.every(({ candidates }) => candidates.length === 0)) {
    scope.tell({ type: 'line.refused', line: line.id, why: 'noRota' })
    return manner.noRota(call, caller, line, request.greeting)
  }

  // The disk may have become full while the menu was heard.
  const turnedAway = await cannotConnect(call, caller)
  if (turnedAway) return turnedAway

  scope.tell({ type: 'line.chosen', line: line.id, by: request.chosenBy })
  const deadline = clock.monotonic() + line.ring.totalSeconds * 1_000
  const recorder = new Recorder(call)
  if (line.recordFrom === 'answer') void recorder.start(caller)
  const prepared = new PreparedWhisper(call, manner.whisper(call, { organisation: organisation?.spokenName, line: line.spokenName }))
  const waiting = manner.waiting === 'ringingTone' ? undefined : await spoken(call, manner.waiting)
  const ringback = new Ringback(call, caller, waiting)
  ringback.ring(await spoken(call, [...request.greeting, ...manner.ringing(line)]))

  const meet = async (answered: Answered): Promise<Meeting<Connection>> => {
    const { leg, attempt } = answered
    const heard = await prepared.to(answered, wanted.signal)
    if (heard.kind !== 'accepted') return notAccepted(call, leg, heard)
    ringback.handOver()
    const connected = await connect(call, { caller, other: leg }, { attempt, proof: heard.proof }, recorder)
    switch (connected.kind) {
      case 'talking':
        return { kind: 'connected', by: 'acceptance', connection: { specialist: leg, bridge: connected.bridge } }
      case 'callerGone':
        return notAccepted(call, leg, { kind: 'cancelled' })
      case 'otherGone':
        ringback.resume()
        return { kind: 'answeredThenHungUp' }
      case 'failed':
        scope.alongside(sayAndRelease(call, leg, [sentence('not-connected')]))
        ringback.ring(await spoken(call, [sentence('hunting-on')]))
        return { kind: 'failed', reason: connected.why }
    }
  }

  const wanted = new Stop(scope.gone(caller), ringback.lost)
  const star = new AbortController()
  if (request.onStar) {
    void starPressed(caller, wanted.signal).then((pressed) => {
      if (!pressed) return
      star.abort(over)
      wanted.done()
    })
  }
  const result = await hunt(call, { pools, deadline, signal: wanted.signal, account: line.id, near: caller, meet }).finally(() => wanted.done())
  switch (result.kind) {
    case 'connected': {
      const { specialist, bridge } = result.connection
      const parties = { caller, other: specialist }
      const end = await talk(call, bridge, parties, recorder)
      return afterTalk(call, parties, end, { of: manner.asks, outcomes: outcomesFor(call.directory, line, organisation?.id) })
    }
    case 'nobody':
    case 'timeUp':
      scope.alongside(recorder.stop())
      return (await cannotConnect(call, caller)) ?? manner.nobody(call, caller, line)
    case 'calledOff':
      scope.alongside(recorder.stop())
      if (star.signal.aborted && request.onStar && !caller.ended) {
        ringback.stop()
        return request.onStar()
      }
      return leftEarly(caller, 'abandonedInHunt')
  }
}

/** @returns false when the signal aborts or the party goes before `*` is pressed */
async function starPressed(leg: Leg, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const heard = await leg.listenFor({ keys: ['*'], signal })
    if (heard.kind === 'key') return true
    if (heard.kind !== 'otherKey') return false
  }
}

/** Local people first, who know the local pathways; then the National Consultant Network, where the line has it. */
function huntPools(call: CallContext, line: Line): readonly HuntPool[] {
  const inOrder = (candidates: readonly HuntCandidate[], order: HuntOrder) => inHuntOrder(others(call, candidates), order, call.past)
  const local: HuntPool = { pool: 'local', candidates: inOrder(huntCandidates(call.directory, line, call.arrivedAt), line.ring.order), ring: line.ring }
  const network = line.ncnPool === undefined ? undefined : call.directory.pools.get(line.ncnPool)
  return network === undefined ? [local] : [local, { pool: 'ncn', candidates: inOrder(poolCandidates(call.directory, network.id), network.ring.order), ring: network.ring }]
}

/** Everybody but the caller: a clinician who rings a line on whose rota they stand wants one of the others. */
function others({ device, owner }: CallContext, candidates: readonly HuntCandidate[]): readonly HuntCandidate[] {
  if (device === undefined) return candidates
  return candidates
    .filter(({ clinician }) => clinician === undefined || owner?.kind !== 'clinician' || owner.id !== clinician)
    .map((candidate) => ({ ...candidate, targets: candidate.targets.filter((target) => target.kind !== 'device' || target.user !== device) }))
    .filter(({ targets }) => targets.length > 0)
}
