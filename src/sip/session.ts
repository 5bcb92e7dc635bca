import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS, type AgentCore, type DialogOwner, type HeaderPairs, type RequestOutcome } from './agent-core.js'
import type { Authenticator } from './authenticator.js'
import type { Dialog } from './dialog.js'
import type { Endpoint } from './endpoint.js'
import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { isUnresolved } from './resolve.js'
import { responseTo } from './responses.js'
import { SessionRefresh } from './session-refresh.js'
import { answerSessionTimer, MIN_SESSION_SECONDS } from './session-timer.js'
import type { ServerTransaction } from './transaction-layer.js'

/** How a session ended. */
export type SessionEnd =
  /** BYE from the other side. */
  | { readonly kind: 'remote'; readonly request: SipRequest }
  /** We sent BYE. */
  | { readonly kind: 'local' }
  /** 481 or 408 inside the dialog, no ACK, session timer ran out, transport failed. BYE has been tried. */
  | { readonly kind: 'lost'; readonly why: string }

/** What to do with an offer inside the session: an answer, or a refusal. */
export type OfferDecision = { readonly answer: string } | { readonly reject: number }

/** What the other side's requests inside the dialog may ask of us. All optional. */
export interface SessionHandlers {
  /**
   * re-INVITE or UPDATE with an offer, or (`offer` undefined) a re-INVITE that wants one. Default: 488 for an offer; for an empty
   * re-INVITE our last SDP.
   */
  offer?: (offer: string | undefined) => OfferDecision | Promise<OfferDecision>
  /** The answer (in ACK) to the offer that we gave to an empty re-INVITE. */
  answered?: (sdp: string) => void
  /** INFO. Return a status; default 200. */
  info?: (request: SipRequest) => number
  /** Any other request inside the dialog (REFER, NOTIFY, MESSAGE). Undefined: OPTIONS 200, others 405. */
  request?: (request: SipRequest) => SipResponse | undefined
}

export type ModifyResult =
  | { readonly kind: 'answered'; readonly sdp: string | undefined; readonly response: SipResponse }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly why: string }

export interface SessionParts {
  readonly dialog: Dialog
  /** Where the other side's packets come from. */
  readonly source: Endpoint
  readonly authenticator: Authenticator | undefined
  /** The INVITE or its 2xx: what the other side says of itself (Allow, Supported). */
  readonly peer: SipMessage
  readonly localSdp: string | undefined
  readonly remoteSdp: string | undefined
  /** The server transaction of the INVITE that made the session, while its 2xx waits for the ACK. */
  readonly awaitingAck?: ServerTransaction
}

/** How often a 491 is tried again. */
const MAX_GLARE_RETRIES = 5

/**
 * An INVITE session within a confirmed dialog, seen from either side. One offer at a time is under way; an offer of the other side that
 * crosses ours gets 491, and ours is tried again after the random wait of RFC 3261 14.1.
 */
export class Session implements DialogOwner {
  readonly dialog: Dialog
  /** Settles once, never rejects. */
  readonly ended: Promise<SessionEnd>
  handlers: SessionHandlers = {}
  localSdp: string | undefined
  remoteSdp: string | undefined
  readonly source: Endpoint
  readonly #core: AgentCore
  readonly #authenticator: Authenticator | undefined
  readonly #refresh: SessionRefresh
  readonly #settleEnded: (end: SessionEnd) => void
  readonly #peerAllowsUpdate: boolean
  #end: SessionEnd | undefined
  /** Our own re-INVITE or UPDATE with an offer is out. */
  #offering = false
  /** Cancels the wait before a re-INVITE that met glare. */
  #stopRetry: (() => void) | undefined
  /** Their INVITE or UPDATE that we have not answered yet. */
  #answering: ServerTransaction | undefined
  #awaitingAck: ServerTransaction | undefined
  /** The 2xx that waits for its ACK held our offer: the answer comes with the ACK. */
  #awaitingAnswer: boolean
  #onAcknowledged: (() => void)[] = []
  #bye: Promise<void> | undefined
  #settleBye: () => void = () => undefined

