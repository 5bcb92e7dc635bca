import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { logWithoutNumbers, withoutNumbers } from './log-numbers.js'

describe('a line of the log', () => {
  it.each([
    ['sip:01632960889@192.0.2.1:5060 is busy', 'sip:•••89@192.0.2.1:5060 is busy'],
    ['of +447700900123, and 943 476 5919', 'of •••23, and •••19'],
    ['number.failing: +44 7700 900123', 'number.failing: •••23'],
    ['1632-960889', '•••89'],
    ['943 476 5919', '•••19'],
    ['(01632) 960889 or 0(1632)960-889', '(•••89 or •••89'],
    ['sip:%2B447700900123@192.0.2.1', 'sip:%2B•••23@192.0.2.1'],
    ['busy: sip:07700900123@192.0.2.1', 'busy: sip:•••23@192.0.2.1'],
  ])('has of a number its last two digits: %s', (text, line) => expect(withoutNumbers(text)).toBe(line))

  it.each([
    'call 12345678-1234-4123-8123-123456789012 ended at 2026-11-30 12:00:00',
    'head of the chain: 2026-11-30 1234 q83vEjRWeJ12345678-01234567_abc',
    '192.168.100.200:5060, 5001, 160000 bytes, key 0123456789abcdef',
    'b0a1d4a2-6f1c-4d3a-9a51-2f0c8f3f6e11-9812345f',
    '2026-11-30T12:00:00.123Z',
    'key 1 after 12.5 s',
  ])('keeps what is none: %s', (text) => expect(withoutNumbers(text)).toBe(text))

  it('has none in its fields or in what was thrown either', () => {
    const lines: string[] = []
    const log = pino({ ...logWithoutNumbers }, { write: (line: string) => lines.push(line) })
    log.warn({ who: { number: '01632960889' }, list: ['+447700900123'], calls: 3 }, 'refused %s', '01632 960889')
    log.error({ err: new Error('cannot ring 07700900123') }, 'failed')
    log.info('plain 01632960889')
    expect(lines.join('')).not.toMatch(/960889|900123|07700/)
    expect(lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg)).toEqual(['refused •••89', 'failed', 'plain •••89'])
    expect(JSON.parse(lines[0]!)).toMatchObject({ who: { number: '•••89' }, list: ['•••23'], calls: 3 })
    expect(JSON.parse(lines[1]!)).toMatchObject({ err: { type: 'Error', message: 'cannot ring •••23' } })
  })

  it('is one line, of which a terminal obeys nothing, whatever a display name or a browser says that it is', () => {
    const lines: string[] = []
    const log = pino({ ...logWithoutNumbers }, { write: (line: string) => lines.push(line) })
    const name = 'Dr A\n{"level":50,"msg":"forged"}\r\u001b[2J\u009b31m\u007f\u2028\u202egnp.exe'
    log.child({ userAgent: name }).warn({ displayName: name, err: new Error(name) }, name)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^[^\n]+\n$/)
    expect(lines[0]!.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/)
    expect(JSON.parse(lines[0]!)).toMatchObject({ userAgent: name, displayName: name, msg: name })
  })
})
