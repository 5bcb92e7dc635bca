import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { WebSocket, WebSocketServer, type RawData } from 'ws'
import { refusalOfFrame } from '../registrar/browser-frames.js'
import { ApiError } from './api-error.js'

/** Longer than any INVITE of a browser with all its candidates. */
const longestFrame = 64 * 1024
/** Burst and sustained rate of frames: a call has some ten, a keypad key none. */
const frames = { burst: 60, everyMs: 100 }
/** Tabs of one browser: one of them is the telephone, and a page being left takes a moment. */
const maxOfSession = 3
/** Bytes waiting for one side; above it that side is not reading. */
const maxWaiting = 1024 * 1024
/** Ping interval: proxies cut silent connections (some after 30 s). A peer that misses two is gone. */
const pingEveryMs = 20_000

/** Why we closed it, for the page: WebSocket close codes (RFC 6455 section 7.4, 4000 and up are ours). */
export const closeCodes = { sessionOver: 4001, switchGone: 4002, tooMuch: 4003, refused: 4004, closingDown: 1001 } as const

/** The owner of a connection. */
export interface SocketOwner {
  readonly session: string
  /** User of its telephone. */
  readonly user: string
}

/**
 * SIP over WebSocket (RFC 7118) for our own pages, at their own origin: a firewall that allows the pages needs no further rule. Each connection is relayed to the switch's own listener; not a
 * byte of SIP is changed, and messages in the name of another telephone are dropped.
 */
export class SipSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: longestFrame,
    clientTracking: false,
    handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
  })
  /** By the browser's socket. */
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
   * Connects an authorised browser with the switch.
   * @param first the switch of another engine that has its talk; if it cannot be reached, our own takes the browser
   */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer, owner: SocketOwner, first?: string): void {
    this.#server.handleUpgrade(request, socket, head, (browser) => this.#join(browser, owner, first))
  }

  /** Ends the connections of an ended session. */
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
      // A peer that does not answer the close is cut off.
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
    // Another engine's switch may be on a dead machine: wait less for it than for our own.
    const handshakeTimeout = sip === this.sip ? 5_000 : 2_000
    return new WebSocket(sip, 'sip', { maxPayload: longestFrame, perMessageDeflate: false, handshakeTimeout })
  }
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString('utf8')
}

/** Sockets of upgrade requests, with the data after their headers. */
const upgrading = new WeakMap<IncomingMessage, { readonly socket: Duplex; readonly head: Buffer }>()

/**
 * Upgrade requests go through the same gate as all others: the routes and their requirements. A route that does not take the connection over answers as usual, and the connection ends.
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

/** The connection of a WebSocket request, to take before using it as one. @returns undefined: not a WebSocket request */
export function upgradeOf({ raw }: FastifyRequest): { readonly socket: Duplex; readonly head: Buffer; take(): void } | undefined {
  const found = upgrading.get(raw)
  if (found === undefined || raw.headers.upgrade?.toLowerCase() !== 'websocket') return undefined
  return { ...found, take: () => void upgrading.delete(raw) }
}

/** Browsers send the origin of every WebSocket. @throws ApiError it is not ours */
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
