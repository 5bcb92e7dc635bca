import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS, type AgentCore, type DialogOwner, type HeaderPairs } from './agent-core.js'
import { Dialog } from './dialog.js'
import type { Endpoint } from './endpoint.js'
import type { SipRequest, SipResponse } from './message.js'
import { ReliableProvisionals } from './reliable-provisionals.js'
import { responseTo } from './responses.js'
import { Session } from './session.js'
import { addSessionTimer, answerSessionTimer, MIN_SESSION_SECONDS } from './session-timer.js'
import type { ServerTransaction } from './transaction-layer.js'

/** An INVITE to be answered. */
export interface IncomingInvite {
  readonly request: SipRequest
  readonly source: Endpoint
  /** The offer; undefined: the INVITE came without SDP, so `answer(sdp)` gives an offer, and the answer comes with the ACK. */
  readonly offer: string | undefined
  /** Aborts on CANCEL (487 has been sent), on a BYE before the answer, and when the user agent closes. */
  readonly signal: AbortSignal
  /** Set as soon as `answer` has sent its 200. */
  readonly session: Session | undefined
  /** 180. Sent reliably when the caller requires 100rel. */
  ring(headers?: HeaderPairs): void
  /** 183 with early media. */
  progress(sdp: string, headers?: HeaderPairs): void
  /** 200. Settles when the ACK has come, or with what came in between. Harmless when a final answer is out already: `cancelled`. */
  answer(sdp: string, headers?: HeaderPairs): Promise<AnswerResult>
  /** 3xx-6xx. Harmless when a final answer is out already. */
  reject(status: number, options?: { readonly reason?: string; readonly headers?: HeaderPairs }): void
}

export type AnswerResult =
  /** `lateAnswer`: from the ACK (or PRACK), for an INVITE that came without SDP. */
  | { readonly kind: 'answered'; readonly session: Session; readonly lateAnswer: string | undefined }
  | { readonly kind: 'cancelled' }
  /** No ACK within 64*T1: the dialog has been ended with BYE. */
  | { readonly kind: 'unacknowledged' }

/** The answering side of an INVITE, from its arrival to the ACK of its 2xx. */
export class IncomingCall implements IncomingInvite, DialogOwner {
  readonly request: SipRequest
  readonly source: Endpoint
  readonly offer: string | undefined
  readonly #core: AgentCore
  readonly #transaction: ServerTransaction
  readonly #dialog: Dialog
  readonly #reliable: ReliableProvisionals | undefined
  readonly #abort = new AbortController()
  /** SDP that went out in a reliable provisional, and its answer from the PRACK where it was an offer. */
  #earlySdp: string | undefined
  #earlyAnswer: string | undefined
  #session: Session | undefined
  #finished = false

