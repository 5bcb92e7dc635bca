import { isIP } from 'node:net'
import { isLoopback } from './protocols/sip/address-kinds.js'
import { endpointKey, type Endpoint } from './protocols/sip/endpoint.js'
import type { Transport, TransportUser } from './protocols/sip/transport.js'

/** Peers whose listener is remembered. */
const MAX_REMEMBERED = 10_000

/**
 * Several listeners as one transport. A peer that has spoken to one of them is answered from there; any other is addressed from the first listener that
 * has the protocol and the address family, and is on the same side (loopback or not).
 */
export class ManyTransport implements Transport {
  readonly #inner: readonly Transport[]
  readonly #byPeer = new Map<string, Transport>()
  #user: TransportUser | undefined

  /** @param inner at least one, bound already; this transport closes them */
  constructor(inner: readonly Transport[]) {
    this.#inner = inner
  }

  get listeners(): readonly Endpoint[] {
    return this.#inner.flatMap((transport) => [...transport.listeners])
  }

  get user(): TransportUser | undefined {
    return this.#user
  }

  set user(user: TransportUser | undefined) {
    this.#user = user
    for (const transport of this.#inner) {
      if (user === undefined) {
        transport.user = undefined
        continue
      }
      transport.user = {
        received: (received) => {
          this.#remember(received.source, transport)
          user.received(received)
        },
        malformed: (problem, source, local) => {
          this.#remember(source, transport)
          user.malformed?.(problem, source, local)
        },
      }
    }
  }

  send(bytes: Buffer, to: Endpoint, failed?: (error: Error) => void): void {
    const transport = this.#choose(to)
    if (transport) transport.send(bytes, to, failed)
    else queueMicrotask(() => failed?.(new Error(`no ${to.protocol} socket is open from which ${to.address} could be reached`)))
  }

  advertised(to: Endpoint): { readonly host: string; readonly port: number } {
    return this.#choose(to)?.advertised(to) ?? { host: '127.0.0.1', port: 5060 }
  }

  async close(): Promise<void> {
    await Promise.all(this.#inner.map((transport) => transport.close()))
  }

  #remember(peer: Endpoint, transport: Transport): void {
    const key = endpointKey(peer)
    this.#byPeer.delete(key)
    this.#byPeer.set(key, transport)
    if (this.#byPeer.size > MAX_REMEMBERED) {
      const oldest = this.#byPeer.keys().next().value
      if (oldest !== undefined) this.#byPeer.delete(oldest)
    }
  }

  #choose(to: Endpoint): Transport | undefined {
    const known = this.#byPeer.get(endpointKey(to))
    if (known) return known
    const family = isIP(to.address)
    const able = this.#inner.filter((transport) =>
      transport.listeners.some(({ protocol, address }) => protocol === to.protocol && isIP(address) === family),
    )
    const loopback = isLoopback(to.address)
    return able.find((transport) => transport.listeners.some(({ address }) => isLoopback(address) === loopback)) ?? able[0]
  }
}
