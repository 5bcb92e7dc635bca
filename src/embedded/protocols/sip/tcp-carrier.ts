import { createServer, Socket, type Server } from 'node:net'
import { once } from 'node:events'
import { endpointKey, type Endpoint } from './endpoint.js'
import { sourceNetwork } from './rate-limit.js'
import { ListenError } from './socket-transport.js'
import { StreamFramer } from './stream-framer.js'
import type { Strangers } from './strangers.js'
import { defaultTcpLimits, type TcpLimits } from './tcp-limits.js'

const CONNECT_MS = 5000
const PONG = Buffer.from('\r\n')

/** Why a connection that should have been taken was not. */
export type ConnectionShortage = 'connections' | 'descriptors'

export interface TcpCarrierOptions {
  /** Absent: nobody is a stranger. */
  readonly strangers?: Strangers | undefined
  readonly limits?: Partial<TcpLimits> | undefined
  /** Somebody who is no stranger could not be taken. */
  readonly onShortage?: ((what: ConnectionShortage, detail: string) => void) | undefined
}

interface Connection {
  readonly key: string
  readonly address: string
  readonly socket: Socket
  /** Whom it counts for. */
  readonly source: string
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
  /** What is to be told that the connection failed, while it is being set up. */
  readonly waiting: Set<(error: Error) => void>
}

/**
 * SIP over TCP: a listening socket, and connections that are reused in both directions (RFC 3261 18). Strangers have a small share of all
 * connections, and little time. The longest silent of theirs makes way for a new one, and so does, whosever it is, one that has never said anything.
 */
export class TcpCarrier {
  received: (bytes: Buffer, from: Endpoint, local: Endpoint) => void = () => undefined
  readonly #connections = new Map<string, Connection>()
  readonly #strangers: Strangers | undefined
  readonly #limits: TcpLimits
  readonly #onShortage: (what: ConnectionShortage, detail: string) => void
  readonly #sweeper: NodeJS.Timeout
  #closing: Promise<void> | undefined

