import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS, type AgentCore, type DialogOwner, type HeaderPairs } from './agent-core.js'
import type { Authenticator, Credentials } from './authenticator.js'
import { Dialog } from './dialog.js'
import type { Endpoint } from './endpoint.js'
import { SipRequest, type SipResponse } from './message.js'
import { printNameAddr, withTag, type NameAddr } from './name-addr.js'
import { isUnresolved } from './resolve.js'
import { responseTo } from './responses.js'
import { Session } from './session.js'
import { MIN_SESSION_SECONDS } from './session-timer.js'
import { parseDecimal } from './text.js'
import type { ClientTransaction, ServerTransaction } from './transaction-layer.js'

export interface InviteOptions {
  /** Our offer. Left out: an INVITE without SDP; `answerOffer` is then asked for our answer to the offer that comes back. */
  readonly sdp?: string
  /** @returns our answer; undefined: the offer cannot be taken, the call is ended with BYE (`badAnswer`) */
  readonly answerOffer?: (offer: string) => string | undefined
  readonly headers?: HeaderPairs
  readonly from?: NameAddr
  readonly auth?: Credentials
  /** `required`: Require: 100rel; `supported` (default); `none`. */
  readonly reliableProvisionals?: 'required' | 'supported' | 'none'
  /** Abort: CANCEL; a 200 that crosses it is acknowledged and ended with BYE. */
  readonly signal?: AbortSignal
  readonly onProvisional?: (progress: Progress) => void
  /** Where to send the INVITE instead of resolving the URI. */
  readonly destination?: Endpoint
}

export interface Progress {
  readonly status: number
  readonly reason: string
  /** SDP of early media, where there was any. */
  readonly sdp: string | undefined
  readonly response: SipResponse
}

export type InviteResult =
  | { readonly kind: 'answered'; readonly session: Session; readonly response: SipResponse }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly response: SipResponse }
  /** Our signal aborted. Settles at once; CANCEL (or ACK and BYE) towards the other side goes on behind it. */
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly why: 'timeout' | 'transport' | 'unresolved' | 'badUri' | 'badAnswer'; readonly detail: string }

/** One early dialog: a fork that has answered with a tag. */
interface Fork {
  readonly dialog: Dialog
  /** RSeq of the last reliable provisional taken (RFC 3262 4). */
  lastRSeq: number | undefined
  /** Offer/answer as settled by reliable provisionals. */
  localSdp: string | undefined
  remoteSdp: string | undefined
  /** What a provisional that was not reliable has described: the answer, where the 2xx leaves it out. */
  earlySdp: string | undefined
}

/** An INVITE that we send: provisionals, forks, PRACK, challenges, CANCEL, until its first 2xx or its refusal. */
export class OutgoingCall {
  /** Settles when the other side owes us nothing more: it has refused, answered, or not answered in time. */
  readonly released: Promise<void>
  readonly #core: AgentCore
  readonly #options: InviteOptions
  readonly #release: () => void
  readonly #authenticator: Authenticator | undefined
  readonly #forks = new Map<string, Fork>()
  readonly #done: (result: InviteResult) => void
  #transaction: ClientTransaction | undefined
  #settled = false
  #cancelled = false
  #answered = false
  #raisedInterval = false

  constructor(core: AgentCore, options: InviteOptions, done: (result: InviteResult) => void) {
    this.#core = core
    this.#options = options
    this.#authenticator = core.authenticator(options.auth)
    this.#done = done
    let release: () => void = () => undefined
    this.released = new Promise((resolve) => {
      release = resolve
    })
    this.#release = release
  }

