import { randomUUID } from 'node:crypto'
import { Dialog } from '../protocols/sip/dialog.js'
import type { Endpoint } from '../protocols/sip/endpoint.js'
import { SipRequest, type SipResponse } from '../protocols/sip/message.js'
import { nameAddr, parseNameAddr, printNameAddr, tagOf, withTag } from '../protocols/sip/name-addr.js'
import { isUnresolved, resolveUri } from '../protocols/sip/resolve.js'
import { sessionExpiresOf } from '../protocols/sip/session-timer.js'
import { responseTo, type ClientFailure, type ClientTransaction } from '../protocols/sip/transaction-layer.js'
import { parseUri } from '../protocols/sip/uri.js'
import { cancelFor } from '../protocols/sip/transactions/client-requests.js'
import type { AppConnection } from './app-connection.js'
import { dialogId, type AppDialog } from './app-dialogs.js'
import { appHeader, copyAppHeaders, setAppBody, withRealHost } from './app-headers.js'
import type { AppFrame } from './app-message.js'
import { routeAround } from './nat.js'
import { echoRequest, tellFromNetwork, type Surroundings } from './surroundings.js'

/** An INVITE (or SUBSCRIBE) of an application that has no final response yet. */
interface PendingInvite {
  readonly app: AppConnection
  readonly client: ClientTransaction
  readonly contact: string
  cancelled: boolean
  dialog: AppDialog | undefined
}

const START_LINE = /^([A-Z]+) (\S+) SIP\/2\.0$/

/** Requests that applications send outside any dialog, with everything that follows from them until the dialog stands. */
export class OutgoingRequests {
  readonly #around: Surroundings
  readonly #invites = new Map<string, PendingInvite>()

  constructor(around: Surroundings) {
    this.#around = around
  }

  /** `sip|||[route url]` with a request. */
  send(app: AppConnection, frame: AppFrame, routeUrl: string): void {
    const [, method, uri] = START_LINE.exec(frame.startLine) ?? []
    if (method === undefined || uri === undefined || (parseUri(uri) === undefined && routeUrl === '')) {
      app.answer(frame.id, 'NOK', `invalid request-uri: ${frame.startLine}`)
      return
    }
    resolveUri((routeUrl === '' ? uri : routeUrl).replace(/^\s*<|>.*$/g, ''), (result) => {
      if (isUnresolved(result))
        app.answer(
          frame.id,
          'NOK',
          result.why === 'badUri' ? `invalid request-uri: ${frame.startLine}` : 'requested protocol/transport not available',
        )
      else if (!this.#around.layer.transport.listeners.some(({ protocol }) => protocol === result.protocol)) {
        app.answer(frame.id, 'NOK', 'requested protocol/transport not available')
      } else this.#sendTo(app, frame, method, uri, result)
    })
  }

