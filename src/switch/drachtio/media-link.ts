import Mrf from 'drachtio-fsmrf'
import { EndedAtOnce } from './channel-trouble.js'
import { asError } from '../../common/errors.js'
import { withDeadline } from './deadline.js'
import { probeEventSocket } from './event-socket-probe.js'
import { holdBack, type Certainty } from './hold-back.js'
import { mediaSrf, type DescribedParty, type OnEnded } from './media-srf.js'
import { checkOwnAddress } from './own-address.js'
import { beginsWithHandshake } from './sdp.js'
import type { Notice, ServerSet } from './settings.js'
import type { Signalling } from './signalling.js'

const probeMs = 2_000
const connectMs = 3_000
const apiMs = 2_000
/** drachtio-fsmrf itself waits 4 s for FreeSWITCH's outbound connection. */
const createMs = 5_000
/** A browser's handshake begins when it has its answer, and may have to try relays before it finds a path. */
const handshakeMs = 15_000
/** How often to ask for a sign of life; without one for this long FreeSWITCH, or its machine, counts as dead. */
const beatMs = 500
const silentMs = 2_000
/** Channels waiting to be hung up, at most. */
const killsAtMost = 1_000
/** Pauses between attempts to connect: short after a loss, then longer. */
const retryMs = [100, 250, 500, 1_000, 2_000]

/** The connection to one FreeSWITCH event socket. It comes back by itself. Channels live on connections of their own and outlast it. */
export class MediaLink {
  readonly #set: ServerSet
  readonly #signalling: Signalling
  readonly #mrf: Mrf
  readonly #changed: () => void
  readonly #notice: (notice: Notice) => void
  readonly #pending = new Set<(error: Error) => void>()
  /** Called when FreeSWITCH hangs up the channel that is being requested at this moment. */
  #onEnded: OnEnded | undefined
  /** The party for which a channel is being requested at this moment. */
  #party: DescribedParty | undefined
  /** Called when the event socket of a channel has come. */
  readonly #arrivals = new Set<() => void>()
  #server: Mrf.MediaServer | undefined
  #detail = 'connecting'
  #connecting: Promise<void> = Promise.resolve()
  #attempts = 0
  #retry: NodeJS.Timeout | undefined
  #closed = false
  #heartbeat: NodeJS.Timeout | undefined
  #lastHeardAt = Date.now()
  #downSince: number | undefined = performance.now()
  readonly #kills = new Set<string>()
  /** Called when FreeSWITCH has been silent for too long, with its connection still up. */
  onSilent: () => void = () => undefined

