import { ALLOWED_METHODS, type AgentCore, type DialogOwner, type HeaderPairs, type RequestOutcome } from './agent-core.js'
import type { Authenticator } from './authenticator.js'
import type { Dialog } from './dialog.js'
import type { Endpoint } from './endpoint.js'
import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { responseTo } from './responses.js'
import type { ModifyResult, SessionEnd, SessionHandlers } from './session-handlers.js'
import { SessionOffers, type OfferingSession } from './session-offers.js'
import { SessionRefresh } from './session-refresh.js'
import type { ServerTransaction } from './transaction-layer.js'

export type { ModifyResult, OfferDecision, SessionEnd, SessionHandlers } from './session-handlers.js'

export interface SessionParts {
  readonly dialog: Dialog
  /** Where the other side's packets come from. */
  readonly source: Endpoint
  readonly authenticator: Authenticator | undefined
  /** The INVITE or its 2xx: the other side's capabilities (Allow, Supported). */
  readonly peer: SipMessage
  readonly localSdp: string | undefined
  readonly remoteSdp: string | undefined
  /** The server transaction of the INVITE that made the session, while its 2xx waits for the ACK. */
  readonly awaitingAck?: ServerTransaction
}

/** An INVITE session within a confirmed dialog, seen from either side. Offers and answers within it are in `SessionOffers`. */
export class Session implements DialogOwner, OfferingSession {
  readonly dialog: Dialog
  /** Settles once, never rejects. */
  readonly ended: Promise<SessionEnd>
  handlers: SessionHandlers = {}
  readonly source: Endpoint
  readonly #core: AgentCore
  readonly #authenticator: Authenticator | undefined
  readonly #refresh: SessionRefresh
  readonly #settleEnded: (end: SessionEnd) => void
  readonly #peerAllowsUpdate: boolean
  #end: SessionEnd | undefined
  readonly #offers: SessionOffers
  #bye: Promise<void> | undefined
  #settleBye: () => void = () => undefined

