import type { Directory, OutcomeChoice } from '../directory/model.js'
import type { LiveCall, LiveStage } from '../live/live-call.js'
import { outcomesOfCall } from '../operations/outcomes.js'
import { attemptOf } from './wallboard/calls.js'
import { roleOf } from './wallboard/staffing.js'

/** The owner: calls from this telephone, and calls for which this clinician is rung or talks. */
export interface OwnView {
  readonly user: string
  readonly clinician: string
}

/** A call as shown to the browser that calls or is rung. It holds no telephone number. `...Ms`: at the time of the report. */
export interface OwnCall {
  readonly callId: string
  readonly part: 'caller' | 'specialist'
  readonly stage: LiveStage
  readonly line: string | null
  readonly lineId: string | null
  /** The organisation that asks; part of the whisper. */
  readonly organisation: string | null
  /** `2 of 5`. */
  readonly attempt: string
  /** The specialist rung, by role; once accepted, by name. */
  readonly whom: string
  readonly recording: boolean
  /** The possible outcomes. */
  readonly outcomes: readonly OutcomeChoice[]
  readonly waitedMs: number | null
  readonly talkedMs: number | null
}

/** @returns undefined: not a call of theirs */
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

/** Only a specialist who has accepted is named; one who does not answer is not. */
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
