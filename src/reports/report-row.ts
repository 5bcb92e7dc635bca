import type { Directory } from '../directory/model.js'
import { knownOutcomes } from '../directory/outcomes.js'
import { callEndings } from '../facts/endings.js'
import type { CallEnding, CallKind } from '../facts/events.js'
import type { CallSummary } from '../store/call-filter.js'
import { outcomesOfCall } from '../operations/outcomes.js'

/** One call as the calls report shows it: the store's summary with names beside the ids, of the directory in force. */
export interface ReportRow {
  readonly callId: string
  /** Wall-clock ms. */
  readonly arrivedAt: number
  /** Ten digits; null: nobody has said it, or it is not for whoever asks. */
  readonly nhsNumber: string | null
  readonly surgery: string | null
  readonly area: string | null
  readonly operation: string | null
  readonly consultant: string | null
  readonly trust: string | null
  readonly refs: number
  readonly waitMs: number | null
  readonly talkMs: number | null
  /** In words. */
  readonly outcome: string | null
  /** Two people talked, the call is over, one could be left, and none was. */
  readonly isOutcomeOpen: boolean
  /** Undefined: it was not recorded. `mayHear`: and it can be heard by whoever asks. */
  readonly recording: { readonly state: string; readonly seconds: number | null; readonly mayHear: boolean } | null
  /** In words; null while it runs. */
  readonly ending: string | null
}

/** What of a call's patient data is for whoever asks. */
export interface Sees {
  readonly nhsNumber: boolean
  readonly recording: boolean
}

export function reportRow(call: CallSummary, directory: Directory, sees: Sees): ReportRow {
  const organisation = call.organisation === null ? undefined : directory.organisations.get(call.organisation)
  const line = call.line === null ? undefined : directory.lines.get(call.line)
  return {
    callId: call.callId,
    arrivedAt: call.arrivedAt,
    nhsNumber: sees.nhsNumber ? call.nhsNumber : null,
    surgery: organisation?.name ?? call.organisation,
    area: organisation === undefined ? null : (directory.areas.get(organisation.area)?.name ?? organisation.area),
    operation: line?.name ?? call.line,
    consultant: call.acceptedBy,
    trust: line === undefined ? null : (directory.organisations.get(line.trust)?.name ?? line.trust),
    refs: call.refs,
    waitMs: call.waitMs,
    talkMs: call.talkMs,
    outcome: outcomeLabel(directory, call.line, call.outcome),
    isOutcomeOpen: call.outcome === null && call.talked && call.ending !== null && outcomesOf(call, directory).length > 0,
    recording: call.recording && {
      state: call.recording.state,
      seconds: call.recording.seconds,
      mayHear: sees.recording && call.recording.state === 'ready',
    },
    ending: endingWhy(call.ending),
  }
}

/** What can be left as the outcome of a call of the list. */
export function outcomesOf(
  { kind, line, organisation }: Pick<CallSummary, 'kind' | 'line' | 'organisation'>,
  directory: Directory,
): ReturnType<typeof outcomesOfCall> {
  // From the store it comes as text; a kind of a later version is none that has a list of its own.
  return outcomesOfCall(
    { kind: kind as CallKind, ...(line === null ? {} : { line }), ...(organisation === null ? {} : { organisation }) },
    directory,
  )
}

/** An outcome in words; one that nothing in the directory has any more by its id. */
export function outcomeLabel(directory: Directory, line: string | null, outcome: string | null): string | null {
  return outcome === null ? null : (knownOutcomes(directory, line ?? undefined).find(({ id }) => id === outcome)?.label ?? outcome)
}

/** From the store it comes as text; an ending of a later version has no words here. */
export function endingWhy(ending: string | null): string | null {
  return ending !== null && ending in callEndings ? callEndings[ending as CallEnding].why : ending
}
