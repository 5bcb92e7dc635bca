import { describe, expect, it } from 'vitest'
import { dueFields, readDue } from './due-fields.js'

const london = 'Europe/London'
const read = (day: string, month: string, year: string, time: string) => {
  const due = readDue({ day, month, year, time }, london)
  return due.ok ? new Date(due.at).toISOString() : due.errors.map(({ field }) => field)
}

describe('date and time in four fields', () => {
  it.each([
    ['2', '3', '2027', '14:30', '2027-03-02T14:30:00.000Z'],
    [' 02', 'March ', '27', '2.30 pm', '2027-03-02T14:30:00.000Z'],
    ['1', 'jul', '2027', '9', '2027-07-01T08:00:00.000Z'],
    ['1', '7', '2027', '12am', '2027-06-30T23:00:00.000Z'],
    ['1', '7', '2027', '1215', '2027-07-01T11:15:00.000Z'],
    ['1', '7', '2027', '12:15pm', '2027-07-01T11:15:00.000Z'],
  ])('%s %s %s %s', (day, month, year, time, expected) => expect(read(day, month, year, time)).toBe(expected))

  it.each([
    ['31', '4', '2027', '9:00', ['day']],
    ['2', 'ma', '2027', '9:00', ['day']],
    ['2', '3', '2027', '24:00', ['time']],
    ['2', '3', '2027', '13pm', ['time']],
    ['2', '3', '2027', '9:60', ['time']],
    ['', '', '', '', ['day', 'time']],
  ])('%s %s %s %s is refused beside its field', (day, month, year, time, fields) => expect(read(day, month, year, time)).toEqual(fields))

  it('an instant survives the round trip', () => {
    const at = Date.UTC(2027, 6, 1, 8, 5)
    expect(dueFields(at, london)).toEqual({ day: '1', month: '7', year: '2027', time: '9:05' })
    expect(readDue(dueFields(at, london), london)).toEqual({ ok: true, at })
  })
})
