import { once } from 'node:events'
import { createServer, isIP, Socket, type Server } from 'node:net'
import { checkServerIdentity, connect as connectTls, TLSSocket } from 'node:tls'
import { endpointKey, isWebSocket, type Endpoint, type StreamProtocol } from './endpoint.js'
import { socketLine, type Line } from './line.js'
import { sourceNetwork } from './rate-limit.js'
import { ListenError } from './socket-transport.js'
import type { Strangers } from './strangers.js'
import { defaultTcpLimits, type TcpLimits } from './tcp-limits.js'
import type { TlsIdentity } from './tls-identity.js'
import { WebSocketLines } from './web-socket-line.js'

const CONNECT_MS = 5000

/** Why a connection that should have been taken was not. */
export type ConnectionShortage = 'connections' | 'descriptors'

export interface StreamCarrierOptions {
  /** Absent: no source is a stranger. */
  readonly strangers?: Strangers | undefined
  readonly limits?: Partial<TcpLimits> | undefined
  /** A connection from a known source could not be taken. */
  readonly onShortage?: ((what: ConnectionShortage, detail: string) => void) | undefined
  /** Needed for `tls` and `wss`. */
  readonly tls?: TlsIdentity | undefined
}

interface Connection {
  key: string
  peer: Endpoint
  readonly line: Line
  /** Of a connection that we made over TLS: its certificate has been checked, and is held against other names. */
  readonly secured: TLSSocket | undefined
  /** Whom it counts for. */
  source: string
  /** It has brought a whole message, or is one of our making. */
  spoke: boolean
  /** A stranger's, until the address is known. */
  stranger: boolean
  /** Monotonic ms of the last whole message, or of the beginning. */
  messageAt: number
  /** Of the last byte in either direction. */
  activeAt: number
  /** Since when a message has been half there. */
  halfSince: number | undefined
  /** Callbacks to tell if the connection fails while it is being set up. */
  readonly waiting: Set<(error: Error) => void>
}

/**
 * SIP over TCP, TLS or WebSockets: a listening socket, and connections that are reused in both directions (RFC 3261 18). Strangers have a small share of all
 * connections, and little time. The longest silent of theirs makes way for a new one, and so does, whosever it is, one that has never said anything.
 */
export class StreamCarrier {
  received: (bytes: Buffer, from: Endpoint, local: Endpoint) => void = () => undefined
  readonly #connections = new Map<string, Connection>()
  readonly #strangers: Strangers | undefined
  readonly #limits: TcpLimits
  readonly #onShortage: (what: ConnectionShortage, detail: string) => void
  readonly #tls: TlsIdentity | undefined
  readonly #sweeper: NodeJS.Timeout
  #closing: Promise<void> | undefined