  constructor(core: AgentCore, parts: SessionParts) {
    this.#core = core
    this.dialog = parts.dialog
    this.source = parts.source
    this.localSdp = parts.localSdp
    this.remoteSdp = parts.remoteSdp
    this.#authenticator = parts.authenticator
    this.#awaitingAck = parts.awaitingAck
    this.#awaitingAnswer = parts.awaitingAck !== undefined && parts.remoteSdp === undefined
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
    core.dialogs.set(this.dialog.key, this)
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

  /** The ACK of a 2xx came. */
  acknowledged(): void {
    this.#awaitingAck = undefined
    this.#awaitingAnswer = false
    const waiting = this.#onAcknowledged
    this.#onAcknowledged = []
    for (const action of waiting) action()
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
        this.#receiveOffer(transaction)
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
    this.#awaitingAck?.stopRepeating()
    this.respond(transaction, 200)
    this.#finish({ kind: 'remote', request: transaction.request })
    this.acknowledged()
    // Their BYE crossed ours: nobody is left who could want an answer.
    this.#settleBye()
  }

  #receiveOther(transaction: ServerTransaction): void {
    const response = this.handlers.request?.(transaction.request)
    if (response !== undefined) transaction.respond(response)
    else this.respond(transaction, transaction.request.method === 'OPTIONS' ? 200 : 405)
  }

