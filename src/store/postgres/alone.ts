import pg from 'pg'

const withinMs = 10_000
const againAfterMs = 100

/** Does `work` while no other process does work of this name, by the turns of the fleet (`fleet/postgres/postgres-turns.ts`). Rejects where one still does after some seconds. */
export async function alone<T>(url: string, what: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'ringround command', connectionTimeoutMillis: 5_000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (const until = performance.now() + withinMs; ;) {
      const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtextextended($1, 1)) as taken', [what])
      if (rows[0]?.taken === true) return await work()
      if (performance.now() > until) throw new Error(`an engine is at it just now (${what}); try again`)
      await new Promise((resolve) => setTimeout(resolve, againAfterMs))
    }
  } finally {
    await client.end()
  }
}