  private constructor(
    readonly local: Endpoint & { readonly protocol: StreamProtocol },
    readonly server: Server,
    readonly webSockets: WebSocketLines | undefined,
    options: StreamCarrierOptions,
  ) {
    this.#strangers = options.strangers
    this.#limits = { ...defaultTcpLimits, ...options.limits }
    this.#onShortage = options.onShortage ?? (() => undefined)
    this.#tls = options.tls
    server.on('connection', (socket) => {
      const peer: Endpoint = { protocol: local.protocol, address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
      if (this.#hasRoom(peer))
        this.#adopt(this.#accepted(socket, peer), peer, { spoke: false, stranger: this.#strangers?.has(peer.address) === true })
      else socket.on('error', () => undefined).resetAndDestroy()
    })
    // Out of descriptors: the system takes the connection from the queue and drops it.
    server.on('error', (error: NodeJS.ErrnoException) => {
      this.#onShortage('descriptors', `a SIP connection could not be accepted: ${error.code ?? error.message}`)
    })
    this.#sweeper = setInterval(() => this.#sweep(), this.#limits.sweepMs)
    this.#sweeper.unref()
  }

  static async open(protocol: StreamProtocol, address: string, port: number, options: StreamCarrierOptions = {}): Promise<StreamCarrier> {
    const webSockets = isWebSocket(protocol) ? await WebSocketLines.make() : undefined
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    try {
      server.listen({ host: address, port, ipv6Only: true })
      await once(server, 'listening')
    } catch (error) {
      webSockets?.close()
      throw new ListenError({ protocol, address, port }, (error as NodeJS.ErrnoException).code ?? 'unknown', error)
    }
    const bound = server.address()
    return new StreamCarrier(
      { protocol, address, port: typeof bound === 'object' && bound !== null ? bound.port : port },
      server,
      webSockets,
      options,
    )
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Whether one more connection from a known source would be taken now. */
  get hasRoomForKnown(): boolean {
    return this.#connections.size < this.#limits.inAll || [...this.#connections.values()].some(({ stranger, spoke }) => stranger || !spoke)
  }

  send(bytes: Buffer, to: Endpoint, failed: (error: Error) => void): void {
    if (this.#closing !== undefined) return
    const connection = this.#connections.get(endpointKey(to)) ?? this.#connect(to)
    if (typeof connection === 'string') {
      queueMicrotask(() => failed(new Error(connection)))
      return
    }
    const { line, secured } = connection
    const wrong = secured && wrongName(secured, connection.peer, to)
    if (line.unsentBytes > this.#limits.backlogBytes) {
      const error = new Error(`${endpointKey(to)} does not read`)
      line.destroy(error)
      queueMicrotask(() => failed(error))
      return
    }
    if (wrong !== undefined) {
      queueMicrotask(() => failed(wrong))
      return
    }
    // Written before the connection stands, the bytes wait in the socket; its failure then reaches every writer once.
    let told = false
    const fail = (error: Error) => {
      connection.waiting.delete(fail)
      if (told) return
      told = true
      failed(error)
    }
    connection.waiting.add(fail)
    connection.activeAt = performance.now()
    line.write(bytes, (error) => {
      if (error !== undefined && error !== null) fail(error)
      // TLS takes what is written before it knows whom it has there.
      else if (connection.secured === undefined || connection.secured.authorized) connection.waiting.delete(fail)
    })
  }

  /** Whether a connection that comes in may stay; makes room where another has been silent. */
  #hasRoom(peer: Endpoint): boolean {
    const limits = this.#limits
    const stranger = this.#strangers?.has(peer.address) === true
    const source = sourceNetwork(peer.address)
    const all = [...this.#connections.values()]
    const ofSource = all.filter((connection) => connection.source === source)
    const maxOfSource = this.#strangers === undefined ? limits.inAll : stranger ? limits.strangersPerSource : limits.perSource
    if (ofSource.length >= maxOfSource && !this.#makeWay(ofSource.filter(({ spoke }) => !spoke))) {
      if (!stranger)
        this.#onShortage('connections', `${source} has ${ofSource.length} SIP connections, which is as many as one address may have`)
      return false
    }
    const strangers = all.filter((connection) => connection.stranger)
    if (stranger && strangers.length >= limits.strangersInAll) return this.#makeWay(strangers)
    if (this.#connections.size < limits.inAll || this.#makeWay(strangers) || this.#makeWay(all.filter(({ spoke }) => !spoke))) return true
    if (!stranger) this.#onShortage('connections', `${limits.inAll} SIP connections are open, which is as many as there may be`)
    return false
  }

  /** Closes the connection that has been silent longest. @returns false when there is none */
  #makeWay(among: readonly Connection[]): boolean {
    const [first, ...others] = among.filter((connection) => this.#connections.get(connection.key) === connection)
    if (first === undefined) return false
    const silent = others.reduce((longest, other) => (other.messageAt < longest.messageAt ? other : longest), first)
    silent.line.destroy()
    this.#forget(silent)
    return true
  }

  #accepted(socket: Socket, peer: Endpoint): Line {
    const secure =
      this.#tls !== undefined && (peer.protocol === 'tls' || peer.protocol === 'wss')
        ? new TLSSocket(socket, { isServer: true, secureContext: this.#tls.context })
        : socket
    if (secure !== socket) socket.on('error', (error) => secure.destroy(error))
    return this.webSockets?.lineOf(secure, peer.address) ?? socketLine(secure, this.#limits.backlogBytes)
  }

  /** @returns why there can be none */
  #connect(to: Endpoint): Connection | string {
    if (to.port === 0) return `nobody can be reached at ${endpointKey(to)}`
    // A browser is no server: once its connection has gone, it has to come again.
    if (this.webSockets !== undefined) return `the WebSocket of ${endpointKey(to)} has gone`
    const { address: host, port, serverName = '' } = to
    const secure =
      to.protocol === 'tls'
        ? connectTls({ host, port, secureContext: this.#tls?.context, servername: isIP(serverName) === 0 ? serverName : '' })
        : undefined
    const socket = secure ?? new Socket()
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${endpointKey(to)} within ${CONNECT_MS} ms`)), CONNECT_MS)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      if (secure) connection.waiting.clear()
    })
    socket.once('close', () => clearTimeout(timer))
    const connection: Connection = this.#adopt(socketLine(socket, this.#limits.backlogBytes), to, {
      spoke: true,
      stranger: false,
      secured: secure,
    })
    if (!secure) socket.connect(port, host)
    return connection
  }

  #adopt(line: Line, peer: Endpoint, whose: Pick<Connection, 'spoke' | 'stranger'> & Partial<Pick<Connection, 'secured'>>): Connection {
    const now = performance.now()
    const connection: Connection = {
      key: endpointKey(peer),
      peer,
      line,
      secured: undefined,
      source: sourceNetwork(peer.address),
      ...whose,
      messageAt: now,
      activeAt: now,
      halfSince: undefined,
      waiting: new Set(),
    }
    this.#connections.set(connection.key, connection)
    line.attach({
      heard: (messages, isMidMessage) => {
        connection.activeAt = performance.now()
        // A drop of bytes now and then keeps no half message alive: only a whole one counts.
        if (!isMidMessage) connection.halfSince = undefined
        else if (connection.halfSince === undefined || messages.length > 0) connection.halfSince = connection.activeAt
        for (const message of messages) {
          connection.messageAt = connection.activeAt
          connection.spoke = true
          this.received(message, connection.peer, this.local)
        }
      },
      standsFor: (address) => this.#rename(connection, { ...peer, address }),
      closed: (why = new Error(`the connection to ${connection.key} was closed`)) => {
        this.#forget(connection)
        for (const tell of [...connection.waiting]) tell(why)
      },
    })
    return connection
  }

  /** The connection is a proxy's: from now on it counts as the client for which it stands. */
  #rename(connection: Connection, peer: Endpoint): void {
    this.#forget(connection)
    const key = endpointKey(peer)
    if (this.#connections.has(key) || !this.#hasRoom(peer)) {
      connection.line.destroy()
      return
    }
    connection.key = key
    connection.peer = peer
    connection.source = sourceNetwork(peer.address)
    connection.stranger = this.#strangers?.has(peer.address) === true
    this.#connections.set(key, connection)
  }

  #forget(connection: Connection): void {
    if (this.#connections.get(connection.key) === connection) this.#connections.delete(connection.key)
  }

  #sweep(): void {
    const now = performance.now()
    const { halfMessageMs, strangerSilenceMs, muteMs, idleMs } = this.#limits
    for (const connection of this.#connections.values()) {
      if (connection.stranger) connection.stranger = this.#strangers?.has(connection.peer.address) === true
      const { key, line, spoke, stranger, messageAt, activeAt, halfSince } = connection
      if (halfSince !== undefined && now - halfSince > halfMessageMs) line.destroy(new Error(`a message of ${key} was never finished`))
      else if (stranger && now - messageAt > strangerSilenceMs) line.destroy(new Error(`${key} said nothing`))
      else if (now - activeAt > (spoke ? idleMs : muteMs)) line.destroy(new Error(`${key} has been idle`))
    }
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      clearInterval(this.#sweeper)
      for (const { line, waiting } of this.#connections.values()) {
        waiting.clear()
        // A peer that does not take what is left is cut off.
        setTimeout(() => line.destroy(), 200).unref()
        line.end()
      }
      this.webSockets?.close()
      this.server.close(() => {
        resolve()
      })
    })
    return this.#closing
  }
}

/** Whether a connection that was made for one name may be used for another at the same place. */
function wrongName(secured: TLSSocket, made: Endpoint, { serverName }: Endpoint): Error | undefined {
  if (serverName === undefined || serverName === made.serverName || isIP(serverName) !== 0) return undefined
  return secured.authorized
    ? checkServerIdentity(serverName, secured.getPeerCertificate())
    : new Error(`the connection for ${made.serverName ?? made.address} is not made yet`)
}

/** `::ffff:127.0.0.1` -> `127.0.0.1` */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
