import { isIP } from 'node:net'
import { isLoopback } from './protocols/sip/address-kinds.js'
import { hostForSocket, type Endpoint } from './protocols/sip/endpoint.js'
import { parseMessage } from './protocols/sip/parse.js'
import type { Transport, TransportUser } from './protocols/sip/transport.js'
import { stampRequest } from './protocols/sip/via.js'

/**
 * The transport of one of two roles in the same process. A message to a UDP port of the other one is handed over in memory, as bytes
 * and in order, in a turn of its own; everything else goes through the sockets underneath, which stay open. Neither role sees a difference, except for
 * `lossless`: these messages need no repetition.
 */
export class LocalWire implements Transport {
  readonly listeners: readonly Endpoint[]
  readonly #inner: Transport
  readonly #udp: readonly Endpoint[]
  #peer: LocalWire | undefined
  #incoming: { readonly bytes: Buffer; readonly source: Endpoint; readonly local: Endpoint }[] = []
  #closed = false

  /** @param inner bound already; this transport closes it */
  constructor(inner: Transport) {
    this.#inner = inner
    this.listeners = inner.listeners
    this.#udp = this.listeners.filter(({ protocol }) => protocol === 'udp')
  }

  /** From now on the two hand over messages for each other. */
  static join(one: LocalWire, other: LocalWire): void {
    one.#peer = other
    other.#peer = one
  }

  get user(): TransportUser | undefined {
    return this.#inner.user
  }

  set user(user: TransportUser | undefined) {
    this.#inner.user = user
  }

  send(bytes: Buffer, to: Endpoint, failed?: (error: Error) => void): void {
    const local = this.#peer?.listenerAt(to)
    const source = local === undefined ? undefined : this.#sourceTowards(local)
    if (this.#peer === undefined || local === undefined || source === undefined) this.#inner.send(bytes, to, failed)
    else this.#peer.#take(bytes, source, local)
  }

  lossless(to: Endpoint): boolean {
    const local = this.#peer?.listenerAt(to)
    return local !== undefined && this.#sourceTowards(local) !== undefined
  }

  advertised(to: Endpoint): { readonly host: string; readonly port: number } {
    return this.#inner.advertised(to)
  }

  close(): Promise<void> {
    this.#closed = true
    this.#incoming = []
    return this.#inner.close()
  }

  /** The UDP listener that is meant by this place; undefined: none of ours, or closed. */
  listenerAt(place: Endpoint): Endpoint | undefined {
    if (this.#closed || place.protocol !== 'udp') return undefined
    return this.#udp.find(({ address, port }) => {
      if (port !== place.port) return false
      if (isWildcard(address)) return isIP(address) === isIP(place.address) && isLoopback(place.address)
      return address === place.address || hostForSocket(this.#inner.advertised({ ...place, address }).host) === place.address
    })
  }

  /** The end of ours from which a packet to that listener would come. */
  #sourceTowards(local: Endpoint): Endpoint | undefined {
    const able = this.#udp.filter(({ address }) => isIP(address) === isIP(local.address))
    const loopback = isLoopback(local.address)
    const own = able.find(({ address }) => isWildcard(address) || isLoopback(address) === loopback) ?? able[0]
    return own !== undefined && isWildcard(own.address)
      ? { ...own, address: isWildcard(local.address) ? LOOPBACK[isIP(local.address) === 6 ? 6 : 4] : local.address }
      : own
  }

  #take(bytes: Buffer, source: Endpoint, local: Endpoint): void {
    this.#incoming.push({ bytes, source, local })
    if (this.#incoming.length === 1) setImmediate(() => this.#handOver())
  }

  #handOver(): void {
    const next = this.#incoming.shift()
    if (next === undefined) return
    // One message a turn: other work is not kept waiting, and a fault in one message loses no other.
    if (this.#incoming.length > 0) setImmediate(() => this.#handOver())
    const { user } = this
    const { bytes, source, local } = next
    const result = parseMessage(bytes)
    if (!result.ok) {
      user?.malformed?.(result.problem, source, local)
      return
    }
    const { message } = result
    if (message.kind === 'request') stampRequest(message, source)
    user?.received({ message, source, local })
  }
}

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}
