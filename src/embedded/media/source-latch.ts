/** A remote party's address, as latched. */
export interface RemoteAddress {
  readonly address: string
  readonly port: number
}

/** Where a party's packets may come from. */
export interface ExpectedSource extends RemoteAddress {
  /**
   * Hosts at which the party may be, on a port yet unknown: a packet from there may show it once. Absent: only what was
   * signalled counts.
   */
  readonly learnFrom?: readonly string[] | undefined
  /** Another address of the same host: at the signalled port it counts as the signalled one. */
  readonly alias?: string | undefined
}

/** How long after an offer a party may be learned, ms. A phone sends from the moment at which it answers. */
export const LEARN_MS = 5000

/** How sure it is that the source which is heard is the party: `learned` may still give way to a `signalled` one, which stays. */
type Certainty = 'unheard' | 'learned' | 'signalled'

/**
 * From whom a channel takes packets, and to whom it sends (symmetric RTP, RFC 4961). Silence of the party never opens the door: a stranger who
 * finds an open port must neither hear the call nor press its keys.
 *
 * - The signalled address and port always count, and take the place of what was learned.
 * - A party behind NAT signals an address at which it is not. Where a host is given from which it may be learned, the first packet from
 *   there shows the port, within `LEARN_MS` of the offer, once. The signalled port at that host counts as signalled: most NATs keep it.
 * - Everything else is dropped, until the next offer.
 */
export class SourceLatch {
  #signalled: RemoteAddress | undefined
  #signalledPort = 0
  #learnFrom: readonly string[] = []
  #learnUntil = -Infinity
  #alias: string | undefined
  #current: RemoteAddress | undefined
  #certainty: Certainty = 'unheard'

  /** Where to send: the source that is heard, else the signalled address, unless that is none (`0.0.0.0`, port 0). */
  get remote(): RemoteAddress | undefined {
    return this.#current ?? this.#signalled
  }

  /** The source that is heard, once a packet has come since the last description. */
  get found(): RemoteAddress | undefined {
    return this.#certainty === 'unheard' ? undefined : this.#current
  }

  /**
   * A new description of the party. The same one again forgets nothing, but lets the port be learned again: the party itself has asked.
   * @param now monotonic ms
   */
  expect(source: ExpectedSource, now: number): void {
    const { address, port, alias, learnFrom = [] } = source
    const signalled = port !== 0 && address !== '0.0.0.0' && address !== '::' ? { address, port } : undefined
    const same =
      signalled?.address === this.#signalled?.address && port === this.#signalledPort && learnFrom.join() === this.#learnFrom.join()
    if (!same) this.#current = undefined
    this.#certainty = 'unheard'
    this.#signalled = signalled
    this.#signalledPort = port
    this.#alias = signalled && alias
    this.#learnFrom = learnFrom
    this.#learnUntil = now + LEARN_MS
  }

  /** @returns whether a valid RTP packet from there is the party's */
  accepts(address: string, port: number, now: number): boolean {
    const current = this.#current
    const known = current !== undefined && current.port === port && current.address === address
    if (known && this.#certainty !== 'unheard') return true
    if (this.#certainty === 'signalled') return false
    const signalled =
      port === this.#signalledPort && (address === this.#signalled?.address || address === this.#alias || this.#learnFrom.includes(address))
    if (!signalled && !known && (this.#certainty === 'learned' || !this.#learnFrom.includes(address) || now >= this.#learnUntil))
      return false
    if (!known) this.#current = { address, port }
    this.#certainty = signalled ? 'signalled' : 'learned'
    return true
  }

  /**
   * @param rtcpPort where the party's RTCP was signalled to be
   * @returns whether an RTCP packet from there is the party's. It never shows where the party is.
   */
  acceptsReport(address: string, port: number, rtcpPort: number): boolean {
    const { remote } = this
    if (remote === undefined || remote.address !== address) return false
    // A NAT gives RTCP a port of its own, which cannot be known.
    return port === rtcpPort || port === remote.port + 1 || this.#certainty === 'learned'
  }
}