  #receiveOffer(transaction: ServerTransaction): void {
    const { request } = transaction
    const isInvite = request.method === 'INVITE'
    const hasOffer = request.sdp !== undefined
    // RFC 3261 14.2 and RFC 3311 5.2: an offer of ours is out -> 491; one of theirs is unanswered -> 500 with Retry-After.
    if ((this.#offering || this.#awaitingAnswer) && (isInvite || hasOffer)) {
      this.respond(transaction, 491)
      return
    }
    if (this.#answering !== undefined && (isInvite || hasOffer)) {
      this.respond(transaction, 500, (response) => response.headers.add('Retry-After', '2'))
      return
    }
    if (answerSessionTimer(request).kind === 'tooSmall') {
      this.respond(transaction, 422, (response) => response.headers.add('Min-SE', String(MIN_SESSION_SECONDS)))
      return
    }
    this.dialog.refreshTarget(request)
    if (!isInvite && !hasOffer) {
      this.#accept(transaction, undefined)
      return
    }
    this.#answering = transaction
    transaction.events.cancelled = () => {
      if (this.#answering === transaction) this.#answering = undefined
    }
    const decide = (decision: OfferDecision) => {
      if (this.#answering !== transaction) return
      this.#answering = undefined
      if ('reject' in decision) this.respond(transaction, decision.reject)
      else this.#accept(transaction, decision.answer)
    }
    const decision = this.handlers.offer?.(request.sdp) ?? this.#defaultDecision(request.sdp)
    if (decision instanceof Promise) decision.then(decide, () => decide({ reject: 500 }))
    else decide(decision)
  }

  #defaultDecision(offer: string | undefined): OfferDecision {
    return offer === undefined && this.localSdp !== undefined ? { answer: this.localSdp } : { reject: 488 }
  }

  /** 200 to a re-INVITE or UPDATE. */
  #accept(transaction: ServerTransaction, sdp: string | undefined): void {
    const { request } = transaction
    const isInvite = request.method === 'INVITE'
    if (sdp !== undefined) this.localSdp = sdp
    if (request.sdp !== undefined) this.remoteSdp = request.sdp
    const timer = answerSessionTimer(request)
    if (isInvite) {
      // A 2xx of an earlier re-INVITE must have arrived, since this one came.
      this.#awaitingAck?.stopRepeating()
      this.#awaitingAck = transaction
      this.#awaitingAnswer = request.sdp === undefined
      transaction.events.acknowledged = (ack) => {
        if (request.sdp === undefined && ack.sdp !== undefined) {
          this.remoteSdp = ack.sdp
          this.handlers.answered?.(ack.sdp)
        }
        if (this.#awaitingAck === transaction) this.acknowledged()
      }
      transaction.events.unacknowledged = () => {
        if (this.#awaitingAck !== transaction) return
        this.acknowledged()
        this.lose('no ACK for our answer')
      }
    }
    this.respond(transaction, 200, (response) => {
      response.headers.add('Contact', this.#core.contact(transaction.source))
      response.headers.add('Allow', ALLOWED_METHODS)
      response.headers.add('Supported', SUPPORTED_EXTENSIONS)
      addTimer(response, timer)
      if (sdp !== undefined) response.setBody('application/sdp', sdp)
    })
    if (timer.kind === 'timed') this.timed(timer.seconds, timer.refresher === 'uas')
  }

  /** re-INVITE with a new offer. Never rejects. Only one change at a time: a second one fails. */
  reinvite(sdp: string, signal?: AbortSignal): Promise<ModifyResult> {
    if (this.#offering || this.#stopRetry !== undefined) return Promise.resolve({ kind: 'failed', why: 'another change is under way' })
    return new Promise((resolve) => {
      this.#tryInvite(sdp, signal, 0, resolve)
    })
  }

  #tryInvite(sdp: string, signal: AbortSignal | undefined, attempt: number, done: (result: ModifyResult) => void): void {
    if (this.isOver || signal?.aborted === true) {
      done({ kind: 'failed', why: this.isOver ? 'the session is over' : 'cancelled' })
      return
    }
    // RFC 3261 14.1: no new INVITE while another one is in progress in either direction; nor a second offer while one is out (RFC 3264 4).
    if (this.#offering || this.#answering !== undefined || this.#awaitingAck !== undefined) {
      this.#waitForRetry(sdp, signal, attempt, done)
      return
    }
    this.#sendInvite(this.#offerRequest('INVITE', sdp), sdp, signal, attempt, done)
  }

  #offerRequest(method: 'INVITE' | 'UPDATE', sdp: string | undefined): SipRequest {
    const request = this.dialog.request(method)
    request.headers.add('Contact', this.#core.contact(this.source))
    request.headers.add('Allow', ALLOWED_METHODS)
    request.headers.add('Supported', SUPPORTED_EXTENSIONS)
    this.#refresh.ask(request)
    this.#core.decorate(request)
    this.#authenticator?.sign(request)
    if (sdp !== undefined && sdp !== '') request.setBody('application/sdp', sdp)
    return request
  }

  #sendInvite(request: SipRequest, sdp: string, signal: AbortSignal | undefined, attempt: number, done: (result: ModifyResult) => void): void {
    this.#offering = true
    this.#core.locateInDialog(this.dialog, this.source, (place) => {
      if (isUnresolved(place)) {
        this.#offering = false
        done({ kind: 'failed', why: place.detail })
        return
      }
      const onAbort = () => {
        transaction.cancel()
      }
      const settled = () => {
        this.#offering = false
        signal?.removeEventListener('abort', onAbort)
      }
      const transaction = this.#core.layer.send(request, place, {
        final: (response) => {
          settled()
          if (response.status < 300) {
            this.dialog.refreshTarget(response)
            transaction.acknowledge(this.dialog.ack(request.cseq.sequence), place)
            this.#changed(response, sdp, done)
          } else if (response.status === 491 && attempt < MAX_GLARE_RETRIES) {
            this.#waitForRetry(sdp, signal, attempt, done)
          } else if (this.#authenticator?.challenged(response) === true) {
            const next = this.dialog.again(request)
            this.#authenticator.sign(next)
            this.#sendInvite(next, sdp, signal, attempt, done)
          } else this.#notChanged(response, done)
        },
        failed: (why, detail) => {
          settled()
          this.lose(`re-INVITE: ${detail}`)
          done({ kind: 'failed', why })
        },
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #changed(response: SipResponse, sdp: string | undefined, done: (result: ModifyResult) => void): void {
    if (sdp !== undefined && sdp !== '') this.localSdp = sdp
    if (response.sdp !== undefined) this.remoteSdp = response.sdp
    this.timedBy(response)
    done(this.isOver ? { kind: 'failed', why: 'the session is over' } : { kind: 'answered', sdp: response.sdp, response })
  }

  #notChanged(response: SipResponse, done: (result: ModifyResult) => void): void {
    // RFC 3261 12.2.1.2: 481 and 408 mean that the other side has lost the dialog.
    if (response.status === 481 || response.status === 408) this.lose(`${response.status} inside the dialog`)
    done({ kind: 'refused', status: response.status, reason: response.reason })
  }

  /** RFC 3261 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. */
  #waitForRetry(sdp: string, signal: AbortSignal | undefined, attempt: number, done: (result: ModifyResult) => void): void {
    const steps = this.#core.layer.randomBelow(this.dialog.ownsCallId ? 191 : 201)
    const cancel = this.#core.clock.after((this.dialog.ownsCallId ? 2100 : 0) + steps * 10, () => {
      this.#stopRetry = undefined
      this.#tryInvite(sdp, signal, attempt + 1, done)
    })
    this.#stopRetry = () => {
      cancel()
      this.#stopRetry = undefined
      done({ kind: 'failed', why: 'the session is over' })
    }
  }

  /** UPDATE (RFC 3311), with or without an offer. Never rejects. */
  update(sdp?: string): Promise<ModifyResult> {
    if (this.isOver) return Promise.resolve({ kind: 'failed', why: 'the session is over' })
    if (sdp !== undefined && (this.#offering || this.#stopRetry !== undefined || this.#answering !== undefined || this.#awaitingAnswer)) return Promise.resolve({ kind: 'failed', why: 'another change is under way' })
    if (sdp !== undefined) this.#offering = true
    return new Promise((resolve) => {
      this.#transact(this.#offerRequest('UPDATE', sdp), (outcome) => {
        if (sdp !== undefined) this.#offering = false
        if (outcome.kind === 'failed') {
          this.lose(`UPDATE: ${outcome.detail}`)
          resolve({ kind: 'failed', why: outcome.detail })
        } else if (outcome.response.status < 300) {
          this.dialog.refreshTarget(outcome.response)
          this.#changed(outcome.response, sdp, resolve)
        } else this.#notChanged(outcome.response, resolve)
      })
    })
  }

  /** INFO with a body. Never rejects. */
  info(contentType: string, body: string): Promise<ModifyResult> {
    if (this.isOver) return Promise.resolve({ kind: 'failed', why: 'the session is over' })
    const request = this.dialog.request('INFO')
    this.#core.decorate(request)
    this.#authenticator?.sign(request)
    request.setBody(contentType, body)
    return new Promise((resolve) => {
      this.#transact(request, (outcome) => {
        if (outcome.kind === 'failed') resolve({ kind: 'failed', why: outcome.detail })
        else if (outcome.response.status < 300) resolve({ kind: 'answered', sdp: undefined, response: outcome.response })
        else this.#notChanged(outcome.response, resolve)
      })
    })
  }

  #transact(request: SipRequest, done: (outcome: RequestOutcome) => void): void {
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
    const waitsForAck = this.#awaitingAck !== undefined
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
        this.#transact(request, () => {
          this.#core.dialogs.delete(this.dialog.key)
          resolve()
        })
      }
      if (waitsForAck) this.#onAcknowledged.push(send)
      else send()
    })
    return this.#bye
  }

  #finish(end: SessionEnd): void {
    if (end.kind === 'remote') this.#core.dialogs.delete(this.dialog.key)
    if (this.#end !== undefined) return
    this.#end = end
    this.dialog.state = 'terminated'
    this.#refresh.stop()
    this.#stopRetry?.()
    if (this.#answering !== undefined) this.respond(this.#answering, 487)
    this.#answering = undefined
    this.#settleEnded(end)
  }

  /** Drops the session without a message: for closing the user agent. */
  drop(): void {
    this.#finish({ kind: 'lost', why: 'the user agent was closed' })
    this.#core.dialogs.delete(this.dialog.key)
    this.acknowledged()
  }
}

/** Session-Expires (and Require: timer where the UAC must refresh) on a 2xx: RFC 4028 9. */
export function addTimer(response: SipResponse, timer: ReturnType<typeof answerSessionTimer>): void {
  if (timer.kind !== 'timed') return
  response.headers.add('Session-Expires', `${timer.seconds};refresher=${timer.refresher}`)
  if (timer.refresher === 'uac') response.headers.add('Require', 'timer')
}
