import type { Socket } from 'node:net'
import { StreamFramer } from './stream-framer.js'

/** A connection that carries whole messages, however they are framed on it. */
export interface Line {
  /** Bytes that the peer has not taken yet. */
  readonly unsentBytes: number
  /** @param done called once: sent to the system, or an error */
  write(message: Buffer, done: (error?: Error | null) => void): void
  /** Cuts it off. */
  destroy(why?: Error): void
  /** Ends it when the peer has taken what was written. */
  end(): void
  /** Called once, at once. */
  attach(user: LineUser): void
}

export interface LineUser {
  /** Bytes have come: these whole messages, and perhaps a part of another. */
  heard(messages: readonly Buffer[], isMidMessage: boolean): void
  /** A proxy on this machine names the client for which it stands. */
  standsFor(address: string): void
  /** Once. @param why absent: it was ended without an error */
  closed(why: Error | undefined): void
}

const PONG = Buffer.from('\r\n')

/**
 * A stream of bytes (TCP, TLS): messages are separated by their Content-Length (RFC 3261 18.3), a double CRLF between them is answered (RFC 5626 4.4.1).
 * @param backlogBytes beyond this many unsent bytes nothing of our own is added to them
 */
export function socketLine(socket: Socket, backlogBytes: number): Line {
  return {
    get unsentBytes() {
      return socket.writableLength
    },
    write: (message, done) => void socket.write(message, done),
    destroy: (why) => void socket.destroy(why),
    end: () => socket.destroySoon(),
    attach: (user) => {
      const framer = new StreamFramer()
      socket.on('data', (chunk) => {
        const messages: Buffer[] = []
        for (const frame of framer.push(chunk)) {
          if (frame.kind === 'message') messages.push(frame.data)
          else if (frame.kind === 'broken') socket.destroy()
          else if (socket.writableLength < backlogBytes) socket.write(PONG)
        }
        user.heard(messages, framer.isMidMessage)
      })
      let why: Error | undefined
      socket.on('error', (error) => (why = error))
      socket.on('close', () => user.closed(why))
    },
  }
}
