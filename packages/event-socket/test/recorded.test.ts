import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeValue } from '../../../src/embedded/eventsocket/header-block.js'
import { readTranscript, type EslMessage, type Transcript } from '../../../test/wire/transcript.js'
import type * as Package from '../event-socket.js'

const { FrameReader, SocketEvent } = createRequire(import.meta.url)('../index.js') as typeof Package

/** A recorded event with every header that it had; those whose value was not kept get one that has to be encoded. */
function headersOf(
  transcript: Transcript,
  message: Extract<EslMessage, { kind: 'event' | 'connect' }>,
): readonly (readonly [string, string])[] {
  return (transcript.shapes[message.shape] ?? []).map(
    (name) => [name, message.values[name] ?? `sofia/drachtio_mrf/${name}@127.0.0.1; é`] as const,
  )
}

/** One message as FreeSWITCH writes it, events in plain format. */
function written(transcript: Transcript, message: EslMessage): string {
  switch (message.kind) {
    case 'event': {
      const text = `${headersOf(transcript, message)
        .map(([name, value]) => `${name}: ${encodeValue(value)}\n`)
        .join('')}\n`
      return `Content-Length: ${Buffer.byteLength(text)}\nContent-Type: text/event-plain\n\n${text}`
    }
    case 'connect':
      return `${headersOf(transcript, message)
        .map(([name, value]) => (name.startsWith('Content-') || name === 'Reply-Text' ? '' : `${name}: ${encodeValue(value)}\n`))
        .join('')}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`
    case 'reply':
      return `${Object.entries({ 'Content-Type': 'command/reply', ...message.head })
        .map(([name, value]) => `${name}: ${value}\n`)
        .join('')}\n`
    case 'api':
      return `Content-Type: api/response\nContent-Length: ${Buffer.byteLength(message.body ?? '-ERR no reply\n')}\n\n${message.body ?? '-ERR no reply\n'}`
    case 'disconnect':
      return 'Content-Type: text/disconnect-notice\nContent-Length: 0\n\n'
  }
}

test.each(['hunt', 'bridge-and-record', 'odd-cases'])(
  'the recorded session "%s": every header of every message is found, however the bytes are cut',
  (name) => {
    const transcript = readTranscript(name)
    const connections = new Map<string, EslMessage[]>()
    for (const { on, do: what, message } of transcript.steps) {
      if (what === 'fs' && message !== undefined) connections.set(on, [...(connections.get(on) ?? []), message])
    }
    expect(connections.size).toBeGreaterThan(2)
    for (const messages of connections.values()) {
      const bytes = Buffer.from(messages.map((message) => written(transcript, message)).join(''))
      const read = (pieces: readonly Buffer[]): readonly Package.Frame[] => {
        const reader = new FrameReader()
        const frames: Package.Frame[] = []
        for (const piece of pieces) reader.push(piece, (frame) => frames.push(frame))
        return frames
      }
      const frames = read([bytes])
      expect(frames).toHaveLength(messages.length)
      messages.forEach((message, index) => {
        const { type, head, body } = frames[index]!
        if (message.kind === 'api') expect(body).toBe(message.body ?? '-ERR no reply\n')
        if (message.kind !== 'event' && message.kind !== 'connect') return
        const event = type === 'text/event-plain' ? SocketEvent.fromPlain(body) : new SocketEvent(head, body)
        const asked = headersOf(transcript, message).filter(
          ([name]) => !name.startsWith('Content-') && !['Reply-Text', 'Socket-Mode', 'Control'].includes(name),
        )
        expect(asked.map(([name]) => [name, event.getHeader(name)])).toEqual(asked.map((each) => [...each]))
      })
      const whole = JSON.stringify(frames)
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 5_000 }),
          (size) =>
            JSON.stringify(
              read(Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))),
            ) === whole,
        ),
        { numRuns: 5 },
      )
    }
  },
)
