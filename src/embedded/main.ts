/**
 * The embedded switch as a program of its own.
 *
 * Start: `node main.js '<settings as JSON>'`, or with the JSON in the environment variable `RINGROUND_SWITCH` (see `settings.ts`).
 * When everything listens it prints one line on stdout, `{"ready": {...addresses}}`, and runs until SIGTERM, SIGINT, the end of the
 * IPC channel (with `outliving`: and of the calls that run then, unless an engine takes it over) or (started without IPC) the end of stdin. A failure to start
 * is one line on stderr and exit code 1.
 * Over IPC it takes `{fault: ...}` and `{load: true}`, and tells `{shortages: [...]}` whenever something runs out or is there again (see `faults.ts`).
 */
import { endWithParent, whenParentGone } from '../processes/end-with-parent.js'
import { FaultStorm } from '../processes/fault-storm.js'
import { faultLines, LimitedLines, strangersLines } from '../processes/limited-lines.js'
import { EmbeddedSwitch } from './embedded-switch.js'
import type { ControlMessage, LoadReply, ShortageReport } from './faults.js'
import { startThreadedMedia } from './media/threaded-media.js'
import { Outliving } from './outliving.js'
import { readSettings } from './read-settings.js'
import type { EmbeddedSwitchSettings } from './settings.js'

// Recordings are readable by their own user alone, however this program was started.
process.umask(0o077)

/** Running calls get their BYE within this time; longer than `EmbeddedSwitch.stop()` needs. */
const STOP_WITHIN_MS = 2_000

/** EX_SOFTWARE of sysexits.h: this process can serve no calls; the process that started it starts another. */
const BROKEN_EXIT_CODE = 70

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

/** The engine that started this program has gone. */
let orphaned = false

function write(line: string): void {
  if (orphaned) outliving?.tell({ said: line })
  else process.stderr.write(`${line}\n`)
}

/** Any stranger can cause lines about messages and connections, as often as they like. */
const lines = new LimitedLines(write, strangersLines)
const faults = new LimitedLines(write, faultLines)

/** Tells the engine. When the engine has gone, the message is dropped without an error. */
function tell(message: ShortageReport | LoadReply): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
  else outliving?.tell(message)
}

let stopping = false
function stop(): void {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
  void outliving?.close()
  embedded.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}

/** Without audio there are no calls: the switch ends as if it had died itself, and its parent starts another. */
function mediaDied(why: string): void {
  if (stopping) return
  write(`embedded switch: ${why}`)
  process.exit(BROKEN_EXIT_CODE)
}

const wanted = settings()
const embedded = new EmbeddedSwitch(
  wanted,
  (line) => lines.write(line),
  (shortages) => {
    tell({ shortages })
  },
  (options) =>
    startThreadedMedia(new URL('./media/media-thread.js', import.meta.url), options, wanted.freeswitch.rtp.sockets ?? 'node', mediaDied),
)
const outliving =
  wanted.outliving &&
  new Outliving(wanted.outliving, {
    busy: () => {
      // Each channel has a dialog with its application: those beyond that are parties'.
      const { channels, dialogs } = embedded.load()
      return dialogs > channels
    },
    end: stop,
    message: (message) => {
      if ('stop' in message) stop()
      else obey(message as ControlMessage)
    },
  })
if (outliving === undefined) endWithParent(stop, STOP_WITHIN_MS)
else {
  whenParentGone(() => {
    orphaned = true
    outliving.orphaned()
  })
}

// One call's odd message must not end the calls of all others: an uncaught error is written down, and the switch goes on. A switch that fails all the
// time serves no call; the engine starts another.
const storm = new FaultStorm()
function fault(error: unknown): void {
  faults.write(`embedded switch: fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  if (storm.isOne(performance.now())) process.exit(BROKEN_EXIT_CODE)
}
process.on('uncaughtException', fault)
process.on('unhandledRejection', fault)

process.on('SIGTERM', stop)
if (process.send === undefined) process.on('SIGINT', stop)
function obey(control: ControlMessage): void {
  if ('fault' in control) embedded.fault(control.fault)
  else tell({ load: embedded.load() })
}
if (process.send) process.on('message', (message) => obey(message as ControlMessage))
else process.stdin.on('end', stop).on('error', stop).resume()

Promise.all([embedded.start(), outliving?.listen()]).then(
  ([ready, control]) => process.stdout.write(`${JSON.stringify({ ready, ...(control === undefined ? {} : { control }) })}\n`),
  (error: unknown) => fail(`embedded switch: ${error instanceof Error ? error.message : String(error)}`),
)
