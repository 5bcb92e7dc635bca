import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS, type AgentCore } from './agent-core.js'
import { dialogKey } from './dialog.js'
import type { Endpoint } from './endpoint.js'
import { IncomingCall, type IncomingInvite } from './incoming-call.js'
import type { SipRequest, SipResponse } from './message.js'
import { responseTo } from './responses.js'
import type { ServerTransaction, TransactionUser } from './transaction-layer.js'

const SUPPORTED = new Set(SUPPORTED_EXTENSIONS.split(', '))
/** Methods that mean nothing outside a dialog. */
const IN_DIALOG_ONLY = new Set(['BYE', 'PRACK', 'UPDATE', 'INFO'])

/** Sorts what comes in: to its dialog, to the application, or back with the refusal that RFC 3261 8.2 names. */
export class IncomingRequests implements TransactionUser {
  onInvite: ((invite: IncomingInvite) => void) | undefined
  onRequest: ((request: SipRequest, source: Endpoint) => SipResponse | undefined) | undefined
  readonly #core: AgentCore
  readonly #calls = new Map<string, IncomingCall>()
  #closed = false

  constructor(core: AgentCore) {
    this.#core = core
  }

  request(transaction: ServerTransaction): void {
    const { request } = transaction
    if (request.toTag !== undefined) {
      const owner = this.#core.dialogs.get(dialogKey(request.callId, request.toTag, request.fromTag ?? ''))
      if (owner === undefined) this.#refuse(transaction, 481)
      else owner.receive(transaction)
      return
    }
    if (this.#closed) this.#refuse(transaction, 503)
    else if (!this.#refusedByForm(transaction)) this.#take(transaction)
  }

  /** RFC 3261 8.2.2: refuses requests that cannot be served whatever they want. */
  #refusedByForm(transaction: ServerTransaction): boolean {
    const { request } = transaction
    if (!/^sips?:/i.test(request.uri)) return this.#refuse(transaction, 416)
    const unknown = request.headers.values('Require').filter((tag) => !SUPPORTED.has(tag.toLowerCase()))
    if (unknown.length > 0) return this.#refuse(transaction, 420, (response) => response.headers.add('Unsupported', unknown.join(', ')))
    if (IN_DIALOG_ONLY.has(request.method)) return this.#refuse(transaction, 481)
    if (request.method !== 'INVITE') return false
    // 8.2.2.2: the same request over two paths.
    if (this.#calls.has(mergeKey(request))) return this.#refuse(transaction, 482)
    // 8.2.3: a body that we cannot read.
    if (request.body.length > 0 && request.sdp === undefined) {
      return this.#refuse(transaction, 415, (response) => response.headers.add('Accept', 'application/sdp'))
    }
    return false
  }

  #take(transaction: ServerTransaction): void {
    const { request } = transaction
    if (request.method !== 'INVITE') {
      const response = this.onRequest?.(request, transaction.source)
      if (response !== undefined) transaction.respond(response)
      else if (request.method === 'OPTIONS') this.#refuse(transaction, 200)
      else this.#refuse(transaction, 405)
      return
    }
    if (this.onInvite === undefined) {
      this.#refuse(transaction, 480)
      return
    }
    const key = mergeKey(request)
    const call = new IncomingCall(this.#core, transaction, () => this.#calls.delete(key))
    this.#calls.set(key, call)
    this.onInvite(call)
  }

  #refuse(transaction: ServerTransaction, status: number, change: (response: SipResponse) => void = () => undefined): true {
    const response = responseTo(transaction.request, status, { toTag: transaction.localTag })
    if (status === 405 || status === 200) response.headers.add('Allow', ALLOWED_METHODS)
    if (status === 200) response.headers.add('Accept', 'application/sdp').add('Supported', SUPPORTED_EXTENSIONS)
    this.#core.decorate(response)
    change(response)
    transaction.respond(response)
    return true
  }

  /** Refuses whatever has no final answer yet, and whatever comes from now on. */
  close(): void {
    this.#closed = true
    for (const call of [...this.#calls.values()]) call.close()
  }
}

function mergeKey(request: SipRequest): string {
  return `${request.callId}|${request.fromTag ?? ''}|${request.cseq.sequence}|${request.method}`
}
