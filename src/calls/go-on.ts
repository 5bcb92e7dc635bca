import { callBackOutcomes, outcomesFor, patientConnectOutcomes } from '../directory/outcomes.js'
import type { CallRecord } from '../facts/call-record.js'
import type { AttemptRecord } from '../facts/attempt-record.js'
import type { AttemptId, AttemptResult } from '../facts/events.js'
import type { Recording } from '../switch/port.js'
import { afterTalk, type Inquiry } from './after-talk.js'
import type { CallContext, CallEnd } from './call-context.js'
import { followAgain } from './incoming.js'
import type { LeftLegs, TakenLeg } from './left-legs.js'
import { lineCall, type ResumedHunt } from './line-call.js'
import { mannerOf } from './line-manner.js'
import { Recorder } from './recorder.js'
import { sayAndRelease, sentence } from './saying.js'
import { talk, type TalkEnd } from './talk.js'
import { within } from './within.js'

const engineDied = 'the engine that rang them died'

/**
 * The engine of this call died, and this one goes on with it: parties go on talking, a hunt goes on with those not yet rung, a menu begins again. A call
 * that cannot go on ends, and the party on the line is told.
 * @param record the call so far, by its facts
 */
export async function goOn(call: CallContext, record: CallRecord, legs: LeftLegs): Promise<CallEnd> {
  const { scope } = call
  const takenCaller = legs.taken.find(({ party }) => party === 'caller')
  const caller = takenCaller?.leg
  const talking = record.talkStartedAt !== undefined && record.talkEndedAt === undefined
  const recorder = await recorderOf(call, record, takenCaller)
  const answered = talking ? undefined : answeredNow(record, legs)
  for (const attempt of record.attempts)
    if (attempt.result === undefined && attempt.attempt !== answered?.attempt)
      scope.tell({ type: 'attempt.ended', attempt: attempt.attempt, ...endOf(record, attempt) })
  if (talking) return goOnTalking(call, record, legs, recorder)
  if (record.talkEndedAt !== undefined) {
    scope.alongside(recorder.stop())
    const end: TalkEnd = { by: record.talkEndedBy ?? 'system', why: 'hangup' }
    return afterTalk(
      call,
      legs.taken.map(({ leg }) => leg),
      end,
      record.outcome === undefined ? inquiryOf(call, record) : { of: [], outcomes: [] },
    )
  }
  if (!caller) return withoutCaller(call, record, legs, recorder)
  const line = call.directory.lines.get(record.line ?? '')
  const ownWay = record.arrangement !== undefined || record.reached !== undefined
  if (line && !ownWay && record.huntEndedAt === undefined && record.lineChosenAt !== undefined) {
    const organisation = call.directory.organisations.get(record.organisation ?? '')
    return lineCall(call, caller, {
      line,
      organisation,
      chosenBy: 'number',
      greeting: [sentence('still-trying')],
      resumed: resumedHunt(call, record, answered, recorder),
    })
  }
  if (!ownWay && record.line === undefined) return followAgain(call, caller, record.dialledNumber)
  scope.alongside(recorder.stop())
  await Promise.all(legs.taken.map(({ leg }) => sayAndRelease(call, leg, [sentence('technical-fault')])))
  return { ending: 'interrupted', detail: 'its engine died, and there is no going on from where it was' }
}

async function goOnTalking(call: CallContext, record: CallRecord, { taken, lost }: LeftLegs, recorder: Recorder): Promise<CallEnd> {
  const { scope } = call
  const inquiry = inquiryOf(call, record)
  const caller = taken.find(({ party }) => party === 'caller')
  const other = taken.find(({ attempt, party }) => attempt === record.talkWith && party !== 'caller')
  for (const { leg } of taken) if (leg !== caller?.leg && leg !== other?.leg) void scope.release(leg)
  if (record.huntEndedAt === undefined)
    scope.tell({ type: 'hunt.ended', result: record.acceptedBy === undefined ? 'connected' : 'accepted' })
  if (caller && other) {
    const parties = { caller: caller.leg, other: other.leg }
    let bridged = call.switch.rejoin(parties.caller, parties.other)
    // They were being connected, or the media server has taken them apart.
    if (bridged.kind === 'failed') bridged = await call.switch.bridge(parties.caller, parties.other, { signal: scope.gone(parties.caller) })
    if (bridged.kind === 'bridged') {
      if (!record.recordings.some(({ state }) => state === 'failed')) void recorder.start(parties.caller)
      const end = await talk(call, bridged.bridge, parties, recorder)
      return afterTalk(call, end.legs, end, inquiry)
    }
  }
  const gone = lost.find(({ party, attempt }) => party === 'caller' || attempt === record.talkWith)
  const end: TalkEnd = gone?.hungUp === true ? { by: gone.party, why: 'hangup' } : { by: 'system', why: 'faulted' }
  scope.tell({ type: 'talk.ended', ...end })
  scope.alongside(recorder.stop())
  return afterTalk(
    call,
    [caller, other].flatMap((one) => one?.leg ?? []),
    end,
    inquiry,
  )
}

