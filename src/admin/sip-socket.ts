import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { WebSocket, WebSocketServer, type RawData } from 'ws'
import { refusalOfFrame } from '../registrar/browser-frames.js'
import { ApiError } from './api-error.js'

/** Longer than any INVITE of a browser with all its candidates. */
const longestFrame = 64 * 1024
/** Frames at once, and how fast they may come for long: a call has some ten, a key of the keypad none. */
const frames = { burst: 60, everyMs: 100 }
/** Tabs of one browser: one of them is the telephone, and a page that is being left takes a moment. */
const maxOfSession = 3
/** What waits for one side, bytes; more than that, and it does not read. */
const maxWaiting = 1024 * 1024
/** Proxies cut connections on which nothing comes (some after 30 s). Who does not answer two of them is gone. */
const pingEveryMs = 20_000

/** Why we close it, for the page: WebSocket close codes (RFC 6455 section 7.4, 4000 and up are ours). */
export const closeCodes = { sessionOver: 4001, switchGone: 4002, tooMuch: 4003, refused: 4004, closingDown: 1001 } as const

/** Whom a connection is of. */
export interface SocketOwner {
  readonly session: string
  /** User of its telephone. */
  readonly user: string
}

/**
 * SIP over WebSocket (RFC 7118) for our own pages, at their own origin: nothing has to be opened in a firewall besides the pages themselves. Each connection leads on to the switch's own listener; not a
 * byte of SIP is changed, and what speaks for another telephone is not passed on.
 */
export class SipSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: longestFrame,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
  })
  /** By the browser's side. */
  readonly #lines = new Map<WebSocket, SocketOwner>()

  /** @param sip the switch's listener, `ws://127.0.0.1:5066` */
  constructor(
    private readonly sip: string,
    private readonly onRefused: (owner: SocketOwner, why: string) => void,
  ) {}

  get size(): number {
    return this.#lines.size
  }

  of(session: string): number {
    return [...this.#lines.values()].filter((one) => one.session === session).length
  }

  /**
   * Connects a browser that has been let in with the switch.
   * @param first the switch of another engine, which has its talk; where it cannot be reached, our own takes the browser
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, owner: SocketOwner, first?: string): void {
    this.#server.handleUpgrade(request, socket, head, (browser) => this.#join(browser, owner, first))
  }

  /** Ends those of a session that is over. */
  endSession(session: string): void {
    for (const [browser, owner] of this.#lines) if (owner.session === session) browser.close(closeCodes.sessionOver, 'the session is over')
  }

  close(): void {
    for (const browser of this.#lines.keys()) browser.close(closeCodes.closingDown, 'closing down')
    this.#server.close()
  }

  #join(browser: WebSocket, owner: SocketOwner, first = this.sip): void {
    let switchSide = this.#dial(first)
    this.#lines.set(browser, owner)
    const early: string[] = []
    let heard = true
    let allowance: number = frames.burst
    let refilledAt = performance.now()
    const ping = setInterval(() => {
      if (!heard) return browser.terminate()
      heard = false
      browser.ping()
    }, pingEveryMs)
    const over = (code: number, why: string) => {
      clearInterval(ping)
      this.#lines.delete(browser)
      for (const side of [browser, switchSide])
        if (side.readyState === WebSocket.OPEN || side.readyState === WebSocket.CONNECTING) side.close(code, why)
      // A peer that does not answer to that is left.
      setTimeout(() => browser.terminate(), 2_000).unref()
    }
    const pass = (to: WebSocket, data: string) => {
      if (to.bufferedAmount > maxWaiting) return over(closeCodes.tooMuch, 'the other side does not read')
      to.send(data)
    }
    browser.on('pong', () => {
      heard = true
    })
    browser.on('message', (data: RawData) => {
      heard = true
      const now = performance.now()
      allowance = Math.min(frames.burst, allowance + (now - refilledAt) / frames.everyMs) - 1
      refilledAt = now
      if (allowance < 0) return over(closeCodes.tooMuch, 'too many messages')
      const text = textOf(data)
      const refusal = refusalOfFrame(text, owner.user)
      if (refusal !== undefined) {
        this.onRefused(owner, refusal)
        return over(closeCodes.refused, refusal)
      }
      if (switchSide.readyState === WebSocket.OPEN) pass(switchSide, text)
      else if (early.length < 10) early.push(text)
    })
    browser.on('close', () => over(1000, 'the browser has gone'))
    browser.on('error', () => browser.terminate())
    const follow = (side: WebSocket, otherwise?: string) => {
      let stood = false
      side.on('open', () => {
        stood = true
        for (const text of early.splice(0)) pass(side, text)
      })
      side.on('message', (data: RawData) => pass(browser, textOf(data)))
      side.on('close', () => {
        if (stood || otherwise === undefined || !this.#lines.has(browser))
          return over(closeCodes.switchGone, 'the switch cannot be reached')
        switchSide = this.#dial(otherwise)
        follow(switchSide)
      })
      side.on('error', () => side.terminate())
    }
    follow(switchSide, first === this.sip ? undefined : this.sip)
  }

  #dial(sip: string): WebSocket {
    // The switch of another engine, which may be on a machine that has gone, is not waited for as long as our own.
    const handshakeTimeout = sip === this.sip ? 5_000 : 2_000
    return new WebSocket(sip, 'sip', { maxPayload: longestFrame, perMessageDeflate: false, handshakeTimeout })
  }
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8')
}

/** Sockets of requests that want to become a WebSocket, with what came behind their headers. */
const upgrading = new WeakMap<IncomingMessage, { readonly socket: Duplex; readonly head: Buffer }>()

/**
 * Requests that want to become something else go through the same door as all others: the routes, and what they need. A route that does not take the connection over answers as ever, and it ends with that.
 */
export function routeUpgrades(app: FastifyInstance): void {
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrading.set(request, { socket, head })
    socket.on('error', () => socket.destroy())
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.on('finish', () => {
      if (upgrading.has(request)) socket.end()
    })
    response.assignSocket(socket as never)
    app.routing(request, response)
  })
}

/** The connection of a request that wants to be a WebSocket, to be taken before it is used as one. @returns undefined: it wants to be none */
export function upgradeOf({ raw }: FastifyRequest): { readonly socket: Duplex; readonly head: Buffer; take(): void } | undefined {
  const found = upgrading.get(raw)
  if (found === undefined || raw.headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  return { ...found, take: () => void upgrading.delete(raw) }
}

/** Browsers say of every WebSocket which page opens it. @throws ApiError it is no page of ours */
export function checkOrigin({ headers }: FastifyRequest, publicUrl: string | undefined): void {
  const { origin } = headers
  const ours =
    origin !== undefined &&
    (origin.toLowerCase().replace(/^https?:\/\//, '') === headers.host?.toLowerCase() ||
      (publicUrl !== undefined && origin === new URL(publicUrl).origin))
  if (!ours)
    throw new ApiError('crossSite', origin === undefined ? 'Only pages of ours open this.' : `Pages of ${origin} may change nothing here.`)
}

export function tooManyOfSession(sockets: Pick<SipSockets, 'of'>, session: string): boolean {
  return sockets.of(session) >= maxOfSession
}
