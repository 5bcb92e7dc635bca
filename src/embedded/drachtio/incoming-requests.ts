import { randomUUID } from 'node:crypto'
import { Dialog } from '../protocols/sip/dialog.js'
import type { SipRequest, SipResponse } from '../protocols/sip/message.js'
import { answerSessionTimer, MIN_SESSION_SECONDS, sessionExpiresOf } from '../protocols/sip/session-timer.js'
import { responseTo, type ServerTransaction } from '../protocols/sip/transaction-layer.js'
import type { AppConnection } from './app-connection.js'
import { dialogId, type AppDialog } from './app-dialogs.js'
import { appHeader, copyAppHeaders, setAppBody } from './app-headers.js'
import type { AppFrame } from './app-message.js'
import { routeAround } from './nat.js'
import { offerRefusal, refuse, refuseByForm, supportsReliable } from './refusals.js'
import { ReliableProvisional } from './reliable-provisional.js'
import { echoResponse, tellFromNetwork, type Surroundings } from './surroundings.js'

/** A request from the network that an application has (or is about to get) and has not answered finally. */
interface Unanswered {
  readonly id: string
  readonly server: ServerTransaction
  readonly app: AppConnection
  /** Set for requests inside a dialog. */
  dialog: AppDialog | undefined
  /** To tag of our answers: the layer's, or one that the application chose. */
  localTag: string
  reliable: ReliableProvisional | undefined
  /** Number of the last reliable provisional (RFC 3262 section 3). */
  rseq: number
  /** A provisional response has been sent: from then on the application knows the dialog. */
  rang: boolean
}

/** An INVITE that waits for an application. */
interface Held {
  readonly server: ServerTransaction
  readonly timer: NodeJS.Timeout
}

/** A caller waits so long for an application that comes back, with 100 Trying; then 503. */
const HELD_MS = 10_000
/** What a party asks while its application is away is to be asked again after this (RFC 3261 section 14.2). */
const RETRY_SECONDS = 3

/** Methods that an application can get outside a dialog. */
const OUTSIDE = new Set(['INVITE', 'REGISTER', 'MESSAGE', 'OPTIONS', 'INFO', 'NOTIFY', 'SUBSCRIBE', 'PUBLISH', 'REFER'])
/** Methods whose Contact says where the other side is from now on. */
const NAMES_CONTACT = new Set(['INVITE', 'UPDATE', 'REGISTER', 'SUBSCRIBE'])
const STATUS_LINE = /^SIP\/2\.0 (\d{3})(?: (.*))?$/
const UNKNOWN_TRANSACTION = 'Response not sent due to unknown transaction'

/** How a new request finds its application when the server dials out (`outbound`). */
export type Dialler = (request: SipRequest, on: { ready: (app: AppConnection) => void; failed: () => void }) => void

/** Requests from the network: whom they are for, and what becomes of the answers. */
export class IncomingRequests {
  readonly #around: Surroundings
  readonly #dial: Dialler | undefined
  readonly #unanswered = new Map<string, Unanswered>()
  /** Calls that wait for an application, the one that had them having gone. */
  readonly #held = new Set<Held>()

  constructor(around: Surroundings, dial: Dialler | undefined) {
    this.#around = around
    this.#dial = dial
  }

