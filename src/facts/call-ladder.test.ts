import { expect, test } from 'vitest'
import { goodCall } from '../../test/kit/sample-call.js'
import { Cast } from './actor.js'
import { callLadder } from './call-ladder.js'
import type { CallEvent, CallFact } from './events.js'

const arrivedAt = Date.UTC(2026, 2, 2, 9, 12, 31)

function told(facts: readonly CallFact[]): readonly CallEvent[] {
  const cast = new Cast()
  return facts.map((fact, index) => ({
    callId: 'one',
    seq: index + 1,
    at: arrivedAt + index * 1_000,
    elapsedMs: index * 1_500,
    actor: cast.actorOf(fact),
    node: 'engine-1',
    ...fact,
  }))
}

test('a call reads from its arrival to its end, with who did what, when, and under which Call-IDs', () => {
  const [arrived, ...rest] = goodCall('one')
  const sent: CallFact = { type: 'attempt.sent', attempt: 'one-1', sipCallId: 'abc@engine', trunk: 'second' }
  const lines = callLadder(
    told([arrived!, ...rest.flatMap((fact) => (fact.type === 'attempt.ringing' && fact.attempt === 'one-1' ? [sent, fact] : [fact]))]),
    'Europe/London',
  )
  expect(lines?.slice(0, 6)).toEqual([
    'Call one: dialIn, line cardiology',
    'Arrived Mon 2 Mar 2026 09:12:31 from 01632960101 to 01632960000 (127.0.0.1:5070/udp, engine engine-1, trunk main)',
    expect.stringMatching(/^Ended: ./),
    'SIP Call-ID of the caller: one@phone.example',
    'SIP Call-ID of Dr Okafor: abc@engine (trunk second)',
    '',
  ])
  expect(lines).toContain(
    '    0.000 s  caller  call.arrived       kind=dialIn callerNumber=01632960101 dialledNumber=01632960000 organisation=elm-row source=127.0.0.1:5070/udp sipCallId=one@phone.example trunk=main',
  )
  expect(lines).toContain('    7.500 s  engine  attempt.sent       attempt=one-1 sipCallId=abc@engine trunk=second')
  expect(lines).toContain('   15.000 s  called  attempt.answered   attempt=one-2 legId=one-b')
  expect(lines?.some((line) => line.includes('/nowhere/'))).toBe(false)
})

test('a call that runs says so, and what the far end wrote cannot break a line', () => {
  const lines = callLadder(
    told([
      { type: 'call.arrived', kind: 'line', callerNumber: '', dialledNumber: '1', source: '', callerAccount: 'secret' },
      { type: 'attempt.started', attempt: 'a', candidate: 'c', label: 'l', pool: 'local', target: 't' },
      { type: 'attempt.ended', attempt: 'a', result: 'failed', reason: 'no\nCall two: forged', fault: 'trunk' },
    ]),
    'Europe/London',
  )
  expect(lines).toContain('It runs.')
  expect(lines?.at(-1)).toMatch(/reason="no\\nCall two: forged" fault=trunk$/)
  expect(lines?.join('\n')).not.toContain('secret')
})

test('what the far end wrote does nothing to the terminal, in the heading either', () => {
  const evil = 'x\nCall two: forged\u001b[2J\u009b1m\u202e'
  const lines = callLadder(
    told([
      { type: 'call.arrived', kind: 'line', callerNumber: evil, dialledNumber: evil, source: evil, sipCallId: evil, trunk: evil },
      { type: 'attempt.started', attempt: 'a', candidate: 'c', label: evil, pool: 'local', target: evil },
      { type: 'attempt.sent', attempt: 'a', sipCallId: evil, trunk: evil },
      { type: 'call.ended', ending: 'engineFault', detail: evil },
    ]),
    'Europe/London',
  )
  expect(lines).toHaveLength(10)
  expect(lines?.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
})

test('of no facts there is nothing to read', () => {
  expect(callLadder([], 'Europe/London')).toBeUndefined()
})
