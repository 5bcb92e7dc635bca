/**
 * The embedded switch as a program of its own.
 *
 * Start: `node main.js '<settings as JSON>'`, or with the JSON in the environment variable `RINGROUND_SWITCH` (see `settings.ts`).
 * When everything listens it prints one line on stdout, `{"ready": {...addresses}}`, and runs until SIGTERM, SIGINT, the end of the
 * IPC channel or (started without IPC) the end of stdin. A failure to start is one line on stderr and exit code 1.
 * Over IPC it takes `{fault: ...}` and `{load: true}`, and tells `{shortages: [...]}` whenever something runs out or is there again (see `faults.ts`).
 */
import { endWithParent } from '../processes/end-with-parent.js'
import { faultLines, LimitedLines, strangersLines } from '../processes/limited-lines.js'
import { EmbeddedSwitch } from './embedded-switch.js'
import type { ControlMessage, LoadReply, ShortageReport } from './faults.js'
import { readSettings } from './read-settings.js'
import type { EmbeddedSwitchSettings } from './settings.js'

// Recordings are readable by their own user alone, however this program was started.
process.umask(0o077)

/** Calls that run get their BYE in this time; longer than `EmbeddedSwitch.stop()` gives them. */
const STOP_WITHIN_MS = 2_000

/** A program that fails this often within `STORM_MS` is spinning. */
const STORM_FAULTS = 1_000
const STORM_MS = 2_000
/** EX_SOFTWARE of sysexits.h. */
const STORM_EXIT_CODE = 70

function fail(line: string): never {
  process.stderr.write(`${line}\n`)
  process.exit(1)
}

function settings(): EmbeddedSwitchSettings {
  const text = process.argv[2] ?? process.env.RINGROUND_SWITCH
  if (text === undefined) fail('embedded switch: no settings; give them as JSON in the first argument or in RINGROUND_SWITCH')
  try {
    return readSettings(text)
  } catch (error) {
    fail(`embedded switch: ${(error as Error).message}`)
  }
}

function write(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** What can be said of a message or a connection, anybody can have said as often as they like. */
const lines = new LimitedLines(write, strangersLines)
const faults = new LimitedLines(write, faultLines)

/** Tells the engine. When it has gone, nobody need be told that it cannot be. */
function tell(message: ShortageReport | LoadReply): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}

let stopping = false
function stop(): void {
  if (stopping) return
  stopping = true
  embedded.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}

const embedded = new EmbeddedSwitch(settings(), (line) => lines.write(line), (shortages) => {
  tell({ shortages })
})
endWithParent(stop, STOP_WITHIN_MS)

// One call's odd message must not end the calls of all others: what nobody caught is written down, and the switch goes on. One that fails all the
// time serves nobody; the engine starts another.
const recent: number[] = []
function fault(error: unknown): void {
  faults.write(`embedded switch: fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  const now = performance.now()
  recent.push(now)
  if (recent.length > STORM_FAULTS && now - (recent.shift() ?? now) < STORM_MS) process.exit(STORM_EXIT_CODE)
}
process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)

process.on('SIGTERM', stop)
process.on('SIGINT', stop)
if (process.send) {
  process.on('message', (message) => {
    const control = message as ControlMessage
    if ('fault' in control) embedded.fault(control.fault)
    else tell({ load: embedded.load() })
  })
} else {
  process.stdin.on('end', stop).on('error', stop).resume()
}

embedded.start().then(
  (ready) => process.stdout.write(`${JSON.stringify({ ready })}\n`),
  (error: unknown) => fail(`embedded switch: ${error instanceof Error ? error.message : String(error)}`),
)
