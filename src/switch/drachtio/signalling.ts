import { Socket } from 'node:net'
import Srf from 'drachtio-srf'
import { withDeadline } from './deadline.js'
import type { RingingIdentity } from './handle.js'
import { holdBack, type Certainty } from './hold-back.js'
import type { PartyDialog } from './party-dialog.js'
import type { Notice, ServerAccess } from './settings.js'

/** Longest pause between two attempts to reconnect, ms; drachtio-srf's own pauses grow without bound. */
const longestRetryMs = 2_000
const cancelMs = 2_000
const leaveMs = 1_000
/** A connection that we ended is cut when the server does not end its half within this time. */
const lingerMs = 500

/** Most pending BYEs that are remembered; beyond that the oldest parties are left to their own time-outs. */
const debtsAtMost = 1_000

/** Members of drachtio-srf that it does not declare. */
interface Unrouted {
  readonly verbs: ReadonlySet<string>
  removeRoute(method: string): void
  request(options: object, callback: (error: unknown) => void): void
}

/** The connection to one drachtio server. It comes back by itself; its users subscribe to its loss. */
export class Signalling {
  readonly srf = new Srf()
  readonly #access: ServerAccess
  readonly #changed: () => void
  readonly #notice: (notice: Notice) => void
  readonly #losses = new Set<() => void>()
  readonly #owedByes = new Set<PartyDialog>()
  #up = false
  #closed = false
  #detail = 'connecting'

  constructor(
    access: ServerAccess,
    changed: () => void,
    notice: (notice: Notice) => void,
    private readonly certainty?: Certainty,
  ) {
    this.#access = access
    this.#changed = changed
    this.#notice = notice
    this.srf.on('connect', (error: Error | null, hostport: string) => this.#onConnect(error, hostport))
    // Without a listener the first refused connection would end the process.
    this.srf.on('error', (error: Error) => this.#onDown(error.message))
    this.srf.on('close', () => this.#onDown('connection lost'))
  }

  get name(): string {
    return `drachtio ${this.#access.host}:${this.#access.port}`
  }

  get up(): boolean {
    return this.#up
  }

  /** In words for an operator. */
  get detail(): string {
    return `${this.name}: ${this.#detail}`
  }

  /** Connects, and keeps trying. Handlers of methods must have been attached before. */
  connect(): void {
    this.srf.connect({ ...this.#access, reconnect: { retryMaxDelay: longestRetryMs } })
  }

  /** Calls back once when the connection is lost; at once when there is none. @returns forgets it */
  onLost(action: () => void): () => void {
    // A request can come in before drachtio-srf has reported that it is connected.
    if (!this.#up && this.socket === undefined) {
      action()
      return () => undefined
    }
    this.#losses.add(action)
    return () => this.#losses.delete(action)
  }

  /** The connection on which new requests leave. */
  get socket(): Socket | undefined {
    return this.srf.app.client?.mapServer.keys().next().value
  }

  /** CANCEL of an INVITE that another application has sent: drachtio-server accepts its name for it from any application. Settles within a bound; never rejects. */
  async callOff({ transaction, uri }: RingingIdentity): Promise<void> {
    const agent = this.srf.app.client as unknown as { request(options: object, callback: (error: unknown) => void): void } | undefined
    await withDeadline<undefined>('CANCEL', cancelMs, (resolve) =>
      agent?.request({ _socket: this.socket, uri, method: 'CANCEL', stackTxnId: transaction, headers: {} }, () => resolve(undefined)),
    ).catch(() => undefined)
  }

  /**
   * drachtio-server gives these requests to other engines from now on: those that want them take turns. Those within a dialog still come. Settles within a bound, when the server has
   * read this: all that it gave us before has come by then.
   */
  async leaveNewRequests(methods: readonly string[]): Promise<void> {
    const agent = this.srf.app.client as unknown as Unrouted | undefined
    for (const method of methods) if (agent?.verbs.has(method) === true) agent.removeRoute(method)
    if (agent === undefined || this.socket === undefined) return
    await withDeadline<undefined>('drachtio: routes', leaveMs, (resolve) =>
      agent.request({ _socket: this.socket, stackDialogId: 'none', method: 'INFO', headers: {} }, () => resolve(undefined)),
    ).catch(() => undefined)
  }

  /** The party could not be told that its call is over; it is told when drachtio is back. */
  owesBye(dialog: PartyDialog): void {
    if (this.#owedByes.size < debtsAtMost) this.#owedByes.add(dialog)
  }

  #payByes(): void {
    const { socket } = this
    if (socket === undefined) return
    const owed = [...this.#owedByes]
    this.#owedByes.clear()
    // A restarted drachtio-server does not know these dialogs, and says so.
    for (const dialog of owed) dialog.byeOver(socket).catch(() => undefined)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#disconnect()
    this.#onDown('closed')
  }

  #onConnect(error: Error | null, hostport: string): void {
    if (this.#closed) return this.#disconnect()
    if (error) return this.#onDown(`${error.message} (is the secret right?)`)
    // drachtio-srf does this for its first connection only.
    this.socket?.setNoDelay(true)
    if (this.certainty) holdBack(this.socket, this.certainty)
    this.#up = true
    this.#detail = `connected, SIP at ${forTelephones(hostport)}`
    this.#notice({ level: 'info', text: this.detail })
    this.#payByes()
    this.#changed()
  }

  #onDown(why: string): void {
    const wasUp = this.#up
    if (!wasUp && this.#detail === why) return
    this.#up = false
    this.#detail = why
    if (!this.#closed) this.#notice({ level: wasUp ? 'error' : 'warn', text: this.detail })
    if (wasUp) {
      const losses = [...this.#losses]
      this.#losses.clear()
      for (const action of losses) action()
    }
    this.#changed()
  }

  #disconnect(): void {
    // While it is down, drachtio-srf has no connection to end; handing it one of ours is what stops its retries.
    const socket = this.socket ?? new Socket()
    this.srf.disconnect(socket)
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }
}

/** Without the listener to which pages pass on browsers' SIP: it is on this machine, and internal. */
function forTelephones(hostports: string): string {
  return hostports
    .split(',')
    .filter((one) => !/^ws\/(?:127\.|\[::1\])/.test(one))
    .join(',')
}
