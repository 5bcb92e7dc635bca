import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fleetTimes } from '../fleet/fleet-times.js'
import { threadProgram } from '../store/thread-program.js'
import type { Ground } from './ground.js'
import type { ToWatchdog } from './watchdog-messages.js'

/** Pause before a watchdog that has ended is started again. */
const againAfterMs = 5_000

/**
 * Kills this engine when it stands still (it was stopped, it hangs) and others have ended its run. It would end by itself on waking; but while it stands still its connections stay open, and a drachtio-server
 * goes on handing it calls in turn, which it does not take. A process of its own, because a stopped process runs nothing; the database says whether the run is over, because an engine that others are not
 * waiting to replace may take its time.
 */
export function startWatchdog({ settings, self, log, opened }: Pick<Ground, 'settings' | 'self' | 'log' | 'opened'>): void {
  const { databaseUrl: url } = settings
  if (url === undefined) return
  const { leaseMs, beatMs } = fleetTimes
  let child: ChildProcess | undefined
  let again: NodeJS.Timeout | undefined
  let closed = false
  const tell = (message: ToWatchdog) => {
    if (child?.connected === true) child.send(message, () => undefined)
  }
  const start = async () => {
    const program = await threadProgram('watchdog-main', import.meta.url)
    if (closed) return
    const started = fork(fileURLToPath(program), [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] })
    child = started
    started.on('error', (error) => log.warn({ err: error }, 'the watchdog'))
    started.once('exit', () => {
      if (closed) return
      log.warn('the watchdog has ended, and is started again')
      again = setTimeout(begin, againAfterMs).unref()
    })
    started.unref()
    started.channel?.unref()
    tell({ kind: 'watch', url, incarnation: self.incarnation, leaseMs })
  }
  const begin = () => {
    start().catch((error: unknown) => {
      log.warn({ err: error }, 'there is no watchdog')
    })
  }
  const beats = setInterval(() => tell({ kind: 'beat' }), beatMs)
  beats.unref()
  opened.push('the watchdog', () => {
    closed = true
    clearInterval(beats)
    clearTimeout(again)
    child?.kill('SIGKILL')
  })
  begin()
}
