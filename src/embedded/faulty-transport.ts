import type { Endpoint } from './protocols/sip/endpoint.js'
import type { Transport, TransportUser } from './protocols/sip/transport.js'
import type { Faults, FaultStream } from './faults.js'

/** A transport that loses or delays messages as the faults in force say. Without any it only passes on. */
export class FaultyTransport implements Transport {
  readonly #inner: Transport
  readonly #faults: Faults
  readonly #stream: FaultStream

  constructor(inner: Transport, faults: Faults, stream: FaultStream) {
    this.#inner = inner
    this.#faults = faults
    this.#stream = stream
  }

  get listeners(): readonly Endpoint[] {
    return this.#inner.listeners
  }

  get user(): TransportUser | undefined {
    return this.#inner.user
  }

  set user(user: TransportUser | undefined) {
    this.#inner.user = user
  }

  send(bytes: Buffer, to: Endpoint, failed?: (error: Error) => void): void {
    if (!this.#faults.watching) {
      this.#inner.send(bytes, to, failed)
      return
    }
    this.#faults.pass(this.#stream, bytes.toString('utf8'), () => {
      this.#inner.send(bytes, to, failed)
    })
  }

  advertised(to: Endpoint): { readonly host: string; readonly port: number } {
    return this.#inner.advertised(to)
  }

  /** A message that a fault may lose has to be repeated. */
  lossless(to: Endpoint): boolean {
    return !this.#faults.watching && this.#inner.lossless?.(to) === true
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
