import type { ServerTransaction } from '../protocols/sip/transaction-layer.js'
import { refuse } from './refusals.js'

/** An INVITE that waits for an application. */
interface Held {
  readonly server: ServerTransaction
  readonly timer: NodeJS.Timeout
}

/** How long a caller waits with 100 Trying for an application to come back; then 503. */
const HELD_MS = 10_000

/** Calls that wait for another application, since theirs has gone. */
export class HeldCalls {
  readonly #held = new Set<Held>()

  hold(server: ServerTransaction): void {
    const held: Held = { server, timer: setTimeout(() => this.#giveUp(held), HELD_MS) }
    this.#held.add(held)
    server.events = {
      cancelled: () => this.#release(held),
      ended: () => this.#release(held),
    }
  }

  /** Hands over the requests of this method that still wait for an answer: the caller of this function answers them from now on. */
  takeAll(method: string): readonly ServerTransaction[] {
    const taken = [...this.#held].filter(({ server }) => server.request.method === method)
    for (const held of taken) this.#release(held)
    return taken.map(({ server }) => server).filter(({ answered }) => answered === undefined)
  }

  refuseAll(): void {
    for (const held of [...this.#held]) this.#giveUp(held)
  }

  #giveUp(held: Held): void {
    this.#release(held)
    refuse(held.server, 503)
  }

  #release(held: Held): void {
    clearTimeout(held.timer)
    this.#held.delete(held)
  }
}
