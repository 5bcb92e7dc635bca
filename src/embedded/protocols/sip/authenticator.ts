import { authorization, chooseChallenge, type Challenge } from './digest.js'
import type { SipRequest, SipResponse } from './message.js'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Answers the digest challenges of one call or registration, and counts how often each nonce has been used (RFC 2617 3.2.2). */
export class Authenticator {
  readonly #credentials: Credentials
  readonly #newClientNonce: () => string
  readonly #known = new Map<'Authorization' | 'Proxy-Authorization', { readonly challenge: Challenge; count: number }>()

  constructor(credentials: Credentials, newClientNonce: () => string) {
    this.#credentials = credentials
    this.#newClientNonce = newClientNonce
  }

  /**
   * Takes in a 401 or 407.
   * @returns whether trying again makes sense: there is a challenge that we can answer, and we had not answered it, or only with an
   * outdated nonce
   */
  challenged(response: SipResponse): boolean {
    if (response.status !== 401 && response.status !== 407) return false
    const proxy = response.status === 407
    const header = proxy ? 'Proxy-Authorization' : 'Authorization'
    const challenge = chooseChallenge(response.headers.lines(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'))
    if (challenge === undefined) return false
    const known = this.#known.get(header)
    // A fresh nonce for the same realm after our answer means that the password was wrong, unless the server says `stale`.
    if (known !== undefined && !challenge.stale && known.count <= 1) return false
    this.#known.set(header, { challenge, count: 0 })
    return true
  }

  /** Puts credentials on a request for all challenges known so far. */
  sign(request: SipRequest): void {
    for (const [header, known] of this.#known) {
      known.count++
      request.headers.set(header, authorization(known.challenge, this.#credentials, request, known.count, this.#newClientNonce()))
    }
  }
}
