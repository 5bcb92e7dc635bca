import type { Directory, Line, LineId, LineKind, OrganisationId, OutcomeChoice } from './model.js'

/** Only an answerphone was reached: the arrangement is tried again. */
export const patientUnavailable: OutcomeChoice = { id: 'patient-unavailable', label: 'Patient unavailable' }

/** Outcomes offered if neither the line nor the caller's area has its own list. */
export const defaultOutcomes: Readonly<Record<LineKind, readonly OutcomeChoice[]>> = {
  advice: [
    { id: 'referral-avoided', label: 'Referral avoided' },
    { id: 'referral-made', label: 'Referral made' },
    { id: 'admission-avoided', label: 'Admission avoided' },
    { id: 'admission-made', label: 'Admission made' },
    { id: 'diagnostics-recommended', label: 'Diagnostics recommended' },
  ],
  pifuAnswer: [
    { id: 'patient-discharged', label: 'Patient discharged' },
    { id: 'telephone-follow-up', label: 'Telephone follow-up scheduled' },
    { id: 'face-to-face-follow-up', label: 'Face-to-face follow-up scheduled' },
  ],
  pifuCallBack: [
    { id: 'patient-discharged', label: 'Patient discharged' },
    { id: 'telephone-follow-up', label: 'Telephone follow-up scheduled' },
    { id: 'face-to-face-follow-up', label: 'Face-to-face follow-up scheduled' },
    patientUnavailable,
  ],
}

/** Outcomes of a call from a clinician to a patient (Patient Connect). */
export const patientConnectOutcomes: readonly OutcomeChoice[] = [
  { id: 'patient-discharged', label: 'Patient discharged' },
  { id: 'appointment-required', label: 'Appointment required' },
  patientUnavailable,
]

/** Every outcome that a call may have, the line's own first: for labels. */
export function knownOutcomes(directory: Directory, line?: LineId): readonly OutcomeChoice[] {
  const ofAreas = [...directory.areas.values()].flatMap(({ outcomes = [] }) => outcomes)
  return [
    ...(directory.lines.get(line ?? '')?.outcomes ?? []),
    ...ofAreas,
    ...patientConnectOutcomes,
    ...Object.values(defaultOutcomes).flat(),
  ]
}

const labels = new WeakMap<Directory, Map<LineId | undefined, ReadonlyMap<string, string>>>()

/** An outcome that was left in a call, in words; undefined: nothing in this directory has it. */
export function outcomeInWords(directory: Directory, line: LineId | undefined, outcome: string): string | undefined {
  const ofLines = labels.get(directory) ?? new Map<LineId | undefined, ReadonlyMap<string, string>>()
  labels.set(directory, ofLines)
  // The first of an id counts.
  const ofLine =
    ofLines.get(line) ??
    new Map(
      knownOutcomes(directory, line)
        .toReversed()
        .map(({ id, label }) => [id, label]),
    )
  ofLines.set(line, ofLine)
  return ofLine.get(outcome)
}

/** The outcomes offered after a call on the line: the line's own list; else the caller's area's, if it has one; else the default. */
export function outcomesFor(directory: Directory, line: Line, callerOrganisation?: OrganisationId): readonly OutcomeChoice[] {
  if (line.ownOutcomes === true) return line.outcomes
  const area = callerOrganisation === undefined ? undefined : directory.organisations.get(callerOrganisation)?.area
  return (area === undefined ? undefined : directory.areas.get(area)?.outcomes) ?? line.outcomes
}

/** The outcomes offered after a clinician's call to a patient on a line: as for any call on it, plus that the patient was not there. */
export function callBackOutcomes(directory: Directory, line: Line | undefined): readonly OutcomeChoice[] {
  const offered = line ? outcomesFor(directory, line) : defaultOutcomes.pifuCallBack
  return offered.some(({ id }) => id === patientUnavailable.id) ? offered : [...offered, patientUnavailable]
}
