import { descriptionIn } from '../sdp/body.js'
import { parseCSeq, type CSeq } from './cseq.js'
import { Headers } from './headers.js'
import { parseNameAddr, tagOf, type NameAddr } from './name-addr.js'
import { parseDecimal } from './text.js'
import { parseVia, type Via } from './via.js'

const EMPTY = Buffer.alloc(0)

/** A header that a message must have is missing or malformed: a fault of the program, since `parseMessage` lets no such message in. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage'
}

/** Reads a header value once for as long as its text stays the same. */
class Memo<T> {
  #text: string | undefined
  #value: T | undefined

  constructor(
    readonly header: string,
    readonly read: (text: string) => T | undefined,
  ) {}

  of(headers: Headers): T {
    const text = headers.get(this.header)
    if (text === undefined) throw new MalformedMessage(`the message has no ${this.header}`)
    if (text !== this.#text || this.#value === undefined) {
      const value = this.read(text)
      if (value === undefined) throw new MalformedMessage(`malformed ${this.header}: ${text.slice(0, 200)}`)
      this.#text = text
      this.#value = value
    }
    return this.#value
  }
}

function firstOf(text: string): string {
  const comma = text.indexOf(',')
  return comma < 0 ? text : text.slice(0, comma)
}

/** What requests and responses share. Headers may be changed; the parsed views follow them. */
abstract class Message {
  headers: Headers
  body: Buffer
  readonly #via = new Memo('Via', (text) => parseVia(firstOf(text)))
  readonly #from = new Memo('From', parseNameAddr)
  readonly #to = new Memo('To', parseNameAddr)
  readonly #cseq = new Memo('CSeq', parseCSeq)

  constructor(headers: Headers, body: Buffer | string) {
    this.headers = headers
    this.body = typeof body === 'string' ? Buffer.from(body) : body
  }

  /** The topmost Via. @throws MalformedMessage */
  get via(): Via {
    return this.#via.of(this.headers)
  }
  get from(): NameAddr {
    return this.#from.of(this.headers)
  }
  get to(): NameAddr {
    return this.#to.of(this.headers)
  }
  get cseq(): CSeq {
    return this.#cseq.of(this.headers)
  }
  get callId(): string {
    return this.headers.get('Call-ID') ?? ''
  }
  get fromTag(): string | undefined {
    return tagOf(this.from)
  }
  get toTag(): string | undefined {
    return tagOf(this.to)
  }
  /** The Contact values that can be read, in order. */
  get contacts(): NameAddr[] {
    return this.headers.values('Contact').flatMap((text) => parseNameAddr(text) ?? [])
  }
  /** The media type of the body in lower case, without parameters; empty where there is none. */
  get contentType(): string {
    const type = this.headers.get('Content-Type') ?? ''
    return (type.split(';', 1)[0] ?? '').trim().toLowerCase()
  }
  /** The session description in the body: the body itself, or a part of a multipart one. Undefined where there is none. */
  get sdp(): string | undefined {
    return this.body.length > 0 ? descriptionIn(this.headers.get('Content-Type'), this.body.toString()) : undefined
  }

  /** Gives the message a body with its type (or takes the body away). Content-Length follows when it is printed. */
  setBody(contentType: string, body: string | Buffer): this {
    this.body = typeof body === 'string' ? Buffer.from(body) : body
    if (this.body.length > 0) this.headers.set('Content-Type', contentType)
    else this.headers.remove('Content-Type')
    return this
  }
}

export class SipRequest extends Message {
  readonly kind = 'request'
  method: string
  uri: string

  constructor(method: string, uri: string, headers = new Headers(), body: Buffer | string = EMPTY) {
    super(headers, body)
    this.method = method
    this.uri = uri
  }

  /** Undefined where the header is absent or no number. */
  get maxForwards(): number | undefined {
    const text = this.headers.get('Max-Forwards')
    return text === undefined ? undefined : parseDecimal(text, 255)
  }

  clone(): SipRequest {
    return new SipRequest(this.method, this.uri, this.headers.clone(), this.body)
  }
}

export class SipResponse extends Message {
  readonly kind = 'response'
  status: number
  reason: string

  constructor(status: number, reason: string, headers = new Headers(), body: Buffer | string = EMPTY) {
    super(headers, body)
    this.status = status
    this.reason = reason
  }

  clone(): SipResponse {
    return new SipResponse(this.status, this.reason, this.headers.clone(), this.body)
  }
}

export type SipMessage = SipRequest | SipResponse
