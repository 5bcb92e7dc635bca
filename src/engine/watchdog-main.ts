/** The program of the watchdog: see `watchdog.ts`. */
import pg from 'pg'
import { whenParentGone } from '../processes/end-with-parent.js'
import type { ToWatchdog } from './watchdog-messages.js'

/** Between two looks. One that comes much later was late itself, and proves nothing. */
const lookEveryMs = 250
const breakMs = 1_000
const answerMs = 1_000

whenParentGone(() => process.exit(0))
// A signal that stops the engine reaches all its processes: this one watches until its calls have ended.
process.on('SIGTERM', () => undefined)

const engine = process.ppid
let watched: Extract<ToWatchdog, { readonly kind: 'watch' }> | undefined
let heardAt = performance.now()
let lookedAt = performance.now()
let client: pg.Client | undefined
let asking = false

process.on('message', (message: ToWatchdog) => {
  heardAt = performance.now()
  if (message.kind === 'watch') watched = message
})

/** Whether others have ended its run. Undefined: the database does not say. */
async function isOver(url: string, incarnation: string): Promise<boolean | undefined> {
  if (client === undefined) {
    const opened = new pg.Client({
      connectionString: url,
      application_name: 'ringround watchdog',
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
    })
    opened.on('error', forget)
    await opened.connect()
    client = opened
  }
  const { rows } = await client.query<{ over: boolean }>('select gone_at is not null as over from engine_runs where incarnation = $1', [
    incarnation,
  ])
  return rows[0]?.over
}

function forget(): void {
  client?.end().catch(() => undefined)
  client = undefined
}

setInterval(() => {
  const now = performance.now()
  if (now - lookedAt > breakMs) heardAt = now
  lookedAt = now
  if (watched === undefined || asking) return
  const { url, incarnation, leaseMs } = watched
  if (now - heardAt < leaseMs) return forget()
  asking = true
  isOver(url, incarnation)
    .catch(forget)
    .then((over) => {
      asking = false
      // It may have woken meanwhile; then it finds out by itself.
      if (over !== true || performance.now() - heardAt < leaseMs || process.ppid !== engine) return
      process.stderr.write(
        'The engine is frozen and other engines have taken over its calls. It is killed so that the servers send it no new calls.\n',
      )
      process.kill(engine, 'SIGKILL')
      process.exit(0)
    })
    .catch(() => undefined)
}, lookEveryMs)
