import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { system } from '../src/accounts/by.js'
import { withAccounts } from '../src/accounts/with-accounts.js'
import type { ProbeAnswer, ProbeCommand } from './probe.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Of the real-time round robin; `chrt -r 5 npm run bench` stays below it. */
const aheadPriority = '10'
const startWithinMs = 20_000
/** USER_HZ: what /proc/<pid>/stat counts in; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Pins a process to one core, if there are more and `taskset` is available. */
export function pinned(core: number, command: readonly string[]): readonly string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'taskset')))
  return onPath && cpus().length > 1 ? ['taskset', '-c', String(core), ...command] : command
}

export interface EngineOptions {
  /** Pins engine, embedded switch and encoders to the first core. */
  readonly oneCore: boolean
  /** Loads the probe into all its processes: see probe.ts. */
  readonly probe?: boolean
  /** Browsers may speak Opus. */
  readonly opus?: boolean
  /** Data from before the start: `prepare` puts it into the data folder, `env` locates other data; `withinMs` bounds the start. */
  readonly past?: {
    readonly prepare: (dataFolder: string) => Promise<unknown>
    readonly withinMs: number
    readonly env?: Readonly<Record<string, string>>
  }
}

let mayGoFirst: boolean | undefined

/** Runs a process with real-time priority, if permitted (root, with `chrt`): the measuring process must not wait for the measured one. */
export function ahead(command: readonly string[]): readonly string[] {
  mayGoFirst ??= spawnSync('chrt', ['-r', aheadPriority, 'true']).status === 0
  return mayGoFirst ? ['chrt', '-r', aheadPriority, ...command] : command
}

/** The measured engine: as by `npm start`, in a temporary folder. */
export class EngineUnderTest {
  private constructor(
    readonly folder: string,
    private readonly child: ChildProcess,
    readonly sip: { readonly address: string; readonly port: number },
    readonly url: string,
    /** Where browsers signal to the switch itself, over a WebSocket. */
    readonly webSocket: string,
    /** Processes of a drachtio-server and a FreeSWITCH used instead of the embedded switch. */
    private readonly servers: readonly number[],
    /** From the start of the process until it said that it is ready. */
    readonly readyMs: number,
  ) {}

