import type { SipClock } from '../../src/embedded/protocols/sip/clock.js'
import { endpointKey, type Endpoint } from '../../src/embedded/protocols/sip/endpoint.js'
import { parseMessage } from '../../src/embedded/protocols/sip/parse.js'
import type { Transport, TransportUser } from '../../src/embedded/protocols/sip/transport.js'
import { printVia, stampSource } from '../../src/embedded/protocols/sip/via.js'

/** A SIP network without sockets, in virtual time: for tests with hours of timers, loss, duplication and reordering in no time. */

interface Due {
  readonly at: number
  readonly order: number
  readonly action: () => void
}

/** Time that passes only on command. Actions due at the same moment run in order of request. */
export class VirtualTime implements SipClock {
  readonly #due: Due[] = []
  #now = 0
  #order = 0

  monotonic(): number {
    return this.#now
  }

  get pending(): number {
    return this.#due.length
  }

  after(delayMs: number, action: () => void): () => void {
    const due: Due = { at: this.#now + Math.max(0, delayMs), order: this.#order++, action }
    let low = 0
    let high = this.#due.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#due[middle]
      if (other !== undefined && (other.at < due.at || (other.at === due.at && other.order < due.order))) low = middle + 1
      else high = middle
    }
    this.#due.splice(low, 0, due)
    return () => {
      const at = this.#due.indexOf(due)
      if (at >= 0) this.#due.splice(at, 1)
    }
  }

  /** Lets `ms` pass, with everything that becomes due, and the dependent promises. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#due[0]
      if (next === undefined || next.at > until) break
      this.#due.shift()
      this.#now = next.at
      next.action()
      await settle()
    }
    this.#now = until
  }
}

/** Lets promises that are ready run their continuations. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve()
}

export interface LinkQuality {
  /** Shares of messages, 0..1. */
  readonly loss: number
  readonly duplication: number
  /** Range of delays, ms: a later message may arrive earlier. */
  readonly minDelayMs: number
  readonly maxDelayMs: number
}

/** Connects `VirtualTransport`s. */
export class VirtualNetwork {
  readonly #transports = new Map<string, VirtualTransport>()
  /** Called with every message sent, for tests that watch the wire. */
  onSent: ((bytes: Buffer, from: Endpoint, to: Endpoint) => void) | undefined
  quality: LinkQuality

  constructor(
    readonly time: VirtualTime,
    readonly random: () => number,
    quality: Partial<LinkQuality> = {},
  ) {
    this.quality = { loss: 0, duplication: 0, minDelayMs: 1, maxDelayMs: 1, ...quality }
  }

  join(endpoint: Endpoint): VirtualTransport {
    const transport = new VirtualTransport(this, endpoint)
    this.#transports.set(endpointKey(endpoint), transport)
    return transport
  }

  leave(endpoint: Endpoint): void {
    this.#transports.delete(endpointKey(endpoint))
  }

  carry(bytes: Buffer, from: Endpoint, to: Endpoint): void {
    this.onSent?.(bytes, from, to)
    const { loss, duplication, minDelayMs, maxDelayMs } = this.quality
    const copies = this.random() < duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (this.random() < loss) continue
      this.time.after(minDelayMs + this.random() * (maxDelayMs - minDelayMs), () =>
        this.#transports.get(endpointKey(to))?.deliver(bytes, from),
      )
    }
  }
}

/** One end of the virtual network. */
export class VirtualTransport implements Transport {
  user: TransportUser | undefined
  readonly listeners: readonly Endpoint[]

  constructor(
    readonly network: VirtualNetwork,
    readonly local: Endpoint,
  ) {
    this.listeners = [local]
  }

  send(bytes: Buffer, to: Endpoint): void {
    this.network.carry(bytes, this.local, to)
  }

  advertised(): { readonly host: string; readonly port: number } {
    return { host: this.local.address, port: this.local.port }
  }

  deliver(bytes: Buffer, source: Endpoint): void {
    const result = parseMessage(bytes)
    if (!result.ok) {
      this.user?.malformed?.(result.problem, source, this.local)
      return
    }
    const { message } = result
    if (message.kind === 'request') message.headers.replaceFirstValue('Via', printVia(stampSource(message.via, source)))
    this.user?.received({ message, source, local: this.local })
  }

  close(): Promise<void> {
    this.network.leave(this.local)
    return Promise.resolve()
  }
}
