import { dateOf, type DayNumber } from '../directory/calendar.js'
import { showNhsNumber } from '../directory/nhs-number.js'
import type { TimeZone } from '../directory/time-zone.js'
import { figureDefinitions } from '../figures/definitions.js'
import type { ReportRow } from './report-row.js'

/** A typed cell, so that a spreadsheet can compute with it. `time`: seconds of the day. `text`: may be empty if unknown. */
export type Cell =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'date'; readonly day: DayNumber }
  | { readonly kind: 'time'; readonly seconds: number }

export interface Column {
  readonly name: string
  /** Its meaning, for the page; `docs/reports.md` has the same words. */
  readonly meaning: string
  /** In a spreadsheet, characters. */
  readonly width: number
  /** How a spreadsheet shows its dates or times; undefined: as it shows texts and numbers. */
  readonly format?: string
}

/** The columns of the calls report: these, in this order, on the page and in every export. */
export const callsColumns: readonly Column[] = [
  { name: 'Date', meaning: 'The day on which the call came in or was placed (Europe/London).', width: 12, format: 'yyyy-mm-dd' },
  { name: 'Time', meaning: 'The time of day of the same moment.', width: 10, format: 'hh:mm:ss' },
  {
    name: 'Patient #',
    meaning:
      'NHS number of the patient, if it was left for the call or the call was arranged with it. Shown to people who may see patient data.',
    width: 14,
  },
  { name: 'Gender', meaning: 'Of the patient. Always empty: the service does not know it.', width: 8 },
  { name: 'Surgery', meaning: 'The organisation that called, by the number that was dialled.', width: 28 },
  { name: 'CCS', meaning: 'The area (borough or ICB) of that organisation.', width: 24 },
  { name: 'Operation', meaning: 'The line that was called.', width: 32 },
  { name: 'Consultant', meaning: 'Who accepted the call. Empty if nobody did.', width: 26 },
  { name: 'Trust', meaning: 'The organisation that runs the line.', width: 26 },
  { name: 'Refs', meaning: figureDefinitions.refs, width: 6 },
  { name: 'Wait time (secs)', meaning: `${figureDefinitions.waitTime} Whole seconds.`, width: 16 },
  { name: 'Talk time (secs)', meaning: `${figureDefinitions.talkTime} Whole seconds.`, width: 16 },
  { name: 'Outcome', meaning: 'The latest outcome, left by the people on the call or later by staff.', width: 28 },
  {
    name: 'Recording',
    meaning: 'Whether there is an MP3 of the call; in exports the address of the call, for people who may hear it.',
    width: 44,
  },
]

/** The cells of a call, in the order of the columns. @param addressOf where the page of a call is */
export function cellsOf(row: ReportRow, zone: TimeZone, addressOf: (callId: string) => string): readonly Cell[] {
  const { day, minute } = zone.wallClockAt(row.arrivedAt)
  return [
    { kind: 'date', day },
    // The minutes have fractions, to the millisecond.
    { kind: 'time', seconds: Math.floor(Math.round(minute * 60_000) / 1_000) },
    text(row.nhsNumber === null ? null : showNhsNumber(row.nhsNumber)),
    text(null),
    text(row.surgery),
    text(row.area),
    text(row.operation),
    text(row.consultant),
    text(row.trust),
    { kind: 'number', value: row.refs },
    wholeSeconds(row.waitMs),
    wholeSeconds(row.talkMs),
    text(row.outcome),
    text(row.recording?.mayHear ? addressOf(row.callId) : null),
  ]
}

/** As it is written: `2026-03-02`, `09:30:05`. */
export function writtenCell(cell: Cell): string {
  switch (cell.kind) {
    case 'text':
      return cell.text
    case 'number':
      return String(cell.value)
    case 'date':
      return dateOf(cell.day)
    case 'time':
      return [Math.floor(cell.seconds / 3_600), Math.floor(cell.seconds / 60) % 60, cell.seconds % 60]
        .map((part) => String(part).padStart(2, '0'))
        .join(':')
  }
}

function text(value: string | null): Cell {
  return { kind: 'text', text: value ?? '' }
}

function wholeSeconds(ms: number | null): Cell {
  return ms === null ? text(null) : { kind: 'number', value: Math.round(ms / 1_000) }
}
