import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseAppFrame } from './app-message.js'
import { frame, FrameError, FrameReader } from './frame-reader.js'

test('frames come out whole, however the bytes were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), { maxLength: 10 }),
      fc.array(fc.nat(50)),
      (texts, cuts) => {
        const bytes = Buffer.from(texts.map(frame).join(''))
        const reader = new FrameReader()
        const out: string[] = []
        let at = 0
        for (const cut of cuts) {
          out.push(...reader.push(bytes.subarray(at, at + cut)))
          at = Math.min(bytes.length, at + cut)
        }
        out.push(...reader.push(bytes.subarray(at)))
        expect(out).toEqual(texts)
      },
    ),
  )
})

test('noise is refused or waited upon, never a crash', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const reader = new FrameReader()
      try {
        for (const text of reader.push(Buffer.from(noise))) parseAppFrame(text)
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError)
      }
    }),
  )
})

test.each(['abc#', '#x', '0#', '123456#x', '1234567', '-1#x'])('%s is no frame', (text) => {
  expect(() => new FrameReader().push(Buffer.from(text))).toThrow(FrameError)
})

test('a frame is read into its fields, the outline of the message and its body', () => {
  expect(parseAppFrame('id|sip|txn||\r\nINVITE sip:x SIP/2.0\r\nX-A: b: c\r\nno header\r\nempty:\r\n\r\nv=0\r\n')).toEqual({
    id: 'id',
    fields: ['sip', 'txn', '', ''],
    startLine: 'INVITE sip:x SIP/2.0',
    headers: [
      ['X-A', 'b: c'],
      ['empty', ''],
    ],
    body: 'v=0\r\n',
  })
  expect(parseAppFrame('id|route|invite')).toMatchObject({ fields: ['route', 'invite'], startLine: '' })
})
