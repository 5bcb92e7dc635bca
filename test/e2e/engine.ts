import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeApiToken } from '../kit/api-token.js'
import { rtpRange } from './free-ports.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = join(root, 'dist', 'src', 'main.js')
const startWithinMs = 20_000
const stopWithinMs = 15_000

export interface EngineOptions {
  /** Text of the directory file. */
  readonly directory: string
  /** More settings, by environment variable. */
  readonly env?: Readonly<Record<string, string>>
  /** A folder of an engine that ran before: its data are found again. Default: a fresh one. */
  readonly folder?: string
  /** How long the start may take. Default 20 s. */
  readonly startWithinMs?: number
  /** Arguments of the program besides its settings file. */
  readonly args?: readonly string[]
  /** `host:port` on which phones ring, where that is a drachtio-server's and not the engine's. */
  readonly sip?: string
  /** What it prints once it runs. Default: that it is ready. */
  readonly prints?: string
}

/** A call as the API tells it, with its instants in wall-clock ms. Only what the tests ask for. */
export interface ApiCall {
  readonly callId: string
  readonly callerNumber: string
  readonly dialledNumber: string
  readonly line?: string
  readonly ending?: string
  readonly arrivedAt: number
  readonly endedAt?: number
  readonly waitMs?: number
  readonly talkMs?: number
  readonly talkEndedAt?: number
  readonly talkEndedBy?: string
  readonly refs: number
  readonly acceptedBy?: string
  readonly outcome?: { readonly outcome: string; readonly by: string }
  readonly alarms: readonly { readonly alarm: string; readonly detail: string }[]
  readonly attempts: readonly ApiAttempt[]
  readonly recordings: readonly {
    readonly recordingId: string
    readonly state: string
    readonly url: string | null
    readonly seconds?: number
    readonly why?: string
  }[]
  readonly events: readonly ({ readonly type: string; readonly at: number } & Readonly<Record<string, unknown>>)[]
}

export interface ApiAttempt {
  readonly attempt: string
  readonly label: string
  readonly pool: string
  readonly result?: string
  readonly status?: number
  readonly startedAt: number
  readonly answeredAt?: number
  readonly endedAt?: number
  readonly wrongKeys: number
  readonly proof?: { readonly heard: { readonly kind: string; readonly key?: string; readonly source?: string } }
}

/** The API writes instants in ISO 8601; the tests reckon with them. A reviver of `JSON.parse`. */
function instantsInMs(name: string, value: unknown): unknown {
  return typeof value === 'string' && /^(at|.*At)$/.test(name) ? Date.parse(value) : value
}

/** A whole engine, as `npm start` runs it, in a folder and on ports of its own. */
export class Engine {
  #token: Promise<string> | undefined
  /** Its watchdog, while that stands still as well. */
  #frozen: number | undefined

  private constructor(
    readonly folder: string,
    readonly child: ChildProcess,
    /** `127.0.0.1:port`, UDP and TCP. */
    readonly sip: string,
    /** Without a slash at the end. */
    readonly url: string,
    private readonly output: () => string,
    private readonly ownFolder: boolean,
    private readonly databaseUrl: string | undefined,
  ) {}

  get spool(): string {
    return join(this.folder, 'data', 'spool')
  }

  get recordings(): string {
    return join(this.folder, 'recordings')
  }

  get directoryFile(): string {
    return join(this.folder, 'directory.yaml')
  }

  /** What it has printed. */
  get printed(): string {
    return this.output()
  }

  /** What it has printed, and its log. */
  get log(): string {
    const file = join(this.folder, 'data', 'ringround.log')
    return `${this.output()}\n${existsSync(file) ? readFileSync(file, 'utf8') : ''}`
  }