  constructor(
    set: ServerSet,
    signalling: Signalling,
    changed: () => void,
    notice: (notice: Notice) => void,
    private readonly certainty?: Certainty,
  ) {
    this.#set = set
    this.#signalling = signalling
    this.#mrf = new Mrf(
      mediaSrf(
        signalling.srf,
        () => this.#onEnded,
        () => this.#party,
      ),
    )
    this.#changed = changed
    this.#notice = notice
  }

  get up(): boolean {
    return this.#server !== undefined
  }

  /** For how long there has been no connection, ms; 0: there is one. */
  get downForMs(): number {
    return this.#downSince === undefined ? 0 : performance.now() - this.#downSince
  }

  /** Wall-clock ms of the last sign of life, to half a second. */
  get lastHeardAt(): number {
    return this.#lastHeardAt
  }

  get name(): string {
    return `${this.#set.freeswitch.host}:${this.#set.freeswitch.port}`
  }

  get detail(): string {
    return this.describe(this.#detail)
  }

  /** The SIP profile of FreeSWITCH on which channels are made. */
  get profile(): string {
    return this.#set.freeswitch.profile ?? 'drachtio_mrf'
  }

  /** The event socket. */
  get access(): ServerSet['freeswitch'] {
    return this.#set.freeswitch
  }

  /** Our address for FreeSWITCH's outbound event sockets. */
  get listenAddress(): string {
    return this.#set.listenAddress ?? '127.0.0.1'
  }

  /** @returns `FreeSWITCH host:port: what` */
  describe(what: string): string {
    const { host, port } = this.#set.freeswitch
    return `FreeSWITCH ${host}:${port}: ${what}`
  }

  connect(): void {
    this.#connecting = this.#connect().then(
      async (server) => {
        await this.#shutChannels(server)
        if (this.#closed) return end(server)
        this.#attempts = 0
        this.#adopt(server)
      },
      (error: unknown) => {
        this.#down(asError(error).message)
        this.#tryAgain()
      },
    )
  }

  /**
   * A command of mod_commands.
   * @returns the body of the answer, trimmed: `+OK...`, `-ERR...`, or what was asked for
   * @throws Error when there is no connection, it is lost, or no answer comes
   */
  api(command: string): Promise<string> {
    const server = this.#server
    if (!server) return Promise.reject(new Error(this.detail))
    let lost: (error: Error) => void = () => undefined
    return withDeadline<string>(`FreeSWITCH: ${command.split(' ')[0] ?? ''}`, apiMs, (resolve, reject) => {
      lost = reject
      this.#pending.add(lost)
      server.conn.api(command, (event) => resolve(event.getBody().trim()))
    }).finally(() => this.#pending.delete(lost))
  }

  /** Hangs up a channel, as soon as FreeSWITCH can be reached: one that was cut off goes on sending otherwise. Never rejects. */
  async kill(uuid: string): Promise<void> {
    try {
      await this.api(`uuid_kill ${uuid}`)
    } catch {
      if (this.#kills.size < killsAtMost && !this.#closed) this.#kills.add(uuid)
    }
  }

  /** Whether FreeSWITCH answers now. */
  answers(): Promise<boolean> {
    return this.api('global_getvar hostname').then(
      () => true,
      () => false,
    )
  }

  /**
   * A channel; FreeSWITCH's offer is in `local.sdp`. One that comes too late is hung up.
   * @param party absent: there is none yet
   */
  createEndpoint(party?: DescribedParty): Promise<Mrf.Endpoint> {
    const server = this.#server
    if (!server) return Promise.reject(new Error(this.detail))
    if (!this.#signalling.up) return Promise.reject(new Error(this.#signalling.detail))
    let lost: (error: Error) => void = () => undefined
    let forget: () => void = () => undefined
    const slow =
      party && beginsWithHandshake(party.sdp)
        ? { ...party, arrival: (name: string) => this.#arrival(server, name, party.unwanted) }
        : undefined
    return withDeadline<Mrf.Endpoint>(
      'a channel of FreeSWITCH',
      slow ? createMs + handshakeMs : createMs,
      (resolve, reject) => {
        lost = reject
        this.#pending.add(lost)
        // An INVITE that was under way when drachtio went never gets its answer.
        forget = this.#signalling.onLost(() => reject(new Error(this.#signalling.detail)))
        // Its INVITE leaves within this call. drachtio-fsmrf itself would wait 4 s for the event socket of a channel that is gone.
        this.#onEnded = (cause) => reject(new EndedAtOnce(cause))
        this.#party = slow ?? party
        try {
          server.createEndpoint({}, (error, endpoint) => (endpoint ? resolve(endpoint) : reject(error)))
        } finally {
          this.#onEnded = undefined
          this.#party = undefined
        }
      },
      (endpoint) => {
        endpoint.dialog?.destroy({}, () => undefined)
      },
    )
      .then((endpoint) => {
        this.holdBack(endpoint.conn)
        return endpoint
      })
      .finally(() => {
        this.#pending.delete(lost)
        forget()
      })
  }

  #arrival(server: Mrf.MediaServer, name: string, unwanted?: AbortSignal): Promise<void> {
    let look: () => void = () => undefined
    return withDeadline<undefined>("a browser's handshake", handshakeMs, (resolve, reject) => {
      const letGo = (): void => reject(new Error('nobody wants the channel any more'))
      if (unwanted?.aborted === true) return letGo()
      unwanted?.addEventListener('abort', letGo, { once: true })
      look = () => {
        if (server.pendingConnections.get(name)?.conn !== undefined) resolve(undefined)
      }
      this.#arrivals.add(look)
      look()
    }).finally(() => this.#arrivals.delete(look))
  }

  /** Nothing is sent on this connection while this engine may have lost its calls to another. */
  holdBack(connection: Mrf.Connection | null): void {
    if (this.certainty) holdBack(connection?.socket, this.certainty)
  }

  /** A connection that is being made is waited for: it would be lost with the server, and drachtio-fsmrf would complain on the console. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    const server = this.#server
    if (server) end(server)
    this.#down('closed')
    await this.#connecting
  }

  async #connect(): Promise<Mrf.MediaServer> {
    const { host, port, secret } = this.#set.freeswitch
    const { profile, listenAddress: address } = this
    await probeEventSocket({ host, port, secret, profile }, probeMs)
    await checkOwnAddress(address)
    return withDeadline<Mrf.MediaServer>(
      'event socket',
      connectMs,
      (resolve, reject) =>
        this.#mrf.connect({ address: host, port, secret, listenAddress: address, advertisedAddress: address, profile }, (error, server) =>
          server ? resolve(server) : reject(error),
        ),
      end,
    )
  }

  #adopt(server: Mrf.MediaServer): void {
    server.once('end', () => {
      end(server)
      if (this.#server !== server) return
      this.#down('connection lost')
      this.#tryAgain()
    })
    server.on('error', () => undefined)
    server.on('channel::open', () => {
      for (const look of this.#arrivals) look()
    })
    this.holdBack(server.conn)
    this.#server = server
    this.#downSince = undefined
    this.#detail = 'connected'
    this.#notice({ level: 'info', text: this.detail })
    this.#watch(server)
    const kills = [...this.#kills]
    this.#kills.clear()
    for (const uuid of kills) void this.kill(uuid)
    this.#changed()
  }

  #watch(server: Mrf.MediaServer): void {
    let heardAt = performance.now()
    let lookedAt = heardAt
    const heard = (): void => {
      heardAt = performance.now()
      this.#lastHeardAt = Date.now()
    }
    heard()
    this.#heartbeat = setInterval(() => {
      const now = performance.now()
      // It was this engine that stood still: what FreeSWITCH has sent meanwhile is not read yet.
      if (now - lookedAt > 2 * beatMs) heardAt = now
      lookedAt = now
      if (now - heardAt > silentMs) {
        end(server)
        this.#down('does not answer')
        this.#tryAgain()
        this.onSilent()
      } else server.conn.api('global_getvar hostname', heard)
    }, beatMs).unref()
  }

  /**
   * FreeSWITCH opens a channel to the first source that sends to it, from the moment it is made: a variable of the channel comes too late
   * to prevent that. So the default of that variable is set.
   */
  async #shutChannels(server: Mrf.MediaServer): Promise<void> {
    const variable = 'disable_rtp_auto_adjust'
    const ask = (command: string): Promise<string> =>
      withDeadline<string>(command, apiMs, (resolve) => server.conn.api(command, (event) => resolve(event.getBody().trim())))
    try {
      if ((await ask(`global_getvar ${variable}`)) === 'true') return
      const answer = await ask(`global_setvar ${variable}=true`)
      if (!answer.startsWith('+OK')) throw new Error(answer)
      this.#notice({
        level: 'info',
        text: this.describe(`the global variable ${variable} is true from now on; its configuration should say so, too`),
      })
    } catch (error) {
      this.#notice({
        level: 'error',
        text: this.describe(
          `a stranger can take over calls as they begin: the global variable ${variable} has to be true, and could not be set (${asError(error).message})`,
        ),
      })
    }
  }

  #down(why: string): void {
    const wasUp = this.#server !== undefined
    this.#server = undefined
    clearInterval(this.#heartbeat)
    this.#downSince ??= performance.now()
    if (!wasUp && this.#detail === why) return
    this.#detail = why
    if (!this.#closed) this.#notice({ level: wasUp ? 'error' : 'warn', text: this.detail })
    const pending = [...this.#pending]
    this.#pending.clear()
    for (const reject of pending) reject(new Error(this.detail))
    this.#changed()
  }

  #tryAgain(): void {
    if (this.#closed) return
    const pause = retryMs[Math.min(this.#attempts++, retryMs.length - 1)] ?? 0
    this.#retry = setTimeout(() => this.connect(), pause)
  }
}

/** Ends a media server for good. */
function end(server: Mrf.MediaServer): void {
  try {
    server.disconnect()
  } catch {
    // Its listener was closed already.
  }
}