  /** `sip|<transaction id>|` with CANCEL. */
  cancel(app: AppConnection, frame: AppFrame, transactionId: string): void {
    const invite = this.#invites.get(transactionId)
    if (!invite) {
      app.answer(frame.id, 'NOK', `unable to cancel unknown transaction id: ${transactionId}`)
      return
    }
    invite.cancelled = true
    const headers: Record<string, string> = {}
    for (const [name, value] of frame.headers) if (/^(reason|x-.*)$/i.test(name)) headers[name] = value
    echoRequest(app, frame.id, cancelFor(invite.client.request, headers), this.#own(invite.client.destination), randomUUID())
    invite.client.cancel(headers)
  }

  /** The application is gone: what it was ringing is cancelled. */
  appGone(app: AppConnection): void {
    for (const invite of this.#invites.values()) if (invite.app === app) invite.client.cancel()
  }

  /** Cancels everything (the switch is stopping). */
  cancelAll(): void {
    for (const invite of this.#invites.values()) invite.client.cancel()
  }

  #sendTo(app: AppConnection, frame: AppFrame, method: string, uri: string, destination: Endpoint): void {
    if (this.#around.isOwn(destination)) {
      app.answer(frame.id, 'NOK', 'can not send request to myself')
      return
    }
    const request = this.#build(frame, method, uri, destination)
    if (request === undefined) {
      app.answer(frame.id, 'NOK', 'missing content-type')
      return
    }
    const transactionId = randomUUID()
    const client =
      method === 'INVITE' || method === 'SUBSCRIBE'
        ? this.#invite(app, request, destination, transactionId)
        : this.#other(app, request, destination, transactionId)
    echoRequest(app, frame.id, client.request, this.#own(destination), transactionId)
    if (method === 'INVITE') this.#around.records.post({ kind: 'attempt', source: 'application' }, client.request)
  }

  #build(frame: AppFrame, method: string, uri: string, destination: Endpoint): SipRequest | undefined {
    const { layer } = this.#around
    const at = layer.transport.advertised(destination)
    const request = new SipRequest(method, uri)
    const ownContact = this.#around.contactFor(destination)
    const from =
      parseNameAddr(withRealHost(appHeader(frame.headers, 'from') ?? ownContact, at.host, at.port)) ?? nameAddr(`sip:${at.host}:${at.port}`)
    const to = parseNameAddr(withRealHost(appHeader(frame.headers, 'to') ?? `<${uri}>`, at.host, at.port)) ?? nameAddr(uri)
    const sequence = Number.parseInt(appHeader(frame.headers, 'cseq') ?? '', 10)
    request.headers
      .add('Max-Forwards', appHeader(frame.headers, 'max-forwards') ?? '70')
      .add('From', printNameAddr(tagOf(from) === undefined ? withTag(from, layer.newTag()) : from))
      .add('To', printNameAddr(to))
      .add('Call-ID', appHeader(frame.headers, 'call-id') ?? layer.newCallId())
      .add('CSeq', `${Number.isNaN(sequence) ? layer.randomBelow(100_000_000) + 1 : sequence} ${method}`)
    if ((method === 'INVITE' || method === 'SUBSCRIBE') && appHeader(frame.headers, 'contact') === undefined)
      request.headers.add('Contact', ownContact)
    copyAppHeaders(frame.headers, request, at)
    return setAppBody(request, frame.headers, frame.body) ? request : undefined
  }

  #other(app: AppConnection, request: SipRequest, destination: Endpoint, transactionId: string): ClientTransaction {
    const tell = (response: SipResponse): void => {
      if (app.open && response.status > 100) tellFromNetwork(app, response, destination, { transactionId })
    }
    return this.#around.layer.send(request, destination, {
      provisional: tell,
      final: tell,
      failed: (why) => {
        tell(madeUp(request, why))
      },
    })
  }

  #invite(app: AppConnection, request: SipRequest, destination: Endpoint, transactionId: string): ClientTransaction {
    const id = dialogId(request)
    const client = this.#around.layer.send(request, destination, {
      provisional: (response) => {
        this.#provisional(transactionId, response)
      },
      final: (response) => {
        this.#final(transactionId, response)
      },
      failed: (why) => {
        this.#over(transactionId)
        if (app.open) tellFromNetwork(app, madeUp(request, why), destination, { transactionId, dialogId: id })
      },
      ended: () => {
        this.#over(transactionId)
      },
    })
    this.#invites.set(transactionId, { app, client, contact: request.headers.get('Contact') ?? '', cancelled: false, dialog: undefined })
    return client
  }

  #provisional(transactionId: string, response: SipResponse): void {
    const invite = this.#invites.get(transactionId)
    if (!invite || response.status === 100) return
    // A reliable provisional makes the dialog in which its PRACK is sent (RFC 3262 section 4).
    if (response.headers.has('RSeq') && invite.dialog === undefined) this.#makeDialog(invite, response)
    if (invite.app.open)
      tellFromNetwork(invite.app, response, invite.client.destination, { transactionId, dialogId: dialogId(invite.client.request) })
  }

  #final(transactionId: string, response: SipResponse): void {
    const invite = this.#invites.get(transactionId)
    if (!invite) return
    const { request, destination } = invite.client
    const id = dialogId(request)
    if (response.status >= 300) {
      this.#over(transactionId)
      if (invite.dialog) this.#around.dialogs.remove(invite.dialog)
      if (request.method === 'INVITE')
        this.#around.records.post(
          { kind: 'stop', source: 'network', reason: response.status === 487 ? 'call-canceled' : 'call-rejected' },
          response,
        )
    } else if (!this.#established(invite, response)) return
    else if (request.method !== 'INVITE') this.#over(transactionId)
    if (invite.app.open) tellFromNetwork(invite.app, response, destination, { transactionId, dialogId: id })
  }

  /** @returns false when the application is not told of this 2xx: its dialog has been acknowledged and ended */
  #established(invite: PendingInvite, response: SipResponse): boolean {
    const early = invite.dialog
    const forked = early !== undefined && early.sip.remoteTag !== response.toTag
    if (forked && early.sip.state === 'confirmed') {
      this.#refuse(invite.client, response)
      return false
    }
    if (forked) this.#around.dialogs.remove(early)
    const dialog = early !== undefined && !forked ? early : this.#makeDialog(invite, response)
    dialog.sip.confirm(response)
    dialog.route = routeAround(response, invite.client.destination)
    if (invite.client.request.method !== 'INVITE') return true
    if (!invite.app.open) {
      // Its application has gone meanwhile: none would ever acknowledge or end it.
      this.#around.dialogs.remove(dialog)
      this.#refuse(invite.client, response)
      return false
    }
    dialog.unacknowledged = { client: invite.client, sequence: invite.client.request.cseq.sequence }
    dialog.endAfterAck = invite.cancelled
    const expires = sessionExpiresOf(response)
    if (expires) this.#around.startSessionTimer(dialog, expires.seconds, expires.refresher === 'uas' ? 'them' : 'us')
    this.#around.records.post({ kind: 'start', source: 'network', role: 'uac' }, response)
    return true
  }

  #makeDialog(invite: PendingInvite, response: SipResponse): AppDialog {
    const { request } = invite.client
    const sip = Dialog.ofClient(request, response)
    const dialog: AppDialog = {
      id: dialogId(request),
      sip,
      app: invite.app,
      role: 'uac',
      method: request.method === 'INVITE' ? 'INVITE' : 'SUBSCRIBE',
      contact: invite.contact,
      localSdp: request.sdp,
      route: routeAround(response, invite.client.destination),
      unacknowledged: undefined,
      offering: undefined,
      offered: undefined,
      endAfterAck: false,
      timer: undefined,
      waiting: new Set(),
    }
    invite.dialog = dialog
    this.#around.dialogs.add(dialog)
    return dialog
  }

  /** ACK and BYE for a 2xx that no application wants (a second fork, an application that has gone). */
  #refuse(client: ClientTransaction, response: SipResponse): void {
    const sip = Dialog.ofClient(client.request, response)
    sip.confirm(response)
    client.acknowledge(sip.ack(client.request.cseq.sequence), client.destination)
    const bye = sip.request('BYE')
    bye.headers.add('Reason', 'SIP ;cause=200 ;text="ACK-BYE due to cancel race condition"')
    this.#around.layer.send(bye, client.destination, { final: () => undefined, failed: () => undefined })
  }

  #over(transactionId: string): void {
    this.#invites.delete(transactionId)
  }

  #own(destination: Endpoint): Endpoint {
    const { host, port } = this.#around.layer.transport.advertised(destination)
    return { protocol: destination.protocol, address: host, port }
  }
}

/** The response that stands for none: 408 when no answer came, 503 when the request could not be delivered. */
export function madeUp(request: SipRequest, why: ClientFailure): SipResponse {
  return responseTo(request, why === 'timeout' ? 408 : 503, { toTag: 'none' })
}
