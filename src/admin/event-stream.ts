import type { ServerResponse } from 'node:http'
import { withIsoInstants } from './instants.js'

/** The interval of keep-alives on a quiet stream: proxies and browsers close silent connections. */
const heartbeatMs = 15_000

/** The keep-alive, and its interval. Browsers hide a comment from pages, but not an event. */
export interface Heartbeat {
  readonly everyMs: number
  readonly event?: () => { readonly event: string; readonly data: unknown }
}

/**
 * The state of one client. `full`: it has not read what was sent, and gets no more until it has. `lagging`: as `full`, and changes were left out
 * meanwhile; once it has read the rest it gets a new snapshot.
 */
type Pace = 'following' | 'full' | 'lagging'

/** The most bytes waiting for one client: room for the snapshot of a busy day. */
const maxWaiting = 64 * 1024

/**
 * Server-sent events (WHATWG HTML, section 9.2) to many clients. A client that does not read costs no memory: changes meanwhile are left out,
 * and it gets a new snapshot when it reads again. Ended streams are forgotten.
 */
export class EventStreams<View> {
  readonly #clients = new Map<ServerResponse, Pace>()
  readonly #sources = new Map<ServerResponse, string>()
  readonly #views = new Map<ServerResponse, View>()
  readonly #heartbeat: NodeJS.Timeout

  /** @param snapshot the whole state for this view, as an event for a client that begins or has caught up */
  constructor(
    private readonly snapshot: (view: View) => { readonly event: string; readonly data: unknown },
    { everyMs, event }: Heartbeat = { everyMs: heartbeatMs },
  ) {
    this.#heartbeat = setInterval(() => {
      const text = event ? message(event()) : ': still here\n\n'
      for (const [client, pace] of this.#clients) if (pace === 'following') this.#write(client, text)
    }, everyMs)
    this.#heartbeat.unref()
  }

  get size(): number {
    return this.#clients.size
  }

  /** How many streams one address has. */
  of(source: string): number {
    return [...this.#sources.values()].filter((one) => one === source).length
  }

  /** The streams' addresses, one each. */
  views(): Iterable<View> {
    return this.#views.values()
  }

  /** Begins a stream on a response whose headers have been written. @param source the client's address, as counted @param view what they may see */
  add(client: ServerResponse, source: string, view: View): void {
    const first = message(this.snapshot(view))
    this.#clients.set(client, 'following')
    this.#sources.set(client, source)
    this.#views.set(client, view)
    client.on('close', () => {
      this.#clients.delete(client)
      this.#sources.delete(client)
      this.#views.delete(client)
    })
    client.on('error', () => client.destroy())
    client.on('drain', () => {
      const pace = this.#clients.get(client)
      if (pace === undefined || pace === 'following') return
      this.#clients.set(client, 'following')
      if (pace === 'lagging') this.#write(client, message(this.snapshot(view)))
    })
    this.#write(client, `retry: 2000\n\n${first}`)
  }

  /** @param to the recipients; absent: all */
  send(event: string, data: unknown, to: (view: View) => boolean = () => true): void {
    if (this.#clients.size === 0) return
    const text = message({ event, data })
    for (const [client, pace] of this.#clients) {
      const view = this.#views.get(client)
      if (view === undefined || !to(view)) continue
      if (pace === 'following') this.#write(client, text)
      else this.#clients.set(client, 'lagging')
    }
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#heartbeat)
    for (const client of this.#clients.keys()) client.end()
    this.#clients.clear()
    this.#sources.clear()
    this.#views.clear()
  }

  #write(client: ServerResponse, text: string): void {
    client.write(text)
    if (client.writableNeedDrain && client.writableLength > maxWaiting && this.#clients.has(client)) this.#clients.set(client, 'full')
  }
}

/** JSON has no line breaks in it, so one `data` line holds it. Instants are written as everywhere in the API. */
function message({ event, data }: { readonly event: string; readonly data: unknown }): string {
  return `event: ${event}\ndata: ${JSON.stringify(withIsoInstants(data))}\n\n`
}
