import { describe, expect, test } from 'vitest'
import { goodCall, specialistsNumber } from '../../test/kit/sample-call.js'
import { emptyDirectory } from '../directory/empty-directory.js'
import { unknownOrigin } from '../facts/actor.js'
import { callRecord } from '../facts/call-record.js'
import type { CallEvent, CallFact } from '../facts/events.js'
import { storyOf } from './call-story.js'
import { clockInto, durationInWords } from './durations.js'
import { recordLines, recordText } from './record-text.js'

function told(facts: readonly CallFact[]): readonly CallEvent[] {
  return facts.map((fact, index) => ({
    ...unknownOrigin,
    callId: 'one',
    seq: index + 1,
    at: Date.UTC(2026, 2, 2, 9, 30) + index * 1_000,
    elapsedMs: index * 1_000,
    ...fact,
  }))
}

const later: readonly CallFact[] = [
  { type: 'outcome.left', outcome: 'referral-made', by: 'staff' },
  { type: 'nhsNumber.left', nhsNumber: '9990000018' },
  { type: 'call.assigned', clinician: 'dr-okafor' },
]

describe('the story of a call', () => {
  test('tells each attempt, whisper, key and outcome in order, with how long it took', () => {
    const story = storyOf(told([...goodCall('one'), ...later]), emptyDirectory)
    expect(story.map(({ what }) => what)).toEqual([
      'A call came in from elm-row',
      'The service answered',
      'cardiology was chosen; the wait begins',
      'The hunt began: 2 places on the rota',
      'Dr Okafor was rung',
      'Dr Okafor: rang until the time-out',
      'On-call mobile was rung',
      'On-call mobile answered',
      'On-call mobile heard who is calling, and was asked to press 1',
      'On-call mobile accepted',
      'The hunt ended: a specialist accepted',
      'Recording began',
      'Connected: the caller and On-call mobile talked',
      'The conversation ended: the specialist hung up',
      'The caller was asked for the outcome',
      'Outcome: Referral avoided',
      'The call was over',
      'Outcome: Referral made',
      'The NHS number of the patient was left',
      'The call was assigned to dr-okafor',
    ])
    expect(story.find(({ what }) => what === 'On-call mobile was rung')).toMatchObject({ kind: 'ring', afterMs: 7_000, lastsMs: 2_000 })
    expect(story.find(({ what }) => what.startsWith('Connected'))).toMatchObject({ kind: 'talk', lastsMs: 1_000 })
    // What was added afterwards has no time within the call.
    expect(story.slice(-3).every(({ afterMs, kind }) => afterMs === undefined && kind === 'later')).toBe(true)
  })

  test('contains no number of a specialist and no NHS number', () => {
    const words = JSON.stringify(
      storyOf(
        told([{ type: 'candidate.passedOver', candidate: `phone:${specialistsNumber}`, why: 'beingRung' }, ...goodCall('one'), ...later]),
        emptyDirectory,
      ),
    )
    expect(words).not.toContain(specialistsNumber)
    expect(words).not.toContain('9990000018')
    expect(words).toContain('A telephone on the rota was passed over')
  })

  test('of no facts there is none', () => {
    expect(storyOf([], emptyDirectory)).toEqual([])
  })
})

test('the text for a record has the patient only for people who may see patient data', () => {
  const record = callRecord(told([...goodCall('one'), ...later]))!
  expect(recordText(record, emptyDirectory, true)).toBe(
    'Call: Call from a Dial-In number\nDate and time: 2 March 2026 at 09:30\nPatient: NHS number 999 000 0018\nMade by: dr-okafor\nLine: cardiology\nSpecialist: On-call mobile\nWaited: 9.0 s\nTalked: 5.0 s\nOutcome: Referral made (left by staff)\nReference: one\n',
  )
  expect(recordLines(record, emptyDirectory, false).map(({ name }) => name)).not.toContain('Patient')
})

test('durations and places as people say them', () => {
  expect([400, 9_999, 31_000, 59_600, 184_000].map(durationInWords)).toEqual(['0.4 s', '10.0 s', '31 s', '1 min 0 s', '3 min 4 s'])
  expect([5_000, 184_999, 3_723_000].map(clockInto)).toEqual(['0:05', '3:04', '1:02:03'])
})
