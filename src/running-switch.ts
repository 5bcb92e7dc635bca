import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { LoadReply, ShortageReport } from './embedded/faults.js'
import { isProof, proofOf, type Hello, type HelloReply, type Proof } from './embedded/outliving.js'
import type { EmbeddedSwitchAddresses, ReadyLine } from './embedded/settings.js'

/** A switch that is told to stop has this long. */
const stopMs = 3_000
/** A running switch answers at once. */
const takeOverMs = 2_000
/** A switch whose engine was just killed may not have noticed yet. */
const engagedMs = 1_500
const againMs = 50

/** The switch's output, and its messages about resources that ran out. */
export type SwitchMessage = ShortageReport | LoadReply | { readonly said: string }

/** A running embedded switch: a child of this process, or one started by an earlier engine. */
export interface RunningSwitch {
  readonly pid: number | undefined
  readonly ready: ReadyLine
  onMessage(listener: (message: SwitchMessage) => void): void
  /** @param listener called once, in words, when it has ended unasked */
  onEnd(listener: (how: string) => void): void
  /** Ends it for good: every call is ended. May be called twice. */
  stop(): Promise<void>
  /** Detaches from it: it runs on as after a crash of this engine. */
  letGo(): void
}

/** The note on a running switch, in a file that only this user can read. */
export interface SwitchNote {
  readonly pid: number
  /** When that process began, in system ticks; 0 if unknown. Process ids are reused. */
  readonly began: number
  readonly ready: ReadyLine
  /** The secret that allows taking the switch over. */
  readonly control: string
  readonly drachtio: string
  readonly freeswitch: string
  /** Fingerprint of its settings. */
  readonly settings: string
}

export async function readNote(file: string): Promise<SwitchNote | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as SwitchNote
  } catch {
    return undefined
  }
}

/** Rejects when it cannot be written. */
export async function writeNote(file: string, note: SwitchNote): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const made = `${file}.${process.pid}`
  await writeFile(made, JSON.stringify(note), { mode: 0o600 })
  await rename(made, file)
}

export function forgetNote(file: string): Promise<void> {
  return rm(file, { force: true })
}

/** When a process began, in the kernel's ticks; 0: there is none, or the system does not say. */
export function processBegan(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  } catch {
    return 0
  }
}

/** `none`: it has gone. `engaged`: an engine that lives has it. `silent`: it runs but does not answer. */
export type TakeOver = { readonly kind: 'taken'; readonly running: RunningSwitch } | { readonly kind: 'none' | 'engaged' | 'silent' }

/** Takes over a switch that has outlived its engine. It has to prove that it is the one in the note. */
export async function takeOver(note: SwitchNote): Promise<TakeOver> {
  if (note.began !== 0 && processBegan(note.pid) !== note.began) return { kind: 'none' }
  const until = performance.now() + engagedMs
  for (;;) {
    const result = await ask(note)
    if (result.kind !== 'engaged' || performance.now() > until) return result
    await new Promise((resolve) => setTimeout(resolve, againMs))
  }
}

/** Kills a switch that does not answer, if it certainly is one. */
export async function kill(note: SwitchNote): Promise<void> {
  if (note.began === 0 || processBegan(note.pid) !== note.began) return
  killed(note.pid)
  for (let tries = 0; tries < 40 && processBegan(note.pid) === note.began; tries++)
    await new Promise((resolve) => setTimeout(resolve, againMs))
}

