import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { StreamQueue } from './stream-queue.js'

/** A SIP phone that does exactly what a test tells it, over UDP: no transactions, no retransmission, no opinion. */
export class RawPhone {
  readonly socket: Socket
  readonly address: string
  readonly port: number
  readonly #server: { readonly address: string; readonly port: number }
  readonly #queue = new StreamQueue<string>()
  #counter = 0

  private constructor(socket: Socket, server: { address: string; port: number }) {
    this.socket = socket
    this.address = socket.address().address
    this.port = socket.address().port
    this.#server = server
    socket.on('message', (message) => {
      const text = message.toString('utf8')
      if (text.trim() !== '') this.#queue.push(text)
    })
  }

  /** @param server `ip:port` of the switch's SIP side, IPv6 in brackets; @param from the phone's own address */
  static async open(server: string, from = server.startsWith('[') ? '::1' : '127.0.0.1'): Promise<RawPhone> {
    const colon = server.lastIndexOf(':')
    const socket = createSocket(from.includes(':') ? 'udp6' : 'udp4')
    socket.bind(0, from)
    await once(socket, 'listening')
    return new RawPhone(socket, { address: server.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(server.slice(colon + 1)) })
  }

  /** Its address as it stands in a URI. */
  get host(): string {
    return inUri(this.address)
  }

  get sdp(): string {
    const place = `IN IP${this.address.includes(':') ? 6 : 4} ${this.address}`
    return `v=0\r\no=- 1 1 ${place}\r\ns=-\r\nc=${place}\r\nt=0 0\r\nm=audio ${this.port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n`
  }

  get uri(): string {
    return `sip:phone@${this.host}:${this.port}`
  }

  /** A request with all that it must have; `headers` replace or add. */
  request(
    method: string,
    options: {
      readonly to?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
      readonly uri?: string
    } = {},
  ): string {
    const n = ++this.#counter
    const headers: Record<string, string> = {
      Via: `SIP/2.0/UDP ${this.host}:${this.port};branch=z9hG4bKraw${this.port}x${n}`,
      'Max-Forwards': '70',
      From: `<sip:phone@${this.host}>;tag=raw${this.port}`,
      To: options.to ?? `<sip:7001@${inUri(this.#server.address)}>`,
      'Call-ID': `raw-${this.port}`,
      CSeq: `${n} ${method}`,
      Contact: `<${this.uri}>`,
      ...options.headers,
    }
    if (options.body !== undefined) headers['Content-Type'] ??= 'application/sdp'
    return message(
      `${method} ${options.uri ?? `sip:7001@${inUri(this.#server.address)}:${this.#server.port}`} SIP/2.0`,
      headers,
      options.body,
    )
  }

  /** The answer to a request that came. */
  response(
    request: string,
    status: number,
    reason: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
  ): string {
    const to = header(request, 'To')
    const headers: Record<string, string> = {
      Via: header(request, 'Via'),
      From: header(request, 'From'),
      To: to.includes('tag=') || status === 100 ? to : `${to};tag=raw${this.port}`,
      'Call-ID': header(request, 'Call-ID'),
      CSeq: header(request, 'CSeq'),
      Contact: `<${this.uri}>`,
      ...options.headers,
    }
    if (options.body !== undefined) headers['Content-Type'] = 'application/sdp'
    return message(`SIP/2.0 ${status} ${reason}`, headers, options.body)
  }

  send(text: string): void {
    this.socket.send(text, this.#server.port, this.#server.address)
  }

  /** The next message whose first line begins so. Fails the test when none comes. */
  async expects(start: string, withinMs = 30_000): Promise<string> {
    const found = await this.#queue.takeWhere((text) => text.startsWith(start), withinMs)
    if (found === undefined) throw new Error(`the phone waited for "${start}" in vain`)
    return found
  }

  /** Whether a message that begins so comes within `withinMs`. */
  async hears(start: string, withinMs: number): Promise<boolean> {
    return (await this.#queue.takeWhere((text) => text.startsWith(start), withinMs)) !== undefined
  }

  close(): void {
    this.socket.close()
  }
}

function inUri(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

export function message(start: string, headers: Readonly<Record<string, string>>, body = ''): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `${start}\r\n${lines.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Value of the first header of that name; empty where there is none. */
export function header(text: string, name: string): string {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(text)?.[1]?.trim() ?? ''
}

export function tagIn(value: string): string {
  return /;tag=([^;\s>]+)/.exec(value)?.[1] ?? ''
}
