/**
 * The program of the media thread: an engine that is commanded by messages (`media-messages.ts`), several in one message, and reports in
 * the same way. An uncaught error is reported as a fault, and the thread goes on: one call's odd packet must not end the calls of all others. A thread
 * that fails all the time ends.
 */
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { FaultStorm } from '../../processes/fault-storm.js'
import { chooseSockets } from './choose-sockets.js'
import { MediaHost } from './media-host.js'
import type { MediaCommand, MediaReport, MediaThreadData } from './media-messages.js'

const port = parentPort
if (!port) throw new Error('this is the program of a thread')

// On Linux a priority is a thread's own. Packets cannot wait; a user who may not raise it gets on without.
try {
  if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_HIGH)
} catch {
  // Only a privileged user may.
}

const { choice, ...options } = workerData as MediaThreadData
const { sockets, interrupt, warning } = await chooseSockets(choice)

let outgoing: MediaReport[] = []

/** Reports of one turn travel together. */
function flush(): void {
  const reports = outgoing
  outgoing = []
  port?.postMessage(reports)
}

function tell(report: MediaReport): void {
  if (outgoing.push(report) > 1) return
  queueMicrotask(flush)
  sockets.turnSoon()
}

const storm = new FaultStorm()
function fault(error: unknown): void {
  tell({
    kind: 'fault',
    fault: { kind: 'program', channelId: '', message: error instanceof Error ? (error.stack ?? error.message) : String(error) },
  })
  if (storm.isOne(performance.now())) process.exit(1)
}
process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)

const host = new MediaHost({ ...options, sockets }, tell)
tell({ kind: 'ready', ...(warning !== undefined && { warning }), ...(interrupt !== undefined && { interrupt }) })
port.on('message', (commands: readonly MediaCommand[]) => {
  for (const command of commands) host.carryOut(command)
})
