import { AgentCore, type HeaderPairs, type RequestOutcome } from './agent-core.js'
import type { Credentials } from './authenticator.js'
import type { SipClock } from './clock.js'
import type { Endpoint } from './endpoint.js'
import type { IncomingInvite } from './incoming-call.js'
import { IncomingRequests } from './incoming-requests.js'
import { SipRequest, type SipResponse } from './message.js'
import { printNameAddr, withTag } from './name-addr.js'
import { OutgoingCall, type InviteOptions, type InviteResult } from './outgoing-call.js'
import { Registration, type RegisterOptions, type RegisterResult } from './registration.js'
import { isUnresolved } from './resolve.js'
import { Session } from './session.js'
import { TransactionLayer, type TimerValues } from './transaction-layer.js'
import type { Transport } from './transport.js'

export type { Credentials } from './authenticator.js'
export type { HeaderPairs, RequestOutcome } from './agent-core.js'
export type { AnswerResult, IncomingInvite } from './incoming-call.js'
export type { InviteOptions, InviteResult, Progress } from './outgoing-call.js'
export type { RegisterOptions, RegisterResult } from './registration.js'

export interface UserAgentOptions {
  /** Owned by the caller, who closes it after the user agent. */
  readonly transport: Transport
  readonly clock?: SipClock
  readonly timers?: Partial<TimerValues>
  readonly random?: () => number
  /** User part of our Contact. */
  readonly user?: string
  readonly displayName?: string
  /** From of our requests; default `sip:user@<our address>`. */
  readonly addressOfRecord?: string
  readonly userAgentHeader?: string
  /** Sent to, instead of to the URI's own host, with every request outside a dialog: an outbound proxy. */
  readonly outboundProxy?: string
  /** Requests inside a dialog go to the address that packets came from when the peer's Contact is private and differs (default true). */
  readonly natAware?: boolean
  /** Session-Expires that we ask for in our INVITEs, seconds; default none. What the peer asks for is always answered (RFC 4028). */
  readonly sessionExpiresSeconds?: number
  readonly tryingAfterMs?: number
}

/** A SIP user agent over one transport: places and takes calls, registers, answers what is asked within and outside of dialogs. */
export class UserAgent {
  readonly layer: TransactionLayer
  readonly #core: AgentCore
  readonly #inbox: IncomingRequests
  readonly #outgoing = new Set<OutgoingCall>()
  readonly #registrations = new Set<Registration>()
  #closed = false

  constructor(options: UserAgentOptions) {
    this.layer = new TransactionLayer(options)
    this.#core = new AgentCore(this.layer, {
      user: options.user ?? '',
      displayName: options.displayName ?? '',
      addressOfRecord: options.addressOfRecord,
      userAgentHeader: options.userAgentHeader,
      outboundProxy: options.outboundProxy,
      natAware: options.natAware ?? true,
      sessionExpiresSeconds: options.sessionExpiresSeconds,
    })
    this.#inbox = new IncomingRequests(this.#core)
    this.layer.user = this.#inbox
  }

  /** Takes incoming INVITEs; without a handler they are refused with 480. */
  set onInvite(handler: ((invite: IncomingInvite) => void) | undefined) {
    this.#inbox.onInvite = handler
  }
  /** Any other request outside a dialog (REGISTER, MESSAGE, ...): return a response, or undefined for the default (OPTIONS 200, else 405). */
  set onRequest(handler: ((request: SipRequest, source: Endpoint) => SipResponse | undefined) | undefined) {
    this.#inbox.onRequest = handler
  }

  /** Sessions that are not over, or whose BYE is still under way. */
  get sessions(): readonly Session[] {
    return [...this.#core.dialogs.values()].filter((owner) => owner instanceof Session)
  }

  /** Dialogs of every state; zero when everything has ended. */
  get dialogCount(): number {
    return this.#core.dialogs.size
  }

  /** Places a call. Never rejects. */
  invite(uri: string, options: InviteOptions): Promise<InviteResult> {
    if (this.#closed) return Promise.resolve({ kind: 'cancelled' })
    return new Promise((resolve) => {
      const call = new OutgoingCall(this.#core, options, resolve)
      this.#outgoing.add(call)
      void call.released.then(() => this.#outgoing.delete(call))
      call.start(uri)
    })
  }

  /** REGISTER with digest, refreshed until `unregister` of the result. Never rejects. */
  async register(options: RegisterOptions): Promise<RegisterResult> {
    const registration = new Registration(this.#core, options)
    this.#registrations.add(registration)
    const result = await registration.start()
    if (result.kind === 'registered') return result
    registration.stop()
    this.#registrations.delete(registration)
    return result
  }

  /** A request outside any dialog (OPTIONS, MESSAGE, ...). Never rejects. */
  request(
    method: string,
    uri: string,
    options: {
      readonly headers?: HeaderPairs
      readonly body?: { readonly type: string; readonly content: string }
      readonly auth?: Credentials
      readonly destination?: Endpoint
    } = {},
  ): Promise<RequestOutcome> {
    return new Promise((resolve) => {
      const send = (place: Parameters<AgentCore['transact']>[1]) => {
        const near: Endpoint = isUnresolved(place) ? { protocol: 'udp', address: '127.0.0.1', port: 5060 } : place
        const request = new SipRequest(method, uri)
        const { headers } = request
        headers.add('Max-Forwards', '70')
        headers.add('From', printNameAddr(withTag(this.#core.from(near), this.layer.newTag())))
        headers.add('To', `<${uri}>`)
        headers.add('Call-ID', this.layer.newCallId())
        headers.add('CSeq', `1 ${method}`)
        headers.add('Contact', this.#core.contact(near))
        this.#core.decorate(request, options.headers)
        if (options.body !== undefined) request.setBody(options.body.type, options.body.content)
        const again = (sent: SipRequest) => {
          const copy = sent.clone()
          copy.headers.remove('Via').set('CSeq', `${sent.cseq.sequence + 1} ${method}`)
          return copy
        }
        this.#core.transact(request, place, this.#core.authenticator(options.auth), again, resolve)
      }
      if (options.destination !== undefined) send(options.destination)
      else this.#core.locate(uri, send)
    })
  }

  /** BYE to every session, CANCEL to what rings, 503 to what wants in; then everything is dropped, after `graceMs` at the latest. */
  async close(graceMs = 1000): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const registration of this.#registrations) registration.stop()
    this.#inbox.close()
    for (const call of this.#outgoing) call.cancel()
    const byes = [...this.sessions.map((session) => session.bye()), ...[...this.#outgoing].map((call) => call.released)]
    let stopWaiting: () => void = () => undefined
    const grace = new Promise<void>((resolve) => {
      stopWaiting = this.layer.clock.after(graceMs, resolve)
    })
    await Promise.race([Promise.all(byes), grace])
    stopWaiting()
    for (const session of this.sessions) session.drop()
    this.#core.dialogs.clear()
    this.layer.close()
  }
}
