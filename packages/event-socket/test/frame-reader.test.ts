import { createRequire } from 'node:module'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type * as Package from '../event-socket.js'

const { FrameError, FrameReader } = createRequire(import.meta.url)('../index.js') as typeof Package

interface Outcome {
  readonly frames: readonly Package.Frame[]
  /** Undefined: it understood everything. */
  readonly fault: string | undefined
}

/** Reads bytes that come in these pieces. */
function read(pieces: readonly Buffer[]): Outcome {
  const reader = new FrameReader()
  const frames: Package.Frame[] = []
  try {
    for (const piece of pieces) reader.push(piece, (frame) => frames.push(frame))
  } catch (error) {
    if (!(error instanceof FrameError)) throw error
    return { frames, fault: error.message }
  }
  return { frames, fault: undefined }
}

/** @param cuts offsets, in any order, more than once too */
function chop(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

const frame = (type: string, body = '', more: readonly string[] = []): string => {
  const lines = [...more, ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]), `Content-Type: ${type}`]
  return `${lines.join('\n')}\n\n${body}`
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('frames', () => {
  test.each<[string, string, readonly (readonly [type: string, body: string])[]]>([
    ['nothing', '', []],
    ['a head alone', 'Content-Type: auth/request\n\n', [['auth/request', '']]],
    ['a head and half of the next', 'Content-Type: auth/request\n\nContent-Type: comm', [['auth/request', '']]],
    ['a reply', 'Content-Type: command/reply\nReply-Text: +OK accepted\n\n', [['command/reply', '']]],
    [
      'a body, and what follows it',
      `${frame('api/response', '+OK\n')}${frame('command/reply')}`,
      [
        ['api/response', '+OK\n'],
        ['command/reply', ''],
      ],
    ],
    ['empty lines in a body', frame('api/response', 'a\n\nb\n\n'), [['api/response', 'a\n\nb\n\n']]],
    ['a body in UTF-8, its length in bytes', frame('api/response', 'Zoë — 3 £'), [['api/response', 'Zoë — 3 £']]],
    [
      'empty lines between frames',
      `\n\n${frame('auth/request')}\n\n\n${frame('command/reply')}`,
      [
        ['auth/request', ''],
        ['command/reply', ''],
      ],
    ],
    [
      'CR LF',
      'Content-Type: api/response\r\nContent-Length: 2\r\n\r\nabContent-Type: command/reply\r\n\r\n',
      [
        ['api/response', 'ab'],
        ['command/reply', ''],
      ],
    ],
    [
      'a body of no length',
      'Content-Length: 0\nContent-Type: text/disconnect-notice\n\nContent-Type: command/reply\n\n',
      [
        ['text/disconnect-notice', ''],
        ['command/reply', ''],
      ],
    ],
    ['a header whose name ends like another', 'X-Content-Length: 9\nContent-Type: command/reply\n\n', [['command/reply', '']]],
    [
      'a Content-Type behind a hundred headers',
      `${Array.from({ length: 100 }, (_, index) => `variable_${index}: ${index}`).join('\n')}\nContent-Type: command/reply\n\n`,
      [['command/reply', '']],
    ],
  ])('%s', (_, text, expected) => {
    const { frames, fault } = read([Buffer.from(text)])
    expect(fault).toBeUndefined()
    expect(frames.map(({ type, body }) => [type, body])).toEqual(expected)
  })

  test.each<[string, string, string]>([
    ['a head without Content-Type', 'Reply-Text: +OK\n\n', 'without Content-Type'],
    ['another protocol', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'without Content-Type'],
    ['a length that is no number', 'Content-Type: api/response\nContent-Length: many\n\n', 'no number'],
    ['a negative length', 'Content-Type: api/response\nContent-Length: -1\n\n', 'no number'],
    ['a length beyond all bounds', 'Content-Type: api/response\nContent-Length: 99999999999999999999\n\n', 'no number'],
    ['a body that is too long', 'Content-Type: api/response\nContent-Length: 16777217\n\n', 'a body of more than'],
    ['a head that does not end', `Content-Type: ${'x'.repeat(1_100_000)}`, 'a head of more than'],
    ['a head that ends too late', `Content-Type: ${'x'.repeat(1_100_000)}\n\n`, 'a head of more than'],
  ])('%s is a fault, and nothing after it is read', (_, text, fault) => {
    const reader = new FrameReader()
    const frames: string[] = []
    const take = ({ type }: Package.Frame) => frames.push(type)
    expect(() => reader.push(Buffer.from(`${frame('auth/request')}${text}${frame('command/reply')}`), take)).toThrow(fault)
    expect(() => reader.push(Buffer.from(frame('command/reply')), take)).toThrow(FrameError)
    expect(frames).toEqual(['auth/request'])
  })
})

