import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { CallEvent } from '../facts/events.js'
import { logWithoutNumbers } from '../log-numbers.js'
import { logFacts } from './logged-facts.js'

const placed = {
  type: 'attempt.started',
  callId: '7c1f0001-1234567',
  at: 1_764_000_000_000,
  target: { kind: 'number', number: '+447700900123' },
  reason: 'busy: sip:07700900123@192.0.2.1',
}

describe('facts in the log', () => {
  it.each([
    ['debug', 1],
    ['info', 0],
  ])('at %s are %i lines', (level, lines) => {
    const written: string[] = []
    const listeners: ((fact: CallEvent) => void)[] = []
    logFacts(pino({ level, ...logWithoutNumbers }, { write: (line: string) => written.push(line) }), {
      subscribe: (listener) => (listeners.push(listener), () => undefined),
    })
    for (const tell of listeners) tell(placed as unknown as CallEvent)
    expect(written.map((line) => (JSON.parse(line) as { readonly fact: unknown }).fact)).toEqual(
      Array.from({ length: lines }, () => ({
        ...placed,
        target: { kind: 'number', number: '•••23' },
        reason: 'busy: sip:•••23@192.0.2.1',
      })),
    )
  })
})
