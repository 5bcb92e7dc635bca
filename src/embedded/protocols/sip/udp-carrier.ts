import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { endpointKey, type Endpoint } from './endpoint.js'
import { ListenError } from './socket-transport.js'
import { UnreachablePorts } from './unreachable-ports.js'

/** A keep-alive or a NAT's padding: line breaks, zeros, nothing (RFC 5626 4.4, and what phones send). */
function isPadding(bytes: Buffer): boolean {
  return bytes.length < 5 && bytes.every((byte) => byte === 13 || byte === 10 || byte === 0 || byte === 32)
}

/** One UDP socket that carries SIP. */
export class UdpCarrier {
  received: (bytes: Buffer, from: Endpoint, local: Endpoint) => void = () => undefined
  readonly #unreachable: UnreachablePorts
  #closing: Promise<void> | undefined

  private constructor(
    readonly local: Endpoint,
    readonly socket: Socket,
  ) {
    this.#unreachable = new UnreachablePorts(socket.address().family === 'IPv6' ? 'udp6' : 'udp4')
    socket.on('message', (bytes, { address, port }) => {
      if (isPadding(bytes)) return
      const from: Endpoint = { protocol: 'udp', address, port }
      this.#unreachable.heardFrom(endpointKey(from))
      this.received(bytes, from, this.local)
    })
    // An unconnected socket reports what happened to some earlier packet; the transactions' own timers deal with that.
    socket.on('error', () => undefined)
  }

  static async open(address: string, port: number): Promise<UdpCarrier> {
    const socket = createSocket({
      ...(address.includes(':') ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
      recvBufferSize: 4 * 1024 * 1024,
      // Every address here is an IP literal: the resolver, and its turn of the loop for each packet, is never needed.
      lookup: (host, family, callback) => callback(null, host, Number(family)),
    })
    try {
      // It may be there before `bind` returns.
      const listening = once(socket, 'listening')
      socket.bind({ address, port, exclusive: true })
      await listening
    } catch (error) {
      socket.close()
      throw new ListenError({ protocol: 'udp', address, port }, (error as NodeJS.ErrnoException).code ?? 'unknown', error)
    }
    return new UdpCarrier({ protocol: 'udp', address, port: socket.address().port }, socket)
  }

  send(bytes: Buffer, to: Endpoint, failed: (error: Error) => void): void {
    if (this.#closing !== undefined) return
    // Port 0 can be written in a Via or a Contact, and come as the source of a forged packet.
    if (to.port === 0) {
      queueMicrotask(() => failed(new Error(`nobody can be reached at ${endpointKey(to)}`)))
      return
    }
    this.socket.send(bytes, to.port, to.address, (error) => {
      if (error !== null) failed(error)
    })
    if (bytes.subarray(0, 7).toString('latin1') === 'INVITE ') this.#unreachable.watch(to, failed)
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#unreachable.close()
      this.socket.close(() => {
        resolve()
      })
    })
    return this.#closing
  }
}