  private constructor(
    readonly local: Endpoint,
    readonly server: Server,
    options: TcpCarrierOptions,
  ) {
    this.#strangers = options.strangers
    this.#limits = { ...defaultTcpLimits, ...options.limits }
    this.#onShortage = options.onShortage ?? (() => undefined)
    server.on('connection', (socket) => {
      const peer: Endpoint = { protocol: 'tcp', address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
      if (this.#hasRoom(peer)) this.#adopt(socket, peer, { spoke: false, stranger: this.#strangers?.has(peer.address) === true })
      else socket.on('error', () => undefined).resetAndDestroy()
    })
    // Out of descriptors: the system takes the connection from the queue and drops it.
    server.on('error', (error: NodeJS.ErrnoException) => {
      this.#onShortage('descriptors', `a SIP connection could not be accepted: ${error.code ?? error.message}`)
    })
    this.#sweeper = setInterval(() => this.#sweep(), this.#limits.sweepMs)
    this.#sweeper.unref()
  }

  static async open(address: string, port: number, options: TcpCarrierOptions = {}): Promise<TcpCarrier> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    try {
      server.listen({ host: address, port, ipv6Only: true })
      await once(server, 'listening')
    } catch (error) {
      throw new ListenError({ protocol: 'tcp', address, port }, (error as NodeJS.ErrnoException).code ?? 'unknown', error)
    }
    const bound = server.address()
    return new TcpCarrier({ protocol: 'tcp', address, port: typeof bound === 'object' && bound !== null ? bound.port : port }, server, options)
  }

  get connections(): number {
    return this.#connections.size
  }

  /** Whether one more connection of somebody known would be taken now. */
  get hasRoomForKnown(): boolean {
    return this.#connections.size < this.#limits.inAll || [...this.#connections.values()].some(({ stranger, spoke }) => stranger || !spoke)
  }

  send(bytes: Buffer, to: Endpoint, failed: (error: Error) => void): void {
    if (this.#closing !== undefined) return
    const connection = this.#connections.get(endpointKey(to)) ?? this.#connect(to)
    const { socket } = connection
    if (socket.writableLength > this.#limits.backlogBytes) {
      const error = new Error(`${endpointKey(to)} does not read`)
      socket.destroy(error)
      queueMicrotask(() => failed(error))
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
    socket.write(bytes, (error) => {
      connection.waiting.delete(fail)
      if (error !== undefined && error !== null) fail(error)
    })
  }

  /** Whether a connection that comes in may stay; makes room where another has been silent. */
  #hasRoom(peer: Endpoint): boolean {
    const limits = this.#limits
    const stranger = this.#strangers?.has(peer.address) === true
    const source = sourceNetwork(peer.address)
    const all = [...this.#connections.values()]
    const ofSource = all.filter((connection) => connection.source === source)
    const mostOfSource = this.#strangers === undefined ? limits.inAll : stranger ? limits.strangersPerSource : limits.perSource
    if (ofSource.length >= mostOfSource && !this.#makeWay(ofSource.filter(({ spoke }) => !spoke))) {
      if (!stranger) this.#onShortage('connections', `${source} has ${ofSource.length} SIP connections, which is as many as one address may have`)
      return false
    }
    const strangers = all.filter((connection) => connection.stranger)
    if (stranger && strangers.length >= limits.strangersInAll) return this.#makeWay(strangers)
    if (this.#connections.size < limits.inAll || this.#makeWay(strangers) || this.#makeWay(all.filter(({ spoke }) => !spoke))) return true
    if (!stranger) this.#onShortage('connections', `${limits.inAll} SIP connections are open, which is as many as there may be`)
    return false
  }

  /** Closes the one that has been silent longest. @returns false when there is none */
  #makeWay(among: readonly Connection[]): boolean {
    const [first, ...others] = among.filter((connection) => this.#connections.get(connection.key) === connection)
    if (first === undefined) return false
    const silent = others.reduce((longest, other) => (other.messageAt < longest.messageAt ? other : longest), first)
    silent.socket.destroy()
    this.#forget(silent)
    return true
  }

  #connect(to: Endpoint): Connection {
    const socket = new Socket()
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${endpointKey(to)} within ${CONNECT_MS} ms`)), CONNECT_MS)
    socket.once('connect', () => {
      clearTimeout(timer)
    })
    socket.once('close', () => {
      clearTimeout(timer)
    })
    const connection = this.#adopt(socket, to, { spoke: true, stranger: false })
    if (to.port === 0) socket.destroy(new Error(`nobody can be reached at ${endpointKey(to)}`))
    else socket.connect(to.port, to.address)
    return connection
  }

  #adopt(socket: Socket, peer: Endpoint, whose: Pick<Connection, 'spoke' | 'stranger'>): Connection {
    const key = endpointKey(peer)
    const now = performance.now()
    const connection: Connection = { key, address: peer.address, socket, source: sourceNetwork(peer.address), ...whose, messageAt: now, activeAt: now, halfSince: undefined, waiting: new Set() }
    const framer = new StreamFramer()
    this.#connections.set(key, connection)
    socket.on('data', (chunk) => {
      connection.activeAt = performance.now()
      const frames = framer.push(chunk)
      // A drop of bytes now and then keeps no half message alive: only a whole one counts.
      if (!framer.isMidMessage) connection.halfSince = undefined
      else if (connection.halfSince === undefined || frames.length > 0) connection.halfSince = connection.activeAt
      for (const frame of frames) {
        switch (frame.kind) {
          case 'message':
            connection.messageAt = connection.activeAt
            connection.spoke = true
            this.received(frame.data, peer, this.local)
            break
          case 'ping':
            if (socket.writableLength < this.#limits.backlogBytes) socket.write(PONG)
            break
          case 'broken':
            socket.destroy()
        }
      }
    })
    let why = new Error(`the connection to ${key} was closed`)
    socket.on('error', (error) => {
      why = error
    })
    socket.on('close', () => {
      this.#forget(connection)
      for (const tell of [...connection.waiting]) tell(why)
    })
    return connection
  }

  #forget(connection: Connection): void {
    if (this.#connections.get(connection.key) === connection) this.#connections.delete(connection.key)
  }

  #sweep(): void {
    const now = performance.now()
    const { halfMessageMs, strangerSilenceMs, muteMs, idleMs } = this.#limits
    for (const connection of this.#connections.values()) {
      if (connection.stranger) connection.stranger = this.#strangers?.has(connection.address) === true
      const { key, socket, spoke, stranger, messageAt, activeAt, halfSince } = connection
      if (halfSince !== undefined && now - halfSince > halfMessageMs) socket.destroy(new Error(`a message of ${key} was never finished`))
      else if (stranger && now - messageAt > strangerSilenceMs) socket.destroy(new Error(`${key} said nothing`))
      else if (now - activeAt > (spoke ? idleMs : muteMs)) socket.destroy(new Error(`${key} has been idle`))
    }
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      clearInterval(this.#sweeper)
      for (const { socket, waiting } of this.#connections.values()) {
        waiting.clear()
        // `destroySoon` waits for the peer to take what is left; a peer that does not is cut off.
        const cut = setTimeout(() => socket.destroy(), 200)
        socket.once('close', () => {
          clearTimeout(cut)
        })
        socket.destroySoon()
      }
      this.server.close(() => {
        resolve()
      })
    })
    return this.#closing
  }
}

/** `::ffff:127.0.0.1` -> `127.0.0.1` */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
