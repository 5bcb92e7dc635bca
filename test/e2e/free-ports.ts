import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const handedOut = new Set<number>()

/** A port on 127.0.0.1 that is free for UDP and TCP now, and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = await freeTcpPort()
    if (handedOut.has(port) || !(await freeForUdp(port))) continue
    handedOut.add(port)
    return port
  }
  throw new Error('no free port found on 127.0.0.1')
}

/** An even port with the next three free as well: audio and RTCP, and what SIPp binds beside them. */
export async function freeMediaPort(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const port = (await freeTcpPort()) & ~1
    const wanted = [port, port + 1, port + 2, port + 3]
    if (port < 1_024 || port > 65_000 || wanted.some((one) => handedOut.has(one))) continue
    const free = await Promise.all([...wanted.map(freeForUdp), freeForTcp(port + 1)])
    if (free.includes(false)) continue
    for (const one of wanted) handedOut.add(one)
    return port
  }
  throw new Error('no free media ports found on 127.0.0.1')
}

/** First port of a range of `size` UDP ports for an engine's audio, out of the system's own range of ephemeral ports. */
export function rtpRange(size: number): { readonly from: number; readonly to: number } {
  // Each test process and each engine in it gets a slice of its own, so that two engines never meet.
  const slices = Math.floor(12_000 / size)
  const slice = (process.pid * 7 + rangesGiven++) % slices
  const from = 20_000 + slice * size
  return { from, to: from + size - 1 }
}
let rangesGiven = 0

function freeTcpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

function freeForTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function freeForUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    socket.once('error', () => {
      socket.close()
      resolve(false)
    })
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)))
  })
}
