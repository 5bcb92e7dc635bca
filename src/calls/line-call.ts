import { openingAt } from '../directory/hours.js'
import type { HuntCandidate, HuntOrder, Line, Organisation } from '../directory/model.js'
import { outcomesFor } from '../directory/outcomes.js'
import { huntCandidates, poolCandidates } from '../directory/rota.js'
import type { AttemptId, ChosenBy } from '../facts/events.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Bridge, Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import { afterTalk } from './after-talk.js'
import type { CallContext, CallEnd } from './call-context.js'
import { cannotConnect } from './cannot-connect.js'
import { inHuntOrder } from './hunt-order.js'
import { hunt, type Answered, type HuntPool, type AnswerOutcome, type Rung } from './hunt.js'
import { mannerOf } from './line-manner.js'
import { closedWords } from './menu.js'
import { notAccepted } from './not-accepted.js'
import { Recorder } from './recorder.js'
import { Ringback } from './ringback.js'
import { sayAndRelease, sentence, spoken } from './saying.js'
import { over, Stop } from './stop.js'
import { connect, join, talk } from './talk.js'
import { PreparedWhisper } from './whisper.js'

export interface LineRequest {
  readonly line: Line
  /** Who asks for advice. Undefined: the dialled number does not tell. */
  readonly organisation: Organisation | undefined
  readonly chosenBy: ChosenBy
  /** Said first, in one piece with the ringing. */
  readonly greeting: readonly SpeechPart[]
  /** Where the line was rung without a menu: `*`, pressed before acceptance, calls the hunt off and leads here. */
  readonly onStar?: () => Promise<CallEnd>
  /** The hunt as an engine that died left it. */
  readonly resumed?: ResumedHunt
}

/** How far the hunt was when its engine died. */
export interface ResumedHunt {
  /** Ms that the caller has waited since the line was chosen. */
  readonly waitedMs: number
  /** By their keys: candidates who were rung and had the time to answer. */
  readonly rung: ReadonlySet<string>
  /** Candidates who were being rung: rung again after everybody else. */
  readonly cutOff: ReadonlySet<string>
  /** Candidates who refused or cannot be rung. */
  readonly refused: ReadonlySet<string>
  /** The specialist who answered and heard the whisper; `accepted`: their acceptance is on disk. */
  readonly answered?: { readonly leg: Leg; readonly attempt: AttemptId; readonly candidate: Rung; readonly accepted: boolean }
  readonly recorder?: Recorder
}

/** The hunt goes on for at least this long, however long the caller has waited, ms. */
const minResumedMs = 30_000

interface Connection {
  readonly specialist: Leg
  readonly bridge: Bridge
}

