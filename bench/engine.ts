import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const startWithinMs = 20_000
/** USER_HZ: what /proc/<pid>/stat counts in; 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** Keeps a process to one core, where there is more than one and `taskset` is at hand. */
export function pinned(core: number, command: readonly string[]): readonly string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, 'taskset')))
  return onPath && cpus().length > 1 ? ['taskset', '-c', String(core), ...command] : command
}

/** The engine that is measured: as `npm start` runs it, in a temporary folder. */
export class EngineUnderTest {
  private constructor(
    readonly folder: string,
    private readonly child: ChildProcess,
    readonly sip: { readonly address: string; readonly port: number },
    readonly url: string,
    /** Processes of a drachtio-server and a FreeSWITCH which stand in for the embedded switch. */
    private readonly servers: readonly number[],
  ) {}

  /** @param oneCore keeps engine, embedded switch and encoders to the first core */
  static async start(directory: string, oneCore: boolean): Promise<EngineUnderTest> {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-bench-'))
    writeFileSync(join(folder, 'directory.yaml'), directory)
    writeFileSync(join(folder, 'ringround.yaml'), '{}\n')
    mkdirSync(join(folder, 'recordings'))
    const command = [process.execPath, join(root, 'dist', 'src', 'main.js'), '--config', join(folder, 'ringround.yaml')]
    const [program = '', ...args] = oneCore ? pinned(0, command) : command
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        NODE_ENV: 'production',
        RINGROUND_SIP_PORT: '0',
        RINGROUND_HTTP_PORT: '0',
        RINGROUND_DATA_FOLDER: join(folder, 'data'),
        RINGROUND_RECORDINGS_FOLDER: join(folder, 'recordings'),
        RINGROUND_DIRECTORY_FILE: join(folder, 'directory.yaml'),
        RINGROUND_TTS: 'none',
        RINGROUND_LOG_LEVEL: 'warn',
      },
    })
    let text = ''
    const keep = (chunk: Buffer) => (text = (text + chunk.toString()).slice(-20_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const until = Date.now() + startWithinMs
    while (!text.includes('Ringround is ready')) {
      if (child.exitCode !== null || Date.now() > until) {
        child.kill('SIGKILL')
        throw new Error(`the engine did not start:\n${text}`)
      }
      await pause(20)
    }
    // With servers of its own, the engine does not know where their SIP port is.
    const sip = /^([\d.]+):(\d+)$/.exec(process.env.RINGROUND_TEST_SIP ?? /sip:\S+@(127\.0\.0\.1:\d+)/.exec(text)?.[1] ?? '')
    const url = /(http:\/\/[\d.]+:\d+)/.exec(text)?.[1]
    if (sip?.[1] === undefined || url === undefined) throw new Error(`the engine does not say where it is:\n${text}`)
    const servers = (process.env.RINGROUND_TEST_SERVER_PIDS ?? '').split(',').filter((pid) => pid !== '').map(Number)
    return new EngineUnderTest(folder, child, { address: sip[1], port: Number(sip[2]) }, url, servers)
  }

  /** CPU seconds of engine, switch and encoders since their start. */
  cpuSeconds(): number {
    const own = this.child.pid ?? -1
    return processes(own, this.servers).reduce((sum, pid) => {
      const fields = stat(pid)
      // utime, stime; and of the programs that it ran and that have ended (lame): cutime, cstime.
      return sum + fields.slice(11, pid === own ? 15 : 13).reduce((ticks, field) => ticks + Number(field), 0) / ticksPerSecond
    }, 0)
  }

  /** CPU seconds by process: the engine, then the switch. */
  cpuByProcess(): readonly { readonly name: string; readonly seconds: number }[] {
    const own = this.child.pid ?? -1
    return processes(own, this.servers).map((pid) => {
      const fields = stat(pid)
      return { name: pid === own ? 'engine' : this.servers.includes(pid) ? `server ${pid}` : 'embedded switch', seconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond }
    })
  }

  /** Resident memory of engine and switch, MB. */
  megabytes(): number {
    return processes(this.child.pid ?? -1, this.servers).reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024, 0)
  }

  /** From now on no call is recorded: the spool folder has become a file. Calls go on all the same. */
  stopRecording(): void {
    const spool = join(this.folder, 'data', 'spool')
    rmSync(spool, { recursive: true, force: true })
    writeFileSync(spool, '')
  }

  /** Finished recordings on disk. */
  mp3s(): number {
    return readdirSync(join(this.folder, 'recordings'), { recursive: true }).filter((name) => String(name).endsWith('.mp3')).length
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
      this.child.kill('SIGTERM')
      const hurry = setTimeout(() => this.child.kill('SIGKILL'), 10_000)
      await gone
      clearTimeout(hurry)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
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

/** The fields of /proc/<pid>/stat behind the name, which is in brackets and may hold anything: state first. */
function stat(pid: number): readonly string[] {
  const text = read(`/proc/${pid}/stat`)
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function processes(engine: number, servers: readonly number[]): readonly number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => Number(stat(pid)[1]) === engine && read(`/proc/${pid}/cmdline`).includes('embedded'))
  return [engine, ...children, ...servers]
}
