import type { Endpoint } from '../protocols/sip/endpoint.js'
import type { SipMessage, SipRequest, SipResponse } from '../protocols/sip/message.js'
import { printText } from '../protocols/sip/print.js'
import type { TransactionLayer } from '../protocols/sip/transaction-layer.js'
import type { Faults } from '../faults.js'
import type { AppConnection } from './app-connection.js'
import type { AppDialog, AppDialogs } from './app-dialogs.js'
import { printMeta } from './app-message.js'
import type { BrowserContacts } from './browser-contacts.js'
import type { AppRoutes } from './app-routes.js'
import type { CallRecords } from './call-records.js'

/** What both directions of the drachtio role work with. */
export interface Surroundings {
  readonly layer: TransactionLayer
  readonly routes: AppRoutes
  readonly dialogs: AppDialogs
  readonly records: CallRecords
  readonly browsers: BrowserContacts
  /** Whether what an application leaves behind is kept for another one. */
  readonly keeps: boolean
  /** An application has gone recently: another one may come for what it left. */
  readonly waitsForApp: boolean
  /** Ends a dialog by a BYE of the server's own, and tells its application. */
  endDialog(dialog: AppDialog, reason: string): void
  /** (Re)starts the session timer of a dialog. */
  startSessionTimer(dialog: AppDialog, seconds: number, refresher: 'us' | 'them'): void
  /** Our Contact towards `peer`: `<sip:127.0.0.1:5060>`. */
  contactFor(peer: Endpoint): string
  isOwn(endpoint: Endpoint): boolean
  /** Faults that tests have ordered. */
  readonly faults: Pick<Faults, 'forgetDialogs'>
  log(line: string): void
}

/** Tells an application of a message from the network. */
export function tellFromNetwork(
  app: AppConnection,
  message: SipMessage,
  source: Endpoint,
  more: { readonly transactionId: string; readonly dialogId?: string | undefined; readonly receivedOn?: Endpoint },
): void {
  const text = printText(message)
  const meta = printMeta({
    source: 'network',
    bytes: Buffer.byteLength(text),
    protocol: source.protocol,
    address: source.address,
    port: source.port,
  })
  const place = more.receivedOn === undefined ? '' : `${more.receivedOn.address}|${more.receivedOn.port}|`
  app.send(`sip|${meta}|${more.transactionId}|${more.dialogId ?? ''}|${place}\r\n${text}`)
}

/** Tells an application of a request that the server has sent by itself: a BYE, to which nothing can be answered. */
export function tellUnsolicited(app: AppConnection, request: SipRequest, own: Endpoint, dialogId: string): void {
  const text = printText(request)
  const meta = printMeta({
    source: 'application',
    bytes: Buffer.byteLength(text),
    protocol: own.protocol,
    address: own.address,
    port: own.port,
  })
  app.send(`sip|${meta}|unsolicited|${dialogId}|\r\n${text}`)
}

/** Echoes a request that was sent for an application. */
export function echoRequest(app: AppConnection, messageId: string, request: SipRequest, own: Endpoint, transactionId: string): void {
  const text = printText(request)
  const meta = printMeta({
    source: 'application',
    bytes: Buffer.byteLength(text),
    protocol: own.protocol,
    address: own.address,
    port: own.port,
  })
  app.answer(messageId, 'OK', `${meta}|${transactionId}|Msg sent:|\r\n${text}`)
}

/** Echoes a response that was sent for an application. */
export function echoResponse(
  app: AppConnection,
  messageId: string,
  response: SipResponse,
  peer: Endpoint,
  ids: { readonly transactionId: string; readonly dialogId: string },
): void {
  const text = printText(response)
  const meta = printMeta({
    source: 'application',
    bytes: Buffer.byteLength(text),
    protocol: peer.protocol,
    address: peer.address,
    port: peer.port,
  })
  app.answer(messageId, 'OK', `${meta}|${ids.transactionId}|${ids.dialogId}||Msg sent:|\r\n${text}`)
}
