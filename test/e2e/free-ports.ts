import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** Below the ports that the system gives to a socket bound to port 0, and below those of the engines' audio: what is handed out here stays free until it is used. */
const [lowest, highest] = [10_000, 19_990]
/** Test processes that share a network begin at different places. */
let next = lowest + ((process.pid * 211) % (highest - lowest))

/** A port on 127.0.0.1 that is free for UDP and TCP now, and that this process has not handed out before. */
export async function freePort(): Promise<number> {
  return firstFree(1)
}

/** An even port with the next three free as well: audio and RTCP, and what SIPp binds beside them. */
export async function freeMediaPort(): Promise<number> {
  return firstFree(4)
}

async function firstFree(size: 1 | 4): Promise<number> {
  for (let tries = 0; tries < 2_000; tries++) {
    const port = size === 1 ? next : next + (next % 2)
    next = port + size > highest ? lowest : port + size
    const wanted = Array.from({ length: size }, (_, index) => port + index)
    if (!(await Promise.all(wanted.flatMap((one) => [freeForUdp(one), freeForTcp(one)]))).includes(false)) return port
  }
  throw new Error(`no ${size} free ports between ${lowest} and ${highest} on 127.0.0.1`)
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