  /** A new request, neither ACK nor CANCEL. */
  take(server: ServerTransaction): void {
    const { request } = server
    if (refuseByForm(server)) return
    if (request.method === 'PRACK') {
      this.#prack(server)
      return
    }
    const dialog = this.#around.dialogs.ofRequest(request)
    if (dialog !== undefined) {
      this.#inside(server, dialog)
      return
    }
    const { toTag } = request
    if (toTag !== undefined && ['INVITE', 'BYE', 'UPDATE', 'REFER', 'NOTIFY'].includes(request.method)) refuse(server, 481)
    else if (request.method === 'BYE' || request.method === 'UPDATE') refuse(server, 481)
    else if (!OUTSIDE.has(request.method)) refuse(server, 501)
    else if (toTag === undefined && this.#isSecond(request)) refuse(server, 482)
    else this.#outside(server)
  }

  /**
   * A copy of a call that there is already, come over another path (RFC 3261 8.2.2.2), however late. Applications tell dialogs by Call-ID and
   * the caller's tag, and unanswered calls by Call-ID alone: a second of either would make the first one impossible to end.
   */
  #isSecond(request: SipRequest): boolean {
    if (request.method !== 'INVITE' && request.method !== 'SUBSCRIBE') return false
    if (this.#around.dialogs.byId(dialogId(request)) !== undefined) return true
    for (const { server, dialog } of this.#unanswered.values()) {
      if (dialog === undefined && server.request.method === 'INVITE' && server.request.callId === request.callId) return true
    }
    return false
  }

  /** `sip|<transaction id>|` with a response. */
  respond(app: AppConnection, frame: AppFrame, transactionId: string): void {
    const match = STATUS_LINE.exec(frame.startLine)
    const status = Number(match?.[1])
    const waiting = this.#unanswered.get(transactionId)
    if (!match || waiting === undefined || status < 101) {
      const cancel = /\bCANCEL\b/.test(appHeader(frame.headers, 'cseq') ?? '')
      app.answer(frame.id, 'NOK', cancel ? '200 OK to incoming CANCEL is automatically generated by the stack' : UNKNOWN_TRANSACTION)
      return
    }
    const chosenTag = /;\s*tag=([^;\s]+)/i.exec(appHeader(frame.headers, 'to') ?? '')?.[1]
    if (chosenTag !== undefined && waiting.dialog === undefined) waiting.localTag = chosenTag
    const { server } = waiting
    const response = responseTo(server.request, status, {
      toTag: waiting.localTag,
      ...(match[2] === undefined ? {} : { reason: match[2] }),
    })
    this.#addHeaders(waiting, response, frame)
    const reliable = status < 200 && server.request.method === 'INVITE' && response.headers.lists('Require', '100rel')
    if (reliable && !supportsReliable(server.request)) {
      app.answer(frame.id, 'NOK', 'Remote endpoint does not support 100rel')
      return
    }
    if (reliable) response.headers.add('RSeq', `${++waiting.rseq}`)
    if (server.request.method === 'INVITE' || server.request.method === 'SUBSCRIBE') this.#beforeInviteAnswer(waiting, response, reliable)
    else if (server.request.method === 'UPDATE' && waiting.dialog && response.sdp !== undefined) waiting.dialog.localSdp = response.sdp
    if (!server.respond(response)) {
      app.answer(frame.id, 'NOK', UNKNOWN_TRANSACTION)
      return
    }
    if (reliable) this.#repeatUntilPrack(waiting, response)
    echoResponse(app, frame.id, response, server.source, { transactionId, dialogId: this.#dialogIdOf(waiting) })
    if (status >= 200) this.#answered(waiting, response)
  }

  /** The ACK for a 2xx. */
  #acknowledged(waiting: Unanswered, ack: SipRequest): void {
    const { dialog } = waiting
    if (dialog === undefined) return
    if (ack.sdp !== undefined && waiting.server.request.sdp === undefined) dialog.offered = undefined
    if (waiting.app.open) tellFromNetwork(waiting.app, ack, waiting.server.source, { transactionId: waiting.id, dialogId: dialog.id })
  }

  /** An application has gone: what it had not answered is answered for it. */
  appGone(app: AppConnection): void {
    for (const waiting of [...this.#unanswered.values()]) {
      if (waiting.app !== app) continue
      this.#unanswered.delete(waiting.id)
      waiting.reliable?.stop()
      const { server, dialog } = waiting
      if (dialog === undefined) this.#unansweredOf(waiting)
      else if (server.request.method === 'BYE') refuse(server, 200, waiting.localTag)
      else {
        dialog.waiting.delete(waiting.id)
        if (dialog.offered === server) dialog.offered = undefined
        this.#answerForAbsent(server, dialog)
      }
    }
  }

  /** An application has asked for this method: it gets what waits for one. */
  appCame(verb: string): void {
    for (const held of [...this.#held]) {
      if (held.server.request.method !== verb.toUpperCase()) continue
      this.#release(held)
      if (held.server.answered === undefined) this.#outside(held.server)
    }
  }

  /** Its application has gone, and it had not been answered: another one that is there gets it, or else the next that comes. */
  #unansweredOf({ server, localTag, rang }: Unanswered): void {
    // Once it rang, the caller knows our tag; another application would choose another.
    if (!this.#around.keeps || server.request.method !== 'INVITE' || rang || server.answered !== undefined) {
      refuse(server, 503, localTag)
      return
    }
    const app = this.#around.routes.choose('INVITE')
    if (app === undefined) this.#hold(server)
    else this.#hand(server, app)
  }

  #hold(server: ServerTransaction): void {
    const held: Held = { server, timer: setTimeout(() => this.#giveUp(held), HELD_MS) }
    this.#held.add(held)
    server.events = {
      cancelled: () => this.#release(held),
      ended: () => this.#release(held),
    }
  }

  #giveUp(held: Held): void {
    this.#release(held)
    refuse(held.server, 503)
  }

  #release(held: Held): void {
    clearTimeout(held.timer)
    this.#held.delete(held)
  }

  /** Refuses what has not been answered (the switch is stopping). */
  refuseAll(): void {
    for (const waiting of this.#unanswered.values()) {
      waiting.reliable?.stop()
      refuse(waiting.server, 503, waiting.localTag)
    }
    this.#unanswered.clear()
    for (const held of [...this.#held]) this.#giveUp(held)
  }

  #outside(server: ServerTransaction): void {
    const { request } = server
    if (this.#dial) {
      this.#dial(request, {
        ready: (app) => {
          this.#hand(server, app)
        },
        failed: () => {
          refuse(server, 480)
        },
      })
      return
    }
    const app = this.#around.routes.choose(request.method)
    if (request.method === 'INVITE') this.#around.records.post({ kind: 'attempt', source: 'network' }, request)
    if (app === undefined && this.#around.waitsForApp && request.method === 'INVITE') {
      this.#hold(server)
      return
    }
    if (app === undefined) {
      this.#around.log(`no application for ${request.method} from ${server.source.address}:${server.source.port}`)
      const response = refuse(server, 503)
      if (request.method === 'INVITE') this.#around.records.post({ kind: 'stop', source: 'application', reason: 'call-rejected' }, response)
      return
    }
    this.#hand(server, app)
  }

  #hand(server: ServerTransaction, app: AppConnection): void {
    if (server.answered !== undefined) return
    const waiting = this.#await(server, app, undefined)
    if (server.request.method === 'INVITE') {
      server.events.cancelled = (cancel) => {
        this.#cancelled(waiting, cancel)
      }
    }
    tellFromNetwork(app, server.request, server.source, { transactionId: waiting.id, receivedOn: server.local })
  }

