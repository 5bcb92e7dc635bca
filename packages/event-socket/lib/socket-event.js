'use strict'

const { rawHeader } = require('./frame-reader.js')

/**
 * @param {string} raw as it came: bytes as Latin-1, percent-encoded where FreeSWITCH encodes
 * @returns {string}
 */
function decodeValue(raw) {
  const text = /[\x80-\xff]/.test(raw) ? Buffer.from(raw, 'latin1').toString('utf8') : raw
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // A `%` that belongs to the value.
    return text
  }
}

/** An event, or an answer to a command. Headers are decoded when they are asked for. */
class SocketEvent {
  #head
  /** @type {Map<string, string> | undefined} */
  #added
  /** @type {{ readonly name: string, readonly value: string }[] | undefined} */
  #all
  #position = 0
  /** @type {string} */
  body

  /**
   * @param {string} head lines `Name: value`, as they came
   * @param {string} body
   */
  constructor(head, body) {
    this.#head = head
    this.body = body
  }

  /**
   * An event in plain format.
   * @param {string} text headers, and after an empty line the body, where the event has one: bytes as Latin-1
   */
  static fromPlain(text) {
    const end = text.indexOf('\n\n')
    if (end === -1) return new SocketEvent(text, '')
    const head = text.slice(0, end)
    const length = Number(rawHeader(head, 'Content-Length') ?? 0)
    return new SocketEvent(head, length > 0 ? Buffer.from(text.slice(end + 2, end + 2 + length), 'latin1').toString('utf8') : '')
  }

  /**
   * @param {string} name exact
   * @returns {string | null} decoded; null when absent
   */
  getHeader(name) {
    const added = this.#added?.get(name)
    if (added !== undefined) return added
    const raw = rawHeader(this.#head, name)
    return raw === undefined ? null : decodeValue(raw)
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  addHeader(name, value) {
    this.#added = (this.#added ?? new Map()).set(name, value)
    this.#all = undefined
    return value
  }

  getBody() {
    return this.body
  }

  /** Event-Name; empty for an answer. */
  getType() {
    return this.getHeader('Event-Name') ?? ''
  }

  /** Every header, decoded, in the order in which they came. */
  get headers() {
    if (this.#all !== undefined) return this.#all
    /** @type {Map<string, string>} */
    const values = new Map()
    for (const line of this.#head.split('\n')) {
      const colon = line.indexOf(': ')
      if (colon > 0 && !values.has(line.slice(0, colon)))
        values.set(line.slice(0, colon), decodeValue(line.endsWith('\r') ? line.slice(colon + 2, -1) : line.slice(colon + 2)))
    }
    for (const [name, value] of this.#added ?? []) values.set(name, value)
    return (this.#all = [...values].map(([name, value]) => ({ name, value })))
  }

  /** The name of the first header; begins an iteration with `nextHeader`. */
  firstHeader() {
    this.#position = 0
    return this.headers[0]?.name ?? null
  }

  /** The name of the next header; null after the last. */
  nextHeader() {
    return this.headers[++this.#position]?.name ?? null
  }

  /** What logs show. */
  toJSON() {
    return { headers: Object.fromEntries(this.headers.map(({ name, value }) => [name, value])), body: this.body }
  }
}

module.exports = { SocketEvent, decodeValue }
