import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CommandReader } from './command-reader.js'

test('commands come out whole, however the bytes were cut', () => {
  const text =
    'api status\n\n\n\nsendmsg abc\nexecute-app-name: playback\nExecute-App-Arg:  a: b\n\nsendevent X\ncontent-length: 5\n\nhellofilter a b\r\n\r\n'
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (cuts) => {
      const reader = new CommandReader()
      const bytes = Buffer.from(text)
      const out = []
      let at = 0
      for (const cut of cuts) {
        out.push(...reader.push(bytes.subarray(at, at + cut)))
        at = Math.min(bytes.length, at + cut)
      }
      out.push(...reader.push(bytes.subarray(at)))
      expect(out.map(({ line, body }) => [line, body])).toEqual([
        ['api status', ''],
        ['sendmsg abc', ''],
        ['sendevent X', 'hello'],
        ['filter a b', ''],
      ])
      expect(Object.fromEntries(out[1]?.headers ?? [])).toEqual({ 'execute-app-name': 'playback', 'execute-app-arg': 'a: b' })
    }),
  )
})

test('noise is waited upon, never a crash', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (noise) => void new CommandReader().push(Buffer.from(noise))))
})

test('a command without end is refused before it fills the memory', () => {
  const reader = new CommandReader()
  expect(() => {
    for (let kilobytes = 0; kilobytes < 2048; kilobytes++) reader.push(Buffer.alloc(1024, 0x61))
  }).toThrow('command without end')
})
