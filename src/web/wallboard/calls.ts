import type { CallKind } from '../../facts/events.js'
import type { Directory } from '../../directory/model.js'
import type { LiveCall, LiveStage } from '../../live/live-call.js'
import type { Clock, Row } from './row.js'
import { roleOf } from './staffing.js'
import type { Targets } from './targets.js'
import type { View } from './view.js'
import { nothingYet, stageWords } from './words.js'

const waiting: ReadonlySet<LiveStage> = new Set<LiveStage>(['hunting', 'ringing', 'whisper', 'connecting'])

/** Whether the caller waits to be connected. */
export function isWaiting({ stage, waitedMs }: LiveCall): boolean {
  return waiting.has(stage) && waitedMs !== undefined
}

/** A current call, as far as `view` sees it: no number and no caller's name. */
export function callRow(call: LiveCall, view: View, directory: Directory, { waitMs }: Targets): Row {
  const { callId, kind, stage, organisationName, organisation } = call
  return {
    key: callId,
    order: call.arrivedAt,
    state: stage === 'talking' ? 'talking' : isWaiting(call) ? 'waiting' : 'other',
    fields: {
      line: call.lineName ?? call.line ?? kindWords[kind] ?? 'No line chosen yet',
      stage: stageWords[stage],
      whom: whom(call, view.names(call.line), directory),
      attempt: attemptOf(call),
      ...(view.callers ? { from: organisationName ?? organisation ?? nothingYet } : {}),
    },
    clock: clockOfCall(call, waitMs),
    ...(view.opens({ organisation, line: call.line }) ? { href: `/calls/${encodeURIComponent(callId)}` } : {}),
  }
}

function clockOfCall(call: LiveCall, waitMs: number): Clock {
  const { stage, talkedMs, waitedMs, lastedMs } = call
  if (stage === 'talking' && talkedMs !== undefined) return { of: 'talking', ms: talkedMs }
  if (isWaiting(call) && waitedMs !== undefined)
    return { of: 'waiting', ms: waitedMs, limitMs: waitMs, over: `over ${Math.round(waitMs / 1_000)} s` }
  return { of: 'since it came', ms: lastedMs }
}

/** Attempt n of m; a person with several telephones may be rung at each of them. */
export function attemptOf({ attempts, toRing }: LiveCall): string {
  const tried = attempts.length
  if (tried === 0) return toRing === undefined ? nothingYet : `0 of ${toRing}`
  return toRing === undefined ? String(tried) : `${tried} of ${Math.max(tried, toRing)}`
}

/** The person rung, asked or talked to. */
function whom({ kind, stage, attempts }: LiveCall, names: boolean, directory: Directory): string {
  const attempt =
    stage === 'talking'
      ? (attempts.find(({ result }) => result === 'accepted') ?? attempts.find(({ result }) => result === 'connected') ?? attempts.at(-1))
      : ['ringing', 'whisper', 'connecting'].includes(stage)
        ? attempts.at(-1)
        : undefined
  if (attempt === undefined) return nothingYet
  const { label, clinician, pool } = attempt
  const said = names
    ? label
    : clinician !== undefined
      ? roleOf(clinician, directory)
      : pool === 'direct'
        ? (directWords[kind] ?? 'Clinician')
        : label
  return pool === 'ncn' ? `${said} (NCN)` : said
}

/** The kind of call, if it is not a clinician's on an advice line. */
const kindWords: Readonly<Partial<Record<CallKind, string>>> = {
  pifuAnswer: 'Patient’s call',
  pifuCallBack: 'Call-back to a patient',
  patientConnect: 'Patient Connect',
  callBackCode: 'Call back by code',
  bypass: 'To a practice',
}

/** The wanted party of a call that rings one telephone. */
const directWords: Readonly<Partial<Record<CallKind, string>>> = {
  pifuAnswer: 'Patient',
  pifuCallBack: 'Patient',
  patientConnect: 'Patient',
  callBackCode: 'The person who asked for advice',
  bypass: 'Practice',
}