  #await(server: ServerTransaction, app: AppConnection, dialog: AppDialog | undefined): Unanswered {
    const waiting: Unanswered = {
      id: randomUUID(),
      server,
      app,
      dialog,
      localTag: dialog?.sip.localTag ?? server.localTag,
      reliable: undefined,
      rseq: 0,
      rang: false,
    }
    this.#unanswered.set(waiting.id, waiting)
    dialog?.waiting.add(waiting.id)
    server.events = {
      ended: () => {
        // Never answered, or answered and done: either way nobody can answer it any more.
        if (server.answered === undefined || server.request.method !== 'INVITE') this.#forget(waiting)
      },
      failed: (detail) => {
        this.#around.log(`response to ${server.request.method} not sent: ${detail}`)
      },
      acknowledged: (ack) => {
        this.#acknowledged(waiting, ack)
      },
      unacknowledged: () => {
        if (waiting.dialog && (server.answered?.status ?? 0) < 300) this.#around.endDialog(waiting.dialog, 'ACK timeout')
      },
    }
    return waiting
  }

  #forget(waiting: Unanswered): void {
    waiting.reliable?.stop()
    this.#unanswered.delete(waiting.id)
    waiting.dialog?.waiting.delete(waiting.id)
  }

  #cancelled(waiting: Unanswered, cancel: SipRequest): void {
    this.#forget(waiting)
    if (waiting.dialog) this.#around.dialogs.remove(waiting.dialog)
    this.#around.records.post({ kind: 'stop', source: 'network', reason: 'call-canceled' }, waiting.server.request)
    if (!waiting.app.open) return
    const known = waiting.rang ? dialogId(waiting.server.request) : undefined
    tellFromNetwork(waiting.app, cancel, waiting.server.source, { transactionId: waiting.id, dialogId: known })
  }

  #dialogIdOf(waiting: Unanswered): string {
    if (waiting.dialog) return this.#around.dialogs.byId(waiting.dialog.id) === waiting.dialog ? waiting.dialog.id : ''
    return ['INVITE', 'SUBSCRIBE'].includes(waiting.server.request.method) ? dialogId(waiting.server.request) : ''
  }

  #addHeaders(waiting: Unanswered, response: SipResponse, frame: AppFrame): void {
    const { request, source } = waiting.server
    const makesDialog = request.method === 'INVITE' || request.method === 'SUBSCRIBE'
    const hasContact = appHeader(frame.headers, 'contact') !== undefined
    if (makesDialog && !hasContact && ((response.status >= 200 && response.status < 300) || response.status < 200)) {
      // A provisional gets one only when it is reliable, since only then does it make a dialog.
      const wanted = response.status >= 200 || /100rel/i.test(appHeader(frame.headers, 'require') ?? '')
      if (wanted) response.headers.add('Contact', waiting.dialog?.contact ?? this.#around.contactFor(source))
    }
    copyAppHeaders(frame.headers, response, this.#around.layer.transport.advertised(source))
    setAppBody(response, frame.headers, frame.body)
  }

  #beforeInviteAnswer(waiting: Unanswered, response: SipResponse, reliable: boolean): void {
    const { server } = waiting
    const { request } = server
    const success = response.status >= 200 && response.status < 300
    if (response.status < 200) waiting.rang = true
    if ((success || reliable) && waiting.dialog === undefined) this.#makeDialog(waiting, response)
    const { dialog } = waiting
    if (dialog === undefined) return
    if (response.sdp !== undefined) dialog.localSdp = response.sdp
    if (!success) return
    if (dialog.sip.state === 'early') dialog.sip.state = 'confirmed'
    const contact = response.headers.get('Contact')
    if (contact !== undefined) dialog.contact = contact
    if (request.method === 'INVITE') this.#answerTimer(dialog, request, response)
  }

  #answerTimer(dialog: AppDialog, request: SipRequest, response: SipResponse): void {
    const own = sessionExpiresOf(response)
    if (own) {
      this.#around.startSessionTimer(dialog, Math.max(MIN_SESSION_SECONDS, own.seconds), own.refresher === 'uas' ? 'us' : 'them')
      return
    }
    const answer = answerSessionTimer(request)
    if (answer.kind !== 'timed') return
    response.headers.add('Session-Expires', `${answer.seconds};refresher=${answer.refresher}`)
    if (answer.refresher === 'uac') response.headers.add('Require', 'timer')
    this.#around.startSessionTimer(dialog, answer.seconds, answer.refresher === 'uas' ? 'us' : 'them')
  }

  /**
   * What the real server does: a re-INVITE or UPDATE ends the session timer and begins the one that it asks for, at once. Without a refresher named,
   * the other side takes over from us; else it becomes us. A 200 to INVITE may change that.
   */
  #timerFrom(request: SipRequest, dialog: AppDialog): void {
    const wereWe = dialog.timer?.refresher === 'us'
    dialog.timer?.stop()
    dialog.timer = undefined
    const asked = sessionExpiresOf(request)
    if (asked === undefined) return
    this.#around.startSessionTimer(
      dialog,
      asked.seconds,
      asked.refresher === 'uac' || (asked.refresher === undefined && wereWe) ? 'them' : 'us',
    )
  }

  #makeDialog(waiting: Unanswered, response: SipResponse): void {
    const { server, app, localTag } = waiting
    const { request } = server
    const dialog: AppDialog = {
      id: dialogId(request),
      sip: Dialog.ofServer(request, localTag),
      app,
      role: 'uas',
      method: request.method === 'INVITE' ? 'INVITE' : 'SUBSCRIBE',
      contact: response.headers.get('Contact') ?? this.#around.contactFor(server.source),
      localSdp: response.sdp,
      route: routeAround(request, server.source),
      unacknowledged: undefined,
      offering: undefined,
      offered: undefined,
      endAfterAck: false,
      timer: undefined,
      waiting: new Set(),
    }
    waiting.dialog = dialog
    this.#around.dialogs.add(dialog)
  }

  #answered(waiting: Unanswered, response: SipResponse): void {
    this.#forget(waiting)
    const { server, dialog } = waiting
    if (response.status < 300 && NAMES_CONTACT.has(server.request.method)) this.#around.browsers.named(server.request, server.source)
    if (dialog?.offered === server) dialog.offered = undefined
    const inside = server.request.toTag !== undefined
    if (server.request.method !== 'INVITE' || inside) return
    if (response.status >= 300) {
      if (dialog) this.#around.dialogs.remove(dialog)
      this.#around.records.post({ kind: 'stop', source: 'application', reason: 'call-rejected' }, response)
    } else this.#around.records.post({ kind: 'start', source: 'application', role: 'uas' }, response)
  }

  #repeatUntilPrack(waiting: Unanswered, response: SipResponse): void {
    waiting.reliable?.stop()
    waiting.reliable = new ReliableProvisional(waiting.rseq, this.#around.layer.timers.t1, {
      repeat: () => void waiting.server.respond(response),
      gaveUp: () => {
        // RFC 3262 section 3: without a PRACK the INVITE is refused with a 5xx.
        this.#forget(waiting)
        if (waiting.dialog) this.#around.dialogs.remove(waiting.dialog)
        refuse(waiting.server, 504, waiting.localTag)
      },
    })
  }

  #prack(server: ServerTransaction): void {
    const dialog = this.#around.dialogs.ofRequest(server.request)
    const [rseq, sequence] = (server.request.headers.get('RAck') ?? '').trim().split(/\s+/)
    for (const waiting of this.#unanswered.values()) {
      if (waiting.dialog === undefined || waiting.dialog !== dialog || waiting.reliable?.rseq !== Number(rseq)) continue
      if (waiting.server.request.cseq.sequence !== Number(sequence)) continue
      waiting.reliable.stop()
      waiting.reliable = undefined
      dialog.sip.checkSequence(server.request)
      this.#handInside(server, dialog)
      return
    }
    refuse(server, 481)
  }

  #inside(server: ServerTransaction, dialog: AppDialog): void {
    const { request } = server
    if (dialog.sip.checkSequence(request) === 'outOfOrder') {
      refuse(server, 500, dialog.sip.localTag)
      return
    }
    if (request.method === 'INVITE' || request.method === 'UPDATE') {
      const refusal = offerRefusal(server, dialog)
      if (refusal !== undefined) {
        server.respond(refusal)
        return
      }
      dialog.sip.refreshTarget(request)
      if (dialog.route) dialog.route = routeAround(request, server.source)
      if (request.method === 'INVITE') dialog.offered = server
      if (dialog.method === 'INVITE') this.#timerFrom(request, dialog)
    }
    if (!dialog.app.open) {
      this.#insideAbandoned(server, dialog)
      return
    }
    this.#handInside(server, dialog)
    const terminated =
      request.method === 'NOTIFY' &&
      dialog.method === 'SUBSCRIBE' &&
      /^\s*terminated/i.test(request.headers.get('Subscription-State') ?? '')
    if (request.method === 'BYE' || terminated) {
      dialog.offering?.cancel()
      this.#around.dialogs.remove(dialog)
      this.#dropWaiting(dialog, server)
      if (request.method === 'BYE') this.#around.records.post({ kind: 'stop', source: 'network', reason: 'normal-release' }, request)
    }
  }

  /** Its application has gone. */
  #insideAbandoned(server: ServerTransaction, dialog: AppDialog): void {
    const { method } = server.request
    if (dialog.offered === server) dialog.offered = undefined
    if (method === 'BYE') {
      dialog.offering?.cancel()
      this.#around.dialogs.remove(dialog)
    }
    this.#answerForAbsent(server, dialog)
  }

  /** Real: an application that has gone leaves its dialogs behind; what is asked of them is answered with 481, which ends them. */
  #answerForAbsent(server: ServerTransaction, { sip: { localTag } }: AppDialog): void {
    const { method } = server.request
    if (!this.#around.keeps) refuse(server, 481, localTag)
    else if (method === 'BYE' || method === 'OPTIONS') refuse(server, 200, localTag)
    else {
      const response = responseTo(server.request, 500, { toTag: localTag })
      response.headers.add('Retry-After', `${RETRY_SECONDS}`)
      server.respond(response)
    }
  }

  #handInside(server: ServerTransaction, dialog: AppDialog): void {
    const waiting = this.#await(server, dialog.app, dialog)
    tellFromNetwork(dialog.app, server.request, server.source, { transactionId: waiting.id, dialogId: dialog.id })
  }

  /** What else the other side had asked for is over with its BYE: 487 for a re-INVITE (RFC 3261 15.1.2). */
  #dropWaiting(dialog: AppDialog, but: ServerTransaction): void {
    for (const id of [...dialog.waiting]) {
      const waiting = this.#unanswered.get(id)
      if (waiting === undefined || waiting.server === but) continue
      this.#forget(waiting)
      refuse(waiting.server, waiting.server.request.method === 'INVITE' ? 487 : 481, waiting.localTag)
    }
  }
}