function ask(note: SwitchNote): Promise<TakeOver> {
  const { control } = note.ready
  if (control === undefined) return Promise.resolve({ kind: 'none' })
  return new Promise((resolve) => {
    const lines = new Lines(connect({ host: control.address, port: control.port, noDelay: true }))
    const nonce = randomBytes(16).toString('hex')
    const timer = setTimeout(() => over({ kind: 'silent' }), takeOverMs)
    const over = (result: TakeOver): void => {
      clearTimeout(timer)
      if (result.kind !== 'taken') lines.socket.destroy()
      resolve(result)
    }
    lines.onEnd = () => over({ kind: 'none' })
    lines.onLine = (line) => {
      const reply = line as HelloReply
      // Another program has this port by now.
      if (!isProof(reply.proof, proofOf(note.control, 'switch', nonce))) return over({ kind: 'none' })
      if ('engaged' in reply) return over({ kind: 'engaged' })
      lines.onLine = () => over({ kind: 'taken', running: new TakenOverSwitch(lines, note) })
      lines.say({ proof: proofOf(note.control, 'engine', reply.nonce) } satisfies Proof)
    }
    lines.socket.once('connect', () => lines.say({ hello: nonce } satisfies Hello))
  })
}

/** JSON, a line each, over a connection. */
class Lines {
  onLine: (line: object) => void = () => undefined
  onEnd: () => void = () => undefined
  #text = ''

  constructor(readonly socket: Socket) {
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.onEnd())
    socket.on('data', (chunk: string) => {
      const lines = (this.#text + chunk).split('\n')
      this.#text = lines.pop() ?? ''
      for (const line of lines) this.onLine(JSON.parse(line) as object)
    })
  }

  say(message: object): void {
    this.socket.write(`${JSON.stringify(message)}\n`)
  }
}

class TakenOverSwitch implements RunningSwitch {
  readonly ready: ReadyLine
  readonly pid: number
  readonly #lines: Lines
  readonly #note: SwitchNote
  #ended: (how: string) => void = () => undefined
  readonly #gone: Promise<void>
  #leaving = false

  constructor(lines: Lines, note: SwitchNote) {
    this.#lines = lines
    this.#note = note
    this.ready = note.ready
    this.pid = note.pid
    lines.onLine = () => undefined
    this.#gone = new Promise((resolve) => {
      lines.onEnd = () => {
        if (!this.#leaving) this.#ended('its connection ended')
        resolve()
      }
    })
  }

  onMessage(listener: (message: SwitchMessage) => void): void {
    this.#lines.onLine = (line) => listener(line as SwitchMessage)
  }

  onEnd(listener: (how: string) => void): void {
    this.#ended = listener
  }

  async stop(): Promise<void> {
    this.#leaving = true
    this.#lines.say({ stop: true })
    const hurry = setTimeout(() => this.#lines.socket.destroy(), stopMs)
    await this.#gone
    clearTimeout(hurry)
    // Its ports are free once it has ended.
    const { pid, began } = this.#note
    for (const until = performance.now() + stopMs; began !== 0 && processBegan(pid) === began;) {
      if (performance.now() > until) return kill(this.#note)
      await new Promise((resolve) => setTimeout(resolve, againMs / 5))
    }
  }

  letGo(): void {
    this.#leaving = true
    this.#lines.socket.destroy()
  }
}

/** A switch started by this process. */
export class ChildSwitch implements RunningSwitch {
  readonly #child: ChildProcess
  #leaving = false

  constructor(
    child: ChildProcess,
    readonly ready: ReadyLine,
  ) {
    this.#child = child
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get addresses(): EmbeddedSwitchAddresses {
    return this.ready.ready
  }

  onMessage(listener: (message: SwitchMessage) => void): void {
    this.#child.on('message', (message) => {
      if (typeof message === 'object') listener(message as SwitchMessage)
    })
  }

  onEnd(listener: (how: string) => void): void {
    this.#child.once('exit', (code, signal) => {
      if (!this.#leaving) listener(signal ?? `exit code ${code ?? 'unknown'}`)
    })
  }

  async stop(): Promise<void> {
    this.#leaving = true
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const hurry = setTimeout(() => child.kill('SIGKILL'), stopMs)
    await gone
    clearTimeout(hurry)
  }

  letGo(): void {
    this.#leaving = true
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    if (this.#child.connected) this.#child.disconnect()
    this.#child.unref()
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}
