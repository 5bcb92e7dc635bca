import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { frame } from '../contract/phone/sound.js'
import { wavFile, readWav } from './wav.js'
import { eventually } from './engine.js'
import { freeMediaPort, freePort } from './free-ports.js'

export interface BaresipOptions {
  /** What it sends, Hz. */
  readonly tone: number
  readonly codec?: 'PCMA' | 'PCMU'
  /** Answers what comes in by itself. */
  readonly autoAnswer?: boolean
  /** SRTP, with keys in the description: and nothing else. */
  readonly srtp?: true
  /** Over TLS: the authority (PEM file) by which it checks the registrar's certificate. */
  readonly caFile?: string
  /** Registers there (`host:port`), and calls as this user. */
  readonly account?: {
    readonly registrar: string
    readonly user: string
    readonly password: string
    readonly transport?: 'udp' | 'tcp' | 'tls'
  }
}

function toneFor(frequency: number, seconds: number): Int16Array {
  const samples = new Int16Array(seconds * 8_000)
  for (let at = 0; at < samples.length; at += 160) samples.set(frame([frequency], at), at)
  return samples
}

/** baresip: a telephone that shares no line of code with ours. It sends a tone and writes down what it hears. */
export class Baresip {
  #socket: Socket | undefined
  #output = ''
  readonly #events: { readonly type: string; readonly param?: string }[] = []

  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly controlPort: number,
  ) {}

  /** @param tries its ports may be taken between our look and its own start: then with others */
  static async start(options: BaresipOptions, tries = 3): Promise<Baresip> {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-baresip-'))
    // Its TLS port is the one after its SIP port, whether wanted or not.
    const [port, controlPort, mediaPort] = [await freeMediaPort(), await freePort(), await freeMediaPort()]
    mkdirSync(join(folder, 'heard'))
    writeFileSync(join(folder, 'tone.wav'), wavFile([toneFor(options.tone, 90)]))
    writeFileSync(
      join(folder, 'config'),
      [
        ...[
          'poll_method epoll',
          `sip_listen 127.0.0.1:${port}`,
          'net_interface 127.0.0.1',
          `rtp_ports ${mediaPort}-${mediaPort + 3}`,
          'call_local_timeout 120',
          'call_max_calls 4',
          ...(options.caFile === undefined ? [] : [`sip_cafile ${options.caFile}`]),
        ],
        ...[
          `audio_source aufile,${join(folder, 'tone.wav')}`,
          'audio_player aubridge,nowhere',
          `audio_alert aubridge,nowhere`,
          `audio_path ${folder}`,
          'ausrc_srate 8000',
          'auplay_srate 8000',
        ],
        ...[
          'module_path /usr/lib/baresip/modules',
          'module g711.so',
          'module aufile.so',
          'module aubridge.so',
          'module sndfile.so',
          ...(options.srtp === undefined ? [] : ['module srtp.so']),
          `snd_path ${join(folder, 'heard')}`,
        ],
        ...[
          'module_tmp uuid.so',
          'module_tmp account.so',
          'module_app menu.so',
          'module_app ctrl_tcp.so',
          `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
        ],
      ].join('\n') + '\n',
    )
    const { account } = options
    const address = account
      ? `<sip:${account.user}@${account.registrar};transport=${account.transport ?? 'udp'}>;auth_user=${account.user};auth_pass=${account.password};regint=60`
      : '<sip:baresip@127.0.0.1>;regint=0'
    writeFileSync(
      join(folder, 'accounts'),
      `${address};audio_codecs=${options.codec ?? 'PCMA'}/8000/1;dtmfmode=rtpevent;${options.srtp === undefined ? '' : `mediaenc=srtp-mand;`}answermode=${options.autoAnswer ? 'auto' : 'manual'}\n`,
    )
    writeFileSync(join(folder, 'contacts'), '')
    const child = spawn('baresip', ['-f', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
    const phone = new Baresip(folder, child, port, controlPort)
    const keep = (chunk: Buffer) => (phone.#output = (phone.#output + chunk.toString()).slice(-8_000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    try {
      await phone.#control()
    } catch (error) {
      await phone.stop()
      if (tries > 1 && phone.#output.includes('Address already in use')) return Baresip.start(options, tries - 1)
      throw error
    }
    return phone
  }

  /** What it has printed last. */
  get printed(): string {
    return this.#output
  }

  get address(): string {
    return `sip:baresip@127.0.0.1:${this.port}`
  }

  dial(uri: string): void {
    this.#command('dial', uri)
  }

  press(key: string): void {
    this.#command('sndcode', key)
  }

  hangUp(): void {
    this.#command('hangup')
  }

  hold(): void {
    this.#command('hold')
  }

  resume(): void {
    this.#command('resume')
  }

  /** Waits for one of baresip's own events, e.g. `CALL_ESTABLISHED`, `CALL_CLOSED`. */
  async hasSeen(type: string, withinMs = 30_000): Promise<void> {
    const seen = await eventually(() => Promise.resolve(this.#events.some((event) => event.type === type) || undefined), withinMs, 20)
    if (!seen)
      throw new Error(
        `baresip has not seen ${type} within ${withinMs} ms: ${this.#events.map((event) => event.type).join(' ')}\n${this.#output}`,
      )
  }

  /** Everything it has heard so far, 8 kHz. It begins a file for each description that is agreed on (hold, resume). */
  heard(): Int16Array {
    const files = readdirSync(join(this.folder, 'heard'))
      .filter((name) => name.endsWith('-dec.wav'))
      .sort()
    if (files.length === 0) throw new Error(`baresip has heard nothing\n${this.#output}`)
    return Int16Array.from(files.flatMap((file) => [...(readWav(readFileSync(join(this.folder, 'heard', file))).channels[0] ?? [])]))
  }

  async stop(): Promise<void> {
    this.#socket?.destroy()
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()))
      this.child.kill('SIGTERM')
      const hurry = setTimeout(() => this.child.kill('SIGKILL'), 3_000)
      await gone
      clearTimeout(hurry)
    }
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #control(): Promise<void> {
    this.#socket = await eventually(
      () =>
        new Promise<Socket | undefined>((resolve) => {
          const socket = connect(this.controlPort, '127.0.0.1')
          socket.once('connect', () => resolve(socket))
          socket.once('error', () => resolve(undefined))
        }),
      5_000,
    )
    if (!this.#socket) throw new Error(`baresip does not take commands: ${this.#output}`)
    let pending = ''
    this.#socket.on('error', () => undefined)
    // Netstrings: <length>:<JSON>,
    this.#socket.on('data', (chunk) => {
      pending += chunk.toString()
      for (;;) {
        const colon = pending.indexOf(':')
        const length = Number(pending.slice(0, colon))
        if (colon < 0 || pending.length < colon + length + 2) return
        const message = JSON.parse(pending.slice(colon + 1, colon + 1 + length)) as {
          readonly event?: boolean
          readonly type?: string
          readonly param?: string
        }
        pending = pending.slice(colon + length + 2)
        if (message.event && message.type !== undefined)
          this.#events.push({ type: message.type, ...(message.param === undefined ? {} : { param: message.param }) })
      }
    })
  }

  #command(command: string, params?: string): void {
    const text = JSON.stringify({ command, ...(params === undefined ? {} : { params }) })
    this.#socket?.write(`${text.length}:${text},`)
  }
}
