import type { Dialog } from '../protocols/sip/dialog.js'
import type { Endpoint } from '../protocols/sip/endpoint.js'
import type { SipRequest } from '../protocols/sip/message.js'
import type { ClientTransaction, ServerTransaction } from '../protocols/sip/transaction-layer.js'
import type { AppConnection } from './app-connection.js'
import type { SessionTimer } from './session-timer.js'

/** One dialog, and the application that owns it. */
export interface AppDialog {
  /** `<Call-ID>;from-tag=<tag>`, the tag being that of the From of the request that made it, whichever side sent it. */
  readonly id: string
  sip: Dialog
  /** Changes when it has gone and another one sends a request within the dialog. */
  app: AppConnection
  readonly role: 'uac' | 'uas'
  readonly method: 'INVITE' | 'SUBSCRIBE'
  /** Value of our Contact. */
  contact: string
  /** Our last description; sent again by a session refresh. */
  localSdp: string | undefined
  /** Where requests go instead of the remote target, because the party is behind a NAT or on a connection of its own making. */
  route: Endpoint | undefined
  /** An INVITE of ours whose 2xx the application has not yet acknowledged. */
  unacknowledged: { readonly client: ClientTransaction; readonly sequence: number } | undefined
  /** A re-INVITE of ours that is under way: a BYE cancels it, one from the other side meets 491. */
  offering: ClientTransaction | undefined
  /** A re-INVITE of the other side that the application has not answered. */
  offered: ServerTransaction | undefined
  /** A 200 crossed our CANCEL: BYE follows the ACK. */
  endAfterAck: boolean
  timer: SessionTimer | undefined
  /** Requests of the other side that the application has not yet answered; dropped with the dialog. */
  readonly waiting: Set<string>
}

export function dialogId(request: SipRequest): string {
  return `${request.callId};from-tag=${request.fromTag ?? ''}`
}

function key(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`
}

/** Every dialog, by the id that applications use and by the tags that messages carry. */
export class AppDialogs {
  readonly #byId = new Map<string, AppDialog>()
  readonly #byTags = new Map<string, AppDialog>()

  get size(): number {
    return this.#byId.size
  }

  add(dialog: AppDialog): void {
    this.#byId.set(dialog.id, dialog)
    this.#byTags.set(key(dialog.sip.callId, dialog.sip.localTag, dialog.sip.remoteTag), dialog)
  }

  remove(dialog: AppDialog): void {
    dialog.timer?.stop()
    dialog.timer = undefined
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id)
    const tags = key(dialog.sip.callId, dialog.sip.localTag, dialog.sip.remoteTag)
    if (this.#byTags.get(tags) === dialog) this.#byTags.delete(tags)
  }

  byId(id: string): AppDialog | undefined {
    return this.#byId.get(id)
  }

  byCallId(callId: string): AppDialog | undefined {
    for (const dialog of this.#byId.values()) if (dialog.sip.callId === callId) return dialog
    return undefined
  }

  /** The dialog that a request of the other side belongs to. */
  ofRequest(request: SipRequest): AppDialog | undefined {
    const { toTag } = request
    return toTag === undefined ? undefined : this.#byTags.get(key(request.callId, toTag, request.fromTag ?? ''))
  }

  [Symbol.iterator](): Iterator<AppDialog> {
    return this.#byId.values()
  }
}
