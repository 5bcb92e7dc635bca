import { createServer, Socket, type Server } from 'node:net'
import { once } from 'node:events'
import { endpointKey, type Endpoint } from './endpoint.js'
import { ListenError } from './socket-transport.js'
import { StreamFramer } from './stream-framer.js'

const CONNECT_MS = 5000
/** A connection over which nothing has gone for so long is given up: well above any registration or session refresh. */
const IDLE_MS = 2 * 60 * 60 * 1000
const PONG = Buffer.from('\r\n')

interface Connection {
  readonly socket: Socket
  /** What is to be told that the connection failed, while it is being set up. */
  readonly waiting: Set<(error: Error) => void>
}

/** SIP over TCP: a listening socket, and connections that are reused in both directions (RFC 3261 18). */
export class TcpCarrier {
  received: (bytes: Buffer, from: Endpoint, local: Endpoint) => void = () => undefined
  readonly #connections = new Map<string, Connection>()
  #closing: Promise<void> | undefined

  private constructor(
    readonly local: Endpoint,
    readonly server: Server,
  ) {
    server.on('connection', (socket) => {
      this.#adopt(socket, { protocol: 'tcp', address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 })
    })
  }

  static async open(address: string, port: number): Promise<TcpCarrier> {
    const server = createServer({ noDelay: true })
    try {
      server.listen({ host: address, port })
      await once(server, 'listening')
    } catch (error) {
      throw new ListenError({ protocol: 'tcp', address, port }, (error as NodeJS.ErrnoException).code ?? 'unknown', error)
    }
    const bound = server.address()
    return new TcpCarrier({ protocol: 'tcp', address, port: typeof bound === 'object' && bound !== null ? bound.port : port }, server)
  }

  get connections(): number {
    return this.#connections.size
  }

  send(bytes: Buffer, to: Endpoint, failed: (error: Error) => void): void {
    if (this.#closing !== undefined) return
    const connection = this.#connections.get(endpointKey(to)) ?? this.#connect(to)
    // Written before the connection stands, the bytes wait in the socket; its failure then reaches every writer once.
    let told = false
    const fail = (error: Error) => {
      connection.waiting.delete(fail)
      if (told) return
      told = true
      failed(error)
    }
    connection.waiting.add(fail)
    connection.socket.write(bytes, (error) => {
      connection.waiting.delete(fail)
      if (error !== undefined && error !== null) fail(error)
    })
  }

  #connect(to: Endpoint): Connection {
    const socket = new Socket()
    socket.setNoDelay(true)
    const timer = setTimeout(() => socket.destroy(new Error(`no connection to ${endpointKey(to)} within ${CONNECT_MS} ms`)), CONNECT_MS)
    socket.once('connect', () => {
      clearTimeout(timer)
    })
    socket.once('close', () => {
      clearTimeout(timer)
    })
    const connection = this.#adopt(socket, to)
    socket.connect(to.port, to.address)
    return connection
  }

  #adopt(socket: Socket, peer: Endpoint): Connection {
    const key = endpointKey(peer)
    const connection: Connection = { socket, waiting: new Set() }
    const framer = new StreamFramer()
    this.#connections.set(key, connection)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('data', (chunk) => {
      for (const frame of framer.push(chunk)) {
        switch (frame.kind) {
          case 'message':
            this.received(frame.data, peer, this.local)
            break
          case 'ping':
            socket.write(PONG)
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
      if (this.#connections.get(key) === connection) this.#connections.delete(key)
      for (const tell of [...connection.waiting]) tell(why)
    })
    return connection
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
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
