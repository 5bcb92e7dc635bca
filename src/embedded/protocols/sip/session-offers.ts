import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS, type AgentCore, type RequestOutcome } from './agent-core.js'
import type { Authenticator } from './authenticator.js'
import type { Dialog } from './dialog.js'
import type { Endpoint } from './endpoint.js'
import type { SipRequest, SipResponse } from './message.js'
import { isUnresolved } from './resolve.js'
import type { ModifyResult, OfferDecision, SessionHandlers } from './session-handlers.js'
import type { SessionRefresh } from './session-refresh.js'
import { addSessionTimer, answerSessionTimer, MIN_SESSION_SECONDS } from './session-timer.js'
import type { ServerTransaction } from './transaction-layer.js'

/** How often a 491 is tried again. */
const MAX_GLARE_RETRIES = 5

/** What the exchange of offers needs from its session. */
export interface OfferingSession {
  readonly dialog: Dialog
  readonly source: Endpoint
  readonly handlers: SessionHandlers
  readonly isOver: boolean
  respond(transaction: ServerTransaction, status: number, change?: (response: SipResponse) => void): void
  transact(request: SipRequest, done: (outcome: RequestOutcome) => void): void
  timed(seconds: number, weRefresh: boolean): void
  timedBy(response: SipResponse): void
  refused(response: SipResponse): ModifyResult
  lose(why: string): void
}

export interface SessionOffersParts {
  readonly authenticator: Authenticator | undefined
  readonly refresh: SessionRefresh
  readonly localSdp: string | undefined
  readonly remoteSdp: string | undefined
  readonly awaitingAck: ServerTransaction | undefined
}

/**
 * Offers and answers within a session (RFC 3264; re-INVITE: RFC 3261 14; UPDATE: RFC 3311). One offer at a time is under way; an offer of
 * the other side that crosses ours gets 491, and ours is tried again after the random wait of RFC 3261 14.1.
 */
export class SessionOffers {
  localSdp: string | undefined
  remoteSdp: string | undefined
  readonly #core: AgentCore
  readonly #session: OfferingSession
  readonly #authenticator: Authenticator | undefined
  readonly #refresh: SessionRefresh
  /** Our own re-INVITE or UPDATE with an offer is out. */
  #offering = false
  /** Cancels the wait before a re-INVITE that met glare. */
  #stopRetry: (() => void) | undefined
  /** Their INVITE or UPDATE that we have not answered yet. */
  #answering: ServerTransaction | undefined
  /** The INVITE whose 2xx waits for its ACK. */
  #awaitingAck: ServerTransaction | undefined
  /** That 2xx held our offer: the answer comes with the ACK. */
  #awaitingAnswer: boolean
  #onAcknowledged: (() => void)[] = []

  constructor(core: AgentCore, session: OfferingSession, parts: SessionOffersParts) {
    this.#core = core
    this.#session = session
    this.#authenticator = parts.authenticator
    this.#refresh = parts.refresh
    this.localSdp = parts.localSdp
    this.remoteSdp = parts.remoteSdp
    this.#awaitingAck = parts.awaitingAck
    this.#awaitingAnswer = parts.awaitingAck !== undefined && parts.remoteSdp === undefined
  }

  /** The ACK of a 2xx came, or will never come. */
  acknowledged(): void {
    this.#awaitingAck = undefined
    this.#awaitingAnswer = false
    const waiting = this.#onAcknowledged
    this.#onAcknowledged = []
    for (const action of waiting) action()
  }

