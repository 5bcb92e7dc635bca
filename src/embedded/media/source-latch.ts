/** A remote party's address, as latched. */
export interface RemoteAddress {
  readonly address: string
  readonly port: number
}

/** After so long without a packet from the party's address, another one may take its place. */
const SILENT_MS = 1000

/**
 * Symmetric RTP: audio goes to where it comes from, because what SDP says may be an address behind a NAT. The first valid source is
 * believed; once it is, others are dropped (whoever finds an open port must not hear the call) until it has gone silent. The
 * address that was signalled may always take its own place.
 */
export class SourceLatch {
  #signalled: RemoteAddress | undefined
  #latched: RemoteAddress | undefined
  #heardAt = 0

  /** Where to send: the latched source, else the signalled address, unless that is none (`0.0.0.0`, port 0). */
  get remote(): RemoteAddress | undefined {
    return this.#latched ?? this.#signalled
  }

  get latched(): boolean {
    return this.#latched !== undefined
  }

  /** What SDP says now. The same address again changes nothing; another one forgets the latch. */
  signal(address: string, port: number): void {
    const usable = port !== 0 && address !== '0.0.0.0' && address !== '::' ? { address, port } : undefined
    if (usable?.address === this.#signalled?.address && usable?.port === this.#signalled?.port) return
    this.#signalled = usable
    this.#latched = undefined
  }

  /** @returns whether a valid packet from there is to be taken */
  accepts(address: string, port: number, now: number): boolean {
    const latched = this.#latched
    if (latched === undefined || latched.port !== port || latched.address !== address) {
      const signalled = this.#signalled?.port === port && this.#signalled.address === address
      if (latched !== undefined && !signalled && now - this.#heardAt < SILENT_MS) return false
      this.#latched = { address, port }
    }
    this.#heardAt = now
    return true
  }
}
