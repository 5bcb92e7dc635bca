import pg from 'pg'

const connectWithinMs = 1_000
const againAfterMs = 250

/** Events of the connection. */
export interface FleetListener {
  /** Connected, or connected again. Its rejection counts as a loss. */
  connected(): Promise<void>
  lost(): void
  notified(payload: string): void
}

/**
 * One connection of an engine to PostgreSQL for the fleet alone, made again until it is closed: signs of life and signals wait behind
 * nothing else, and a server that does not answer within a second is given up.
 */
export class FleetConnection {
  #client: pg.Client | undefined
  #again: NodeJS.Timeout | undefined
  #closed = false

  /** @param name as the server shows it in `pg_stat_activity` @param answerWithinMs a statement that takes longer breaks the connection off */
  constructor(
    private readonly url: string,
    private readonly name: string,
    private readonly answerWithinMs: number,
    private readonly listener: FleetListener,
  ) {}

  /** Tries once; whatever the result, it tries again for ever. Never rejects. */
  async open(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: this.name,
      connectionTimeoutMillis: connectWithinMs,
      query_timeout: this.answerWithinMs,
      keepAlive: true,
      pipeline: true,
    })
    client.on('error', () => this.#drop(client))
    client.on('end', () => this.#drop(client))
    client.on('notification', ({ payload = '' }) => this.listener.notified(payload))
    try {
      await client.connect()
      if (this.#closed) return await client.end()
      this.#client = client
      // Nothing sent this way has to survive a crash of the server.
      await client.query("set synchronous_commit = 'off'")
      await this.listener.connected()
    } catch {
      this.#drop(client)
    }
  }

  get up(): boolean {
    return this.#client !== undefined
  }

  /** Rejects at once while there is no connection. A refusal leaves the connection as it is; no answer at all breaks it off. */
  async ask<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const client = this.#client
    if (client === undefined) throw new Error('there is no connection to the database server')
    try {
      return (await client.query<Row>(text, [...values])).rows
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) this.#drop(client)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#again)
    const client = this.#client
    this.#client = undefined
    // A dead server does not close the connection.
    const goodbye = client?.end().catch(() => undefined)
    await Promise.race([goodbye, new Promise((resolve) => setTimeout(resolve, connectWithinMs).unref())])
  }

  #drop(client: pg.Client): void {
    const was = this.#client === client
    if (was) this.#client = undefined
    client.end().catch(() => undefined)
    if (this.#closed) return
    clearTimeout(this.#again)
    if (this.#client === undefined) this.#again = setTimeout(() => void this.open(), againAfterMs)
    if (was) this.listener.lost()
  }
}
