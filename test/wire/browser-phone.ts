import { once } from 'node:events'
import { WebSocket } from 'ws'
import { header, message } from './raw-phone.js'
import { StreamQueue } from './stream-queue.js'

/** The signalling of a browser: it does what a test tells it, over a WebSocket (RFC 7118). */
export class BrowserPhone {
  readonly contact: string
  /** Whether it answers by itself the question whether it is still there. */
  isPresent = false
  readonly #queue = new StreamQueue<string>()
  #counter = 0

  private constructor(
    readonly socket: WebSocket,
    readonly name: string,
  ) {
    this.contact = `sip:${name}@${name}.invalid;transport=ws`
    socket.on('message', (data: Buffer) => {
      const text = data.toString('utf8')
      if (this.isPresent && text.startsWith('OPTIONS ')) return this.send(this.response(text, '200 OK'))
      if (text.trim() !== '') this.#queue.push(text)
    })
  }

  static async open(
    url: string,
    options: {
      readonly name?: string
      readonly subprotocol?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly ca?: Buffer
    } = {},
  ): Promise<BrowserPhone> {
    const { name = 'df7jal23', subprotocol = 'sip', ...more } = options
    const socket = new WebSocket(url, subprotocol, more)
    await once(socket, 'open')
    return new BrowserPhone(socket, name)
  }

  /** A request with all that it must have; `headers` replace or add. */
  request(
    method: string,
    options: { readonly headers?: Readonly<Record<string, string>>; readonly uri?: string; readonly body?: string } = {},
  ): string {
    const n = ++this.#counter
    const headers: Record<string, string> = {
      Via: `SIP/2.0/WS ${this.name}.invalid;branch=z9hG4bK${this.name}${n}`,
      'Max-Forwards': '70',
      From: `<sip:${this.name}@switch.example>;tag=${this.name}`,
      To: '<sip:7001@switch.example>',
      'Call-ID': `call-of-${this.name}`,
      CSeq: `${n} ${method}`,
      Contact: `<${this.contact}>`,
      ...options.headers,
    }
    if (options.body !== undefined) headers['Content-Type'] ??= 'application/sdp'
    return message(`${method} ${options.uri ?? 'sip:7001@switch.example'} SIP/2.0`, headers, options.body)
  }

  /** The answer to a request that came. */
  response(request: string, status: string, body?: string): string {
    const to = header(request, 'To')
    const headers: Record<string, string> = {
      Via: header(request, 'Via'),
      From: header(request, 'From'),
      To: to.includes('tag=') ? to : `${to};tag=${this.name}`,
      'Call-ID': header(request, 'Call-ID'),
      CSeq: header(request, 'CSeq'),
      Contact: `<${this.contact}>`,
    }
    if (body !== undefined) headers['Content-Type'] = 'application/sdp'
    return message(`SIP/2.0 ${status}`, headers, body)
  }

  send(text: string): void {
    this.socket.send(text)
  }

  /** The next message whose first line begins so. Fails the test when none comes. */
  async expects(start: string, withinMs = 30_000): Promise<string> {
    const found = await this.#queue.takeWhere((text) => text.startsWith(start), withinMs)
    if (found === undefined) throw new Error(`the browser waited for "${start}" in vain`)
    return found
  }

  close(): void {
    this.socket.terminate()
  }
}
