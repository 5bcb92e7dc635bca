import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isStream, type Endpoint, type Protocol } from './endpoint.js'
import { isLinkLocal, isLoopback } from './address-kinds.js'
import { parseMessage } from './parse.js'
import type { Strangers } from './strangers.js'
import { StreamCarrier, type ConnectionShortage } from './stream-carrier.js'
import type { TcpLimits } from './tcp-limits.js'
import type { TlsIdentity } from './tls-identity.js'
import type { Transport, TransportUser } from './transport.js'
import { UdpCarrier } from './udp-carrier.js'
import { stampRequest } from './via.js'

export interface SocketTransportOptions {
  /** IP literal to listen on; `0.0.0.0` for all of IPv4, `::` for all of IPv6 and nothing else. Default 127.0.0.1. */
  readonly address?: string
  /** Default 0: any free port, the same for UDP and what goes over connections. */
  readonly port?: number
  /** Default UDP and TCP. Of those that go over connections only one: they share the port. */
  readonly protocols?: readonly Protocol[]
  /** Who we are: needed for `tls` and `wss`. */
  readonly tls?: TlsIdentity
  /** What to say in Via and Contact where it is not the address listened on (0.0.0.0, behind a NAT with port forwarding). */
  readonly publicAddress?: string
  readonly faults?: TransportFaults
  /** Sources whose messages are not all read, and whose connections are few. Absent: none. */
  readonly strangers?: Strangers
  readonly tcpLimits?: Partial<TcpLimits>
  /** A known source could not connect. */
  readonly onShortage?: (what: ConnectionShortage, detail: string) => void
  /** Takes messages from these sources alone. Default: from any. */
  readonly onlyFrom?: (source: Endpoint) => boolean
  /** Called with every message that is read and sent, as it goes over the wire. */
  readonly trace?: (bytes: Buffer, from: Endpoint, to: Endpoint) => void
}

/** What becomes of one message: `drop`, or passed on after this many milliseconds (0: at once). */
export type Fate = 'drop' | number

/** Faults on request, for tests. Called once a message. */
export interface TransportFaults {
  outgoing?: (bytes: Buffer, to: Endpoint) => Fate
  incoming?: (bytes: Buffer, from: Endpoint) => Fate
}

/** A port that could not be listened on: taken, privileged, no such address. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  constructor(
    readonly endpoint: Endpoint,
    readonly code: string,
    cause: unknown,
  ) {
    super(`cannot listen on ${endpoint.protocol} ${endpoint.address}:${endpoint.port}: ${code}`, { cause })
  }
}

/** SIP over sockets on one address and port: UDP, and one of the protocols that go over connections. */
export class SocketTransport implements Transport {
  user: TransportUser | undefined
  readonly listeners: readonly Endpoint[]
  /** May be exchanged at any time. */
  faults: TransportFaults
  readonly #options: SocketTransportOptions
  readonly #udp: UdpCarrier | undefined
  readonly #stream: StreamCarrier | undefined
  readonly #delayed = new Set<NodeJS.Timeout>()
  #closed = false

  private constructor(options: SocketTransportOptions, udp: UdpCarrier | undefined, stream: StreamCarrier | undefined) {
    this.#options = options
    this.faults = options.faults ?? {}
    this.#udp = udp
    this.#stream = stream
    this.listeners = [udp?.local, stream?.local].filter((local) => local !== undefined)
    if (udp !== undefined) udp.received = (bytes, from, local) => this.#arrived(bytes, from, local)
    if (stream !== undefined) stream.received = (bytes, from, local) => this.#arrived(bytes, from, local)
  }

  /** Whether a connection from a known source would be taken now. */
  get hasRoomForKnown(): boolean {
    return this.#stream?.hasRoomForKnown ?? true
  }

