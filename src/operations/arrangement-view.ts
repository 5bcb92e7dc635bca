import { isOverdue } from '../arrangements/arrangement-list.js'
import { stateOf, type ArrangementState } from '../arrangements/arrangement.js'
import { dialInsOf } from '../arrangements/dialled-place.js'
import { maskedTarget } from '../directory/masking.js'
import type { Directory } from '../directory/model.js'
import { showNhsNumber } from '../directory/nhs-number.js'
import { showNumber } from '../directory/telephone-number.js'
import type { Arrangement, CallBack, CallBackCode, PatientConnect, Try } from '../facts/arrangement.js'

/**
 * Arranged calls as pages and the API show them. Never the PIN or the code, and no number of a clinician; in lists the patient's number is masked and their
 * NHS number left out.
 */

interface SharedView {
  readonly id: string
  readonly state: ArrangementState
  readonly madeAt: number
  readonly madeBy: 'staff' | 'patient'
  readonly callId: string | null
}

export interface CallBackView extends SharedView {
  readonly line: string
  readonly lineName: string | null
  readonly patientNumber: string
  readonly clinician: string | null
  readonly clinicianName: string | null
  readonly dueAt: number
  readonly overdue: boolean
  readonly tries: number
  readonly lastOutcome: string | null
  readonly requestedIn: string | null
  readonly timesRequested: number
  readonly lastRequestedAt: number | null
  readonly numberKeyed: boolean
  readonly suspicious: boolean
}

export function callBackView(arrangement: CallBack, directory: Directory, now: number): CallBackView {
  const { line, clinician = null, dueAt, tries, madeBy, madeAt, repeats = [] } = arrangement
  const byPatient = madeBy.kind === 'patient' ? madeBy : undefined
  return {
    ...shared(arrangement, now),
    line,
    lineName: directory.lines.get(line)?.name ?? null,
    patientNumber: maskedTarget(arrangement.patientNumber),
    clinician,
    clinicianName: nameOf(directory, clinician),
    dueAt,
    overdue: isOverdue(arrangement, now),
    tries: tries.length,
    lastOutcome: lastOutcome(tries),
    requestedIn: byPatient?.call ?? null,
    timesRequested: byPatient ? 1 + repeats.length : 0,
    lastRequestedAt: byPatient ? (repeats.at(-1)?.at ?? madeAt) : null,
    numberKeyed: byPatient?.keyed === true,
    suspicious: byPatient?.suspicious === true,
  }
}

export function wholeCallBack(
  arrangement: CallBack,
  directory: Directory,
  now: number,
): Omit<CallBackView, 'tries'> & Readonly<Record<string, unknown>> {
  const { nhsNumber, note = null } = arrangement
  return {
    ...callBackView(arrangement, directory, now),
    patientNumber: showNumber(arrangement.patientNumber),
    nhsNumber: nhsNumber === undefined ? null : showNhsNumber(nhsNumber),
    note,
    tries: triesView(arrangement.tries),
  }
}

export function patientConnectView(
  arrangement: PatientConnect,
  directory: Directory,
  now: number,
): SharedView & Readonly<Record<string, unknown>> {
  const { clinician, expiresAt, tries } = arrangement
  return {
    ...shared(arrangement, now),
    clinician,
    clinicianName: nameOf(directory, clinician),
    patientNumber: maskedTarget(arrangement.patientNumber),
    expiresAt,
    dialIn: pinNumbers(directory, clinician),
    tries: tries.length,
    lastOutcome: lastOutcome(tries),
  }
}

export function wholePatientConnect(
  arrangement: PatientConnect,
  directory: Directory,
  now: number,
): SharedView & Readonly<Record<string, unknown>> {
  return {
    ...patientConnectView(arrangement, directory, now),
    patientNumber: showNumber(arrangement.patientNumber),
    nhsNumber: showNhsNumber(arrangement.nhsNumber),
    tries: triesView(arrangement.tries),
  }
}

export function callBackCodeView(
  arrangement: CallBackCode,
  directory: Directory,
  now: number,
): SharedView & Readonly<Record<string, unknown>> {
  const { about, asked, expiresAt, line = null, tries } = arrangement
  const clinician = 'clinician' in asked ? asked.clinician : null
  return {
    ...shared(arrangement, now),
    number: showNumber(arrangement.number),
    call: 'call' in about ? about.call : null,
    thread: 'thread' in about ? about.thread : null,
    clinician,
    clinicianName: nameOf(directory, clinician),
    line,
    lineName: line === null ? null : (directory.lines.get(line)?.name ?? null),
    expiresAt,
    tries: tries.length,
  }
}

export function wholeCallBackCode(arrangement: CallBackCode, directory: Directory, now: number): Readonly<Record<string, unknown>> {
  return { ...callBackCodeView(arrangement, directory, now), tries: triesView(arrangement.tries) }
}

/** The numbers on which a clinician's PIN works, in UK format. Empty if none of their organisations has a Dial-In number. */
export function pinNumbers(directory: Directory, clinician: string): readonly string[] {
  return dialInsOf(directory, directory.clinicians.get(clinician)?.organisations ?? []).map(showNumber)
}

function shared(arrangement: Arrangement, now: number): SharedView {
  const last = arrangement.tries.at(-1)
  return {
    id: arrangement.id,
    state: stateOf(arrangement, now),
    madeAt: arrangement.madeAt,
    madeBy: arrangement.madeBy.kind,
    callId: last && !last.ended ? last.callId : null,
  }
}

function triesView(tries: readonly Try[]): readonly Readonly<Record<string, unknown>>[] {
  return tries.map(({ callId, at, clinician = null, talked, outcome = null, ended }) => ({ callId, at, clinician, talked, outcome, ended }))
}

function lastOutcome(tries: readonly Try[]): string | null {
  return tries.findLast(({ outcome }) => outcome !== undefined)?.outcome ?? null
}

function nameOf(directory: Directory, clinician: string | null): string | null {
  return clinician === null ? null : (directory.clinicians.get(clinician)?.name ?? null)
}
