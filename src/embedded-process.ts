import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ShortageReport } from './embedded/faults.js'
import type { Shortage } from './embedded/shortages.js'
import type { EmbeddedSwitchAddresses, EmbeddedSwitchSettings, ReadyLine } from './embedded/settings.js'

/** How long the switch may take to listen on its ports. */
const startTimeoutMs = 10_000
/** After a crash the switch is started again, at first at once, then more and more slowly. */
const restartDelaysMs = [0, 250, 1_000, 5_000]
/** A switch that ran for so long has not crashed in a row. */
const stableMs = 60_000

export interface EmbeddedProcess {
  /** Where the switch listens; the same after a restart. */
  readonly addresses: EmbeddedSwitchAddresses
  readonly pid: number | undefined
  /** Ends the switch for good. May be called twice. */
  stop(): Promise<void>
}

export interface EmbeddedEvents {
  /** It has ended, or does not start again. */
  readonly onCrash: (detail: string) => void
  /** What has run out in it now: ports, channels, connections, descriptors; empty: nothing (any more). */
  readonly onShortages: (now: readonly Shortage[]) => void
}

/**
 * Runs the embedded switch as a child process and starts it again, on the same ports, when it dies.
 * @throws Error one line that says which port is taken or what else kept it from starting
 */
export async function startEmbeddedProcess(settings: EmbeddedSwitchSettings, { onCrash, onShortages }: EmbeddedEvents): Promise<EmbeddedProcess> {
  let stopping = false
  let crashes = 0
  let child: ChildProcess
  let restart: NodeJS.Timeout | undefined

  const first = await launch(settings)
  child = first.child
  const fixed = withPorts(settings, first.addresses)
  watch(child)

  function watch(running: ChildProcess): void {
    const since = performance.now()
    running.on('message', (message) => {
      if (typeof message === 'object' && 'shortages' in message) onShortages((message as ShortageReport).shortages)
    })
    running.once('exit', (code, signal) => {
      if (stopping) return
      onShortages([])
      crashes = performance.now() - since > stableMs ? 1 : crashes + 1
      onCrash(`the embedded switch ended (${signal ?? `exit code ${code ?? 'unknown'}`}); starting it again`)
      again()
    })
  }

  function again(): void {
    restart = setTimeout(
      () => {
        launch(fixed).then(
          (next) => {
            child = next.child
            if (stopping) child.kill('SIGTERM')
            else watch(child)
          },
          (error: unknown) => {
            crashes += 1
            onCrash(`the embedded switch does not start again: ${error instanceof Error ? error.message : String(error)}`)
            if (!stopping) again()
          },
        )
      },
      restartDelaysMs[Math.min(crashes, restartDelaysMs.length) - 1] ?? 0,
    )
  }

  return {
    addresses: first.addresses,
    get pid() {
      return child.pid
    },
    async stop() {
      stopping = true
      clearTimeout(restart)
      await end(child)
    },
  }
}

/** The settings with the ports that were chosen, so that a restarted switch is found where it was. */
function withPorts(settings: EmbeddedSwitchSettings, addresses: EmbeddedSwitchAddresses): EmbeddedSwitchSettings {
  return {
    drachtio: {
      ...settings.drachtio,
      sip: settings.drachtio.sip.map((listener, index) => ({ ...listener, port: listener.port === 0 ? (addresses.drachtio.sip[index]?.port ?? 0) : listener.port })),
      app: addresses.drachtio.app,
    },
    freeswitch: { ...settings.freeswitch, sip: addresses.freeswitch.sip, eventSocket: addresses.freeswitch.eventSocket },
  }
}

function launch(settings: EmbeddedSwitchSettings): Promise<{ child: ChildProcess; addresses: EmbeddedSwitchAddresses }> {
  // The settings hold secrets: they travel in the environment, which other users of the machine cannot read, not in the arguments.
  const child = fork(fileURLToPath(new URL('./embedded/main.js', import.meta.url)), [], {
    env: { ...process.env, RINGROUND_SWITCH: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    // A process group of its own: Ctrl-C in the terminal tells the engine, which lets the running calls end first. When the engine dies, the
    // IPC channel closes and the switch ends by itself.
    detached: true,
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
    child.stderr?.on('data', (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-4_000)
      // Until it listens, what it complains of becomes the one line of the error.
      if (started) process.stderr.write(chunk)
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      if (output.includes('\n')) return
      output += chunk.toString()
      if (!output.includes('\n')) return
      settle()
      started = true
      resolve({ child, addresses: (JSON.parse(output.slice(0, output.indexOf('\n'))) as ReadyLine).ready })
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

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const hurry = setTimeout(() => child.kill('SIGKILL'), 3_000)
  await gone
  clearTimeout(hurry)
}
