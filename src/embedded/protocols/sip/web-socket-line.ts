import { isUtf8 } from 'node:buffer'
import { createServer } from 'node:http'
import { isIP, type Socket } from 'node:net'
import type { WebSocket, WebSocketServer } from 'ws'
import { isLoopback } from './address-kinds.js'
import type { Line, LineUser } from './line.js'
import { plainAddress } from './same-host.js'

/** RFC 7118 section 4: without it, the other side does not mean SIP. */
const SUBPROTOCOL = 'sip'
/** As on a stream: head and body. */
const MAX_MESSAGE_BYTES = 128 * 1024
/** The request that asks for a WebSocket has to be there after this. */
const HANDSHAKE_MS = 5_000
/** A browser's connection often ends without a word (sleep, another network), and proxies close silent ones after a minute. */
const PING_MS = 20_000
const GOING_AWAY = 1001

/** Makes lines of sockets over which browsers ask for a WebSocket: SIP over WebSocket (RFC 7118), one message in each. */
export class WebSocketLines {
  readonly #http = createServer({
    headersTimeout: HANDSHAKE_MS,
    requestTimeout: HANDSHAKE_MS,
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16 * 1024,
  })
  readonly #webSockets: WebSocketServer
  readonly #waiting = new WeakMap<object, WebSocketLine>()

  private constructor(webSockets: WebSocketServer) {
    this.#webSockets = webSockets
    this.#http.on('request', (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' }).end()
    })
    this.#http.on('upgrade', (request, socket, head) => {
      const line = this.#waiting.get(socket)
      const asked = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim().toLowerCase())
      if (line === undefined || !asked.includes(SUBPROTOCOL)) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
      else webSockets.handleUpgrade(request, socket, head, (webSocket) => line.open(webSocket, request.headers['x-forwarded-for']))
    })
    this.#http.on('clientError', (_error, socket) => socket.destroy())
  }

  /** The package is loaded only where the engine listens for browsers. */
  static async make(): Promise<WebSocketLines> {
    const { WebSocketServer: Server } = await import('ws')
    return new WebSocketLines(
      new Server({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload: MAX_MESSAGE_BYTES,
        handleProtocols: () => SUBPROTOCOL,
      }),
    )
  }

  /** @param socket just accepted, in the clear or TLS */
  lineOf(socket: Socket, remoteAddress: string): Line {
    const line = new WebSocketLine(socket, remoteAddress)
    this.#waiting.set(socket, line)
    this.#http.emit('connection', socket)
    return line
  }

  close(): void {
    this.#webSockets.close()
    this.#http.close()
  }
}

class WebSocketLine implements Line {
  readonly #socket: Socket
  readonly #remoteAddress: string
  #user: LineUser | undefined
  #webSocket: WebSocket | undefined
  #answers = true
  #pings: NodeJS.Timeout | undefined

  constructor(socket: Socket, remoteAddress: string) {
    this.#socket = socket
    this.#remoteAddress = remoteAddress
  }

  get unsentBytes(): number {
    return this.#webSocket?.bufferedAmount ?? 0
  }

  attach(user: LineUser): void {
    this.#user = user
    let why: Error | undefined
    this.#socket.on('error', (error) => (why = error))
    this.#socket.on('close', () => {
      clearInterval(this.#pings)
      user.closed(why)
    })
  }

  open(webSocket: WebSocket, forwardedFor: string | string[] | undefined): void {
    this.#webSocket = webSocket
    webSocket.on('error', () => undefined)
    webSocket.on('message', (data) => this.#take(asBuffer(data)))
    webSocket.on('pong', () => (this.#answers = true))
    this.#pings = setInterval(() => {
      if (!this.#answers) return webSocket.terminate()
      this.#answers = false
      webSocket.ping()
    }, PING_MS)
    this.#pings.unref()
    // Only a program on this machine can be a proxy of ours; what any other client says of itself means nothing.
    const client = isLoopback(this.#remoteAddress) ? lastOf(forwardedFor) : undefined
    if (client !== undefined) this.#user?.standsFor(client)
  }

  write(message: Buffer, done: (error?: Error | null) => void): void {
    if (this.#webSocket === undefined) queueMicrotask(() => done(new Error('the WebSocket is not open yet')))
    // A text that is not UTF-8 would end the connection (RFC 6455 8.1).
    else this.#webSocket.send(message, { binary: !isUtf8(message) }, done)
  }

  destroy(why?: Error): void {
    this.#socket.destroy(why)
  }

  end(): void {
    if (this.#webSocket === undefined) this.#socket.destroy()
    else this.#webSocket.close(GOING_AWAY)
  }

  #take(data: Buffer): void {
    // A keep-alive, as on a stream (RFC 7118 6, RFC 5626 4.4.1).
    if (data.every((byte) => byte === 13 || byte === 10)) {
      this.#webSocket?.send('\r\n')
      this.#user?.heard([], false)
    } else this.#user?.heard([data], false)
  }
}

function asBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}

/** The address that the nearest proxy has seen: the last one of X-Forwarded-For. */
function lastOf(header: string | string[] | undefined): string | undefined {
  const last = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').at(-1)?.trim() ?? ''
  return isIP(last) === 0 ? undefined : plainAddress(last)
}
