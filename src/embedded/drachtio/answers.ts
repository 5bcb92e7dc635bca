import { Dialog } from '../protocols/sip/dialog.js'
import type { SipRequest, SipResponse } from '../protocols/sip/message.js'
import { answerSessionTimer, MIN_SESSION_SECONDS, sessionExpiresOf } from '../protocols/sip/session-timer.js'
import type { ServerTransaction } from '../protocols/sip/transaction-layer.js'
import type { AppConnection } from './app-connection.js'
import { dialogId, type AppDialog } from './app-dialogs.js'
import { appHeader, copyAppHeaders, setAppBody } from './app-headers.js'
import type { AppFrame } from './app-message.js'
import { routeAround } from './nat.js'
import type { ReliableProvisional } from './reliable-provisional.js'
import type { Surroundings } from './surroundings.js'

/** A request from the network that an application has (or is about to get) and has not answered finally. */
export interface Unanswered {
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

/** What the server adds to an application's answer. */
export function addHeaders(around: Surroundings, waiting: Unanswered, response: SipResponse, frame: AppFrame): void {
  const { request, source } = waiting.server
  const makesDialog = request.method === 'INVITE' || request.method === 'SUBSCRIBE'
  const hasContact = appHeader(frame.headers, 'contact') !== undefined
  if (makesDialog && !hasContact && ((response.status >= 200 && response.status < 300) || response.status < 200)) {
    // A provisional gets one only when it is reliable, since only then does it make a dialog.
    const wanted = response.status >= 200 || /100rel/i.test(appHeader(frame.headers, 'require') ?? '')
    if (wanted) response.headers.add('Contact', waiting.dialog?.contact ?? around.contactFor(source))
  }
  copyAppHeaders(frame.headers, response, around.layer.transport.advertised(source))
  setAppBody(response, frame.headers, frame.body)
}

/** The dialog that an answer to INVITE or SUBSCRIBE makes or changes, and its session timer. */
export function beforeInviteAnswer(around: Surroundings, waiting: Unanswered, response: SipResponse, reliable: boolean): void {
  const { server } = waiting
  const { request } = server
  const success = response.status >= 200 && response.status < 300
  if (response.status < 200) waiting.rang = true
  if ((success || reliable) && waiting.dialog === undefined) makeDialog(around, waiting, response)
  const { dialog } = waiting
  if (dialog === undefined) return
  if (response.sdp !== undefined) dialog.localSdp = response.sdp
  if (!success) return
  if (dialog.sip.state === 'early') dialog.sip.state = 'confirmed'
  const contact = response.headers.get('Contact')
  if (contact !== undefined) dialog.contact = contact
  if (request.method === 'INVITE') answerTimer(around, dialog, request, response)
}

function answerTimer(around: Surroundings, dialog: AppDialog, request: SipRequest, response: SipResponse): void {
  const own = sessionExpiresOf(response)
  if (own) {
    around.startSessionTimer(dialog, Math.max(MIN_SESSION_SECONDS, own.seconds), own.refresher === 'uas' ? 'us' : 'them')
    return
  }
  const answer = answerSessionTimer(request)
  if (answer.kind !== 'timed') return
  response.headers.add('Session-Expires', `${answer.seconds};refresher=${answer.refresher}`)
  if (answer.refresher === 'uac') response.headers.add('Require', 'timer')
  around.startSessionTimer(dialog, answer.seconds, answer.refresher === 'uas' ? 'us' : 'them')
}

/**
 * What the real server does: a re-INVITE or UPDATE ends the session timer and begins the one that it asks for, at once. Without a refresher named,
 * the other side takes over from us; else it becomes us. A 200 to INVITE may change that.
 */
export function timerFrom(around: Surroundings, request: SipRequest, dialog: AppDialog): void {
  const wereWe = dialog.timer?.refresher === 'us'
  dialog.timer?.stop()
  dialog.timer = undefined
  const asked = sessionExpiresOf(request)
  if (asked === undefined) return
  around.startSessionTimer(dialog, asked.seconds, asked.refresher === 'uac' || (asked.refresher === undefined && wereWe) ? 'them' : 'us')
}

function makeDialog(around: Surroundings, waiting: Unanswered, response: SipResponse): void {
  const { server, app, localTag } = waiting
  const { request } = server
  const dialog: AppDialog = {
    id: dialogId(request),
    sip: Dialog.ofServer(request, localTag),
    app,
    role: 'uas',
    method: request.method === 'INVITE' ? 'INVITE' : 'SUBSCRIBE',
    contact: response.headers.get('Contact') ?? around.contactFor(server.source),
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
  around.dialogs.add(dialog)
}