/** The line is known: hunt, whisper, acceptance, the talk, the outcome. */
export async function lineCall(call: CallContext, caller: Leg, request: LineRequest): Promise<CallEnd> {
  const { scope, clock } = call
  const { line, organisation } = request
  const manner = mannerOf(line.kind)
  const { resumed } = request
  const opening = openingAt(line, call.arrivedAt)
  if (!opening.open && !resumed) {
    scope.tell({ type: 'line.refused', line: line.id, why: 'closed' })
    await sayAndRelease(call, caller, [...request.greeting, ...closedWords({ line, opening }, call.arrivedAt), sentence('goodbye')])
    return { ending: 'lineClosed' }
  }
  const pools = resumed ? huntPools(call, line).flatMap((pool) => poolsLeft(pool, resumed)) : huntPools(call, line)
  if (!resumed?.answered && pools.every(({ candidates }) => candidates.length === 0)) {
    if (resumed) {
      scope.tell({ type: 'hunt.ended', result: 'nobody' })
      if (resumed.recorder) scope.alongside(resumed.recorder.stop())
      return manner.nobody(call, caller, line)
    }
    scope.tell({ type: 'line.refused', line: line.id, why: 'noRota' })
    return manner.noRota(call, caller, line, request.greeting)
  }

  // The disk may have filled up during the menu.
  const turnedAway = await cannotConnect(call, caller)
  if (turnedAway) {
    if (resumed) scope.tell({ type: 'hunt.ended', result: 'nobody' })
    return turnedAway
  }

  if (!resumed) scope.tell({ type: 'line.chosen', line: line.id, by: request.chosenBy })
  const totalMs = line.ring.totalSeconds * 1_000
  const deadline = clock.monotonic() + (resumed ? Math.max(totalMs - resumed.waitedMs, Math.min(totalMs, minResumedMs)) : totalMs)
  const recorder = resumed?.recorder ?? new Recorder(call)
  if (line.recordFrom === 'answer') void recorder.start(caller)
  const prepared = new PreparedWhisper(
    call,
    manner.whisper({ organisation: organisation?.spokenName, line: line.spokenName }, line.spokenWord ?? 'off'),
  )
  const waiting = manner.waiting === 'ringingTone' ? undefined : await spoken(call, manner.waiting)
  const ringback = new Ringback(call, caller, waiting)
  ringback.ring(await spoken(call, [...request.greeting, ...(resumed ? [] : manner.ringing(line))]))

  const meet = async (answered: Answered): Promise<AnswerOutcome<Connection>> => {
    const { leg, attempt } = answered
    const accepted = resumed?.answered?.attempt === attempt && resumed.answered.accepted
    const heard = accepted ? undefined : await prepared.to(answered, wanted.signal)
    if (heard && heard.kind !== 'accepted') return notAccepted(call, leg, heard)
    ringback.handOver()
    const parties = { caller, other: leg }
    const connected = heard
      ? await connect(call, parties, { attempt, proof: heard.proof }, recorder)
      : await join(call, parties, attempt, recorder)
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
  const first = resumed?.answered && { ...resumed.answered, acceptMs: line.ring.acceptSeconds * 1_000 }
  const result = await hunt(call, {
    pools,
    deadline,
    signal: wanted.signal,
    account: line.id,
    near: caller,
    ...(first ? { first } : {}),
    notNow: ({ clinician }) => clinician !== undefined && call.notNow(clinician),
    meet,
  }).finally(() => wanted.done())
  switch (result.kind) {
    case 'connected': {
      const { specialist, bridge } = result.connection
      const parties = { caller, other: specialist }
      const end = await talk(call, bridge, parties, recorder)
      return afterTalk(call, end.legs, end, { of: manner.asks, outcomes: outcomesFor(call.directory, line, organisation?.id) })
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
  const local: HuntPool = {
    pool: 'local',
    candidates: inOrder(huntCandidates(call.directory, line, call.arrivedAt), line.ring.order),
    ring: line.ring,
  }
  const network = line.ncnPool === undefined ? undefined : call.directory.pools.get(line.ncnPool)
  return network === undefined
    ? [local]
    : [local, { pool: 'ncn', candidates: inOrder(poolCandidates(call.directory, network.id), network.ring.order), ring: network.ring }]
}

/** Candidates not yet rung, then those whose ringing was cut off; and if the policy wants more rounds, everybody. */
function poolsLeft(pool: HuntPool, { rung, cutOff, refused, answered }: ResumedHunt): readonly HuntPool[] {
  const candidates = pool.candidates.filter(({ key }) => key !== answered?.candidate.key)
  const left = [...candidates.filter(({ key }) => !rung.has(key) && !cutOff.has(key)), ...candidates.filter(({ key }) => cutOff.has(key))]
  const { rounds } = pool.ring
  return [
    { ...pool, candidates: left, ring: { ...pool.ring, rounds: 1 } },
    ...(rounds > 1
      ? [{ ...pool, candidates: pool.candidates.filter(({ key }) => !refused.has(key)), ring: { ...pool.ring, rounds: rounds - 1 } }]
      : []),
  ].filter((each) => each.candidates.length > 0)
}

/** Everybody but the caller: a clinician who rings a line whose rota they are on wants one of the others. */
function others({ device, owner }: CallContext, candidates: readonly HuntCandidate[]): readonly HuntCandidate[] {
  if (device === undefined && owner === undefined) return candidates
  return candidates
    .filter(({ clinician }) => clinician === undefined || owner?.kind !== 'clinician' || owner.id !== clinician)
    .map((candidate) => ({
      ...candidate,
      targets: candidate.targets.filter((target) => target.kind !== 'device' || target.user !== device),
    }))
    .filter(({ targets }) => targets.length > 0)
}
