import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { isSameSecret } from '../admission.js'
import type { Faults } from '../faults.js'
import { parseAppFrame, type AppFrame } from './app-message.js'
import { frame, FrameReader } from './frame-reader.js'

/** An application that does not read: beyond this many unsent bytes it is cut off. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024

/** What the server side does for a connection. */
export interface AppServer {
  readonly secret: string
  /** `tcp/127.0.0.1:5060,udp/127.0.0.1:5060` */
  readonly hostports: string
  readonly localHostports: string
  readonly version: string
  /** @returns false when there is no such method */
  route(app: AppConnection, verb: string): boolean
  /** @returns false when it was not routed */
  removeRoute(app: AppConnection, verb: string): boolean
  authenticated(app: AppConnection): void
  sip(app: AppConnection, frame: AppFrame): void
  closed(app: AppConnection): void
  log(line: string): void
}

/** One application's connection, whichever side dialled. The application must authenticate first; any other message before that ends it. */
export class AppConnection {
  /** Words by which outbound routing may choose among applications. */
  readonly tags = new Set<string>()
  readonly #socket: Socket
  readonly #server: AppServer
  readonly #faults: Faults
  readonly #reader = new FrameReader()
  #authenticated = false
  #closed = false
  #corked = false

  constructor(socket: Socket, server: AppServer, faults: Faults) {
    this.#socket = socket
    this.#server = server
    this.#faults = faults
    socket.setNoDelay(true)
    socket.setKeepAlive(true)
    socket.on('data', (chunk) => {
      this.#read(chunk)
    })
    socket.on('error', () => {
      socket.destroy()
    })
    socket.on('close', () => {
      if (this.#closed) return
      this.#closed = true
      server.closed(this)
    })
  }

  get open(): boolean {
    return !this.#closed && !this.#socket.destroyed
  }

  /** @param payload everything after the message's own number, which is made here */
  send(payload: string): void {
    const text = frame(`${randomUUID()}|${payload}`)
    this.#faults.pass('app', text, () => {
      this.#write(text)
    })
  }

  /** Answers a message of the application's: `OK` or `NOK`, then the detail, if any. */
  answer(id: string, result: 'OK' | 'NOK' | 'NO', detail?: string): void {
    this.send(`response|${id}|${result}${detail === undefined ? '' : `|${detail}`}`)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #write(text: string): void {
    if (this.#socket.destroyed || !this.#socket.writable) return
    if (this.#socket.writableLength > MAX_BACKLOG_BYTES) {
      this.#server.log('application does not read; connection cut')
      this.#socket.destroy()
      return
    }
    // One write per turn of the loop: a request's echo and its first response then share a system call.
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(text)
  }

  #read(chunk: Buffer): void {
    let frames: string[]
    try {
      frames = this.#reader.push(chunk)
    } catch (error) {
      this.#server.log(`application disconnected: ${(error as Error).message}`)
      this.#socket.destroy()
      return
    }
    for (const text of frames) {
      if (!this.open) return
      if (!this.#obey(parseAppFrame(text))) {
        // The refusal still goes out.
        this.#socket.end()
        return
      }
    }
  }

  /** @returns false when the connection must be closed */
  #obey(message: AppFrame): boolean {
    const [verb, argument = ''] = message.fields
    if (verb === undefined) {
      this.answer(message.id, 'NO', 'Invalid message format')
      return false
    }
    if (verb === 'authenticate') return this.#authenticate(message.id, argument, message.fields[2] ?? '')
    if (!this.#authenticated) {
      this.answer(message.id, 'NO', 'client must authenticate first')
      return false
    }
    switch (verb) {
      case 'ping':
        this.answer(message.id, 'OK', 'pong')
        return true
      case 'route':
        return this.#reply(message.id, this.#server.route(this, argument), 'Route request includes unsupported verb')
      case 'remove_route':
        return this.#reply(message.id, this.#server.removeRoute(this, argument), 'Remove route request includes unsupported verb')
      case 'sip':
        if (message.fields.length < 3) {
          this.answer(message.id, 'NO', 'Invalid message format')
          return false
        }
        this.#server.sip(this, message)
        return true
      case 'proxy':
        this.answer(message.id, 'NOK', 'proxying is not supported')
        return true
      default:
        this.answer(message.id, 'NO', 'Unknown message type')
        return false
    }
  }

  #authenticate(id: string, secret: string, tags: string): boolean {
    if (!isSameSecret(secret, this.#server.secret)) {
      this.answer(id, 'NO', 'incorrect secret')
      return false
    }
    for (const tag of tags.split(',')) if (tag !== '') this.tags.add(tag)
    this.#authenticated = true
    this.answer(id, 'OK', `${this.#server.hostports}|${this.#server.version}|${this.#server.localHostports}`)
    this.#server.authenticated(this)
    return true
  }

  #reply(id: string, ok: boolean, refusal: string): boolean {
    if (ok) this.answer(id, 'OK')
    else this.answer(id, 'NO', refusal)
    return ok
  }
}
