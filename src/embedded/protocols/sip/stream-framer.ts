import { parseDecimal } from './text.js'

export type Frame =
  | { readonly kind: 'message'; readonly data: Buffer }
  /** A double CRLF between messages: to be answered with one CRLF (RFC 5626 4.4.1). */
  | { readonly kind: 'ping' }
  /** The stream can no longer be cut into messages; the connection must be closed. */
  | { readonly kind: 'broken'; readonly what: string }

/** No datagram carries more either. */
const MAX_HEAD = 64 * 1024
const MAX_BODY = 64 * 1024
const END = Buffer.from('\r\n\r\n')

/** Cuts a TCP stream into SIP messages by Content-Length (RFC 3261 18.3). However small the pieces, each byte is looked at a few times only. */
export class StreamFramer {
  #pending: Buffer = Buffer.alloc(0)
  /** What has come since `#pending` was last looked at, and need not be looked at yet. */
  #parts: Buffer[] = []
  #partBytes = 0
  /** Bytes of the message that `#pending` begins with, when its head is whole; else 0. */
  #wanted = 0
  #broken = false

  /** Some bytes of a message have come, and others have not. */
  get isMidMessage(): boolean {
    return this.#pending.length > 0 && this.#pending[0] !== 13 && this.#pending[0] !== 10
  }

  /** Takes the next bytes. @returns the frames that are complete now, in order */
  push(chunk: Buffer): Frame[] {
    if (this.#broken) return []
    if (this.isMidMessage && !this.#mayComplete(chunk)) {
      this.#parts.push(chunk)
      this.#partBytes += chunk.length
      return []
    }
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, ...this.#parts, chunk])
    this.#parts = []
    this.#partBytes = 0
    const frames: Frame[] = []
    for (;;) {
      this.#wanted = 0
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

  /** Whether the message that is half there can be whole, or broken, with these bytes. */
  #mayComplete(chunk: Buffer): boolean {
    const bytes = this.#pending.length + this.#partBytes + chunk.length
    if (this.#wanted > 0) return bytes >= this.#wanted
    if (bytes > MAX_HEAD) return true
    // The empty line may lie across the seams.
    const before = Buffer.concat([this.#pending.subarray(-3), ...this.#parts.slice(-3)]).subarray(-3)
    return chunk.includes(END) || Buffer.concat([before, chunk.subarray(0, 3)]).includes(END)
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
    if (bytes.length < total) {
      this.#wanted = total
      return undefined
    }
    this.#pending = bytes.subarray(total)
    return { kind: 'message', data: bytes.subarray(0, total) }
  }
}
