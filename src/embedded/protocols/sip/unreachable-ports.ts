import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { endpointKey, type Endpoint } from './endpoint.js'

/** How long an ICMP answer is waited for. */
const WATCH_MS = 500
/** Who has spoken to us within this time needs no watching. */
const RECENT_MS = 5000
const MAX_RECENT = 2000
const KEEP_ALIVE = Buffer.from('\r\n\r\n')

interface Watch {
  readonly socket: Socket
  readonly timer: NodeJS.Timeout
  readonly waiting: ((error: Error) => void)[]
}

/**
 * Finds out that nothing listens on a UDP port, so that an INVITE to a phone which is switched off fails at once and not after 32 s. An
 * unconnected socket is never told of ICMP "port unreachable" (RFC 3261 18.4 wants it treated as a transport error), a connected one is:
 * so a keep-alive, which SIP stacks ignore, goes out from a connected socket of its own beside the first packet of an INVITE.
 */
export class UnreachablePorts {
  readonly #watches = new Map<string, Watch>()
  readonly #recent = new Map<string, number>()
  #closed = false

  constructor(readonly family: SocketType) {}

  heardFrom(key: string): void {
    this.#recent.delete(key)
    this.#recent.set(key, performance.now())
    if (this.#recent.size > MAX_RECENT) this.#recent.delete(this.#recent.keys().next().value ?? '')
  }

  /** Calls `failed` if the port turns out to be closed within half a second. */
  watch(to: Endpoint, failed: (error: Error) => void): void {
    const key = endpointKey(to)
    if (this.#closed || performance.now() - (this.#recent.get(key) ?? -RECENT_MS) < RECENT_MS) return
    const running = this.#watches.get(key)
    if (running !== undefined) {
      running.waiting.push(failed)
      return
    }
    const socket = createSocket(this.family)
    const watch: Watch = { socket, waiting: [failed], timer: setTimeout(() => this.#end(key), WATCH_MS) }
    this.#watches.set(key, watch)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#end(key)
      if (error.code === 'ECONNREFUSED') for (const tell of watch.waiting) tell(new Error(`nobody listens on ${key}`))
    })
    socket.connect(to.port, to.address, () => {
      if (this.#watches.get(key) === watch) socket.send(KEEP_ALIVE, () => undefined)
    })
  }

  #end(key: string): void {
    const watch = this.#watches.get(key)
    if (watch === undefined) return
    this.#watches.delete(key)
    clearTimeout(watch.timer)
    watch.socket.close()
  }

  close(): void {
    this.#closed = true
    for (const key of [...this.#watches.keys()]) this.#end(key)
  }
}
