import pg from 'pg'
import { StoreError } from '../store-error.js'
import { applicationName } from './connections.js'

const tryEveryMs = 1_000
/** An engine that was killed a moment ago may still have its name. */
const patienceMs = 10_000

/**
 * Holds the name of this engine in the database: a second engine of the same name would take the first one's running calls for
 * interrupted ones. The server releases it when the connection ends, for whatever reason.
 */
export class EngineName {
  #client: pg.Client | undefined
  #again: NodeJS.Timeout | undefined
  #closed = false

  private constructor(
    private readonly url: string,
    private readonly node: string,
    private readonly incarnation: string | undefined,
    private readonly taken: (isTaken: boolean) => void,
  ) {}

  /** @param taken told when, after the connection was lost, another engine has the name, and when it has it no more */
  static async hold(url: string, node: string, incarnation: string | undefined, taken: (isTaken: boolean) => void): Promise<EngineName> {
    const name = new EngineName(url, node, incarnation, taken)
    const until = performance.now() + patienceMs
    while (!(await name.#take())) {
      if (performance.now() > until)
        throw new StoreError(
          `an engine of the name ${node} uses this database. Stop that one, or give this one another name (engine.name).`,
          'NAME_TAKEN',
        )
      await new Promise((resolve) => setTimeout(resolve, tryEveryMs))
    }
    return name
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#again)
    await this.#client?.end().catch(() => undefined)
  }

  async #take(): Promise<boolean> {
    // The server finds out within a minute that the machine of an engine is gone.
    const client = new pg.Client({
      connectionString: this.url,
      application_name: applicationName(`engine ${this.node}`, this.incarnation),
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      options: '-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3',
    })
    client.on('error', () => undefined)
    client.on('end', () => {
      if (this.#client === client) this.#lost()
    })
    try {
      await client.connect()
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 0)) as held', [
        `ringround engine ${this.node}`,
      ])
      if (rows[0]?.held === true) {
        this.#client = client
        if (this.#closed) await client.end()
        return true
      }
    } catch (error) {
      await client.end().catch(() => undefined)
      throw error
    }
    await client.end().catch(() => undefined)
    return false
  }

  #lost(): void {
    this.#client = undefined
    if (this.#closed) return
    this.#again = setTimeout(() => {
      this.#take().then(
        (held) => {
          this.taken(!held)
          if (!held) this.#lost()
        },
        () => this.#lost(),
      )
    }, tryEveryMs)
  }
}