  constructor(core: AgentCore, parts: SessionParts) {
    this.#core = core
    this.dialog = parts.dialog
    this.source = parts.source
    this.#authenticator = parts.authenticator
    this.#peerAllowsUpdate = parts.peer.headers.lists('Allow', 'UPDATE')
    let settle: (end: SessionEnd) => void = () => undefined
    this.ended = new Promise((resolve) => {
      settle = resolve
    })
    this.#settleEnded = settle
    this.#refresh = new SessionRefresh(core.clock, {
      refresh: () => {
        void (this.#peerAllowsUpdate ? this.update() : this.reinvite(this.localSdp ?? ''))
      },
      expired: () => this.lose('the session timer ran out'),
    })
    const { authenticator, localSdp, remoteSdp, awaitingAck } = parts
    this.#offers = new SessionOffers(core, this, { authenticator, refresh: this.#refresh, localSdp, remoteSdp, awaitingAck })
    core.dialogs.set(this.dialog.key, this)
  }

  /** The last SDP that we sent in an offer or answer that stands. */
  get localSdp(): string | undefined {
    return this.#offers.localSdp
  }
  /** The last SDP of the other side that stands. */
  get remoteSdp(): string | undefined {
    return this.#offers.remoteSdp
  }

  /** The answer to the offer in our 2xx came with the ACK. */
  answeredLate(sdp: string): void {
    this.#offers.remoteSdp = sdp
  }

  get isOver(): boolean {
    return this.#end !== undefined
  }

  /** Starts or restarts the session timer from a 2xx that was sent or received (RFC 4028 10). */
  timed(seconds: number, weRefresh: boolean): void {
    if (!this.isOver) this.#refresh.start(seconds, weRefresh)
  }

  /** Takes the session timer of a 2xx to our request. */
  timedBy(response: SipResponse): void {
    if (!this.isOver) this.#refresh.startFrom(response)
  }

  /** The ACK of a 2xx came, or will never come. */
  acknowledged(): void {
    this.#offers.acknowledged()
  }

  receive(transaction: ServerTransaction): void {
    const { request } = transaction
    // What follows the 2xx within the dialog shows that the 2xx arrived; a re-INVITE may overtake its ACK.
    if (this.isOver && request.method !== 'BYE') {
      this.respond(transaction, 481)
      return
    }
    if (this.dialog.checkSequence(request) === 'outOfOrder') {
      this.respond(transaction, 500)
      return
    }
    switch (request.method) {
      case 'BYE':
        this.#receiveBye(transaction)
        break
      case 'INVITE':
      case 'UPDATE':
        this.#offers.receive(transaction)
        break
      case 'INFO':
        this.respond(transaction, this.handlers.info?.(request) ?? 200)
        break
      case 'PRACK':
        this.respond(transaction, 481)
        break
      default:
        this.#receiveOther(transaction)
    }
  }

  respond(transaction: ServerTransaction, status: number, change: (response: SipResponse) => void = () => undefined): void {
    const response = responseTo(transaction.request, status, { toTag: this.dialog.localTag })
    if (status === 405) response.headers.add('Allow', ALLOWED_METHODS)
    this.#core.decorate(response)
    change(response)
    transaction.respond(response)
  }

  #receiveBye(transaction: ServerTransaction): void {
    this.#offers.stopRepeating()
    this.respond(transaction, 200)
    this.#finish({ kind: 'remote', request: transaction.request })
    this.acknowledged()
    // Their BYE crossed ours: no side is left that could want an answer.
    this.#settleBye()
  }

  #receiveOther(transaction: ServerTransaction): void {
    const response = this.handlers.request?.(transaction.request)
    if (response !== undefined) transaction.respond(response)
    else this.respond(transaction, transaction.request.method === 'OPTIONS' ? 200 : 405)
  }

  /** re-INVITE with a new offer. Never rejects. Only one change at a time: a second one fails. */
  reinvite(sdp: string, signal?: AbortSignal): Promise<ModifyResult> {
    return this.#offers.reinvite(sdp, signal)
  }

  /** UPDATE (RFC 3311), with or without an offer. Never rejects. */
  update(sdp?: string): Promise<ModifyResult> {
    return this.#offers.update(sdp)
  }

  /** INFO with a body. Never rejects. */
  info(contentType: string, body: string): Promise<ModifyResult> {
    if (this.isOver) return Promise.resolve({ kind: 'failed', why: 'the session is over' })
    const request = this.dialog.request('INFO')
    this.#core.decorate(request)
    this.#authenticator?.sign(request)
    request.setBody(contentType, body)
    return new Promise((resolve) => {
      this.transact(request, (outcome) => {
        if (outcome.kind === 'failed') resolve({ kind: 'failed', why: outcome.detail })
        else if (outcome.response.status < 300) resolve({ kind: 'answered', sdp: undefined, response: outcome.response })
        else resolve(this.refused(outcome.response))
      })
    })
  }

  /** Takes in a refusal. 481 and 408 mean that the other side has lost the dialog (RFC 3261 12.2.1.2). */
  refused(response: SipResponse): ModifyResult {
    if (response.status === 481 || response.status === 408) this.lose(`${response.status} inside the dialog`)
    return { kind: 'refused', status: response.status, reason: response.reason }
  }

  /** A request of ours inside the dialog, with the answers to challenges. */
  transact(request: SipRequest, done: (outcome: RequestOutcome) => void): void {
    this.#core.locateInDialog(this.dialog, this.source, (place) => {
      this.#core.transact(request, place, this.#authenticator, (again) => this.dialog.again(again), done)
    })
  }

  /**
   * Ends the session with BYE; before the ACK for our 2xx has come, as soon as it comes (RFC 3261 15).
   * Settles when the BYE is answered or has timed out. May be called twice; never rejects.
   */
  bye(headers: HeaderPairs = []): Promise<void> {
    if (this.#bye !== undefined) return this.#bye
    if (this.isOver) return Promise.resolve()
    return this.#sendBye({ kind: 'local' }, headers)
  }

  /** The session cannot go on: BYE is tried, `ended` says why. */
  lose(why: string): void {
    if (!this.isOver) void this.#sendBye({ kind: 'lost', why }, [])
  }

  #sendBye(end: SessionEnd, headers: HeaderPairs): Promise<void> {
    this.#finish(end)
    this.#bye = new Promise((resolve) => {
      this.#settleBye = resolve
      const send = () => {
        // Their BYE may have come while we waited for the ACK.
        if (!this.#core.dialogs.has(this.dialog.key)) {
          resolve()
          return
        }
        const request = this.dialog.request('BYE')
        this.#core.decorate(request, headers)
        this.#authenticator?.sign(request)
        this.transact(request, () => {
          this.#core.dialogs.delete(this.dialog.key)
          resolve()
        })
      }
      this.#offers.afterAck(send)
    })
    return this.#bye
  }

  #finish(end: SessionEnd): void {
    if (end.kind === 'remote') this.#core.dialogs.delete(this.dialog.key)
    if (this.#end !== undefined) return
    this.#end = end
    this.dialog.state = 'terminated'
    this.#refresh.stop()
    this.#offers.end()
    this.#settleEnded(end)
  }

  /** Drops the session without a message: for closing the user agent. */
  drop(): void {
    this.#finish({ kind: 'lost', why: 'the user agent was closed' })
    this.#core.dialogs.delete(this.dialog.key)
    this.acknowledged()
  }
}
