import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { CallEvent } from '../facts/events.js'
import { logFacts, withoutNumbers } from './logged-facts.js'

const placed = { type: 'attempt.started', callId: '7c1f0001-1234567', at: 1_764_000_000_000, target: { kind: 'number', number: '+447700900123' }, reason: 'busy: sip:07700900123@192.0.2.1' }

describe('facts in the log', () => {
  it.each([
    ['+447700900123', '•••23'],
    ['943 476 5919', '•••19'],
    ['sip:07700900123@192.0.2.1', 'sip:•••23@192.0.2.1'],
    ['key 1 after 12.5 s', 'key 1 after 12.5 s'],
  ])('%s is logged as %s', (text, logged) => expect(withoutNumbers(text)).toBe(logged))

  it('keep their names and instants, by which they are found elsewhere', () =>
    expect(withoutNumbers(placed)).toEqual({ ...placed, target: { kind: 'number', number: '•••23' }, reason: 'busy: sip:•••23@192.0.2.1' }))

  it.each([
    ['debug', 1],
    ['info', 0],
  ])('at %s are %i lines', (level, lines) => {
    const written: string[] = []
    const listeners: ((fact: CallEvent) => void)[] = []
    logFacts(pino({ level }, { write: (line: string) => written.push(line) }), { subscribe: (listener) => (listeners.push(listener), () => undefined) })
    for (const tell of listeners) tell(placed as unknown as CallEvent)
    expect(written).toHaveLength(lines)
    expect(written.join('')).not.toContain('7700900123')
  })
})
