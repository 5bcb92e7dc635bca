import type { Directory } from '../directory/model.js'
import { outcomeInWords } from '../directory/outcomes.js'
import { callEndings } from '../facts/endings.js'
import type { CallEnding, CallKind } from '../facts/events.js'
import type { CallSummary } from '../store/call-filter.js'
import { outcomesOfCall } from '../operations/outcomes.js'

/** One call as the calls report shows it: the store's summary with names beside the ids, from the current directory. */
export interface ReportRow {
  readonly callId: string
  /** Wall-clock ms. */
  readonly arrivedAt: number
  /** Ten digits; null: not given, or hidden from the reader. */
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
  /** Two people talked, the call is over, an outcome is possible, and none was left. */
  readonly isOutcomeOpen: boolean
  /** Undefined: it was not recorded. `mayHear`: the reader may play it. */
  readonly recording: { readonly state: string; readonly seconds: number | null; readonly mayHear: boolean } | null
  /** In words; null while it runs. */
  readonly ending: string | null
}

/** The patient data of a call that the reader may see. */
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

/** The possible outcomes of a call in the list. */
export function outcomesOf(
  { kind, line, organisation }: Pick<CallSummary, 'kind' | 'line' | 'organisation'>,
  directory: Directory,
): ReturnType<typeof outcomesOfCall> {
  // The store has it as text; a kind from a later version has no list of its own.
  return outcomesOfCall(
    { kind: kind as CallKind, ...(line === null ? {} : { line }), ...(organisation === null ? {} : { organisation }) },
    directory,
  )
}

/** An outcome in words; one no longer in the directory, by its id. */
export function outcomeLabel(directory: Directory, line: string | null, outcome: string | null): string | null {
  return outcome === null ? null : (outcomeInWords(directory, line ?? undefined, outcome) ?? outcome)
}

/** The store has it as text; an ending from a later version has no words here. */
export function endingWhy(ending: string | null): string | null {
  return ending !== null && ending in callEndings ? callEndings[ending as CallEnding].why : ending
}