const line = fc
  .tuple(fc.stringMatching(/^[A-Za-z][\w-]{0,20}$/), fc.stringMatching(/^[ -~]{0,30}$/))
  .map(([name, value]) => `${name}: ${value}`)
const anyFrame = fc
  .tuple(
    fc.constantFrom('text/event-plain', 'api/response', 'command/reply', 'text/disconnect-notice'),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(line, { maxLength: 6 }),
  )
  .map(([type, body, more]) =>
    frame(
      type,
      body,
      more.filter((each) => !/^Content-/.test(each)),
    ),
  )
const cuts = fc.array(fc.nat(), { maxLength: 40 })

describe('however the bytes are cut', () => {
  test('the frames are the same', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), cuts, (frames, at) => {
        const bytes = Buffer.from(frames.join(''))
        const whole = read([bytes])
        expect(whole.fault).toBeUndefined()
        expect(whole.frames).toHaveLength(frames.length)
        expect(read(chop(bytes, at))).toEqual(whole)
        expect(
          read(
            chop(
              bytes,
              Array.from({ length: bytes.length }, (_, index) => index),
            ),
          ),
        ).toEqual(whole)
      }),
    )
  })

  test('garbage is the same fault, after the same frames', () => {
    const piece = fc.oneof(
      anyFrame.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('\n', '\r\n', '\n\n', 'Content-Length: 5\n', 'Content-Type: x\n\n').map((text) => Buffer.from(text)),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), cuts, (pieces, at) => {
        const bytes = Buffer.concat(pieces)
        expect(read(chop(bytes, at))).toEqual(read([bytes]))
      }),
    )
  })

  test('what has come is not held on to through memory that is written again', () => {
    const reader = new FrameReader()
    const frames: Package.Frame[] = []
    const chunk = Buffer.from(`${frame('api/response', 'first')}${frame('api/response', 'second')}`)
    reader.push(chunk.subarray(0, 70), (each) => frames.push(each))
    reader.push(chunk.subarray(70), (each) => frames.push(each))
    chunk.fill(0)
    expect(frames.map(({ body }) => body)).toEqual(['first', 'second'])
  })
})

test('the work is linear: a frame that comes byte by byte is copied and searched a few times at most', () => {
  let copied = 0
  vi.spyOn(Buffer.prototype, 'copy').mockImplementation(function (this: Buffer, to: Uint8Array, at = 0, from = 0, end = this.length) {
    copied += end - from
    to.set(this.subarray(from, end), at)
    return end - from
  } as typeof Buffer.prototype.copy as never)
  let searched = 0
  vi.spyOn(Buffer.prototype, 'indexOf').mockImplementation(function (this: Buffer, value, from) {
    const found = Uint8Array.prototype.indexOf.call(this, value as number, from as number)
    searched += (found === -1 ? this.length : found) - Number(from ?? 0) + 1
    return found
  })
  const reader = new FrameReader()
  const head = Array.from({ length: 1_000 }, (_, index) => `variable_${index}: ${'v'.repeat(8)}`).join('\n')
  const bytes = Buffer.from(`${head}\nContent-Type: command/reply\n\n${frame('api/response', 'b'.repeat(20_000))}`)
  const frames: string[] = []
  for (let at = 0; at < bytes.length; at++) reader.push(bytes.subarray(at, at + 1), ({ type }) => frames.push(type))
  expect(frames).toEqual(['command/reply', 'api/response'])
  expect(copied).toBeLessThan(6 * bytes.length)
  expect(searched).toBeLessThan(6 * bytes.length)
})
