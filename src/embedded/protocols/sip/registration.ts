import type { AgentCore } from './agent-core.js'
import type { Credentials } from './authenticator.js'
import { SipRequest, type SipResponse } from './message.js'
import { parseNameAddr, printNameAddr, withTag } from './name-addr.js'
import { parseDecimal } from './text.js'
import { parseUri } from './uri.js'

export interface RegisterOptions {
  /** `sip:registrar.example:5060`. */
  readonly registrar: string
  /** Default: our From. */
  readonly addressOfRecord?: string
  readonly auth?: Credentials
  /** Asked for; default 300. The registrar decides. */
  readonly expiresSeconds?: number
  /** A refresh failed (it is tried again), or worked again. */
  readonly onChange?: (registered: boolean, detail: string) => void
}

export type RegisterResult =
  | { readonly kind: 'registered'; readonly expiresSeconds: number; readonly unregister: () => Promise<void> }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly response: SipResponse }
  | { readonly kind: 'failed'; readonly why: string }

/** After a failed refresh. */
const RETRY_MS = 10_000

/** Keeps one address registered: RFC 3261 10.2. One Call-ID and rising CSeq for all its REGISTERs. */
export class Registration {
  readonly #core: AgentCore
  readonly #options: RegisterOptions
  readonly #callId: string
  #sequence = 0
  #stopRefresh: () => void = () => undefined
  #over = false
  #registered = false
  #askedSeconds: number
  readonly #authenticator

  constructor(core: AgentCore, options: RegisterOptions) {
    this.#core = core
    this.#options = options
    this.#callId = core.layer.newCallId()
    this.#askedSeconds = options.expiresSeconds ?? 300
    this.#authenticator = core.authenticator(options.auth)
  }

  start(): Promise<RegisterResult> {
    return this.#register(this.#askedSeconds)
  }

  #register(seconds: number): Promise<RegisterResult> {
    return new Promise((resolve) => {
      this.#core.locate(this.#options.registrar, (place) => {
        const protocolPlace = 'why' in place ? undefined : place
        const request = this.#request(seconds, protocolPlace)
        this.#authenticator?.sign(request)
        this.#core.transact(
          request,
          place,
          this.#authenticator,
          (again) => this.#again(again),
          (outcome) => {
            if (outcome.kind === 'failed') resolve({ kind: 'failed', why: outcome.detail })
            else this.#answered(request, outcome.response, seconds, resolve)
          },
        )
      })
    })
  }

  #request(seconds: number, place: Parameters<AgentCore['contact']>[0] | undefined): SipRequest {
    const to = place ?? { protocol: 'udp' as const, address: '127.0.0.1', port: 5060 }
    const uri = parseUri(this.#options.registrar)
    const request = new SipRequest(
      'REGISTER',
      uri === undefined ? this.#options.registrar : this.#options.registrar.replace(/^(sips?:)[^@]*@/i, '$1'),
    )
    const from = this.#core.from(to)
    const address = this.#options.addressOfRecord === undefined ? from : { ...from, uri: this.#options.addressOfRecord }
    const { headers } = request
    headers.add('Max-Forwards', '70')
    headers.add('From', printNameAddr(withTag(address, this.#core.layer.newTag())))
    headers.add('To', printNameAddr(address))
    headers.add('Call-ID', this.#callId)
    headers.add('CSeq', `${++this.#sequence} REGISTER`)
    headers.add('Contact', this.#core.contact(to))
    headers.add('Expires', String(seconds))
    this.#core.decorate(request)
    return request
  }

  #again(request: SipRequest): SipRequest {
    const copy = request.clone()
    copy.headers.remove('Via')
    copy.headers.set('CSeq', `${++this.#sequence} REGISTER`)
    return copy
  }

  #answered(request: SipRequest, response: SipResponse, seconds: number, done: (result: RegisterResult) => void): void {
    if (response.status >= 300) {
      const minimum = parseDecimal(response.headers.get('Min-Expires') ?? '', 2 ** 31)
      // RFC 3261 10.2.8: 423 names the least time that is taken.
      if (response.status === 423 && minimum !== undefined && minimum > seconds && !this.#over) {
        this.#askedSeconds = minimum
        void this.#register(minimum).then(done)
        return
      }
      done({ kind: 'refused', status: response.status, reason: response.reason, response })
      return
    }
    const granted = this.#granted(request, response, seconds)
    if (!this.#over && seconds > 0) {
      this.#registered = true
      this.#refreshAfter(Math.max(granted - Math.min(30, granted / 4), 1) * 1000)
    }
    done({ kind: 'registered', expiresSeconds: granted, unregister: () => this.unregister() })
  }

  /** The registrar's word: the expires of our own Contact, or Expires, or what we asked (RFC 3261 10.2.4). */
  #granted(request: SipRequest, response: SipResponse, seconds: number): number {
    const own = parseNameAddr(request.headers.get('Contact') ?? '')?.uri
    const contact = response.contacts.find((candidate) => candidate.uri === own)
    return parseDecimal(contact?.params.get('expires') ?? response.headers.get('Expires') ?? '', 2 ** 31) ?? seconds
  }

  #refreshAfter(ms: number): void {
    this.#stopRefresh()
    if (this.#over) return
    this.#stopRefresh = this.#core.clock.after(ms, () => {
      void this.#register(this.#askedSeconds).then((result) => {
        if (this.#over || result.kind === 'registered') {
          if (!this.#over && !this.#registered) this.#options.onChange?.(true, '')
          return
        }
        this.#registered = false
        this.#options.onChange?.(false, result.kind === 'refused' ? `${result.status} ${result.reason}` : result.why)
        this.#refreshAfter(RETRY_MS)
      })
    })
  }

  /** Takes the binding away and stops refreshing it. Settles when the registrar has answered, or not in time. */
  async unregister(): Promise<void> {
    if (this.#over) return
    this.stop()
    await this.#register(0)
  }

  /** Stops refreshing, without a message. */
  stop(): void {
    this.#over = true
    this.#stopRefresh()
  }
}
