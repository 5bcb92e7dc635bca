import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'

/** Room for the packets of half a second of a stalled process, in the kernel. */
const RECEIVE_BUFFER_BYTES = 64 * 1024
const SEND_BUFFER_BYTES = 64 * 1024

/** Binds a UDP socket. Rejects with the operating system's error (`EADDRINUSE`, ...), with nothing left open. */
export function openUdpSocket(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      // Ports of the two families are handed out each for itself.
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
      resolve(socket)
    })
  })
}

/** Closes a socket; settles when the port is free. */
export function closeUdpSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve())
    } catch {
      resolve()
    }
  })
}