  /** @param ended the transaction of the INVITE is gone */
  constructor(core: AgentCore, transaction: ServerTransaction, ended: () => void) {
    const { request } = transaction
    this.#core = core
    this.#transaction = transaction
    this.request = request
    this.source = transaction.source
    this.offer = request.sdp
    this.#dialog = Dialog.ofServer(request, transaction.localTag)
    // RFC 3262 3: MUST be reliable when required; where it is merely supported, plain provisionals do.
    if (request.headers.lists('Require', '100rel')) {
      const first = 1 + core.layer.randomBelow(2 ** 30)
      const send = (response: SipResponse) => void transaction.respond(response)
      this.#reliable = new ReliableProvisionals(core.clock, core.layer.timers, first, send, () => this.reject(504, { reason: 'No PRACK' }))
    }
    core.dialogs.set(this.#dialog.key, this)
    transaction.events = {
      cancelled: () => this.#over(),
      ended: () => {
        ended()
        if (this.#session === undefined) this.#over()
      },
    }
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }
  get session(): Session | undefined {
    return this.#session
  }

  ring(headers: HeaderPairs = []): void {
    this.#provisional(180, undefined, headers)
  }

  progress(sdp: string, headers: HeaderPairs = []): void {
    this.#provisional(183, sdp, headers)
  }

  #provisional(status: number, sdp: string | undefined, headers: HeaderPairs): void {
    if (this.#finished) return
    const response = this.#response(status, undefined, headers)
    if (sdp !== undefined) {
      response.setBody('application/sdp', sdp)
      if (this.#reliable !== undefined) this.#earlySdp = sdp
    }
    if (this.#reliable === undefined) this.#transaction.respond(response)
    else this.#reliable.push(response)
  }

  #response(status: number, reason: string | undefined, headers: HeaderPairs): SipResponse {
    const response = responseTo(this.request, status, { toTag: this.#dialog.localTag, ...(reason === undefined ? {} : { reason }) })
    if (status < 300) {
      response.headers.add('Contact', this.#core.contact(this.source))
      response.headers.add('Allow', ALLOWED_METHODS)
      response.headers.add('Supported', SUPPORTED_EXTENSIONS)
    }
    this.#core.decorate(response, headers)
    return response
  }

  answer(sdp: string, headers: HeaderPairs = []): Promise<AnswerResult> {
    if (this.#finished) return Promise.resolve({ kind: 'cancelled' })
    return new Promise((resolve) => {
      const cancelled = () => resolve({ kind: 'cancelled' })
      this.signal.addEventListener('abort', cancelled, { once: true })
      const send = () => {
        this.signal.removeEventListener('abort', cancelled)
        if (!this.#finished) this.#sendAnswer(sdp, headers, resolve)
      }
      if (this.#reliable === undefined) send()
      else this.#reliable.afterAll(send)
    })
  }

  #sendAnswer(sdp: string, headers: HeaderPairs, done: (result: AnswerResult) => void): void {
    const timer = answerSessionTimer(this.request)
    if (timer.kind === 'tooSmall') {
      this.reject(422, { headers: [['Min-SE', String(MIN_SESSION_SECONDS)]] })
      done({ kind: 'cancelled' })
      return
    }
    this.#finished = true
    this.#reliable?.stop()
    const response = this.#response(200, undefined, headers)
    addSessionTimer(response, timer)
    // Offer and answer that are already through in 18x and PRACK are not repeated (RFC 6337 2.2).
    if (this.#earlySdp === undefined) response.setBody('application/sdp', sdp)
    this.#dialog.state = 'confirmed'
    const session = new Session(this.#core, {
      dialog: this.#dialog,
      source: this.source,
      authenticator: undefined,
      peer: this.request,
      localSdp: this.#earlySdp ?? sdp,
      remoteSdp: this.offer ?? this.#earlyAnswer,
      awaitingAck: this.#transaction,
    })
    this.#session = session
    let settled = false
    const settle = (result: AnswerResult) => {
      if (settled) return
      settled = true
      done(result)
    }
    this.#transaction.events = {
      ...this.#transaction.events,
      acknowledged: (ack) => {
        const lateAnswer = this.offer === undefined ? (this.#earlyAnswer ?? ack.sdp) : undefined
        if (lateAnswer !== undefined) session.answeredLate(lateAnswer)
        session.acknowledged()
        if (this.offer === undefined && lateAnswer === undefined) session.lose('the ACK brought no answer to our offer')
        settle({ kind: 'answered', session, lateAnswer })
      },
      unacknowledged: () => {
        session.acknowledged()
        session.lose('no ACK for our answer')
        settle({ kind: 'unacknowledged' })
      },
    }
    // A BYE may come in place of a lost ACK.
    void session.ended.then((end) => {
      if (end.kind !== 'local') settle({ kind: 'answered', session, lateAnswer: undefined })
    })
    this.#transaction.respond(response)
    if (timer.kind === 'timed') session.timed(timer.seconds, timer.refresher === 'uas')
  }

  reject(status: number, options: { readonly reason?: string; readonly headers?: HeaderPairs } = {}): void {
    if (this.#finished) return
    this.#finished = true
    this.#reliable?.stop()
    this.#core.dialogs.delete(this.#dialog.key)
    this.#transaction.respond(this.#response(status, options.reason, options.headers ?? []))
  }

  /** Requests inside the dialog before the answer: PRACK, UPDATE, a BYE of an impatient caller. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction
    if (this.#dialog.checkSequence(request) === 'outOfOrder') {
      this.#respondInDialog(transaction, 500)
      return
    }
    switch (request.method) {
      case 'PRACK': {
        const known = this.#reliable?.isWaitingFor(request, this.request) === true
        if (known && request.sdp !== undefined && this.offer === undefined && this.#earlySdp !== undefined) this.#earlyAnswer = request.sdp
        // 200 first, then whatever it sets free.
        this.#respondInDialog(transaction, known ? 200 : 481)
        if (known) this.#reliable.acknowledged()
        break
      }
      case 'BYE':
        this.#respondInDialog(transaction, 200)
        this.reject(487)
        this.#over()
        break
      case 'UPDATE':
        // RFC 3311 5.2: their offer has no answer yet.
        this.#respondInDialog(transaction, request.sdp === undefined ? 200 : 500)
        break
      case 'INVITE':
        // RFC 3261 14.2: a second INVITE before the answer to the first.
        this.#respondInDialog(transaction, 500)
        break
      default:
        this.#respondInDialog(transaction, ['INFO', 'OPTIONS'].includes(request.method) ? 200 : 405)
    }
  }

  #respondInDialog(transaction: ServerTransaction, status: number): void {
    const response = responseTo(transaction.request, status, { toTag: this.#dialog.localTag })
    if (status === 405) response.headers.add('Allow', ALLOWED_METHODS)
    if (status === 500) response.headers.add('Retry-After', String(this.#core.layer.randomBelow(10)))
    this.#core.decorate(response)
    transaction.respond(response)
  }

  #over(): void {
    this.#finished = true
    this.#reliable?.stop()
    if (this.#session !== undefined) return
    this.#core.dialogs.delete(this.#dialog.key)
    this.#abort.abort()
  }

  /** Refuses the call because the user agent closes. */
  close(): void {
    this.reject(503)
    this.#over()
  }
}
