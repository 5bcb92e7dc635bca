import type { ServerResponse } from 'node:http'
import { withIsoInstants } from './instants.js'

/** Between two signs of life on a quiet stream: proxies and browsers end connections on which nothing comes. */
const heartbeatMs = 15_000

/** How one client is doing. `lagging`: it does not take what is sent; it is sent nothing until it does, and then everything at once. */
type Pace = 'following' | 'lagging'

/**
 * Server-sent events (WHATWG HTML, section 9.2) to many clients. A client that does not read costs no memory: what changes meanwhile is left out,
 * and it gets a fresh snapshot when it reads again. Streams that end, however they end, are forgotten.
 */
export class EventStreams<T> {
  readonly #clients = new Map<ServerResponse, Pace>()
  readonly #sources = new Map<ServerResponse, string>()
  readonly #sees = new Map<ServerResponse, (what: T) => boolean>()
  readonly #heartbeat: NodeJS.Timeout

  /** @param snapshot the whole state, as an event for a client that begins or has caught up */
  constructor(private readonly snapshot: (sees: (what: T) => boolean) => { readonly event: string; readonly data: unknown }) {
    this.#heartbeat = setInterval(() => this.#each((client) => this.#write(client, ': still here\n\n')), heartbeatMs)
    this.#heartbeat.unref()
  }

  get size(): number {
    return this.#clients.size
  }

  /** How many streams lead to one address. */
  of(source: string): number {
    return [...this.#sources.values()].filter((one) => one === source).length
  }

  /** Begins a stream on a response whose headers have been written. @param source the client's address, as it is counted @param sees what they may see */
  add(client: ServerResponse, source: string, sees: (what: T) => boolean): void {
    this.#clients.set(client, 'following')
    this.#sources.set(client, source)
    this.#sees.set(client, sees)
    client.on('close', () => {
      this.#clients.delete(client)
      this.#sources.delete(client)
      this.#sees.delete(client)
    })
    client.on('error', () => client.destroy())
    client.on('drain', () => {
      if (this.#clients.get(client) !== 'lagging') return
      this.#clients.set(client, 'following')
      this.#write(client, message(this.snapshot(sees)))
    })
    this.#write(client, `retry: 2000\n\n${message(this.snapshot(sees))}`)
  }

  /** @param about for those who see it alone; absent: for all */
  send(event: string, data: unknown, about?: T): void {
    if (this.#clients.size === 0) return
    const text = message({ event, data })
    this.#each((client) => {
      if (about === undefined || this.#sees.get(client)?.(about) === true) this.#write(client, text)
    })
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#heartbeat)
    for (const client of this.#clients.keys()) client.end()
    this.#clients.clear()
    this.#sources.clear()
    this.#sees.clear()
  }

  #each(action: (client: ServerResponse) => void): void {
    for (const [client, pace] of this.#clients) if (pace === 'following') action(client)
  }

  #write(client: ServerResponse, text: string): void {
    if (!client.write(text) && this.#clients.has(client)) this.#clients.set(client, 'lagging')
  }
}

/** JSON has no line breaks in it, so one `data` line holds it. Instants are written as everywhere in the API. */
function message({ event, data }: { readonly event: string; readonly data: unknown }): string {
  return `event: ${event}\ndata: ${JSON.stringify(withIsoInstants(data))}\n\n`
}
