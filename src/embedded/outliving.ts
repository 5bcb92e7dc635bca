import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { closeServer, listen, type BoundAddress } from './listening.js'
import type { OutlivingSettings } from './settings.js'

/** A client that connects has this long to prove that it may. */
const PROOF_MS = 5_000
/** Connections at the same time. */
const MOST_VISITORS = 8
/** A line is a short command. */
const LONGEST_LINE = 64 * 1024
/** How often to check whether a call still runs. */
const LOOK_MS = 250

/** First line from a client that wants to take the program over, and its answer. `nonce`: any text, for one use. */
export interface Hello {
  readonly hello: string
}
/** `proof` of the nonce by the secret; `engaged`: a living engine has the program, and the connection ends. */
export type HelloReply = { readonly proof: string; readonly engaged: true } | { readonly proof: string; readonly nonce: string }
/** Second line. From then on messages go both ways, each a line, as over IPC; and `{stop: true}` ends the program. */
export interface Proof {
  readonly proof: string
}

/** @param who gives it: `switch` or `engine` */
export function proofOf(secret: string, who: 'switch' | 'engine', nonce: string): string {
  return createHmac('sha256', secret).update(`${who}:${nonce}`).digest('hex')
}

export function isProof(given: unknown, expected: string): boolean {
  return typeof given === 'string' && given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}

export interface Outlived {
  /** Calls are running that another engine may take over. */
  busy(): boolean
  /** No engine has come, or no call runs any more. Called once. */
  end(): void
  /** A message of the engine that has taken over. */
  message(message: object): void
}

/**
 * Whose the program is. Modes: `engaged` (the parent, or an engine that has taken over, is there) → `orphaned` (it has gone without a word: it stays while
 * calls run, for this long) → `engaged` again, or the end.
 */
export class Outliving {
  readonly #settings: OutlivingSettings
  readonly #on: Outlived
  readonly #server: Server
  readonly #visitors = new Set<Socket>()
  #engine: Socket | undefined
  #engaged = true
  #watch: NodeJS.Timeout | undefined
  #ended = false

  constructor(settings: OutlivingSettings, on: Outlived) {
    this.#settings = settings
    this.#on = on
    this.#server = createServer({ noDelay: true }, (socket) => this.#visited(socket))
  }

  /** @throws ListenFailure */
  listen(): Promise<BoundAddress> {
    return listen(this.#server, { ...this.#settings.control, what: 'control of the embedded switch' })
  }

  /** The engine that had the program has gone without a word. */
  orphaned(): void {
    if (!this.#engaged || this.#ended) return
    this.#engaged = false
    const until = performance.now() + this.#settings.seconds * 1000
    // Not at once: whatever depends on the engine's connections is ending with them at this moment.
    this.#watch = setInterval(() => {
      if (this.#on.busy() && performance.now() < until) return
      this.#end()
    }, LOOK_MS)
  }

  /** Tells the engine that has taken over. */
  tell(message: object): void {
    this.#engine?.write(`${JSON.stringify(message)}\n`)
  }

  async close(): Promise<void> {
    this.#ended = true
    clearInterval(this.#watch)
    this.#visitors.forEach((socket) => socket.destroy())
    await closeServer(this.#server)
  }

  #end(): void {
    clearInterval(this.#watch)
    if (this.#ended) return
    this.#ended = true
    this.#on.end()
  }

  #visited(socket: Socket): void {
    if (this.#visitors.size >= MOST_VISITORS) {
      socket.destroy()
      return
    }
    this.#visitors.add(socket)
    const tooLong = setTimeout(() => socket.destroy(), PROOF_MS)
    let nonce: string | undefined
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clearTimeout(tooLong)
      this.#visitors.delete(socket)
      if (this.#engine !== socket) return
      this.#engine = undefined
      this.orphaned()
    })
    const said = (line: object): void => {
      if (this.#engine === socket) this.#on.message(line)
      else if (nonce === undefined) nonce = this.#greet(socket, line)
      else if (!('proof' in line) || !isProof(line.proof, proofOf(this.#settings.secret, 'engine', nonce)) || this.#engaged)
        socket.destroy()
      else {
        clearTimeout(tooLong)
        clearInterval(this.#watch)
        this.#engaged = true
        this.#engine = socket
        socket.write('{"taken":true}\n')
      }
    }
    socket.on('data', (chunk: string) => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      if (text.length > LONGEST_LINE) socket.destroy()
      for (const line of lines) {
        const read = asObject(line)
        if (read === undefined) socket.destroy()
        else said(read)
      }
    })
  }

  /** @returns the nonce for the proof that the client now owes; undefined when it owes none, and the connection ends */
  #greet(socket: Socket, line: object): string | undefined {
    const { secret } = this.#settings
    if (!('hello' in line) || typeof line.hello !== 'string') {
      socket.destroy()
      return undefined
    }
    const proof = proofOf(secret, 'switch', line.hello)
    if (this.#engaged) {
      socket.end(`${JSON.stringify({ proof, engaged: true })}\n`)
      return undefined
    }
    const nonce = randomBytes(16).toString('hex')
    socket.write(`${JSON.stringify({ proof, nonce })}\n`)
    return nonce
  }
}

function asObject(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
