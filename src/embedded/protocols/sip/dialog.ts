import type { Endpoint } from './endpoint.js'
import { SipRequest, type SipMessage, type SipResponse } from './message.js'
import { parseNameAddr, printNameAddr, withTag, type NameAddr } from './name-addr.js'
import { isPrivateAddress } from './address-kinds.js'
import { hostForSocket } from './endpoint.js'
import { plainAddress } from './same-host.js'
import { parseUri } from './uri.js'

interface DialogParts {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly local: NameAddr
  readonly remote: NameAddr
  readonly remoteTarget: string
  readonly routeSet: readonly string[]
  readonly localSequence: number
  readonly remoteSequence: number | undefined
  readonly ownsCallId: boolean
}

/** The order of a request inside the dialog relative to earlier ones: RFC 3261 12.2.2. */
export type SequenceCheck = 'inOrder' | 'outOfOrder'

/** State of a dialog: RFC 3261 12. */
export class Dialog {
  readonly callId: string
  readonly localTag: string
  readonly remoteTag: string
  readonly local: NameAddr
  readonly remote: NameAddr
  /** We made the Call-ID: decides how long to wait after a 491 (RFC 3261 14.1). */
  readonly ownsCallId: boolean
  state: 'early' | 'confirmed' | 'terminated' = 'early'
  #remoteTarget: string
  #routeSet: readonly string[]
  #localSequence: number
  #remoteSequence: number | undefined

  private constructor(parts: DialogParts) {
    this.callId = parts.callId
    this.localTag = parts.localTag
    this.remoteTag = parts.remoteTag
    this.local = parts.local
    this.remote = parts.remote
    this.ownsCallId = parts.ownsCallId
    this.#remoteTarget = parts.remoteTarget
    this.#routeSet = parts.routeSet
    this.#localSequence = parts.localSequence
    this.#remoteSequence = parts.remoteSequence
  }

  /** The dialog that a 101-299 to our request makes (RFC 3261 12.1.2). */
  static ofClient(request: SipRequest, response: SipResponse): Dialog {
    return new Dialog({
      callId: request.callId,
      localTag: request.fromTag ?? '',
      remoteTag: response.toTag ?? '',
      local: request.from,
      remote: response.to,
      remoteTarget: response.contacts[0]?.uri ?? request.uri,
      routeSet: response.headers.values('Record-Route').reverse(),
      localSequence: request.cseq.sequence,
      remoteSequence: undefined,
      ownsCallId: true,
    })
  }

  /** The dialog that our answer makes (RFC 3261 12.1.1). @param localTag the To tag of our response */
  static ofServer(request: SipRequest, localTag: string): Dialog {
    return new Dialog({
      callId: request.callId,
      localTag,
      remoteTag: request.fromTag ?? '',
      local: withTag(request.to, localTag),
      remote: request.from,
      remoteTarget: request.contacts[0]?.uri ?? request.from.uri,
      routeSet: request.headers.values('Record-Route'),
      localSequence: 0,
      remoteSequence: request.cseq.sequence,
      ownsCallId: false,
    })
  }

  /** `call-id|local tag|remote tag`: our key of a dialog. */
  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag)
  }
  get remoteTarget(): string {
    return this.#remoteTarget
  }
  get routeSet(): readonly string[] {
    return this.#routeSet
  }

  /** The 2xx to our INVITE: confirms the dialog, and replaces route set and target of the early one (RFC 3261 13.2.2.4). */
  confirm(response: SipResponse): void {
    this.state = 'confirmed'
    this.#routeSet = response.headers.values('Record-Route').reverse()
    this.refreshTarget(response)
  }

  /** Takes the Contact of a target refresh: INVITE, UPDATE and their 2xx (RFC 3261 12.2, RFC 3311 5). */
  refreshTarget(message: SipMessage): void {
    const contact = message.contacts[0]
    if (contact !== undefined) this.#remoteTarget = contact.uri
  }

  /** Checks and notes the CSeq of a request of the other side. A lower one than before gets 500 (RFC 3261 12.2.2). */
  checkSequence(request: SipRequest): SequenceCheck {
    const { sequence } = request.cseq
    if (this.#remoteSequence !== undefined && sequence <= this.#remoteSequence) return 'outOfOrder'
    this.#remoteSequence = sequence
    return 'inOrder'
  }

  /** A request inside the dialog with the next CSeq: RFC 3261 12.2.1.1. Via and Contact are added later. */
  request(method: string): SipRequest {
    return this.#build(method, ++this.#localSequence)
  }

  /** The ACK for a 2xx to the INVITE with that CSeq number: RFC 3261 13.2.2.4. */
  ack(sequence: number): SipRequest {
    return this.#build('ACK', sequence)
  }

  /** The same request again with the next CSeq, for a retry with credentials or a longer session interval. */
  again(request: SipRequest): SipRequest {
    const copy = request.clone()
    copy.headers.remove('Via')
    copy.headers.set('CSeq', `${++this.#localSequence} ${request.method}`)
    return copy
  }

  #build(method: string, sequence: number): SipRequest {
    const first = this.#routeSet[0]
    const firstUri = first === undefined ? undefined : parseNameAddr(first)?.uri
    // RFC 3261 12.2.1.1: a first route without `lr` is a strict router; it gets the Request-URI, and the target goes last.
    const strict = firstUri !== undefined && parseUri(firstUri)?.params.has('lr') !== true
    const request = new SipRequest(method, strict ? firstUri : this.#remoteTarget)
    const { headers } = request
    const routes = strict ? [...this.#routeSet.slice(1), `<${this.#remoteTarget}>`] : this.#routeSet
    for (const route of routes) headers.add('Route', route)
    headers.add('Max-Forwards', '70')
    headers.add('From', printNameAddr(withTag(this.local, this.localTag)))
    headers.add('To', printNameAddr(this.remoteTag === '' ? this.remote : withTag(this.remote, this.remoteTag)))
    headers.add('Call-ID', this.callId)
    headers.add('CSeq', `${sequence} ${method}`)
    return request
  }

  /** The URI to resolve for the next request: the first route, else the target. */
  get nextHop(): string {
    const first = this.#routeSet[0]
    return (first === undefined ? undefined : parseNameAddr(first)?.uri) ?? this.#remoteTarget
  }

  /**
   * Where to send instead of resolving `nextHop`, when the Contact names a private address that is not the one packets come from: the
   * phone sits behind a NAT that does not rewrite SIP.
   */
  behindNat(source: Endpoint | undefined): Endpoint | undefined {
    if (source === undefined || this.#routeSet.length > 0) return undefined
    const target = parseUri(this.#remoteTarget)
    const host = target === undefined ? undefined : hostForSocket(target.host)
    return host !== undefined && plainAddress(host) !== plainAddress(source.address) && isPrivateAddress(host) ? source : undefined
  }
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId}|${localTag}|${remoteTag}`
}
