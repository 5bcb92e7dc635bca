import { connect, createServer, type Server, type Socket } from 'node:net'
import { Antechamber } from '../admission.js'
import type { Faults } from '../faults.js'
import { closeServer, listen, type BoundAddress } from '../listening.js'
import { EventSocketConnection } from './event-socket-connection.js'
import type { ControlledChannel, EventSocketHost } from './event-socket-host.js'

/** All event sockets: those that clients dialled, and those that we dialled for a channel. */
export class EventSocketServer {
  readonly #host: EventSocketHost
  readonly #faults: Faults
  readonly #server: Server
  readonly #inbound = new Set<EventSocketConnection>()
  readonly #outbound = new Set<EventSocketConnection>()
  readonly #antechamber = new Antechamber()
  readonly #dialling = new Set<Socket>()

  constructor(host: EventSocketHost, faults: Faults) {
    this.#host = host
    this.#faults = faults
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      if (!this.#antechamber.enter(socket)) return
      this.#inbound.add(
        new EventSocketConnection(socket, {
          host,
          faults,
          onAuthenticated: () => this.#antechamber.leave(socket),
          onClosed: (connection) => {
            this.#inbound.delete(connection)
          },
        }),
      )
    })
  }

  /** @throws ListenFailure */
  listen(address: string, port: number): Promise<BoundAddress> {
    return listen(this.#server, { address, port, what: 'event socket' })
  }

  get count(): number {
    return this.#inbound.size + this.#outbound.size
  }

  /**
   * Dials an application for a channel (`socket <address>:<port> async full`).
   * @param on `closed`: called once when the connection is over, with `undefined` when it could not be made
   */
  dial(
    target: { address: string; port: number },
    channel: ControlledChannel,
    on: { open: (connection: EventSocketConnection) => void; closed: (connection: EventSocketConnection | undefined) => void },
  ): void {
    const socket = connect({ host: target.address, port: target.port, allowHalfOpen: true, noDelay: true })
    this.#dialling.add(socket)
    socket.once('connect', () => {
      this.#dialling.delete(socket)
      socket.removeListener('error', failed)
      const connection = new EventSocketConnection(socket, {
        host: this.#host,
        faults: this.#faults,
        controlled: channel,
        onClosed: (self) => {
          this.#outbound.delete(self)
          on.closed(self)
        },
      })
      this.#outbound.add(connection)
      on.open(connection)
    })
    const failed = (error: Error): void => {
      this.#dialling.delete(socket)
      socket.destroy()
      this.#host.log(`event socket: cannot reach ${target.address}:${target.port} for channel ${channel.uuid}: ${error.message}`)
      on.closed(undefined)
    }
    socket.once('error', failed)
  }

  /** Cuts connections without a word. */
  cut(which: 'inbound' | 'outbound' | 'all'): void {
    if (which !== 'outbound') this.#inbound.forEach((connection) => connection.destroy())
    if (which !== 'inbound') this.#outbound.forEach((connection) => connection.destroy())
  }

  async close(): Promise<void> {
    this.cut('all')
    this.#dialling.forEach((socket) => socket.destroy())
    await closeServer(this.#server)
  }
}
