import { Authenticator, type Credentials } from './authenticator.js'
import type { SipClock } from './clock.js'
import type { Dialog } from './dialog.js'
import { hostForUri, isStream, type Endpoint } from './endpoint.js'
import type { SipRequest, SipResponse } from './message.js'
import { parseNameAddr, printNameAddr, type NameAddr } from './name-addr.js'
import { resolveUri, isUnresolved, type Unresolved } from './resolve.js'
import type { TransactionLayer, ServerTransaction } from './transaction-layer.js'
import { parseUri, printUri, sipUri } from './uri.js'

export const ALLOWED_METHODS = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK'
export const SUPPORTED_EXTENSIONS = '100rel, timer'

/** Extra header lines of a message, in order. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[]

/** Settings that the parts of a user agent share. */
export interface AgentIdentity {
  readonly user: string
  readonly displayName: string
  readonly addressOfRecord: string | undefined
  readonly userAgentHeader: string | undefined
  readonly outboundProxy: string | undefined
  readonly natAware: boolean
  readonly sessionExpiresSeconds: number | undefined
}

export type RequestOutcome =
  | { readonly kind: 'answered'; readonly response: SipResponse }
  | { readonly kind: 'failed'; readonly why: 'timeout' | 'transport' | 'unresolved' | 'badUri'; readonly detail: string }

/** Takes the requests that come in within one dialog. */
export interface DialogOwner {
  receive(transaction: ServerTransaction): void
}

/** What calls, sessions and registrations of one user agent share: its transactions, its dialogs, its name. */
export class AgentCore {
  /** By `Dialog.key`. */
  readonly dialogs = new Map<string, DialogOwner>()

  constructor(
    readonly layer: TransactionLayer,
    readonly identity: AgentIdentity,
  ) {}

  get clock(): SipClock {
    return this.layer.clock
  }

  authenticator(credentials: Credentials | undefined): Authenticator | undefined {
    return credentials === undefined ? undefined : new Authenticator(credentials, () => this.layer.newTag())
  }

  /** Our Contact as `to` can reach it. */
  contact(to: Endpoint): string {
    const { host, port } = this.layer.transport.advertised(to)
    return printNameAddr({
      displayName: '',
      params: new Map(),
      uri: printUri(
        sipUri(this.identity.user, hostForUri(host), port, to.protocol === 'udp' ? new Map() : new Map([['transport', to.protocol]])),
      ),
    })
  }

  /** From of requests that we start a dialog with; still without a tag. */
  from(to: Endpoint): NameAddr {
    const { host, port } = this.layer.transport.advertised(to)
    const uri = this.identity.addressOfRecord ?? printUri(sipUri(this.identity.user, hostForUri(host), port))
    return { displayName: this.identity.displayName, uri, params: new Map() }
  }

  /** User-Agent (or Server) and whatever the application adds; its own header of the same name wins. */
  decorate(message: SipRequest | SipResponse, extra: HeaderPairs = []): void {
    const { userAgentHeader } = this.identity
    if (userAgentHeader !== undefined) message.headers.set(message.kind === 'request' ? 'User-Agent' : 'Server', userAgentHeader)
    const replaced = new Set<string>()
    for (const [name, value] of extra) {
      const key = name.toLowerCase()
      if (message.headers.has(name) && !replaced.has(key)) message.headers.set(name, value)
      else message.headers.add(name, value)
      replaced.add(key)
    }
  }

  /** Where a request outside any dialog goes. Calls back at once for IP literals. */
  locate(uri: string, done: (place: Endpoint | Unresolved) => void): void {
    resolveUri(this.identity.outboundProxy ?? uri, done)
  }

  /** Where a request inside the dialog goes. @param source where the other side's packets come from */
  locateInDialog(dialog: Dialog, source: Endpoint | undefined, done: (place: Endpoint | Unresolved) => void): void {
    const direct = this.identity.natAware ? dialog.behindNat(source) : undefined
    if (direct !== undefined) {
      done(direct)
      return
    }
    const { nextHop } = dialog
    resolveUri(nextHop, (place) => {
      // A phone that called over a connection often leaves the transport out of its Contact.
      const unnamed = parseUri(nextHop)?.params.has('transport') !== true
      if (!isUnresolved(place) && source !== undefined && isStream(source.protocol) && unnamed)
        done({ ...place, protocol: source.protocol })
      else done(place)
    })
  }

  /**
   * Sends a non-INVITE request and answers digest challenges.
   * @param again makes the same request with the next CSeq
   */
  transact(
    request: SipRequest,
    place: Endpoint | Unresolved,
    authenticator: Authenticator | undefined,
    again: (request: SipRequest) => SipRequest,
    done: (outcome: RequestOutcome) => void,
  ): void {
    if (isUnresolved(place)) {
      done({ kind: 'failed', why: place.why, detail: place.detail })
      return
    }
    const retry = again
    this.layer.send(request, place, {
      final: (response) => {
        if (authenticator?.challenged(response) !== true) {
          done({ kind: 'answered', response })
          return
        }
        const next = retry(request)
        authenticator.sign(next)
        this.transact(next, place, authenticator, retry, done)
      },
      failed: (why, detail) => done({ kind: 'failed', why, detail }),
    })
  }
}

/** Reads a name-addr, or makes one of a bare URI. */
export function addressOf(uri: string): NameAddr {
  return parseNameAddr(uri) ?? { displayName: '', uri, params: new Map() }
}
