import { parentPort, workerData } from 'node:worker_threads'
import { CallDatabase } from './call-database.js'
import { CallQueries } from './call-queries.js'
import type { DatabaseReply, DatabaseRequest, DatabaseThreadData } from './database-requests.js'
import { LedgerTable } from './ledger.js'
import { codeOf, isDiskFull } from './store-error.js'
import { openForReading, openForWriting, type OpenDatabase } from './sqlite.js'

/**
 * The program of a thread that owns a database connection: takes requests one after the other, answers each. After a failed write
 * the connection is closed, and the next request opens the file afresh: a disk that was gone may be back.
 */

// The engine starts this program with exactly this data (`threaded-database.ts`).
const { file, role } = workerData as DatabaseThreadData
interface Connection {
  readonly open: OpenDatabase
  /** Between them they have every method of `DatabaseMethods`, each once. */
  readonly owners: readonly [CallDatabase, CallQueries, LedgerTable]
}
let connection: Connection | undefined
let last: Promise<void> = Promise.resolve()

parentPort?.on('message', (request: DatabaseRequest) => {
  last = last.then(() => answer(request))
})

async function answer(request: DatabaseRequest): Promise<void> {
  let reply: DatabaseReply
  try {
    reply = { id: request.id, ok: true, value: await perform(request) }
  } catch (error) {
    reply = { id: request.id, ok: false, why: error instanceof Error ? error.message : String(error), code: codeOf(error) }
    // A full disk has harmed nothing: SQLite has taken the transaction back. Opening the file anew would need room itself.
    if (request.method !== 'close' && role === 'write' && !isDiskFull(error)) await disconnect().catch(() => undefined)
  }
  parentPort?.postMessage(reply)
  if (request.method === 'close') parentPort?.close()
}

async function perform({ method, args }: DatabaseRequest): Promise<unknown> {
  if (method === 'close') return disconnect()
  const { owners } = await connect()
  if (method === 'open') return undefined
  const owner = owners.find((one) => method in one) as unknown as Record<string, (...values: readonly unknown[]) => Promise<unknown>> | undefined
  const ask = owner?.[method]
  if (!ask) throw new Error(`the store has no method ${method}`)
  return ask.apply(owner, [...args])
}

async function connect(): Promise<Connection> {
  if (connection) return connection
  const open = role === 'write' ? await openForWriting(file) : openForReading(file)
  connection = { open, owners: [new CallDatabase(open.db), new CallQueries(open.db), new LedgerTable(open.db)] }
  return connection
}

async function disconnect(): Promise<void> {
  const before = connection
  connection = undefined
  await before?.open.close()
}
