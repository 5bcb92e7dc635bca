import { randomBytes } from 'node:crypto'
import type { OurSecurity } from '../protocols/sdp/secured-answer.js'
import { sdesKeyBytes, type Fingerprint, type IceCandidate, type IceDescription, type SdesSuite } from '../protocols/sdp/security.js'

/** RFC 8445 5.1.2.1 for a host candidate of component 1: preferences 126 and 65535; the address inside a NAT comes second. */
const priority = (localPreference: number): number => (126 << 24) + (localPreference << 8) + 255

/** Our end of the encryption of one channel, as long as that lasts. */
export class LocalSecurity implements OurSecurity {
  readonly fingerprint: Fingerprint
  readonly ssrc: number
  role: 'client' | 'server' | undefined
  readonly #places: () => { readonly port: number; readonly addresses: readonly string[] }
  #sdes: { readonly suite: SdesSuite; readonly theirs: string; readonly key: string; readonly isUsed: boolean } | undefined
  #ice: { readonly party: string; readonly usernameFragment: string; readonly password: string } | undefined

  /** @param places addresses of the channel: the external one first */
  constructor(fingerprint: Fingerprint, ssrc: number, places: () => { readonly port: number; readonly addresses: readonly string[] }) {
    this.fingerprint = fingerprint
    this.ssrc = ssrc
    this.#places = places
  }

  sdesKey(suite: SdesSuite, theirs: string, isUsed: boolean): string {
    const before = this.#sdes
    // Asked for before there is a party, it is the key that the party is told.
    const stays = before?.suite === suite && (!before.isUsed || before.theirs === theirs)
    const key = stays ? before.key : randomBytes(sdesKeyBytes(suite)).toString('base64')
    this.#sdes = { suite, theirs, key, isUsed: isUsed || (stays && before.isUsed) }
    return key
  }

  ice(party: IceDescription): Omit<IceDescription, 'lite'> {
    const key = `${party.usernameFragment} ${party.password}`
    // RFC 8445 5.3: 24 and 128 random bits at least; letters of base64.
    if (this.#ice?.party !== key)
      this.#ice = { party: key, usernameFragment: randomBytes(6).toString('base64'), password: randomBytes(18).toString('base64') }
    const { usernameFragment, password } = this.#ice
    const { port, addresses } = this.#places()
    const candidates = [...new Set(addresses)].map((address, index): IceCandidate => ({
      foundation: String(index + 1),
      component: 1,
      priority: priority(65_535 - index),
      address,
      port,
      type: 'host',
    }))
    return { usernameFragment, password, candidates }
  }
}
