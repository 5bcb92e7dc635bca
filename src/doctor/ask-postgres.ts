import type { QueryResultRow } from 'pg'

const patienceMs = 3_000

/**
 * The first row that a PostgreSQL answers with, over a connection of its own. Rejects when it does not answer.
 * @param url may hold a password and is not repeated
 */
export async function askPostgres<Row extends QueryResultRow>(url: string, sql: string): Promise<Row | undefined> {
  const { default: pg } = await import('pg')
  const client = new pg.Client({
    connectionString: url,
    application_name: 'ringround doctor',
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query<Row>(sql)).rows[0]
  } finally {
    await client.end().catch(() => undefined)
  }
}