/** The caller has gone or cannot be found: the parties rung for them are released. */
async function withoutCaller(call: CallContext, record: CallRecord, { taken, lost }: LeftLegs, recorder: Recorder): Promise<CallEnd> {
  const { scope } = call
  scope.alongside(recorder.stop())
  const hunting = record.lineChosenAt !== undefined && record.huntEndedAt === undefined
  await Promise.all(taken.map(({ leg }) => sayAndRelease(call, leg, [sentence('not-connected')])))
  const answered = answeredNow(record, { taken, lost })
  if (answered) scope.tell({ type: 'attempt.ended', attempt: answered.attempt, result: 'cancelled' })
  if (hunting) scope.tell({ type: 'hunt.ended', result: 'callerGone' })
  if (lost.some(({ party, hungUp }) => party === 'caller' && hungUp)) return { ending: hunting ? 'abandonedInHunt' : 'abandonedInMenu' }
  return { ending: 'interrupted', detail: 'its engine died, and the caller could not be found again' }
}

/** Who hears the whisper, or has just accepted. */
function answeredNow(record: CallRecord, { taken }: LeftLegs): (TakenLeg & { readonly attempt: AttemptId }) | undefined {
  const open = record.attempts.find(({ result, pool }) => result === undefined && pool !== 'direct')
  if (!open) return undefined
  const found = taken.find(({ attempt, party }) => attempt === open.attempt && party === 'specialist')
  return found && { ...found, attempt: open.attempt }
}

/** The end of an attempt of which nothing more is known. */
function endOf(
  { talkWith }: CallRecord,
  { attempt, acceptedAt }: AttemptRecord,
): { readonly result: AttemptResult; readonly reason?: string } {
  if (talkWith === attempt) return { result: acceptedAt === undefined ? 'connected' : 'accepted' }
  return { result: acceptedAt === undefined ? 'cancelled' : 'failed', reason: engineDied }
}

function resumedHunt(
  call: CallContext,
  record: CallRecord,
  answered: (TakenLeg & { readonly attempt: AttemptId }) | undefined,
  recorder: Recorder,
): ResumedHunt {
  const attempts = record.attempts.slice(record.calledOff ?? 0)
  const attempt = answered && attempts.find((one) => one.attempt === answered.attempt)
  return {
    waitedMs: Math.max(0, call.clock.now() - (record.lineChosenAt ?? call.clock.now())),
    rung: new Set(attempts.filter(({ result }) => result !== undefined).map(({ candidate }) => candidate)),
    cutOff: new Set(attempts.filter(({ result }) => result === undefined).map(({ candidate }) => candidate)),
    refused: new Set(
      attempts
        .filter(({ result }) => result === 'declined' || result === 'answeredThenHungUp' || result === 'badNumber')
        .map(({ candidate }) => candidate),
    ),
    ...(answered && attempt
      ? {
          answered: {
            leg: answered.leg,
            attempt: answered.attempt,
            candidate: {
              key: attempt.candidate,
              label: attempt.label,
              ...(attempt.clinician === undefined ? {} : { clinician: attempt.clinician }),
              targets: [],
            },
            accepted: attempt.acceptedAt !== undefined,
          },
        }
      : {}),
    recorder,
  }
}

/** A running recording goes on; if none runs, one may begin. */
async function recorderOf(call: CallContext, record: CallRecord, caller: TakenLeg | undefined): Promise<Recorder> {
  const told = record.recordings.find(({ state }) => state === 'running')
  const running = told
    ? { ...told, path: told.spoolPath }
    : await within(
        call.clock,
        call.settings.promptTimeoutMs,
        call.recordings.left(call.id).catch(() => undefined),
      )
  if (!running) return new Recorder(call)
  const { recordingId, path, startedAt } = running
  if (!told) call.scope.tell({ type: 'recording.started', recordingId, spoolPath: path })
  // It ended with the caller's leg, or with their media server.
  const ended: Recording = { path, startedAt, stop: () => Promise.resolve() }
  const runs = caller !== undefined && !caller.moved
  const recording = runs ? caller.leg.recordingOn(path) : ended
  const isOurs = await within(
    call.clock,
    call.settings.promptTimeoutMs,
    call.recordings.resume({ recordingId, callId: call.id, startedAt, path }).catch(() => false),
  )
  if (isOurs === true && caller?.moved) {
    call.scope.tell({ type: 'recording.stopped', recordingId })
    call.recordings.finish(recordingId)
    return new Recorder(call)
  }
  if (isOurs === true) return new Recorder(call, { recordingId, recording, leg: caller?.leg })
  // It lies where this engine cannot read it: the one that began it finishes it, and a second one begins here.
  call.scope.alongside(recording.stop())
  call.scope.tell({ type: 'recording.stopped', recordingId })
  return new Recorder(call)
}

function inquiryOf({ directory }: CallContext, record: CallRecord): Inquiry {
  const line = directory.lines.get(record.line ?? '')
  if (record.arrangement !== undefined) {
    switch (record.kind) {
      case 'patientConnect':
        return { of: ['caller'], outcomes: patientConnectOutcomes }
      case 'callBackCode':
        return { of: ['called', 'caller'], outcomes: line ? outcomesFor(directory, line, record.organisation) : [] }
      default:
        return { of: ['caller'], outcomes: callBackOutcomes(directory, line) }
    }
  }
  if (record.reached !== undefined || !line) return { of: [], outcomes: [] }
  return { of: mannerOf(line.kind).asks, outcomes: outcomesFor(directory, line, record.organisation) }
}
