import type { Clock } from '../clock/clock.js'
import type { Registration, SrtpWish } from '../switch/port.js'
import type { Bindings, RegisteredBy } from './bindings.js'
import type { DigestAuthenticator } from './digest-authenticator.js'
import { isOverTls, isWebSocket } from './transport.js'

export interface RegistrarOptions {
  readonly authenticator: DigestAuthenticator
  readonly bindings: Bindings
  readonly clock: Clock
  /** Addresses that are not counted: the house's own networks. */
  readonly trusted: { has(address: string): boolean }
  /** How many requests any other address may send before a telephone has registered from it. */
  readonly strangers: { take(address: string): boolean }
  readonly onRefused?: (detail: string) => void
  /** `required`: telephones register over TLS only. Default `optional`. */
  readonly srtp?: SrtpWish
}

const longestContact = 512

/** The registrar: RFC 3261 section 10.3, with digest. A telephone may register its own user alone. */
export class Registrar {
  constructor(private readonly options: RegistrarOptions) {}

  async register(registration: Registration): Promise<void> {
    const { authenticator, bindings, trusted, strangers } = this.options
    const { address } = registration.source
    if (!trusted.has(address) && !bindings.knows(address) && !strangers.take(address)) {
      this.#refused(registration, 'too many requests from an unknown address')
      return registration.respond(503, { headers: { 'Retry-After': '60' } })
    }
    const user = userOf(registration.addressOfRecord)
    const proof = authenticator.prove({ header: registration.header('Authorization'), method: 'REGISTER', address, user })
    switch (proof.kind) {
      case 'challenge':
        return registration.respond(401, { headers: { 'WWW-Authenticate': proof.challenge } })
      case 'refused':
        this.#refused(registration, proof.why)
        return registration.respond(403)
      case 'device':
        if (this.options.srtp === 'required' && !isOverTls(registration.source) && !isWebSocket(registration.source)) {
          this.#refused(registration, `${registration.source.protocol} is not encrypted`)
          return registration.respond(403, { reason: 'TLS required' })
        }
        return this.#bind(user, registration)
    }
  }

  async #bind(user: string, registration: Registration): Promise<void> {
    const { bindings, clock } = this.options
    const { contacts } = registration
    const all = contacts.some(({ uri }) => uri === '*')
    if (all && (contacts.length > 1 || contacts[0]?.expiresSeconds !== 0))
      return registration.respond(400, { reason: 'Contact * needs Expires 0' })
    if (!all && contacts.some(({ uri }) => uri.length > longestContact || !/^sips?:[^\s<>"]+$/i.test(uri)))
      return registration.respond(400, { reason: 'Bad Contact' })
    const by = registeredBy(registration)
    const result = all ? bindings.clear(user, by) : bindings.bind(user, contacts, by)
    switch (result.kind) {
      case 'tooBrief':
        return registration.respond(423, { headers: { 'Min-Expires': String(result.minSeconds) } })
      case 'outOfOrder':
        return registration.respond(500, { reason: 'Request Out of Order' })
      case 'bound': {
        const now = clock.now()
        const contact = bindings
          .of(user)
          .map((binding) => `<${binding.contact}>;expires=${Math.max(0, Math.round((binding.expiresAt - now) / 1_000))}`)
        return registration.respond(200, { headers: contact.length === 0 ? {} : { Contact: contact.join(', ') } })
      }
    }
  }

  #refused({ addressOfRecord, source }: Registration, why: string): void {
    this.options.onRefused?.(`registration of ${addressOfRecord} from ${source.address}: ${why}`)
  }
}

function registeredBy(registration: Registration): RegisteredBy {
  const userAgent = registration.header('User-Agent')?.slice(0, 100)
  return {
    source: registration.source,
    callId: registration.header('Call-ID') ?? '',
    sequence: Number.parseInt(registration.header('CSeq') ?? '', 10) || 0,
    ...(userAgent === undefined ? {} : { userAgent }),
  }
}

function userOf(addressOfRecord: string): string {
  return /^sips?:([^@;?>:]+)@/i.exec(addressOfRecord)?.[1] ?? ''
}
