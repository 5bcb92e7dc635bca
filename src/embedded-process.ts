import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { messageOf } from './common/errors.js'
import type { Shortage } from './embedded/shortages.js'
import type { EmbeddedSwitchAddresses, EmbeddedSwitchSettings, ReadyLine, SipListener } from './embedded/settings.js'
import { ChildSwitch, type RunningSwitch } from './running-switch.js'
import { complain } from './say.js'
import { printable } from './text/printable.js'

/** How long the switch may take to listen on its ports. */
const startTimeoutMs = 10_000
/** After a crash the switch restarts, first at once, then with growing pauses. */
const restartDelaysMs = [0, 250, 1_000, 5_000]
/** A crash after this long does not count as one in a row. */
const stableMs = 60_000

export interface EmbeddedProcess {
  /** The switch's addresses; the same after a restart. */
  readonly addresses: EmbeddedSwitchAddresses
  readonly pid: number | undefined
  /** It outlived an earlier engine: calls may run on it. */
  readonly outlived: boolean
  /** Ends the switch for good. May be called twice. */
  stop(): Promise<void>
  /** Detaches from it, as if this engine had died: another one can take it over while calls run. */
  letGo(): void
}

export interface EmbeddedEvents {
  /** It has ended, or does not restart. */
  readonly onCrash: (detail: string) => void
  /** The resources it has run out of: ports, channels, connections, descriptors; empty: none (any more). */
  readonly onShortages: (now: readonly Shortage[]) => void
  /** A switch runs: the first one, or the next after a crash. */
  readonly onRunning?: (running: RunningSwitch) => void
}

/**
 * Runs the embedded switch as a child process and starts it again, on the same ports, when it dies.
 * @param outlived one already running with these settings
 * @throws Error one line that says which port is taken or why else it did not start
 */
export async function startEmbeddedProcess(
  settings: EmbeddedSwitchSettings,
  { onCrash, onShortages, onRunning }: EmbeddedEvents,
  outlived?: RunningSwitch,
): Promise<EmbeddedProcess> {
  let stopping = false
  let crashes = 0
  let restart: NodeJS.Timeout | undefined

  let now = outlived ?? (await launch(settings))
  const addresses = now.ready.ready
  const fixed = withPorts(settings, now.ready)
  watch(now)

  function watch(running: RunningSwitch): void {
    const since = performance.now()
    running.onMessage((message) => {
      if ('shortages' in message) onShortages(message.shortages)
      else if ('said' in message) complain(message.said)
    })
    running.onEnd((how) => {
      if (stopping) return
      onShortages([])
      crashes = performance.now() - since > stableMs ? 1 : crashes + 1
      onCrash(`the embedded switch ended (${how}); starting it again`)
      again()
    })
    onRunning?.(running)
  }

  function again(): void {
    restart = setTimeout(
      () => {
        launch(fixed).then(
          (next) => {
            now = next
            if (stopping) void next.stop()
            else watch(next)
          },
          (error: unknown) => {
            crashes += 1
            onCrash(`the embedded switch does not start again: ${messageOf(error)}`)
            if (!stopping) again()
          },
        )
      },
      restartDelaysMs[Math.min(crashes, restartDelaysMs.length) - 1] ?? 0,
    )
  }

  return {
    addresses,
    outlived: outlived !== undefined,
    get pid() {
      return now.pid
    },
    async stop() {
      stopping = true
      clearTimeout(restart)
      await now.stop()
    },
    letGo() {
      stopping = true
      clearTimeout(restart)
      now.letGo()
    },
  }
}

/** The settings with the chosen ports, so that a restarted switch keeps its addresses. */
function withPorts(settings: EmbeddedSwitchSettings, { ready: addresses, control }: ReadyLine): EmbeddedSwitchSettings {
  const { outliving } = settings
  return {
    ...(outliving === undefined ? {} : { outliving: { ...outliving, control: control ?? outliving.control } }),
    drachtio: {
      ...settings.drachtio,
      sip: listenersAt(settings.drachtio.sip, addresses.drachtio.sip),
      app: addresses.drachtio.app,
    },
    freeswitch: { ...settings.freeswitch, sip: addresses.freeswitch.sip, eventSocket: addresses.freeswitch.eventSocket },
  }
}

function launch(settings: EmbeddedSwitchSettings): Promise<ChildSwitch> {
  // The settings hold secrets: they travel in the environment, which other users of the machine cannot read, not in the arguments.
  const child = fork(fileURLToPath(new URL('./embedded/main.js', import.meta.url)), [], {
    env: { ...process.env, RINGROUND_SWITCH: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    // Not detached: in a session of its own Linux would share the processors out between it and the engine's session, whatever either has to do
    // (sched(7), autogroup), and priorities would not count between them. What Ctrl-C is to do, the engine decides (`end-with-parent.ts`).
  })
  return new Promise((resolve, reject) => {
    let output = ''
    let complaints = ''
    let started = false
    const settle = () => {
      clearTimeout(timer)
      child.removeAllListeners('exit')
      child.removeAllListeners('error')
    }
    const timer = setTimeout(() => {
      settle()
      child.kill('SIGKILL')
      reject(new Error(`no answer from the embedded switch within ${startTimeoutMs / 1000} s`))
    }, startTimeoutMs)
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      complaints = (complaints + chunk).slice(-4_000)
      // Until it listens, its output becomes the one line of the error.
      if (started) process.stderr.write(printable(chunk))
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      if (output.includes('\n')) return
      output += chunk.toString()
      if (!output.includes('\n')) return
      settle()
      started = true
      if (complaints !== '') process.stderr.write(printable(complaints))
      resolve(new ChildSwitch(child, JSON.parse(output.slice(0, output.indexOf('\n'))) as ReadyLine))
    })
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('exit', (code) => {
      settle()
      reject(new Error(complaints.trim().split('\n').at(-1) ?? `exit code ${code ?? 'unknown'}`))
    })
  })
}

/** Each listener has an address for every one of its protocols, in their order, with one port. */
function listenersAt(listeners: readonly SipListener[], bound: EmbeddedSwitchAddresses['drachtio']['sip']): readonly SipListener[] {
  let next = 0
  return listeners.map((listener) => {
    const port = bound[next]?.port ?? 0
    next += listener.protocols.length
    return listener.port === 0 ? { ...listener, port } : listener
  })
}
