import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DemoSettings } from './demo/demo-settings.js'

export interface Demo {
  /** May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts the simulated phones in a process of their own: their audio must not be late because the engine is busy, nor the other way round.
 * @throws Error one line that says why they do not start (an address of the directory is taken)
 */
export function startDemo(settings: DemoSettings, log: (line: string) => void): Promise<Demo> {
  const child = fork(fileURLToPath(new URL('./demo/main.js', import.meta.url)), [], {
    env: { ...process.env, RINGROUND_DEMO: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    detached: true,
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return new Promise((resolve, reject) => {
    let complaints = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-2_000)
      log(chunk.toString().trim())
    })
    child.stdout?.on('data', (chunk: Buffer) => log(chunk.toString().trim()))
    child.once('message', () => {
      resolve({
        async stop() {
          if (child.connected) child.disconnect()
          await gone
        },
      })
    })
    void gone.then(() => reject(new Error(`the simulated phones ended: ${complaints.trim().split('\n').at(-1) ?? 'without a word'}`)))
  })
}
