import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type * as Package from '../event-socket.js'

const { FrameReader, SocketEvent } = createRequire(import.meta.url)('../index.js') as typeof Package

/** As FreeSWITCH prints an event in plain format, through the reader. */
function asSent(headers: readonly (readonly [string, string])[], body?: string): Package.SocketEvent {
  const encoded = headers.map(([name, value]) => `${name}: ${encodeURIComponent(value)}\n`).join('')
  const inner = `${encoded}${body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\n`}\n${body ?? ''}`
  let event: Package.SocketEvent | undefined
  new FrameReader().push(
    Buffer.from(`Content-Length: ${Buffer.byteLength(inner)}\nContent-Type: text/event-plain\n\n${inner}`),
    (frame) => (event = SocketEvent.fromPlain(frame.body)),
  )
  return event!
}

describe('headers', () => {
  test.each<[string, string, string | null]>([
    ['the first', 'Event-Name: DTMF\nUnique-ID: a', 'DTMF'],
    ['the last', 'Unique-ID: a\nEvent-Name: DTMF', 'DTMF'],
    ['one that is not there', 'Unique-ID: a', null],
    ['one that another name ends with', 'X-Event-Name: b\nEvent-Name: a', 'a'],
    ['one that a value contains', 'X: Event-Name: b\nEvent-Name: a', 'a'],
    ['one of two', 'Event-Name: a\nEvent-Name: b', 'a'],
    ['an empty one', 'Event-Name: \nX: y', ''],
    ['a colon and a space in the value', 'Event-Name: a: b', 'a: b'],
    ['percent-encoded', 'Event-Name: %3Csip%3Aa%40b%3E%0AZo%C3%AB', '<sip:a@b>\nZoë'],
    ['a percent sign of its own', 'Event-Name: 100%', '100%'],
    ['bytes of UTF-8 that nobody encoded', `Event-Name: ${Buffer.from('Zoë').toString('latin1')}`, 'Zoë'],
    ['a line that ends in CR LF', 'Event-Name: a\r\nX: y', 'a'],
  ])('%s', (_, head, value) => {
    const event = new SocketEvent(head, '')
    expect(event.getHeader('Event-Name')).toBe(value)
    expect(event.headers.find(({ name }) => name === 'Event-Name')?.value ?? null).toBe(value)
  })

  test('can be gone through, and added to', () => {
    const event = new SocketEvent('Event-Name: PLAYBACK_START\nvariable_tts_a: 1\nvariable_tts_b: 2', '')
    event.addHeader('added', 'too')
    const names = [event.firstHeader()]
    for (let name = event.nextHeader(); name !== null; name = event.nextHeader()) names.push(name)
    expect(names).toEqual(['Event-Name', 'variable_tts_a', 'variable_tts_b', 'added'])
    expect(event.getHeader('added')).toBe('too')
    expect(event.getType()).toBe('PLAYBACK_START')
    expect(JSON.parse(JSON.stringify(event))).toEqual({
      headers: { 'Event-Name': 'PLAYBACK_START', variable_tts_a: '1', variable_tts_b: '2', added: 'too' },
      body: '',
    })
  })

  test('every value comes back as it was sent', () => {
    const name = fc.stringMatching(/^[A-Za-z_][\w-]{0,15}$/).filter((each) => each !== 'Content-Length')
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, fc.string({ unit: 'grapheme' })), { minLength: 1, selector: ([each]) => each }),
        fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
        (headers, body) => {
          const event = asSent(headers, body)
          for (const [each, value] of headers) expect(event.getHeader(each)).toBe(value)
          expect(event.getBody()).toBe(body ?? '')
        },
      ),
    )
  })
})
