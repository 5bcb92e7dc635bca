import type { Line, OutcomeChoice, RingPolicy } from '../directory/model.js'
import { callBackOutcomes, outcomesFor, patientConnectOutcomes } from '../directory/outcomes.js'
import type { AttemptResult, CallKind, Party } from '../facts/events.js'
import type { SentenceId } from '../prompts/sentences.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import { afterTalk } from './after-talk.js'
import type { ArrangedCall } from './arrangements.js'
import type { CallContext, CallEnd } from './call-context.js'
import { inHuntOrder } from './hunt-order.js'
import { hunt, type Answered, type AnswerOutcome } from './hunt.js'
import { whisperWords } from './line-manner.js'
import { notAccepted } from './not-accepted.js'
import { askOutcome } from './outcome.js'
import { reach } from './reach.js'
import { Recorder } from './recorder.js'
import { name, say, sayAndRelease, sentence } from './saying.js'
import { Stop } from './stop.js'
import { talk } from './talk.js'
import { PreparedWhisper, type WhisperWords } from './whisper.js'

/** How reports label arranged calls. */
export const arrangedKinds: Readonly<Record<ArrangedCall['kind'], CallKind>> = {
  callBack: 'pifuCallBack',
  patientConnect: 'patientConnect',
  callBackCode: 'callBackCode',
}

/** The ring policy for calls that belong to no line. */
const withoutLine: Pick<RingPolicy, 'ringSeconds' | 'acceptSeconds'> = { ringSeconds: 30, acceptSeconds: 20 }

/** A patient needs longer to come to the telephone than a clinician who carries theirs; their answerphone comes after about 25 s. */
const patientRingSeconds = 45

/** The engine carries out what was arranged: it rings the clinician on their own numbers, and after their acceptance the patient. */
export async function placedCall(call: CallContext, arranged: ArrangedCall): Promise<CallEnd> {
  const { scope, clock, directory } = call
  const clinician = directory.clinicians.get(arranged.clinician ?? '')
  if (!clinician) return { ending: 'noRota', detail: `the directory has no clinician "${arranged.clinician ?? ''}"` }
  const line = lineOf(call, arranged)
  if (line) scope.tell({ type: 'line.chosen', line: line.id, by: 'arrangement' })
  const ring = { ...(line?.ring ?? withoutLine), rounds: 1 }
  const prepared = new PreparedWhisper(call, clinicianWhisper(arranged, line))
  const wanted = new Stop(scope.stopping)

  const meet = async (answered: Answered): Promise<AnswerOutcome<Leg>> => {
    const { leg, attempt } = answered
    const heard = await prepared.to(answered, wanted.signal)
    if (heard.kind !== 'accepted') return notAccepted(call, leg, heard)
    // As for any acceptance: the patient is not rung until it is on disk.
    if (!(await scope.keep({ type: 'attempt.accepted', attempt, proof: heard.proof }))) {
      scope.alongside(sayAndRelease(call, leg, [sentence('technical-fault')]))
      return { kind: 'failed', reason: 'the acceptance could not be stored' }
    }
    return leg.ended ? { kind: 'answeredThenHungUp' } : { kind: 'connected', by: 'acceptance', connection: leg }
  }

  const candidate = {
    key: `clinician:${clinician.id}`,
    pool: 'local' as const,
    label: clinician.name,
    clinician: clinician.id,
    targets: clinician.numbers,
  }
  const deadline = clock.monotonic() + clinician.numbers.length * (ring.ringSeconds + ring.acceptSeconds) * 1_000
  const pools = [{ pool: 'local' as const, candidates: inHuntOrder([candidate], 'rota', call.past), ring }]
  const result = await hunt(call, { pools, deadline, signal: wanted.signal, account: accountOf(arranged), party: 'caller', meet }).finally(
    () => wanted.done(),
  )
  switch (result.kind) {
    case 'connected':
      return patientCall(call, result.connection, arranged)
    case 'nobody':
    case 'timeUp':
      return { ending: 'unanswered', detail: 'the clinician did not accept' }
    case 'calledOff':
      return { ending: 'interrupted' }
  }
}

