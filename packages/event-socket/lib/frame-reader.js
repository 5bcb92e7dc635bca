'use strict'

/** FreeSWITCH's own limit on a head; that of `connect` holds every variable of a channel. */
const MAX_HEAD_BYTES = 1024 * 1024
/** The longest body that is asked for anywhere is a list of channels. */
const MAX_BODY_BYTES = 16 * 1024 * 1024
/** Emptied buffers beyond this size are let go. */
const KEPT_BYTES = 4 * 1024
const LF = 0x0a
const CR = 0x0d
const EMPTY = Buffer.alloc(0)

/**
 * @typedef {object} Frame
 * @property {string} type Content-Type
 * @property {string} head the header lines, bytes as Latin-1, without the empty line
 * @property {string} body UTF-8; of a `text/event-plain`: bytes as Latin-1
 */

/** What comes is not the event-socket protocol. Nothing after it can be understood. */
class FrameError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message)
    this.name = 'FrameError'
  }
}

/**
 * The raw value of a header: exact name, first occurrence.
 * @param {string} head lines `Name: value`, separated by LF
 * @param {string} name
 * @returns {string | undefined}
 */
function rawHeader(head, name) {
  const label = `${name}: `
  for (let at = head.indexOf(label); at !== -1; at = head.indexOf(label, at + 1)) {
    if (at > 0 && head.charCodeAt(at - 1) !== LF) continue
    const end = head.indexOf('\n', at)
    const value = end === -1 ? head.slice(at + label.length) : head.slice(at + label.length, end)
    return value.endsWith('\r') ? value.slice(0, -1) : value
  }
  return undefined
}

/**
 * Takes bytes as they come and gives whole frames: a head, an empty line, and as many bytes of body as `Content-Length` says. The work is
 * linear in the bytes, however they are cut.
 *
 * States: waiting for the end of a head (`#pending` undefined), or for its body. A `FrameError` is final.
 */
class FrameReader {
  /** Bytes of a frame that is not complete: `#held[0 .. #length)`. */
  #held = EMPTY
  #length = 0
  /** Before this offset there is no end of a head. */
  #searched = 0
  /** @type {{ readonly type: string, readonly head: string, readonly bodyBytes: number } | undefined} */
  #pending
  #failed = false

  /**
   * @param {Buffer} chunk
   * @param {(frame: Frame) => void} take called for every frame that is complete now, in order
   * @throws {FrameError} after `take` has had what came before the fault
   */
  push(chunk, take) {
    if (this.#failed) throw new FrameError('the event socket failed before')
    try {
      this.#read(chunk, take)
    } catch (error) {
      if (error instanceof FrameError) this.#fail()
      throw error
    }
  }

  /**
   * @param {Buffer} chunk
   * @param {(frame: Frame) => void} take
   */
  #read(chunk, take) {
    const own = this.#length > 0
    if (own) this.#append(chunk)
    const bytes = own ? this.#held.subarray(0, this.#length) : chunk
    let at = 0
    try {
      for (;;) {
        if (this.#pending === undefined) {
          const end = this.#endOfHead(bytes, at)
          at = end.start
          if (end.stop === -1) break
          this.#pending = readHead(bytes.toString('latin1', at, end.stop))
          at = end.next
          this.#searched = at
        }
        const { type, head, bodyBytes } = this.#pending
        if (bytes.length - at < bodyBytes) break
        this.#pending = undefined
        const from = at
        at += bodyBytes
        this.#searched = at
        // Events are percent-encoded: ASCII, but for a body of their own.
        take({ type, head, body: bodyBytes === 0 ? '' : bytes.toString(type === 'text/event-plain' ? 'latin1' : 'utf8', from, at) })
      }
    } finally {
      this.#keep(bytes, at, own)
    }
  }

  /**
   * @param {Buffer} bytes
   * @param {number} from
   * @returns {{ readonly start: number, readonly stop: number, readonly next: number }} where the head begins, where it ends (-1: not yet), where what follows it begins
   */
  #endOfHead(bytes, from) {
    let start = from
    while (start < bytes.length && (bytes[start] === LF || bytes[start] === CR)) start++
    for (let at = bytes.indexOf(LF, Math.max(start, this.#searched)); at !== -1; at = bytes.indexOf(LF, at + 1)) {
      const next = bytes[at + 1] === LF ? at + 2 : bytes[at + 1] === CR && bytes[at + 2] === LF ? at + 3 : -1
      if (next === -1) continue
      if (at - start > MAX_HEAD_BYTES) throw new FrameError(`a head of more than ${MAX_HEAD_BYTES} bytes`)
      return { start, stop: at, next }
    }
    if (bytes.length - start > MAX_HEAD_BYTES) throw new FrameError(`a head of more than ${MAX_HEAD_BYTES} bytes`)
    // The last bytes may be the beginning of the end.
    this.#searched = Math.max(start, bytes.length - 2)
    return { start, stop: -1, next: start }
  }

  /** @param {Buffer} chunk */
  #append(chunk) {
    const needed = this.#length + chunk.length
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#held.length))
      this.#held.copy(grown, 0, 0, this.#length)
      this.#held = grown
    }
    chunk.copy(this.#held, this.#length)
    this.#length = needed
  }

  /**
   * Keeps what is left of `bytes` from `at` on.
   * @param {Buffer} bytes
   * @param {number} at
   * @param {boolean} own `bytes` is `#held`
   */
  #keep(bytes, at, own) {
    const left = bytes.length - at
    this.#searched = Math.max(0, this.#searched - at)
    if (left === 0) {
      if (this.#held.length > KEPT_BYTES) this.#held = EMPTY
    } else if (!own) {
      if (left > this.#held.length) this.#held = Buffer.allocUnsafeSlow(left)
      bytes.copy(this.#held, 0, at)
    } else if (at > 0) this.#held.copyWithin(0, at, bytes.length)
    this.#length = left
  }

  #fail() {
    this.#failed = true
    this.#held = EMPTY
    this.#length = 0
  }
}

/** @param {string} head */
function readHead(head) {
  const type = rawHeader(head, 'Content-Type')
  if (type === undefined) throw new FrameError('a head without Content-Type')
  const length = rawHeader(head, 'Content-Length')
  if (length === undefined) return { type, head, bodyBytes: 0 }
  if (!/^\d{1,9}$/.test(length)) throw new FrameError('a Content-Length that is no number')
  const bodyBytes = Number(length)
  if (bodyBytes > MAX_BODY_BYTES) throw new FrameError(`a body of more than ${MAX_BODY_BYTES} bytes`)
  return { type, head, bodyBytes }
}

module.exports = { FrameError, FrameReader, rawHeader, MAX_HEAD_BYTES, MAX_BODY_BYTES }