  start(uri: string): void {
    const { signal, destination } = this.#options
    if (signal?.aborted === true) {
      this.#settle({ kind: 'cancelled' })
      return
    }
    signal?.addEventListener('abort', this.cancel, { once: true })
    const begin = (place: Endpoint) => {
      if (!this.#settled) this.#send(this.#invite(uri, place), place)
    }
    if (destination !== undefined) begin(destination)
    else
      this.#core.locate(uri, (place) => {
        if (isUnresolved(place)) this.#settle({ kind: 'failed', why: place.why, detail: place.detail })
        else begin(place)
      })
  }

  /** CANCEL, or what comes to the same at the moment. */
  readonly cancel = (): void => {
    if (this.#settled) return
    this.#cancelled = true
    this.#transaction?.cancel()
    this.#settle({ kind: 'cancelled' })
  }

  #settle(result: InviteResult): void {
    if (this.#settled) return
    this.#settled = true
    this.#options.signal?.removeEventListener('abort', this.cancel)
    if (this.#transaction === undefined || result.kind !== 'cancelled') this.#release()
    this.#done(result)
  }

  #invite(uri: string, place: Endpoint): SipRequest {
    const { layer, identity } = this.#core
    const request = new SipRequest('INVITE', uri)
    const { headers } = request
    const reliable = this.#options.reliableProvisionals ?? 'supported'
    headers.add('Max-Forwards', '70')
    headers.add('From', printNameAddr(withTag(this.#options.from ?? this.#core.from(place), layer.newTag())))
    headers.add('To', `<${uri}>`)
    headers.add('Call-ID', layer.newCallId())
    headers.add('CSeq', '1 INVITE')
    headers.add('Contact', this.#core.contact(place))
    headers.add('Allow', ALLOWED_METHODS)
    headers.add('Supported', reliable === 'none' ? 'timer' : SUPPORTED_EXTENSIONS)
    if (reliable === 'required') headers.add('Require', '100rel')
    if (identity.sessionExpiresSeconds !== undefined) {
      headers.add('Session-Expires', String(Math.max(identity.sessionExpiresSeconds, MIN_SESSION_SECONDS)))
      headers.add('Min-SE', String(MIN_SESSION_SECONDS))
    }
    this.#core.decorate(request, this.#options.headers)
    if (this.#options.sdp !== undefined) request.setBody('application/sdp', this.#options.sdp)
    return request
  }

  #send(request: SipRequest, place: Endpoint): void {
    this.#transaction = this.#core.layer.send(request, place, {
      provisional: (response) => this.#provisional(request, response, place),
      final: (response) => this.#final(request, response, place),
      failed: (why, detail) => {
        this.#endForks()
        this.#release()
        this.#settle({ kind: 'failed', why, detail })
      },
      // Forks that never became a call live as long as the transaction, so that their late 2xx can be released.
      ended: () => this.#endForks(),
    })
  }

  #again(request: SipRequest, place: Endpoint): void {
    const next = request.clone()
    next.headers.remove('Via')
    next.headers.set('CSeq', `${request.cseq.sequence + 1} INVITE`)
    this.#authenticator?.sign(next)
    this.#forks.clear()
    this.#send(next, place)
  }

  #provisional(request: SipRequest, response: SipResponse, place: Endpoint): void {
    if (response.status === 100) return
    const fork = this.#forkOf(request, response)
    if (fork !== undefined && response.headers.lists('Require', '100rel')) {
      const rseq = parseDecimal(response.headers.get('RSeq') ?? '', 2 ** 32 - 1)
      // RFC 3262 4: only the next number in order is acknowledged; a repeated one was, and one out of order comes again.
      if (rseq === undefined || (fork.lastRSeq !== undefined && rseq !== fork.lastRSeq + 1)) return
      fork.lastRSeq = rseq
      this.#acknowledgeReliable(request, response, rseq, fork, place)
    }
    if (fork !== undefined && response.sdp !== undefined) fork.earlySdp = response.sdp
    if (!this.#settled) {
      this.#options.onProvisional?.({ status: response.status, reason: response.reason, sdp: response.sdp, response })
    }
  }

  #forkOf(request: SipRequest, response: SipResponse): Fork | undefined {
    const tag = response.toTag
    if (tag === undefined) return undefined
    let fork = this.#forks.get(tag)
    if (fork === undefined) {
      fork = {
        dialog: Dialog.ofClient(request, response),
        lastRSeq: undefined,
        localSdp: undefined,
        remoteSdp: undefined,
        earlySdp: undefined,
      }
      this.#forks.set(tag, fork)
      this.#core.dialogs.set(
        fork.dialog.key,
        earlyOwner(this.#core, fork.dialog, () => this.#endedEarly()),
      )
    }
    return fork
  }

  /** A BYE from a callee whose 2xx never reached us: it got no ACK, so the call is over before it began. */
  #endedEarly(): void {
    this.#transaction?.cancel()
    this.#settle({ kind: 'failed', why: 'timeout', detail: 'the other side ended the call; its answer never arrived' })
  }

  #acknowledgeReliable(request: SipRequest, response: SipResponse, rseq: number, fork: Fork, place: Endpoint): void {
    const prack = fork.dialog.request('PRACK')
    prack.headers.add('RAck', `${rseq} ${request.cseq.sequence} INVITE`)
    this.#core.decorate(prack)
    this.#authenticator?.sign(prack)
    if (response.sdp !== undefined && fork.remoteSdp === undefined) {
      fork.remoteSdp = response.sdp
      if (this.#options.sdp !== undefined) fork.localSdp = this.#options.sdp
      else {
        // RFC 3262 5: an offer in a reliable provisional is answered in its PRACK.
        fork.localSdp = this.#options.answerOffer?.(response.sdp)
        if (fork.localSdp !== undefined) prack.setBody('application/sdp', fork.localSdp)
      }
    }
    this.#core.locateInDialog(fork.dialog, place, (next) => {
      this.#core.transact(
        prack,
        next,
        this.#authenticator,
        (again) => fork.dialog.again(again),
        () => undefined,
      )
    })
  }

  #final(request: SipRequest, response: SipResponse, place: Endpoint): void {
    if (response.status < 300) this.#accepted(request, response, place)
    else this.#refused(request, response, place)
  }

  #refused(request: SipRequest, response: SipResponse, place: Endpoint): void {
    this.#endForks()
    if (this.#settled) {
      this.#release()
      return
    }
    if (this.#authenticator?.challenged(response) === true) {
      this.#again(request, place)
      return
    }
    const minSe = parseDecimal(response.headers.get('Min-SE') ?? '', 2 ** 31)
    if (response.status === 422 && minSe !== undefined && !this.#raisedInterval) {
      // RFC 4028 7.4: once more, with the interval that the other side can live with.
      this.#raisedInterval = true
      request.headers.set('Session-Expires', String(minSe)).set('Min-SE', String(minSe))
      this.#again(request, place)
      return
    }
    this.#settle({ kind: 'refused', status: response.status, reason: response.reason, response })
  }

  #accepted(request: SipRequest, response: SipResponse, place: Endpoint): void {
    const fork = this.#forks.get(response.toTag ?? '')
    this.#forks.delete(response.toTag ?? '')
    const dialog = fork?.dialog ?? Dialog.ofClient(request, response)
    dialog.confirm(response)
    const { localSdp, remoteSdp } = this.#agreed(response, fork)
    const session = new Session(this.#core, {
      dialog,
      source: place,
      authenticator: this.#authenticator,
      peer: response,
      localSdp,
      remoteSdp,
    })
    const ack = dialog.ack(request.cseq.sequence)
    this.#core.decorate(ack)
    if (this.#options.sdp === undefined && fork?.remoteSdp === undefined && localSdp !== undefined) ack.setBody('application/sdp', localSdp)
    this.#core.locateInDialog(dialog, place, (next) => {
      this.#transaction?.acknowledge(ack, isUnresolved(next) ? place : next)
      const good = localSdp !== undefined && remoteSdp !== undefined
      // A crossing CANCEL (RFC 3261 9.1), a second fork, an invalid answer: acknowledged, and ended.
      if (this.#cancelled || this.#answered || !good) void session.bye().then(this.#release)
      if (this.#cancelled || this.#answered) return
      this.#answered = true
      if (!good)
        this.#settle({
          kind: 'failed',
          why: 'badAnswer',
          detail: remoteSdp === undefined ? 'the 2xx has no SDP' : 'the offer in the 2xx could not be answered',
        })
      else {
        session.timedBy(response)
        this.#settle({ kind: 'answered', session, response })
      }
    })
  }

  #agreed(
    response: SipResponse,
    fork: Fork | undefined,
  ): { readonly localSdp: string | undefined; readonly remoteSdp: string | undefined } {
    if (fork?.remoteSdp !== undefined) return { localSdp: fork.localSdp, remoteSdp: fork.remoteSdp }
    if (this.#options.sdp !== undefined) return { localSdp: this.#options.sdp, remoteSdp: response.sdp ?? fork?.earlySdp }
    const remoteSdp = response.sdp
    if (this.#cancelled || remoteSdp === undefined) return { localSdp: undefined, remoteSdp }
    return { localSdp: this.#options.answerOffer?.(remoteSdp), remoteSdp }
  }

  #endForks(): void {
    for (const { dialog } of this.#forks.values()) this.#core.dialogs.delete(dialog.key)
    this.#forks.clear()
  }
}

/** Answers what comes in within a dialog that is still early on our, the calling side. */
function earlyOwner(core: AgentCore, dialog: Dialog, endedEarly: () => void): DialogOwner {
  return {
    receive(transaction: ServerTransaction) {
      const { request } = transaction
      const inOrder = dialog.checkSequence(request) === 'inOrder'
      const status = !inOrder
        ? 500
        : request.method === 'UPDATE' && request.sdp !== undefined
          ? 491 // our offer has no answer yet (RFC 3311 5.2)
          : ['BYE', 'UPDATE', 'INFO', 'OPTIONS', 'NOTIFY'].includes(request.method)
            ? 200
            : 405
      const response = responseTo(request, status, { toTag: dialog.localTag })
      response.headers.add('Contact', core.contact(transaction.source))
      if (status === 405) response.headers.add('Allow', ALLOWED_METHODS)
      core.decorate(response)
      transaction.respond(response)
      if (request.method === 'BYE' && inOrder) endedEarly()
    },
  }
}
