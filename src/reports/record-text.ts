import type { Directory } from '../directory/model.js'
import { showNhsNumber } from '../directory/nhs-number.js'
import type { CallRecord } from '../facts/call-record.js'
import { callKinds, parties } from './call-story.js'
import { durationInWords } from './durations.js'
import { endingWhy, outcomeLabel } from './report-row.js'

/** One line for a patient's record: `Specialist: Dr Ada Okafor, Consultant cardiologist`. */
export interface RecordLine {
  readonly name: string
  readonly value: string
}

/** A call's summary for a GP's own system. @param seesPatient whether the reader may see its patient data */
export function recordLines(record: CallRecord, directory: Directory, seesPatient: boolean): readonly RecordLine[] {
  const { organisations, lines, clinicians } = directory
  const caller = record.organisation === undefined ? undefined : organisations.get(record.organisation)
  const line = record.line === undefined ? undefined : lines.get(record.line)
  const accepted = record.attempts.find(({ attempt }) => attempt === record.acceptedBy)
  const specialist = accepted?.clinician === undefined ? undefined : clinicians.get(accepted.clinician)
  const all: readonly (readonly [string, string | undefined])[] = [
    ['Call', callKinds[record.kind]],
    ['Date and time', instant.format(record.arrivedAt)],
    ['Patient', seesPatient && record.nhsNumber !== undefined ? `NHS number ${showNhsNumber(record.nhsNumber)}` : undefined],
    ['From', caller && `${caller.name}${caller.odsCode === undefined ? '' : ` (${caller.odsCode})`}`],
    ['Made by', record.assigned === undefined ? undefined : (clinicians.get(record.assigned)?.name ?? record.assigned)],
    ['Line', line ? `${line.name}, ${organisations.get(line.trust)?.name ?? line.trust}` : record.line],
    ['Specialist', specialist ? `${specialist.name}, ${specialist.role}` : accepted?.label],
    ['Waited', record.waitMs === undefined ? undefined : durationInWords(record.waitMs)],
    ['Talked', record.talkMs === undefined ? undefined : durationInWords(record.talkMs)],
    [
      'Outcome',
      record.outcome &&
        `${outcomeLabel(directory, record.line ?? null, record.outcome.outcome) ?? record.outcome.outcome} (left by ${parties[record.outcome.by]})`,
    ],
    [
      'Ended',
      record.ending === undefined ? 'it is not over' : record.ending === 'completed' ? undefined : (endingWhy(record.ending) ?? undefined),
    ],
    ['Recording', record.recordings.some(({ state }) => state === 'ready') ? 'kept by Ringround' : undefined],
    ['Reference', record.callId],
  ]
  return all.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}

/** The same as one block of text, to paste into another system. */
export function recordText(record: CallRecord, directory: Directory, seesPatient: boolean): string {
  return recordLines(record, directory, seesPatient)
    .map(({ name, value }) => `${name}: ${value}\n`)
    .join('')
}

const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/London' })
