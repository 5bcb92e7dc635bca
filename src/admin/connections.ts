import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { sourceOf, type WebLimits } from './web-limits.js'

/** `waiting`: no request on it, or only a part of one. `answering`: a whole request has arrived, and its answer is not finished. */
type State = 'waiting' | 'answering'

interface Connection {
  readonly socket: Socket
  readonly source: string
  state: State
}

/**
 * The connections of an HTTP server, in all and per address. If there are too many, the one that has waited longest for its client is closed:
 * a client that opens connections and sends nothing loses only its own, and a client with a request is let in. One being answered (a page, an event
 * stream, a recording) is never closed for another; if all are being answered, the new one is closed.
 */
export class Connections {
  /** In order of arrival or last answer. */
  readonly #open = new Map<Socket, Connection>()
  #turnedAway = 0

  /** @param proxies come from one address for many clients: for them only the number in all counts */
  constructor(
    server: Server,
    private readonly limits: Pick<WebLimits, 'connections' | 'connectionsPerAddress'>,
    private readonly proxies: { has(address: string | undefined): boolean },
  ) {
    server.on('connection', (socket) => this.#came(socket))
    server.on('request', (request, response) => this.#asked(request, response))
    // An open WebSocket is in use.
    server.on('upgrade', (request: IncomingMessage) => this.#upgraded(request))
  }

  get size(): number {
    return this.#open.size
  }

  /** Connections closed to make room, or refused, since the start. */
  get turnedAway(): number {
    return this.#turnedAway
  }

  #came(socket: Socket): void {
    const source = sourceOf(socket.remoteAddress)
    const connection: Connection = { socket, source, state: 'waiting' }
    this.#open.set(socket, connection)
    socket.once('close', () => this.#open.delete(socket))
    if (!this.proxies.has(socket.remoteAddress)) {
      const ofSource = [...this.#open.values()].filter((one) => one.source === source)
      if (ofSource.length > this.limits.connectionsPerAddress) this.#close(ofSource.find((one) => one.state === 'waiting') ?? connection)
    }
    if (this.#open.size > this.limits.connections) this.#close(this.#longestWaiting() ?? connection)
  }

  #upgraded({ socket }: IncomingMessage): void {
    const connection = this.#open.get(socket)
    if (connection) connection.state = 'answering'
  }

  #asked(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#open.get(request.socket)
    if (!connection) return
    const whole = () => {
      connection.state = 'answering'
    }
    // A request whose body trickles in is not a whole one yet.
    const hasBody = request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
    if (hasBody) request.once('end', whole)
    else whole()
    response.once('close', () => {
      connection.state = 'waiting'
      if (this.#open.delete(connection.socket)) this.#open.set(connection.socket, connection)
    })
  }

  /** From the address with the most waiting connections, so that no other client pays for them. */
  #longestWaiting(): Connection | undefined {
    const waiting = new Map<string, Connection[]>()
    for (const connection of this.#open.values()) {
      if (connection.state !== 'waiting') continue
      const ofSource = waiting.get(connection.source)
      if (ofSource) ofSource.push(connection)
      else waiting.set(connection.source, [connection])
    }
    let most: readonly Connection[] = []
    for (const ofSource of waiting.values()) if (ofSource.length > most.length) most = ofSource
    return most[0]
  }

  #close(connection: Connection): void {
    this.#turnedAway++
    this.#open.delete(connection.socket)
    connection.socket.destroy()
  }
}
