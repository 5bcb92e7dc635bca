import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { knownTimeZone } from '../directory/time-zone.js'
import { callsColumns, cellsOf, writtenCell } from './columns.js'
import type { ReportRow } from './report-row.js'

const row: ReportRow = {
  callId: 'one',
  // In summer time, and past midnight there.
  arrivedAt: Date.UTC(2026, 5, 30, 23, 5, 59, 999),
  nhsNumber: '9990000018',
  surgery: 'Elm Row Surgery',
  area: 'Saltmarsh and the Levels',
  operation: 'Cardiology',
  consultant: 'Dr Ada Okafor',
  trust: "St Bride's Hospital",
  refs: 2,
  waitMs: 31_499,
  talkMs: 184_500,
  outcome: 'Referral avoided',
  isOutcomeOpen: false,
  recording: { state: 'ready', seconds: 184.1, mayHear: true },
  ending: 'connected',
}

const written = (one: ReportRow) =>
  cellsOf(one, knownTimeZone('Europe/London'), (id) => `https://advice.example/calls/${id}`).map(writtenCell)

test('the columns are exactly those of the service, and docs/reports.md explains each in the same words', () => {
  expect(callsColumns.map(({ name }) => name)).toEqual([
    'Date',
    'Time',
    'Patient #',
    'Gender',
    'Surgery',
    'CCS',
    'Operation',
    'Consultant',
    'Trust',
    'Refs',
    'Wait time (secs)',
    'Talk time (secs)',
    'Outcome',
    'Recording',
  ])
  const rows = [...readFileSync('docs/reports.md', 'utf8').matchAll(/^\| ([^|]+) \| ([^|]+) \|$/gm)]
    .slice(1)
    .map(([, name, meaning]) => ({ name, meaning }))
  expect(rows).toEqual(callsColumns.map(({ name, meaning }) => ({ name, meaning })))
})

test('a row has a cell for each column, in the time of the service', () => {
  expect(written(row)).toEqual([
    '2026-07-01',
    '00:05:59',
    '999 000 0018',
    '',
    'Elm Row Surgery',
    'Saltmarsh and the Levels',
    'Cardiology',
    'Dr Ada Okafor',
    "St Bride's Hospital",
    '2',
    '31',
    '185',
    'Referral avoided',
    'https://advice.example/calls/one',
  ])
})

test('what is unknown, or hidden from the reader, is empty and never made up', () => {
  expect(
    written({
      ...row,
      nhsNumber: null,
      surgery: null,
      area: null,
      operation: null,
      consultant: null,
      trust: null,
      refs: 0,
      waitMs: null,
      talkMs: null,
      outcome: null,
      recording: { state: 'ready', seconds: 1, mayHear: false },
    }).slice(2),
  ).toEqual(['', '', '', '', '', '', '', '0', '', '', '', ''])
  expect(written({ ...row, recording: null }).at(-1)).toBe('')
})
