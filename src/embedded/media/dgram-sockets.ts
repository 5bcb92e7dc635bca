import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import type { MediaSocket, MediaSockets, SocketPeer } from './media-socket.js'

/** Room for the packets of half a second of a stalled process, in the kernel. */
export const RECEIVE_BUFFER_BYTES = 64 * 1024
export const SEND_BUFFER_BYTES = 64 * 1024

/** Node's own sockets and timers. */
export class DgramSockets implements MediaSockets {
  #timer: NodeJS.Timeout | undefined

  open(address: string, port: number): Promise<MediaSocket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({
        // Ports of the two families are allocated separately.
        ...(isIP(address) === 6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
        // Every address here is an IP address: the resolver, and its trip through the thread pool, is never needed.
        lookup: (host, family, callback) => {
          callback(null, host, Number(family))
        },
        recvBufferSize: RECEIVE_BUFFER_BYTES,
        sendBufferSize: SEND_BUFFER_BYTES,
      })
      socket.once('error', (error) => {
        socket.close()
        reject(error)
      })
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error')
        resolve(new DgramSocket(socket))
      })
    })
  }

  beatAt(time: number, beat: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(beat, Math.max(1, time - performance.now()))
  }

  cancelBeat(): void {
    clearTimeout(this.#timer)
  }

  turnSoon(): void {
    // Every packet is a turn of the event loop.
  }

  expecting<T>(work: Promise<T>): Promise<T> {
    return work
  }
}

class DgramSocket implements MediaSocket {
  readonly port: number
  onPacket: (data: Buffer, from: SocketPeer, now: number) => void = () => undefined
  onError: (error: Error) => void = () => undefined
  readonly #socket: Socket
  #closing: Promise<void> | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    this.port = socket.address().port
    socket.on('message', (data: Buffer, { address, port }: RemoteInfo) => this.onPacket(data, this.#peer(address, port), performance.now()))
    socket.on('error', (error) => this.onError(error))
  }

  #lastPeer: SocketPeer = { address: '', port: 0 }

  #peer(address: string, port: number): SocketPeer {
    if (port !== this.#lastPeer.port || address !== this.#lastPeer.address) this.#lastPeer = { address, port }
    return this.#lastPeer
  }

  send(packet: Buffer, port: number, address: string): void {
    if (this.#closing === undefined) this.#socket.send(packet, port, address)
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => this.#socket.close(() => resolve()))
    return this.#closing
  }
}