  /** Binds every socket. Rejects with `ListenError` and leaves nothing open. */
  static async open(options: SocketTransportOptions = {}): Promise<SocketTransport> {
    const { address = '127.0.0.1', port = 0, protocols = ['udp', 'tcp'] } = options
    // A free UDP port may be taken for connections; with port 0 another one is tried.
    for (let attempt = 1; ; attempt++) {
      const udp = protocols.includes('udp') ? await UdpCarrier.open(address, port) : undefined
      try {
        const carried = protocols.find(isStream)
        const more = { strangers: options.strangers, limits: options.tcpLimits, onShortage: options.onShortage, tls: options.tls }
        return new SocketTransport(options, udp, carried && (await StreamCarrier.open(carried, address, udp?.local.port ?? port, more)))
      } catch (error) {
        await udp?.close()
        if (port !== 0 || attempt >= 20) throw error
      }
    }
  }

  send(bytes: Buffer, to: Endpoint, failed: (error: Error) => void = () => undefined): void {
    this.#withFate(this.faults.outgoing?.(bytes, to) ?? 0, () => {
      const carrier = this.#carrierOf(to.protocol)
      if (carrier === undefined) {
        queueMicrotask(() => failed(new Error(`no ${to.protocol} socket is open`)))
        return
      }
      this.#options.trace?.(bytes, this.#ourEnd(to, carrier.local), to)
      carrier.send(bytes, to, failed)
    })
  }

  advertised(to: Endpoint): { readonly host: string; readonly port: number } {
    const local = this.#carrierOf(to.protocol)?.local ?? this.listeners[0]
    const port = local?.port ?? 5060
    const address = local?.address ?? '127.0.0.1'
    const { publicAddress } = this.#options
    // A public address of the other family says nothing of this one.
    if (publicAddress !== undefined && (isIP(publicAddress) === 0 || isIP(publicAddress) === isIP(address)))
      return { host: publicAddress, port }
    if (address !== '0.0.0.0' && address !== '::') return { host: address, port }
    const loopback = address === '::' ? '::1' : '127.0.0.1'
    return { host: isLoopback(to.address) ? loopback : (ownAddress(isIP(address)) ?? loopback), port }
  }

  #carrierOf(protocol: Protocol): UdpCarrier | StreamCarrier | undefined {
    return [this.#udp, this.#stream].find((carrier) => carrier?.local.protocol === protocol)
  }

  /** Our end of what goes there: of a socket that listens on all addresses, the one that is named to the other side. */
  #ourEnd(to: Endpoint, local: Endpoint): Endpoint {
    const { host } = this.advertised(to)
    return isIP(host) === 0 ? local : { ...local, address: host }
  }

  #arrived(bytes: Buffer, source: Endpoint, local: Endpoint): void {
    if (this.#options.onlyFrom?.(source) === false || this.#options.strangers?.isReadFrom(source.address) === false) return
    this.#options.trace?.(bytes, source, this.#ourEnd(source, local))
    this.#withFate(this.faults.incoming?.(bytes, source) ?? 0, () => {
      const result = parseMessage(bytes)
      if (!result.ok) {
        this.user?.malformed?.(result.problem, source, local)
        return
      }
      const { message } = result
      if (message.kind === 'request') stampRequest(message, source)
      this.user?.received({ message, source, local })
    })
  }

  #withFate(fate: Fate, action: () => void): void {
    if (this.#closed || fate === 'drop') return
    if (fate === 0) {
      action()
      return
    }
    const timer = setTimeout(() => {
      this.#delayed.delete(timer)
      action()
    }, fate)
    this.#delayed.add(timer)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#delayed) clearTimeout(timer)
    this.#delayed.clear()
    await Promise.all([this.#udp?.close(), this.#stream?.close()])
  }
}

/** The first address of this machine, of that family, that others may reach. */
function ownAddress(family: number): string | undefined {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { internal, address } of addresses ?? []) if (!internal && isIP(address) === family && !isLinkLocal(address)) return address
  }
  return undefined
}

/** Loses this percentage of all messages, in a sequence that the seed decides: for `TransportFaults`. */
export function loses(percent: number, seed: number): () => Fate {
  let state = seed >>> 0
  return () => {
    // Numerical Recipes' linear congruential generator: enough for losing packets.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 32) * 100 < percent ? 'drop' : 0
  }
}
