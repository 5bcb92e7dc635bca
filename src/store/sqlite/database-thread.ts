import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../../common/errors.js'
import { codeOf, isDiskFull, isRefusal } from '../store-error.js'
import type { Result } from '../statement.js'
import { SqliteConnection } from './connection.js'
import type { Reply, Request, ThreadData, Work } from './messages.js'

/**
 * The program of a thread that owns a connection: takes compiled queries one after the other, answers each. After a failed write the
 * connection is closed, and the next request opens the file afresh: a disk that was gone may be back.
 */

// The engine starts this program with exactly this data (`sqlite-thread.ts`).
const { file, role } = workerData as ThreadData
let connection: SqliteConnection | undefined

parentPort?.on('message', (request: Request) => {
  parentPort?.postMessage(answer(request))
  if (request.work.kind === 'close') parentPort?.close()
})

function answer({ id, work }: Request): Reply {
  try {
    return { id, ok: true, results: perform(work) }
  } catch (error) {
    // A full disk has harmed nothing: SQLite has taken the transaction back. Opening the file afresh would need room itself.
    if (work.kind !== 'close' && role === 'write' && !isDiskFull(error) && !isRefusal(error)) {
      try {
        disconnect()
      } catch {
        // It is given up in any case.
      }
    }
    return { id, ok: false, why: messageOf(error), code: codeOf(error) }
  }
}

function perform(work: Work): readonly Result[] {
  if (work.kind === 'close') {
    disconnect()
    return []
  }
  const open = (connection ??= SqliteConnection.open(file, role))
  switch (work.kind) {
    case 'open':
      return []
    case 'run':
      return [open.run(work.statement, work.inside)]
    case 'batch':
      return open.batch(work.steps)
  }
}

function disconnect(): void {
  const before = connection
  connection = undefined
  before?.close()
}
