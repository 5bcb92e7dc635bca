import type { Clock } from '../clock/clock.js'
import { DigestServer, parseDigest } from '../sip/digest.js'
import type { Device, Devices } from './devices.js'

export type Proof =
  | { readonly kind: 'device'; readonly device: Device }
  /** Ask (again): the challenges to send, one header each. */
  | { readonly kind: 'challenge'; readonly challenges: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string }

/** A password is not to be guessed: after so many wrong ones from one address, no more are looked at for a while. */
const wrongInARow = 5
const firstLockMs = 10_000
const longestLockMs = 15 * 60_000
/** Addresses and nonces that are remembered; the oldest is forgotten first. */
const remembered = 10_000

/** Tells by digest credentials which device speaks. */
export class Doorkeeper {
  readonly #server: DigestServer
  readonly #wrong = new Map<string, { times: number; lockedUntil: number }>()
  /** Highest count that was used with a nonce: the same credentials sent again are not a proof. */
  readonly #counts = new Map<string, number>()

  constructor(
    private readonly options: { readonly realm: string; readonly secret: Buffer; readonly devices: Devices; readonly clock: Clock; readonly onLocked?: (address: string, user: string) => void },
  ) {
    this.#server = new DigestServer({ realm: options.realm, secret: options.secret })
  }

  /** @param header value of Authorization or Proxy-Authorization */
  prove(header: string | undefined, method: string, address: string): Proof {
    const { clock, devices, onLocked } = this.options
    const now = clock.now()
    if (header === undefined) return { kind: 'challenge', challenges: this.#server.challenges(now) }
    const wrong = this.#wrong.get(address)
    if (wrong !== undefined && wrong.lockedUntil > now) return { kind: 'refused', why: 'too many wrong passwords from this address' }
    const verdict = this.#server.verify(header, method, now, (user, algorithm) => {
      const secrets = devices.find(user)?.secrets
      return algorithm === 'MD5' ? secrets?.md5 : secrets?.sha256
    })
    const fields = parseDigest(header)
    switch (verdict.kind) {
      case 'stale':
        return { kind: 'challenge', challenges: this.#server.challenges(now, true) }
      case 'refused': {
        // A nonce of before a restart, or of another node, is no attack: the telephone is asked again.
        if (/nonce|realm|algorithm/.test(verdict.why)) return { kind: 'challenge', challenges: this.#server.challenges(now, true) }
        const times = (wrong?.times ?? 0) + 1
        const lockMs = times < wrongInARow ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** (times - wrongInARow))
        remember(this.#wrong, address, { times, lockedUntil: now + lockMs })
        if (lockMs > 0) onLocked?.(address, fields?.get('username') ?? '')
        return { kind: 'refused', why: verdict.why }
      }
      case 'accepted': {
        const nonce = fields?.get('nonce') ?? ''
        const count = Number.parseInt(fields?.get('nc') ?? '', 16)
        if (Number.isNaN(count) || count <= (this.#counts.get(nonce) ?? 0)) return { kind: 'challenge', challenges: this.#server.challenges(now, true) }
        remember(this.#counts, nonce, count)
        this.#wrong.delete(address)
        const device = devices.find(verdict.username)
        return device === undefined ? { kind: 'refused', why: 'no such user' } : { kind: 'device', device }
      }
    }
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= remembered) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
