import { expect, test } from 'vitest'
import { afterTalking, goodCall, specialistsNumber, untilTalking } from '../calls/scenario/sample-call.js'
import type { CallEvent, CallFact } from '../calls/events.js'
import { AlarmBoard } from './alarm-board.js'
import { createLiveBoard, type LiveBoard } from './live-board.js'

const names = { organisation: (id: string) => ({ 'elm-row': 'Elm Row Surgery' })[id], line: (id: string) => ({ cardiology: 'Cardiology' })[id] }

function board(): { readonly live: LiveBoard; readonly tell: (callId: string, fact: CallFact) => void } {
  const listeners = new Set<(event: CallEvent) => void>()
  const live = createLiveBoard(
    {
      subscribe(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    },
    names,
  )
  let at = 0
  const tell = (callId: string, fact: CallFact) => {
    at += 1_000
    for (const listener of listeners) listener({ callId, seq: at / 1_000, at, ...fact })
  }
  return { live, tell }
}

test('the wallboard follows a call from the ring to the end', () => {
  const { live, tell } = board()
  const stages: string[] = []
  live.subscribe((change) => stages.push(change.kind === 'over' ? 'over' : `${change.call.stage}${change.call.ringing ? ` ${change.call.ringing.label}` : ''}`))
  for (const fact of goodCall('one')) tell('one', fact)
  expect(stages.filter((stage, index) => stage !== stages[index - 1])).toEqual([
    'arrived',
    'answered',
    'hunting',
    'ringing Dr Okafor',
    'hunting',
    'ringing On-call mobile',
    'whisper On-call mobile',
    'connecting On-call mobile',
    'talking',
    'ending',
    'outcome',
    'over',
  ])
  expect(live.calls()).toEqual([])
})

test('while they talk it shows with whom, since when, whether it is recorded and who was tried', () => {
  const { live, tell } = board()
  for (const fact of untilTalking('one')) tell('one', fact)
  expect(live.calls()).toMatchObject([
    {
      stage: 'talking',
      organisationName: 'Elm Row Surgery',
      lineName: 'Cardiology',
      talkingTo: 'On-call mobile',
      waitingSince: 3_000,
      talkingSince: 16_000,
      recording: true,
      attempts: [
        { label: 'Dr Okafor', result: 'noAnswer' },
        { label: 'On-call mobile', result: 'accepted' },
      ],
    },
  ])
})

test('no number of a specialist reaches the wallboard', () => {
  const { live, tell } = board()
  const seen: string[] = []
  live.subscribe((change) => seen.push(change.kind === 'call' ? JSON.stringify(change) : ''))
  for (const fact of goodCall('one')) tell('one', fact)
  expect(seen.join()).not.toContain(specialistsNumber)
  expect(seen.join()).not.toContain(specialistsNumber.slice(-6))
})

test('calls stand side by side, the longest first, and facts that come after a call change nothing', () => {
  const { live, tell } = board()
  for (const id of ['one', 'two', 'three']) for (const fact of untilTalking(id)) tell(id, fact)
  for (const fact of afterTalking('two')) tell('two', fact)
  tell('two', { type: 'recording.ready', recordingId: 'two-r', path: 'x', bytes: 1, seconds: 1, sha256: '' })
  expect(live.calls().map((call) => call.callId)).toEqual(['one', 'three'])
})

test('an alarm stays up until it is cleared, with how often and since when', () => {
  let now = 1_000
  const alarms = new AlarmBoard(() => now)
  const told: string[] = []
  alarms.subscribe((alarm, up) => told.push(`${alarm.alarm} ${up ? 'up' : 'over'}`))
  alarms.raise('store.cannotWrite', 'disk full')
  now = 2_000
  alarms.raise('store.cannotWrite', 'disk still full')
  expect(alarms.active()).toEqual([{ alarm: 'store.cannotWrite', detail: 'disk still full', since: 1_000, lastAt: 2_000, times: 2 }])
  alarms.clear('store.cannotWrite')
  alarms.clear('store.cannotWrite')
  expect(told).toEqual(['store.cannotWrite up', 'store.cannotWrite up', 'store.cannotWrite over'])
  expect(alarms.raised).toBe(2)
})
