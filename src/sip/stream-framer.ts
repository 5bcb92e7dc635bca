import { parseDecimal } from './text.js'

export type Frame =
  | { readonly kind: 'message'; readonly data: Buffer }
  /** A double CRLF between messages: to be answered with one CRLF (RFC 5626 4.4.1). */
  | { readonly kind: 'ping' }
  /** The stream can no longer be cut into messages; the connection must be closed. */
  | { readonly kind: 'broken'; readonly what: string }

const MAX_HEAD = 64 * 1024
const MAX_BODY = 1024 * 1024
const END = Buffer.from('\r\n\r\n')

/** Cuts a TCP stream into SIP messages by Content-Length (RFC 3261 18.3). */
export class StreamFramer {
  #pending: Buffer = Buffer.alloc(0)
  #broken = false

  /** Takes the next bytes. @returns the frames that are complete now, in order */
  push(chunk: Buffer): Frame[] {
    if (this.#broken) return []
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    const frames: Frame[] = []
    for (;;) {
      const frame = this.#next()
      if (frame === undefined) return frames
      frames.push(frame)
      if (frame.kind === 'broken') {
        this.#broken = true
        this.#pending = Buffer.alloc(0)
        return frames
      }
    }
  }

  #next(): Frame | undefined {
    const bytes = this.#pending
    if (bytes[0] === 13 || bytes[0] === 10) {
      if (bytes.length >= 4 && bytes.indexOf(END) === 0) {
        this.#pending = bytes.subarray(4)
        return { kind: 'ping' }
      }
      // The first half of a ping may have come alone; anything else that begins with a line break is a pong or padding.
      if (bytes.length < 4 && END.subarray(0, bytes.length).equals(bytes)) return undefined
      let skip = 0
      while (bytes[skip] === 13 || bytes[skip] === 10) skip++
      this.#pending = bytes.subarray(skip)
      return this.#next()
    }
    const end = bytes.indexOf(END)
    if (end < 0) return bytes.length > MAX_HEAD ? { kind: 'broken', what: `no end of headers within ${MAX_HEAD} bytes` } : undefined
    const head = bytes.toString('latin1', 0, end)
    const match = /\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)/i.exec(head)
    if (match === null) return { kind: 'broken', what: 'a message without Content-Length on a stream' }
    const length = parseDecimal((match[1] ?? '').trim(), MAX_BODY)
    if (length === undefined) return { kind: 'broken', what: `Content-Length ${(match[1] ?? '').slice(0, 20)} cannot be used` }
    const total = end + 4 + length
    if (bytes.length < total) return undefined
    this.#pending = bytes.subarray(total)
    return { kind: 'message', data: bytes.subarray(0, total) }
  }
}
