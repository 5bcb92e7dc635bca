import { setTimeout as wait } from 'node:timers/promises'
import type { Turns } from '../turns.js'
import type { FleetConnection } from './fleet-connection.js'

const againAfterMs = 20
const connectionWithinMs = 1_000
const turnWithinMs = 10_000

/** By advisory locks of the engine's own session: ending the run of an engine breaks its sessions off, and with them its turns. */
export class PostgresTurns implements Turns {
  constructor(private readonly connection: FleetConnection) {}

  async inTurn<T>(what: string, work: () => Promise<T>): Promise<T> {
    const held = await this.#take(what)
    try {
      return await work()
    } finally {
      // Not waited for: a lost connection has released it.
      if (held) this.connection.ask('select pg_advisory_unlock(hashtextextended($1, 1))', [what]).catch(() => undefined)
    }
  }

  /** @returns false while the database is away */
  async #take(what: string): Promise<boolean> {
    const began = performance.now()
    while (performance.now() - began < turnWithinMs) {
      if (!this.connection.up) {
        if (performance.now() - began > connectionWithinMs) return false
      } else {
        // As the connection is lost, ask again; while it stays away, see above.
        const rows = await this.connection
          .ask<{ readonly taken: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 1)) as taken', [what])
          .catch(() => [])
        if (rows[0]?.taken === true) return true
      }
      await wait(againAfterMs)
    }
    throw new Error(`another engine has had its turn for ${turnWithinMs / 1_000} s: ${what}`)
  }
}