  /** Calls back when no 2xx of ours waits for its ACK any more: at once, or when the ACK comes or is given up. */
  afterAck(action: () => void): void {
    if (this.#awaitingAck === undefined) action()
    else this.#onAcknowledged.push(action)
  }

  /** A request came that only a party which has our 2xx can send. */
  stopRepeating(): void {
    this.#awaitingAck?.stopRepeating()
  }

  /** The session is over: their requests get 487, ours fail. */
  end(): void {
    this.#stopRetry?.()
    if (this.#answering !== undefined) this.#session.respond(this.#answering, 487)
    this.#answering = undefined
  }

  /** Their INVITE or UPDATE. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction
    const isInvite = request.method === 'INVITE'
    const hasOffer = request.sdp !== undefined
    // RFC 3261 14.2 and RFC 3311 5.2: an offer of ours is out -> 491; one of theirs is unanswered -> 500 with Retry-After.
    if ((this.#offering || this.#awaitingAnswer) && (isInvite || hasOffer)) {
      this.#session.respond(transaction, 491)
      return
    }
    if (this.#answering !== undefined && (isInvite || hasOffer)) {
      this.#session.respond(transaction, 500, (response) => response.headers.add('Retry-After', '2'))
      return
    }
    if (answerSessionTimer(request).kind === 'tooSmall') {
      this.#session.respond(transaction, 422, (response) => response.headers.add('Min-SE', String(MIN_SESSION_SECONDS)))
      return
    }
    this.#session.dialog.refreshTarget(request)
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
      if ('reject' in decision) this.#session.respond(transaction, decision.reject)
      else this.#accept(transaction, decision.answer)
    }
    const decision = this.#session.handlers.offer?.(request.sdp) ?? this.#defaultDecision(request.sdp)
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
          this.#session.handlers.answered?.(ack.sdp)
        }
        if (this.#awaitingAck === transaction) this.acknowledged()
      }
      transaction.events.unacknowledged = () => {
        if (this.#awaitingAck !== transaction) return
        this.acknowledged()
        this.#session.lose('no ACK for our answer')
      }
    }
    this.#session.respond(transaction, 200, (response) => {
      response.headers.add('Contact', this.#core.contact(transaction.source))
      response.headers.add('Allow', ALLOWED_METHODS)
      response.headers.add('Supported', SUPPORTED_EXTENSIONS)
      addSessionTimer(response, timer)
      if (sdp !== undefined) response.setBody('application/sdp', sdp)
    })
    if (timer.kind === 'timed') this.#session.timed(timer.seconds, timer.refresher === 'uas')
  }

  /** re-INVITE with a new offer. Never rejects. Only one change at a time: a second one fails. */
  reinvite(sdp: string, signal?: AbortSignal): Promise<ModifyResult> {
    if (this.#offering || this.#stopRetry !== undefined) return Promise.resolve({ kind: 'failed', why: 'another change is under way' })
    return new Promise((resolve) => {
      this.#tryInvite(sdp, signal, 0, resolve)
    })
  }

  #tryInvite(sdp: string, signal: AbortSignal | undefined, attempt: number, done: (result: ModifyResult) => void): void {
    if (this.#session.isOver || signal?.aborted === true) {
      done({ kind: 'failed', why: this.#session.isOver ? 'the session is over' : 'cancelled' })
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
    const request = this.#session.dialog.request(method)
    request.headers.add('Contact', this.#core.contact(this.#session.source))
    request.headers.add('Allow', ALLOWED_METHODS)
    request.headers.add('Supported', SUPPORTED_EXTENSIONS)
    this.#refresh.ask(request)
    this.#core.decorate(request)
    this.#authenticator?.sign(request)
    if (sdp !== undefined && sdp !== '') request.setBody('application/sdp', sdp)
    return request
  }

  #sendInvite(
    request: SipRequest,
    sdp: string,
    signal: AbortSignal | undefined,
    attempt: number,
    done: (result: ModifyResult) => void,
  ): void {
    this.#offering = true
    this.#core.locateInDialog(this.#session.dialog, this.#session.source, (place) => {
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
            this.#session.dialog.refreshTarget(response)
            transaction.acknowledge(this.#session.dialog.ack(request.cseq.sequence), place)
            this.#changed(response, sdp, done)
          } else if (response.status === 491 && attempt < MAX_GLARE_RETRIES) {
            this.#waitForRetry(sdp, signal, attempt, done)
          } else if (this.#authenticator?.challenged(response) === true) {
            const next = this.#session.dialog.again(request)
            this.#authenticator.sign(next)
            this.#sendInvite(next, sdp, signal, attempt, done)
          } else done(this.#session.refused(response))
        },
        failed: (why, detail) => {
          settled()
          this.#session.lose(`re-INVITE: ${detail}`)
          done({ kind: 'failed', why })
        },
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  #changed(response: SipResponse, sdp: string | undefined, done: (result: ModifyResult) => void): void {
    if (sdp !== undefined && sdp !== '') this.localSdp = sdp
    if (response.sdp !== undefined) this.remoteSdp = response.sdp
    this.#session.timedBy(response)
    done(this.#session.isOver ? { kind: 'failed', why: 'the session is over' } : { kind: 'answered', sdp: response.sdp, response })
  }

  /** RFC 3261 14.1: the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. */
  #waitForRetry(sdp: string, signal: AbortSignal | undefined, attempt: number, done: (result: ModifyResult) => void): void {
    const steps = this.#core.layer.randomBelow(this.#session.dialog.ownsCallId ? 191 : 201)
    const cancel = this.#core.clock.after((this.#session.dialog.ownsCallId ? 2100 : 0) + steps * 10, () => {
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
    if (this.#session.isOver) return Promise.resolve({ kind: 'failed', why: 'the session is over' })
    if (sdp !== undefined && (this.#offering || this.#stopRetry !== undefined || this.#answering !== undefined || this.#awaitingAnswer))
      return Promise.resolve({ kind: 'failed', why: 'another change is under way' })
    if (sdp !== undefined) this.#offering = true
    return new Promise((resolve) => {
      this.#session.transact(this.#offerRequest('UPDATE', sdp), (outcome) => {
        if (sdp !== undefined) this.#offering = false
        if (outcome.kind === 'failed') {
          this.#session.lose(`UPDATE: ${outcome.detail}`)
          resolve({ kind: 'failed', why: outcome.detail })
        } else if (outcome.response.status < 300) {
          this.#session.dialog.refreshTarget(outcome.response)
          this.#changed(outcome.response, sdp, resolve)
        } else resolve(this.#session.refused(outcome.response))
      })
    })
  }
}
