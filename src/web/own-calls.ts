import type { Directory, OutcomeChoice } from '../directory/model.js'
import type { LiveCall, LiveStage } from '../live/live-call.js'
import { outcomesOfCall } from '../operations/outcomes.js'
import { attemptOf } from './wallboard/calls.js'
import { roleOf } from './wallboard/staffing.js'

/** Whose calls they are: those from this telephone, and those for which this clinician is rung or talks. */
export interface OwnView {
  readonly user: string
  readonly clinician: string
}

/** A call as the page of a browser that calls, or is rung, tells it. No number of anybody. `...Ms`: at the moment of telling. */
export interface OwnCall {
  readonly callId: string
  readonly part: 'caller' | 'specialist'
  readonly stage: LiveStage
  readonly line: string | null
  readonly lineId: string | null
  /** For whom it is asked; what a specialist is told before they accept. */
  readonly organisation: string | null
  /** `2 of 5`. */
  readonly attempt: string
  /** Who is rung, by their role; who accepted, by their name. */
  readonly whom: string
  readonly recording: boolean
  /** What can be left as its outcome. */
  readonly outcomes: readonly OutcomeChoice[]
  readonly waitedMs: number | null
  readonly talkedMs: number | null
}

/** @returns undefined: it is no call of theirs */
export function ownCall(call: LiveCall, view: OwnView, directory: Directory): OwnCall | undefined {
  const part = partIn(call, view)
  if (part === undefined) return undefined
  const { callId, kind, stage, lineName, line, organisationName, organisation, recording, waitedMs, talkedMs } = call
  return {
    ...{
      callId,
      part,
      stage,
      line: lineName ?? line ?? null,
      lineId: line ?? null,
      organisation: organisationName ?? organisation ?? null,
    },
    ...{
      attempt: attemptOf(call),
      whom: part === 'caller' ? whomCalled(call, directory) : (organisationName ?? ''),
      recording,
      outcomes: outcomesOfCall(
        { kind, ...(line === undefined ? {} : { line }), ...(organisation === undefined ? {} : { organisation }) },
        directory,
      ),
      waitedMs: waitedMs ?? null,
      talkedMs: talkedMs ?? null,
    },
  }
}

function partIn({ device, attempts, stage }: LiveCall, { user, clinician }: OwnView): OwnCall['part'] | undefined {
  if (device === user) return 'caller'
  const theirs = attempts.findLast((attempt) => attempt.clinician === clinician)
  if (theirs === undefined) return undefined
  const isRung =
    theirs === attempts.at(-1) &&
    (stage === 'ringing' || stage === 'whisper' || stage === 'connecting') &&
    (theirs.result === undefined || theirs.result === 'accepted')
  return isRung || theirs.result === 'accepted' ? 'specialist' : undefined
}

/** Nobody is named who has not accepted: a specialist who does not answer is nobody's business. */
function whomCalled({ stage, attempts, talkingTo }: LiveCall, directory: Directory): string {
  if (talkingTo !== undefined) return talkingTo
  const attempt = attempts.at(-1)
  if (attempt === undefined || !(stage === 'ringing' || stage === 'whisper' || stage === 'connecting')) return ''
  const said =
    attempt.clinician === undefined
      ? attempt.pool === 'direct'
        ? attempt.label
        : 'A telephone on the rota'
      : roleOf(attempt.clinician, directory)
  return attempt.pool === 'ncn' ? `${said} (National Consultant Network)` : said
}
