import type { Directory } from '../directory/model.js'
import { outcomeInWords } from '../directory/outcomes.js'
import type { CallRecord } from '../facts/call-record.js'
import type { RecordingRecord } from '../facts/recording-record.js'
import type { AttemptRecord } from '../facts/attempt-record.js'
import { callEndings } from '../facts/endings.js'
import type { CallEnding, CallEvent } from '../facts/events.js'
import type { CallSummary } from '../store/call-filter.js'
import { maskedTarget, withoutTargets } from '../directory/masking.js'

/** Calls as the API shows them: the store's data with names beside the ids, and without any specialist's number. */

export interface SummaryView extends Omit<CallSummary, 'recording' | 'talked' | 'arrangement'> {
  readonly organisationName: string | null
  readonly lineName: string | null
  readonly areaName: string | null
  readonly trustName: string | null
  readonly outcomeLabel: string | null
  readonly endingWhy: string | null
  readonly recording: (NonNullable<CallSummary['recording']> & { readonly url: string | null }) | null
}

/** @param seesPatient whether the viewer may see patient data of this call */
export function summaryView(
  { talked: _talked, arrangement: _arrangement, ...call }: CallSummary,
  directory: Directory,
  seesPatient: boolean,
): SummaryView {
  const area = call.organisation === null ? undefined : directory.organisations.get(call.organisation)?.area
  const trust = call.line === null ? undefined : directory.lines.get(call.line)?.trust
  return {
    ...call,
    nhsNumber: seesPatient ? call.nhsNumber : null,
    ...names(directory, call),
    areaName: area === undefined ? null : (directory.areas.get(area)?.name ?? null),
    trustName: trust === undefined ? null : (directory.organisations.get(trust)?.name ?? null),
    outcomeLabel: outcomeLabel(directory, call.line, call.outcome),
    endingWhy: endingWhy(call.ending),
    recording: call.recording && { ...call.recording, url: call.recording.state === 'ready' ? recordingUrl(call.callId) : null },
  }
}

type AttemptView = Omit<AttemptRecord, 'candidate' | 'target'> & { readonly target: string; readonly rangMs?: number }
type RecordingView = Omit<RecordingRecord, 'spoolPath' | 'path'> & { readonly url: string | null }

export interface CallView {
  readonly call: Omit<CallRecord, 'attempts' | 'recordings'> & {
    readonly organisationName: string | null
    readonly lineName: string | null
    readonly outcomeLabel: string | null
    readonly endingWhy: string | null
  }
  readonly attempts: readonly AttemptView[]
  readonly recordings: readonly RecordingView[]
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

/** @param seesPatient whether the viewer may see patient data of this call */
export function callView(record: CallRecord, events: readonly CallEvent[], directory: Directory, seesPatient: boolean): CallView {
  const { attempts, recordings, nhsNumber, ...call } = record
  const view: CallView = {
    call: {
      ...call,
      ...(nhsNumber === undefined || !seesPatient ? {} : { nhsNumber }),
      ...names(directory, { organisation: call.organisation ?? null, line: call.line ?? null }),
      outcomeLabel: outcomeLabel(directory, call.line ?? null, call.outcome?.outcome ?? null),
      endingWhy: endingWhy(call.ending ?? null),
    },
    attempts: attempts.map(({ candidate: _candidate, target, ...attempt }) => ({
      ...attempt,
      target: maskedTarget(target),
      ...rang(attempt),
    })),
    recordings: recordings.map(({ spoolPath: _spoolPath, path: _path, ...recording }, index) => ({
      ...recording,
      url: recording.state === 'ready' ? recordingUrl(record.callId, index + 1) : null,
    })),
    events: events.map((event) => shown(event, seesPatient)),
  }
  return withoutTargets(
    view,
    attempts.map((attempt) => attempt.target),
  )
}

/** Until the answer, or the end of an unanswered attempt. */
function rang({
  startedAfterMs,
  answeredAfterMs,
  endedAfterMs,
}: Pick<AttemptRecord, 'startedAfterMs' | 'answeredAfterMs' | 'endedAfterMs'>): { readonly rangMs?: number } {
  const to = answeredAfterMs ?? endedAfterMs
  return to === undefined ? {} : { rangMs: Math.max(0, Math.round(to - startedAfterMs)) }
}

/** A fact without internal fields: the call's id is above; file paths, and the identity a withheld number is counted under, stay inside. */
function shown(event: CallEvent, seesPatient: boolean): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(event).filter(
      ([name]) => !['callId', 'callerAccount', 'spoolPath', 'path'].includes(name) && (seesPatient || name !== 'nhsNumber'),
    ),
  )
}

/** @param number 1 for the call's first recording; default: the latest */
export function recordingUrl(callId: string, number?: number): string {
  return `/api/calls/${encodeURIComponent(callId)}/recording.mp3${number === undefined ? '' : `?number=${number}`}`
}

function names(
  directory: Directory,
  call: { readonly organisation: string | null; readonly line: string | null },
): { readonly organisationName: string | null; readonly lineName: string | null } {
  return {
    organisationName: call.organisation === null ? null : (directory.organisations.get(call.organisation)?.name ?? null),
    lineName: call.line === null ? null : (directory.lines.get(call.line)?.name ?? null),
  }
}

function outcomeLabel(directory: Directory, line: string | null, outcome: string | null): string | null {
  return outcome === null ? null : (outcomeInWords(directory, line ?? undefined, outcome) ?? null)
}

/** The store has it as text; an ending from a later version has no words here. */
function endingWhy(ending: string | null): string | null {
  return ending !== null && ending in callEndings ? callEndings[ending as CallEnding].why : null
}
