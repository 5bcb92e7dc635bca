import type { Registration, Target } from '../switch/port.js'
import { defaultBindingLimits, type Binding, type Bindings } from './bindings.js'
import type { Doorkeeper } from './doorkeeper.js'

/** The registrar: RFC 3261 section 10.3, with digest. A telephone may register its own user and nobody else's. */
export class Registrar {
  constructor(
    private readonly doorkeeper: Doorkeeper,
    private readonly bindings: Bindings,
    private readonly onRefused: (detail: string) => void = () => undefined,
  ) {}

  async register(registration: Registration): Promise<void> {
    const { address } = registration.source
    const proof = this.doorkeeper.prove(registration.header('Authorization'), 'REGISTER', address)
    switch (proof.kind) {
      case 'challenge':
        // One header with both challenges: RFC 7235 allows the list, and the switch's headers are a map.
        return registration.respond(401, { headers: { 'WWW-Authenticate': proof.challenges.at(-1) ?? '' } })
      case 'refused':
        this.onRefused(`registration of ${registration.addressOfRecord} from ${address}: ${proof.why}`)
        return registration.respond(403)
      case 'device': {
        const { user } = proof.device
        if (userOf(registration.addressOfRecord) !== user) {
          this.onRefused(`${user} wanted to register ${registration.addressOfRecord}`)
          return registration.respond(403)
        }
        return this.#bind(user, registration)
      }
    }
  }

  async #bind(user: string, registration: Registration): Promise<void> {
    const { contacts, source } = registration
    const all = contacts.find(({ uri }) => uri === '*')
    if (all) {
      if (contacts.length > 1 || all.expiresSeconds !== 0) return registration.respond(400, { reason: 'Contact * needs Expires 0' })
      this.bindings.clear(user)
    } else {
      const foreign = contacts.find(({ uri }) => !/^sips?:[^\s<>"]+$/i.test(uri))
      if (foreign) return registration.respond(400, { reason: 'Bad Contact' })
      const result = this.bindings.bind(user, contacts, source)
      if (result.kind === 'tooBrief') return registration.respond(423, { headers: { 'Min-Expires': String(defaultBindingLimits.leastSeconds) } })
    }
    const now = this.bindings.of(user)
    const contact = now.map((binding) => `<${binding.contact}>;expires=${Math.max(0, Math.round((binding.expiresAt - binding.registeredAt) / 1_000))}`).join(', ')
    return registration.respond(200, { headers: contact === '' ? {} : { Contact: contact } })
  }

  /** Where a user can be rung now: their telephones, the latest registered first. Empty: not registered. */
  targetsOf(user: string): readonly Target[] {
    return [...this.bindings.of(user)].reverse().map((binding) => ({ kind: 'uri', uri: reachable(binding) }))
  }
}

/** The contact, sent to where the telephone's packets came from: right behind NAT, and the same where there is none. */
function reachable({ contact, source }: Binding): string {
  const match = /^(sips?):(?:([^@]*)@)?([^;?>]+)(.*)$/i.exec(contact)
  if (match === null) return contact
  const [, scheme = 'sip', user, , parameters = ''] = match
  const host = source.address.includes(':') ? `[${source.address}]` : source.address
  const kept = parameters.split('?')[0] ?? ''
  const transport = /;transport=/i.test(kept) || source.protocol === 'udp' ? '' : `;transport=${source.protocol}`
  return `${scheme}:${user === undefined ? '' : `${user}@`}${host}:${source.port}${kept}${transport}`
}

function userOf(addressOfRecord: string): string | undefined {
  return /^sips?:([^@;?>]+)@/i.exec(addressOfRecord)?.[1]
}