  static async start(options: EngineOptions): Promise<Engine> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    const launched = launch(folder, options)
    const began = Date.now()
    for (;;) {
      const text = launched.output()
      const sip = options.sip ?? /sip:\S+@(127\.0\.0\.1:\d+)/.exec(text)?.[1]
      const url = /(http:\/\/[\d.]+:\d+)/.exec(text)?.[1]
      if (text.includes(options.prints ?? 'Ringround is ready') && sip !== undefined && url !== undefined)
        return new Engine(folder, launched.child, sip, url, launched.output, options.folder === undefined, options.env?.['DATABASE_URL'])
      if (launched.child.exitCode !== null || Date.now() - began > (options.startWithinMs ?? startWithinMs)) {
        launched.child.kill('SIGKILL')
        throw new Error(`the engine did not start (exit code ${launched.child.exitCode ?? 'none'}):\n${text}`)
      }
      await delay(20)
    }
  }

  /** Processes that the engine has started. */
  children(): readonly number[] {
    return childrenOf(this.child.pid ?? -1)
  }

  /** The one of them that runs this program, by a part of its path. */
  childThatRuns(program: 'embedded' | 'encoding-main' | 'watchdog-main'): number | undefined {
    return this.children().find((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program)
      } catch {
        // It has just ended.
        return false
      }
    })
  }

  async get(path: string): Promise<Response> {
    return this.ask(path, { signal: AbortSignal.timeout(5_000) })
  }

  /** Asks the API as a program that may do everything. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    // What anybody may ask needs no token while the store cannot be written.
    if (path === '/healthz') return fetch(`${this.url}${path}`, init)
    this.#token ??= makeApiToken({
      file: join(this.folder, 'data', 'ringround.db'),
      postgres: this.databaseUrl === undefined ? undefined : { url: this.databaseUrl },
    })
    return fetch(`${this.url}${path}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${await this.#token}` },
    })
  }

  /** The last calls, newest first. */
  async list(): Promise<
    readonly { readonly callId: string; readonly dialledNumber: string; readonly ending: string | null; readonly recording: unknown }[]
  > {
    const answer = await this.get('/api/calls?limit=200')
    if (!answer.ok) throw new Error(`the list of calls: ${answer.status} ${await answer.text()}\n${this.log.slice(-3_000)}`)
    return (
      (await answer.json()) as {
        readonly calls: readonly {
          readonly callId: string
          readonly dialledNumber: string
          readonly ending: string | null
          readonly recording: unknown
        }[]
      }
    ).calls
  }

  /** All that is kept of one call. */
  async call(callId: string): Promise<ApiCall> {
    const { call, attempts, recordings, events } = JSON.parse(
      await (await this.get(`/api/calls/${encodeURIComponent(callId)}`)).text(),
      instantsInMs,
    ) as Omit<ApiCall, 'attempts'> & { readonly call: ApiCall; readonly attempts: readonly ApiAttempt[] }
    return { ...call, attempts, recordings, events }
  }

  /** The MP3 of a call, as the API sends it. */
  async mp3(callId: string): Promise<Buffer> {
    const answer = await this.get(`/api/calls/${encodeURIComponent(callId)}/recording.mp3`)
    if (!answer.ok) throw new Error(`no recording of ${callId}: ${answer.status} ${await answer.text()}`)
    return Buffer.from(await answer.arrayBuffer())
  }

  /** The only call that dialled this number, as soon as `ready` holds for it. @throws with the call, when that does not come true in time */
  async callTo(
    dialled: string,
    ready: (call: ApiCall) => boolean = (call) => call.ending !== undefined,
    withinMs = 30_000,
  ): Promise<ApiCall> {
    let last: readonly ApiCall[] = []
    const found = await eventually(async () => {
      last = await Promise.all(
        (await this.list()).filter((call) => call.dialledNumber.endsWith(dialled)).map(({ callId }) => this.call(callId)),
      )
      return last.length === 1 && last[0] && ready(last[0]) ? last[0] : undefined
    }, withinMs)
    if (!found)
      throw new Error(
        `of the calls to ${dialled} none became what was expected in ${withinMs} ms:\n${JSON.stringify(last, null, 1)}\n${this.log.slice(-3_000)}`,
      )
    return found
  }

  /** A call by its id, as soon as it is over and its recordings are made. */
  async ended(callId: string, withinMs = 45_000): Promise<ApiCall> {
    const found = await eventually(async () => {
      const call = await this.call(callId)
      return call.ending !== undefined && call.recordings.every(({ state }) => state === 'ready') ? call : undefined
    }, withinMs)
    if (!found) throw new Error(`call ${callId} is not over after ${withinMs} ms:\n${JSON.stringify(await this.call(callId), null, 1)}`)
    return found
  }

  /** A sample of `/metrics` by its name and labels as text, e.g. `ringround_legs`. Undefined when there is none. */
  async metric(name: string): Promise<number | undefined> {
    const text = await (await this.get('/metrics')).text()
    const line = text.split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`))
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
  }

  /** Waits until no call and no leg is open and every recording is made. */
  async settled(withinMs = 45_000): Promise<void> {
    let state = ''
    const quiet = await eventually(async () => {
      const calls = await this.list()
      const legs = await this.metric('ringround_legs')
      const spool = this.spooled()
      const open = calls.filter((call) => call.ending === null)
      state = `calls open: ${open.map((call) => call.callId).join(' ') || 'none'}; legs: ${legs ?? 'unknown'}; spool: ${spool.join(' ') || 'empty'}; recordings: ${JSON.stringify(calls.map((call) => call.recording))}`
      return open.length === 0 && legs === 0 && spool.length === 0 ? true : undefined
    }, withinMs)
    if (quiet === undefined) throw new Error(`something is left open after ${withinMs} ms: ${state}\n${this.log.slice(-3_000)}`)
  }

  /** Recordings that are not MP3s yet. */
  spooled(): readonly string[] {
    return existsSync(this.spool) ? readdirSync(this.spool).filter((name) => name.endsWith('.wav')) : []
  }

  /** Ends it as an operator would, and asserts that nothing is left: no leg, no spool file, no process. */
  async stop(): Promise<void> {
    await this.settled()
    await this.end('SIGTERM')
    if (this.child.exitCode !== 0)
      throw new Error(`the engine ended with ${this.child.exitCode ?? this.child.signalCode ?? 'nothing'}:\n${this.log.slice(-3_000)}`)
    if (this.ownFolder) rmSync(this.folder, { recursive: true, force: true })
  }

  /** kill -9, at once. The embedded switch is left to find out by itself, and stays where calls run on it. */
  async die(): Promise<void> {
    await this.end('SIGKILL', true)
  }

  /** Stands still with all that could end it, as on a machine that stands still. */
  freeze(): void {
    // First the one that would notice.
    const watchdog = this.childThatRuns('watchdog-main')
    if (watchdog !== undefined) process.kill(watchdog, 'SIGSTOP')
    this.#frozen = watchdog
    this.child.kill('SIGSTOP')
  }

  /** Harmless for one that is awake, and for one that is gone. */
  wake(): void {
    this.child.kill('SIGCONT')
    if (this.#frozen !== undefined && isAlive(this.#frozen)) process.kill(this.#frozen, 'SIGCONT')
    this.#frozen = undefined
  }

  /** Process of the embedded switch, whichever engine started it. */
  get switchPid(): number | undefined {
    const file = join(this.folder, 'data', 'switch.json')
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { readonly pid: number }).pid : undefined
  }

  /** For `afterEach`: ends it in whatever state it is. */
  async dispose(): Promise<void> {
    await this.end('SIGKILL', true)
    const { switchPid } = this
    if (switchPid !== undefined && isAlive(switchPid) && readFileSync(`/proc/${switchPid}/cmdline`, 'utf8').includes('embedded'))
      process.kill(switchPid, 'SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async end(signal: NodeJS.Signals, switchMayStay = false): Promise<void> {
    const { switchPid } = this
    const children = [
      ...this.children().filter((pid) => pid !== switchPid),
      ...(switchMayStay || switchPid === undefined ? [] : [switchPid]),
    ]
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
      this.child.kill(signal)
      const hurry = setTimeout(() => this.child.kill('SIGKILL'), stopWithinMs)
      await gone
      clearTimeout(hurry)
    }
    const left = await eventually(() => Promise.resolve(children.every((pid) => !isAlive(pid)) ? true : undefined), 5_000)
    if (left === undefined) {
      for (const pid of children.filter(isAlive)) process.kill(pid, 'SIGKILL')
      throw new Error('a process of the engine outlived it')
    }
  }
}

/** Runs the engine to its end, for starts that are expected to fail. */
export async function startAndFail(options: EngineOptions): Promise<{ readonly code: number | null; readonly output: string }> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
  const { child, output } = launch(folder, options)
  const hurry = setTimeout(() => child.kill('SIGKILL'), startWithinMs)
  await new Promise<void>((resolve) => child.once('close', () => resolve()))
  clearTimeout(hurry)
  if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  return { code: child.exitCode, output: output() }
}

function launch(folder: string, options: EngineOptions): { readonly child: ChildProcess; readonly output: () => string } {
  mkdirSync(folder, { recursive: true })
  const directoryFile = join(folder, 'directory.yaml')
  writeFileSync(directoryFile, options.directory)
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RINGROUND_')))
  const rtp = portsOf(folder)
  const child = spawn(process.execPath, [program, '--config', emptySettings(folder), ...(options.args ?? [])], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited,
      NODE_ENV: 'production',
      RINGROUND_SIP_PORT: '0',
      RINGROUND_HTTP_PORT: '0',
      RINGROUND_RTP_FROM: String(rtp.from),
      RINGROUND_RTP_TO: String(rtp.to),
      RINGROUND_DATA_FOLDER: join(folder, 'data'),
      RINGROUND_RECORDINGS_FOLDER: join(folder, 'recordings'),
      RINGROUND_DIRECTORY_FILE: directoryFile,
      RINGROUND_TTS: 'none',
      ...options.env,
    },
  })
  let text = ''
  const keep = (chunk: Buffer) => (text = (text + chunk.toString()).slice(-40_000))
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  return { child, output: () => text }
}

const rtpPorts = new Map<string, ReturnType<typeof rtpRange>>()

/** The same for every start in a folder: a switch with other settings would not be taken over. */
function portsOf(folder: string): ReturnType<typeof rtpRange> {
  const ports = rtpPorts.get(folder) ?? rtpRange(400)
  rtpPorts.set(folder, ports)
  return ports
}

function emptySettings(folder: string): string {
  const file = join(folder, 'ringround.yaml')
  if (!existsSync(file)) writeFileSync(file, '{}\n')
  return file
}

/** Asks until the answer is not undefined. @returns undefined when that has not come true in time */
export async function eventually<T>(ask: () => Promise<T | undefined>, withinMs: number, everyMs = 40): Promise<T | undefined> {
  const until = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined || Date.now() > until) return answer
    await delay(everyMs)
  }
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function isAlive(pid: number): boolean {
  try {
    // The state stands behind the name, which is in brackets; Z is a process that has ended already.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

export function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent
      } catch {
        return false
      }
    })
}
