import { isIP } from 'node:net'
import type { MediaSocket, MediaSockets } from './media-socket.js'

/** Every port pair of the range is taken: the call is refused with 503. */
export class PortsExhausted extends Error {
  readonly code = 'PORTS_EXHAUSTED'
  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    super(`no free RTP port pair between ${from} and ${to}`)
    this.name = 'PortsExhausted'
  }
}

export interface PortPair {
  readonly port: number
  readonly rtp: MediaSocket
  readonly rtcp: MediaSocket
}

const ANY_PORT_TRIES = 50

/**
 * Hands out an even UDP port for RTP and the odd one after it for RTCP (RFC 3550 section 11). The range is gone through in a
 * circle, so that a port rests as long as possible before late packets of its last call could reach a new one.
 */
export class PortPairs {
  readonly address: string
  readonly #sockets: MediaSockets
  readonly #from: number
  readonly #to: number
  readonly #taken = new Set<number>()
  #cursor: number

  /** `[0, 0]`: any free pair of the system. */
  constructor(sockets: MediaSockets, address: string, [from, to]: readonly [number, number]) {
    this.#sockets = sockets
    this.address = address
    this.#from = from + (from & 1)
    this.#to = to
    this.#cursor = this.#from
  }

  get family(): 4 | 6 {
    return isIP(this.address) === 6 ? 6 : 4
  }

  /** @throws PortsExhausted (rejects), or another error of the operating system (`EADDRNOTAVAIL`: not an address of this machine) */
  async take(): Promise<PortPair> {
    if (this.#from === 0) return this.#takeAny()
    const pairs = Math.max(0, Math.floor((this.#to - this.#from + 1) / 2))
    for (let tries = 0; tries < pairs; tries++) {
      const port = this.#cursor
      this.#cursor = port + 3 > this.#to ? this.#from : port + 2
      if (this.#taken.has(port)) continue
      this.#taken.add(port)
      const pair = await this.#bind(port).catch((error: unknown) => {
        this.#taken.delete(port)
        throw error
      })
      if (pair) return pair
      this.#taken.delete(port)
    }
    throw new PortsExhausted(this.#from, this.#to)
  }

  /** Closes both sockets; the pair is free when this settles. */
  async release(pair: PortPair): Promise<void> {
    await Promise.all([pair.rtp.close(), pair.rtcp.close()])
    this.#taken.delete(pair.port)
  }

  async #takeAny(): Promise<PortPair> {
    for (let tries = 0; tries < ANY_PORT_TRIES; tries++) {
      const probe = await this.#sockets.open(this.address, 0)
      const { port } = probe
      await probe.close()
      const even = port - (port & 1)
      const pair = await this.#bind(even)
      if (pair) return pair
    }
    throw new PortsExhausted(0, 0)
  }

  /** @returns undefined when one of the two is taken */
  async #bind(port: number): Promise<PortPair | undefined> {
    const inUse = (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
      throw error
    }
    const rtp = await this.#sockets.open(this.address, port).catch(inUse)
    if (!rtp) return undefined
    const rtcp = await this.#sockets.open(this.address, port + 1).catch(async (error: unknown) => {
      await rtp.close()
      return inUse(error)
    })
    return rtcp && { port, rtp, rtcp }
  }
}
