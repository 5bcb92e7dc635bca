import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** What the runner is to run, and in which world. */
export interface SuiteOrder {
  /** The test file. */
  readonly suite: string
  /** The package's test folder: what is loaded from here has its host names replaced. */
  readonly folder: string
  /** Host names and addresses of the package's own test network, and what stands for each here. */
  readonly hosts: Readonly<Record<string, string>>
  /** What `config.get` gives. */
  readonly config: Readonly<Record<string, unknown>>
  /** Folder of SIPp scenarios, host names replaced. */
  readonly scenarios: string
  /** Where SIPp leaves what it writes. */
  readonly scratch: string
  /** `host:port` of the server under test, for SIPp as caller. */
  readonly target: string
  /** The suite's own time limits are stretched by this factor. */
  readonly patience: number
}

export interface Outcome {
  readonly test: string
  readonly assertion: string
  readonly ok: boolean
  /** Why it failed. */
  readonly detail?: string
}

interface FromRunner {
  readonly test?: string
  readonly assertion?: string
  readonly ok?: boolean
  readonly detail?: string
  readonly skipped?: boolean
  readonly done?: boolean
}

/** Runs a suite to its end. Fails when the runner dies before it, with what it had printed. */
export function runSuite(order: SuiteOrder): Promise<readonly Outcome[]> {
  return new Promise((resolve, reject) => {
    const outcomes: Outcome[] = []
    let printed = ''
    let done = false
    const child = fork(fileURLToPath(new URL('suite-runner.cjs', import.meta.url)), [JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
    })
    const keep = (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-8000))
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('message', (message: FromRunner) => {
      if (message.done === true) done = true
      else if (message.test !== undefined && message.skipped !== true) {
        outcomes.push({
          test: message.test,
          ok: message.ok === true,
          assertion: message.assertion ?? '',
          ...(message.detail === undefined ? {} : { detail: message.detail }),
        })
      }
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (done) resolve(outcomes)
      else reject(new Error(`the suite ended with ${code ?? 'a signal'} before it was through; it had printed:\n${printed}`))
    })
  })
}