/** A clinician on the line is connected to the patient, or to the patient's answerphone if that answers; recorded. */
export async function patientCall(call: CallContext, clinician: Leg, arranged: ArrangedCall): Promise<CallEnd> {
  const { scope } = call
  const recorder = new Recorder(call)
  const outcomes = outcomesOf(call, arranged)
  const reached = await reach(call, {
    caller: clinician,
    telephones: [{ key: `patient:${arranged.id}`, label: 'Patient', targets: arranged.targets }],
    ringSeconds: patientRingSeconds,
    account: accountOf(arranged),
    recorder,
    reserved: false,
    words: [sentence('ringing-patient'), sentence('calls-are-recorded')],
  })
  switch (reached.kind) {
    case 'talking': {
      const parties = { caller: clinician, other: reached.called }
      const end = await talk(call, reached.bridge, parties, recorder)
      return afterTalk(call, end.legs, end, { of: ['caller'], outcomes })
    }
    case 'notReached':
      await say(call, clinician, [sentence(whyNotReached(reached.last))], scope.gone(clinician))
      await askOutcome(call, clinician, 'caller', outcomes)
      return { ending: 'unanswered', detail: 'the patient was not reached' }
    case 'callerGone':
      return leftEarly(clinician, 'abandonedInHunt')
  }
}

/** Connects a caller with a call-back code to the clinician who asked for advice, once that clinician has accepted. */
export async function codeCall(call: CallContext, caller: Leg, arranged: ArrangedCall): Promise<CallEnd> {
  const line = lineOf(call, arranged)
  const recorder = new Recorder(call)
  const { ringSeconds, acceptSeconds } = line?.ring ?? withoutLine
  const reached = await reach(call, {
    caller,
    telephones: [{ key: `asked:${arranged.id}`, label: 'Clinician who asked for advice', targets: arranged.targets }],
    ringSeconds,
    account: accountOf(arranged),
    recorder,
    reserved: true,
    words: [sentence('code-right'), sentence('ringing-clinician')],
    acceptance: {
      whisper: whisperWords([sentence('whisper-call-back-code'), ...aboutLine(line)], 'clinician', line?.spokenWord ?? 'off'),
      acceptSeconds,
    },
  })
  switch (reached.kind) {
    case 'talking': {
      const parties = { caller, other: reached.called }
      const end = await talk(call, reached.bridge, parties, recorder)
      const asked: readonly Party[] = ['called', 'caller']
      return afterTalk(call, end.legs, end, { of: asked, outcomes: line ? outcomesFor(call.directory, line, arranged.organisation) : [] })
    }
    case 'notReached':
      await sayAndRelease(call, caller, [sentence('clinician-not-reached'), sentence('goodbye')])
      return { ending: 'unanswered' }
    case 'callerGone':
      return leftEarly(caller, 'abandonedInHunt')
  }
}

function clinicianWhisper({ kind }: ArrangedCall, line: Line | undefined): WhisperWords {
  const about = kind === 'patientConnect' ? [sentence('whisper-patient-connect')] : [sentence('whisper-call-back'), ...aboutLine(line)]
  return whisperWords(about, 'ring', line?.spokenWord ?? 'off')
}

function aboutLine(line: Line | undefined): readonly SpeechPart[] {
  return line ? [sentence('whisper-about'), name(line.spokenName, 'generic-line')] : []
}

function whyNotReached(last: AttemptResult | undefined): SentenceId {
  switch (last) {
    case 'busy':
      return 'patient-engaged'
    case 'noAnswer':
    case 'unavailable':
    case 'declined':
    case 'answeredThenHungUp':
      return 'patient-no-answer'
    default:
      return 'patient-not-reached'
  }
}

function outcomesOf(call: CallContext, arranged: ArrangedCall): readonly OutcomeChoice[] {
  if (arranged.kind === 'patientConnect') return patientConnectOutcomes
  return callBackOutcomes(call.directory, lineOf(call, arranged))
}

function lineOf({ directory }: CallContext, { line }: ArrangedCall): Line | undefined {
  return line === undefined ? undefined : directory.lines.get(line)
}

/** The line, as for its other calls; else the clinician; else all codes together: what one may spend must not grow with how many are made. */
function accountOf(arranged: ArrangedCall): string {
  return arranged.line ?? arranged.clinician ?? 'callBackCodes'
}
