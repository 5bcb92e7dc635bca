import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freeMediaPort, freePort } from './free-ports.js'

const scenarios = fileURLToPath(new URL('../../sip-scenarios/', import.meta.url))

export interface SippOptions {
  /** `-d`: what a pause without a length of its own lasts. */
  readonly holdMs?: number
  readonly transport?: 'udp' | 'tcp'
  /** What a scenario keys that takes its keys from outside. */
  readonly keys?: string
  /** Of a telephone that registers. */
  readonly credentials?: { readonly user: string; readonly password: string; readonly expires?: number }
  /** How many calls; default 1. */
  readonly calls?: number
  /** The scenario is given up after this. Default 60 s. */
  readonly withinMs?: number
  /** Loses this share of SIP messages in both directions, in per cent. */
  readonly lossPercent?: number
}

/** One run of SIPp. */
export class Sipp {
  readonly #child: ChildProcess
  readonly #done: Promise<number>
  readonly #folder: string
  #screen = ''

  private constructor(
    readonly scenario: string,
    /** SIP port on 127.0.0.1. */
    readonly port: number,
    mediaPort: number,
    args: readonly string[],
    options: SippOptions,
  ) {
    this.#folder = mkdtempSync(join(tmpdir(), 'ringround-sipp-'))
    const withinMs = options.withinMs ?? 60_000
    this.#child = spawn(
      'sipp',
      [
        ...args,
        ...[
          '-sf',
          `${scenario}.xml`,
          '-i',
          '127.0.0.1',
          '-mi',
          '127.0.0.1',
          '-p',
          String(port),
          '-mp',
          String(mediaPort),
          '-m',
          String(options.calls ?? 1),
        ],
        ...['-t', options.transport === 'tcp' ? 't1' : 'u1', '-d', String(options.holdMs ?? 2_000), '-nostdin', '-deadcall_wait', '0'],
        ...[
          '-timeout',
          `${Math.ceil(withinMs / 1_000)}s`,
          '-timeout_error',
          '-trace_err',
          '-error_file',
          join(this.#folder, 'errors'),
          '-trace_msg',
          '-message_file',
          join(this.#folder, 'messages'),
        ],
        ...(options.keys === undefined ? [] : ['-key', 'keys', options.keys]),
        ...(options.credentials === undefined
          ? []
          : [
              '-au',
              options.credentials.user,
              '-ap',
              options.credentials.password,
              '-key',
              'user',
              options.credentials.user,
              '-key',
              'expires',
              String(options.credentials.expires ?? 60),
            ]),
        ...(options.lossPercent === undefined ? [] : ['-lost', String(options.lossPercent)]),
      ],
      { cwd: scenarios, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const keep = (chunk: Buffer) => (this.#screen = (this.#screen + chunk.toString()).slice(-4_000))
    this.#child.stdout?.on('data', keep)
    this.#child.stderr?.on('data', keep)
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), withinMs + 10_000)
    this.#done = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code) => {
        clearTimeout(kill)
        resolve(code ?? -1)
      })
    })
    this.#done.catch(() => undefined)
  }

  /** A caller: dials `number` at `engine` (`host:port`). */
  static async caller(scenario: string, engine: string, number: string, options: SippOptions = {}): Promise<Sipp> {
    return new Sipp(`caller-${scenario}`, await freePort(), await freeMediaPort(), [engine, '-s', number], options)
  }

  /** One message or exchange with the engine, see `sip-scenarios/line-*.xml`. */
  static async line(scenario: string, engine: string, number: string, options: SippOptions = {}): Promise<Sipp> {
    return new Sipp(`line-${scenario}`, await freePort(), await freeMediaPort(), [engine, '-s', number], options)
  }

  /** A telephone of our own that registers, or (with a number) calls: see `sip-scenarios/device-*.xml`. */
  static async device(
    scenario: string,
    engine: string,
    options: SippOptions & {
      readonly credentials: NonNullable<SippOptions['credentials']>
      readonly number?: string
      readonly port?: number
    },
  ): Promise<Sipp> {
    return new Sipp(
      `device-${scenario}`,
      options.port ?? (await freePort()),
      await freeMediaPort(),
      [engine, '-s', options.number ?? options.credentials.user],
      options,
    )
  }

  /** A phone that is rung. It listens as soon as this resolves. */
  static async specialist(scenario: string, options: SippOptions & { readonly port?: number } = {}): Promise<Sipp> {
    const sipp = new Sipp(`specialist-${scenario}`, options.port ?? (await freePort()), await freeMediaPort(), [], options)
    await sipp.#listening(options.transport ?? 'udp')
    return sipp
  }

  /** What a rota has to say to ring it. */
  get address(): string {
    return `sip:ward@127.0.0.1:${this.port}`
  }

  /** Resolves when every step of the scenario went as written. @throws with what SIPp found wrong */
  async passed(): Promise<void> {
    const code = await this.#done
    const errors = this.#file('errors')
    const messages = this.#file('messages')
    rmSync(this.#folder, { recursive: true, force: true })
    this.#messages = messages
    if (code !== 0)
      throw new Error(
        `SIPp ${this.scenario}: exit code ${code}\n${errors || this.#screen.slice(-1_500)}\n--- messages\n${messages.slice(-6_000)}`,
      )
  }

  #messages = ''
  /** Every SIP message, as SIPp wrote it down. */
  get messages(): string {
    return this.#messages || this.#file('messages')
  }

  /** Ends it, for phones that were never rung. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#done.catch(() => undefined)
    this.#messages ||= this.#file('messages')
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #file(name: string): string {
    const path = join(this.#folder, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  async #listening(transport: 'udp' | 'tcp'): Promise<void> {
    const hexPort = `:${this.port.toString(16).toUpperCase().padStart(4, '0')} `
    for (let tries = 0; tries < 250; tries++) {
      if (readFileSync(`/proc/net/${transport}`, 'utf8').includes(hexPort)) return
      if (this.#child.exitCode !== null) break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    throw new Error(`SIPp ${this.scenario} does not listen on ${this.port}: ${this.#screen}`)
  }
}
