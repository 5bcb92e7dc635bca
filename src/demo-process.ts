import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DemoSettings, FromDemo, ToDemo } from './demo/demo-settings.js'
import type { CallEvent } from './facts/events.js'

export interface Demo {
  /** May be called twice. */
  stop(): Promise<void>
}

export interface DemoSurroundings {
  /** Passes on the facts of the engine's calls. @returns stops it */
  readonly facts: (listener: (fact: CallEvent) => void) => () => void
  /** The story, for the terminal. */
  readonly onStory: (line: string) => void
  readonly onLog: (line: string) => void
}

/**
 * Starts the simulated phones in a separate process: neither their audio nor the engine's may be late because the other is busy.
 * @throws Error one line that says why they do not start (an address of the directory is taken)
 */
export function startDemo(settings: DemoSettings, { facts, onStory, onLog }: DemoSurroundings): Promise<Demo> {
  const child = fork(fileURLToPath(new URL('./demo/main.js', import.meta.url)), [], {
    env: { ...process.env, RINGROUND_DEMO: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  // Gets the engine's facts, because the telephone itself does not tell who calls.
  const silence = facts((fact) => {
    if (child.connected) child.send({ fact } satisfies ToDemo, () => undefined)
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void gone.then(silence)
  return new Promise((resolve, reject) => {
    let complaints = ''
    child.on('error', (error) => reject(error))
    child.stderr?.on('data', (chunk: Buffer) => {
      complaints = (complaints + chunk.toString()).slice(-2_000)
      onLog(chunk.toString().trim())
    })
    child.stdout?.on('data', (chunk: Buffer) => onLog(chunk.toString().trim()))
    child.on('message', (message) => {
      const told = message as FromDemo
      if (told.kind === 'story') onStory(told.text)
      else if (told.kind === 'log') onLog(`demo: ${told.text}`)
      else {
        resolve({
          async stop() {
            if (child.connected) child.disconnect()
            await gone
          },
        })
      }
    })
    void gone.then(() => reject(new Error(`the simulated phones ended: ${complaints.trim().split('\n').at(-1) ?? 'without a word'}`)))
  })
}