  static async start(directory: string, { oneCore, probe = false, opus = false, past }: EngineOptions): Promise<EngineUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-bench-'))
    writeFileSync(join(folder, 'directory.yaml'), directory)
    writeFileSync(join(folder, 'ringround.yaml'), '{}\n')
    mkdirSync(join(folder, 'recordings'))
    if (past) {
      mkdirSync(join(folder, 'data'), { mode: 0o700 })
      await past.prepare(join(folder, 'data'))
    }
    const webSocketPort = await freePort()
    const begun = performance.now()
    const command = [process.execPath, join(root, 'dist', 'src', 'main.js'), '--config', join(folder, 'ringround.yaml')]
    const [program = '', ...args] = oneCore ? pinned(0, command) : command
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        RINGROUND_SIP_PORT: '0',
        RINGROUND_SIP_WS_PORT: String(webSocketPort),
        RINGROUND_HTTP_PORT: '0',
        RINGROUND_DATA_FOLDER: join(folder, 'data'),
        RINGROUND_RECORDINGS_FOLDER: join(folder, 'recordings'),
        RINGROUND_DIRECTORY_FILE: join(folder, 'directory.yaml'),
        RINGROUND_TTS: 'none',
        RINGROUND_LOG_LEVEL: 'warn',
        RINGROUND_BROWSER_OPUS: String(opus),
        ...past?.env,
        ...(probe
          ? { BENCH_PROBE_FOLDER: probeFolder(folder), NODE_OPTIONS: `--import=${new URL('./probe.js', import.meta.url).href}` }
          : {}),
      },
    })
    let text = ''
    const keep = (chunk: Buffer) => (text = (text + chunk.toString()).slice(-20_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const until = Date.now() + (past?.withinMs ?? startWithinMs)
    while (!text.includes('Ringround is ready')) {
      if (child.exitCode !== null || Date.now() > until) {
        child.kill('SIGKILL')
        throw new Error(`the engine did not start:\n${text}`)
      }
      await pause(20)
    }
    const readyMs = performance.now() - begun
    // With servers of its own, the engine does not know where their SIP port is.
    const sip = /^([\d.]+):(\d+)$/.exec(process.env.RINGROUND_TEST_SIP ?? /sip:\S+@(127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? '')
    const url = /(http:\/\/[\d.]+:\d+)/.exec(text)?.[1]
    if (sip?.[1] === undefined || url === undefined) throw new Error(`the engine does not say where it is:\n${text}`)
    const servers = (process.env.RINGROUND_TEST_SERVER_PIDS ?? '')
      .split(',')
      .filter((pid) => pid !== '')
      .map(Number)
    const webSocket = `ws://127.0.0.1:${webSocketPort}`
    return new EngineUnderTest(folder, child, { address: sip[1], port: Number(sip[2]) }, url, webSocket, servers, readyMs)
  }

  /** Makes a telephone of the practice, whose calls are taken over WebSockets. */
  async telephone(): Promise<{ readonly user: string; readonly password: string }> {
    const place = { file: join(this.folder, 'data', 'ringround.db'), postgres: undefined }
    const token = await withAccounts(place, 'bench', async (accounts) => {
      const made = await accounts.tokenBook.make(system, {
        kind: 'api',
        name: 'bench',
        permissions: ['devices'],
        scope: { kind: 'everywhere' },
      })
      return made.secret
    })
    const answer = await fetch(`${this.url}/api/devices`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ user: 'bench-browser', owner: { kind: 'organisation', id: 'riverside' } }),
    })
    if (!answer.ok) throw new Error(`no telephone was made: ${answer.status} ${await answer.text()}`)
    const { user, password } = (await answer.json()) as { readonly user: string; readonly password: string }
    return { user, password }
  }

  /** CPU seconds of engine, switch and encoders since their start. */
  cpuSeconds(): number {
    const own = this.child.pid ?? -1
    return processes(own, this.servers).reduce((sum, pid) => {
      const fields = stat(pid)
      // utime, stime; and of the processes that it ran and that have ended: cutime, cstime.
      return sum + fields.slice(11, pid === own ? 15 : 13).reduce((ticks, field) => ticks + Number(field), 0) / ticksPerSecond
    }, 0)
  }

  /** CPU seconds by process: the engine, then the switch. */
  cpuByProcess(): readonly { readonly name: string; readonly seconds: number }[] {
    const own = this.child.pid ?? -1
    return processes(own, this.servers).map((pid) => {
      const fields = stat(pid)
      return {
        name:
          pid === own
            ? 'engine'
            : this.servers.includes(pid)
              ? `server ${pid}`
              : read(`/proc/${pid}/cmdline`).includes('encoding-main')
                ? 'encoding'
                : 'embedded switch',
        seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      }
    })
  }

  /** Resident memory of engine and switch, MB. */
  megabytes(): number {
    return processes(this.child.pid ?? -1, this.servers).reduce(
      (sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024,
      0,
    )
  }

  /**
   * Asks every thread of engine and switch, started with `probe`.
   * @throws Error when a process does not answer within 20 s
   */
  async ask(
    command: ProbeCommand,
  ): Promise<readonly (ProbeAnswer & { readonly process: string; readonly pid: number; readonly thread: number })[]> {
    const folder = probeFolder(this.folder)
    const own = this.child.pid ?? -1
    const pids = processes(own, [])
    for (const name of readdirSync(folder)) rmSync(join(folder, name))
    writeFileSync(join(folder, 'command'), command)
    for (const pid of pids) process.kill(pid, 'SIGUSR2')
    const read = () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => {
          const [pid = 0, thread = 0] = name.replace('.json', '').split('-').map(Number)
          return {
            ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as ProbeAnswer),
            pid,
            thread,
            process: pid === own ? 'engine' : 'embedded switch',
          }
        })
        .filter((answer) => answer.command === command)
    const until = Date.now() + 20_000
    for (;;) {
      // Threads that only follow the first one answer a moment later.
      await pause(500)
      const answers = read()
      if (pids.every((pid) => answers.some((answer) => answer.pid === pid && answer.thread === 0))) return answers
      if (Date.now() > until) throw new Error(`the engine does not answer to "${command}"`)
    }
  }

  /** From now on no call is recorded: the spool folder becomes a file. Calls go on. */
  stopRecording(): void {
    const spool = join(this.folder, 'data', 'spool')
    rmSync(spool, { recursive: true, force: true })
    writeFileSync(spool, '')
  }

  /** Finished recordings on disk. */
  mp3s(): number {
    return readdirSync(join(this.folder, 'recordings'), { recursive: true }).filter((name) => /\.mp3(\.sealed)?$/.test(String(name))).length
  }

  /** @param atOnce does not wait for calls and recordings @param withinMs for which it is waited otherwise, before it is killed */
  async stop(atOnce = false, withinMs = 10_000): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
      if (atOnce) this.#kill()
      else this.child.kill('SIGTERM')
      const hurry = setTimeout(() => this.#kill(), withinMs)
      await gone
      clearTimeout(hurry)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  /**
   * The engine and what it started: a switch whose engine is killed goes on with its calls for a while, and would run beside the next part. What was started goes first, so that its CPU time is counted as the
   * engine's, and as the bench's.
   */
  #kill(): void {
    const own = this.child.pid ?? -1
    for (const pid of processes(own, []).toReversed()) {
      try {
        process.kill(pid, pid === own ? 'SIGSTOP' : 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    this.child.kill('SIGKILL')
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function probeFolder(folder: string): string {
  const path = join(folder, 'probe')
  mkdirSync(path, { recursive: true })
  return path
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** The fields of /proc/<pid>/stat after the name, which is in brackets and may contain anything: state first. */
function stat(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function processes(engine: number, servers: readonly number[]): readonly number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(stat(pid)[1]) === engine && read(`/proc/${pid}/cmdline`).match(/embedded|encoding-main/) !== null)
  return [engine, ...children, ...servers]
}
