import { createHmac, randomUUID } from 'node:crypto'
import type { Clock } from '../clock/clock.js'
import { DigestServer, parseDigest } from '../embedded/protocols/sip/digest.js'
import type { SharedMap } from '../fleet/shared-map.js'
import { readPartyUri } from '../switch/party-address.js'
import type { Device, Devices } from './devices.js'

export type Proof =
  | { readonly kind: 'device'; readonly device: Device }
  /** Challenge (again), with this WWW-Authenticate. */
  | { readonly kind: 'challenge'; readonly challenge: string }
  | { readonly kind: 'refused'; readonly why: string }

/** A request to be authenticated. */
export interface Claim {
  /** Value of Authorization. */
  readonly header: string | undefined
  readonly method: string
  readonly address: string
  /** The user in From; the credentials have to be this user's. */
  readonly user: string
  /** The target of the request; the credentials must have been made for the same. Undefined where it has no particular target. */
  readonly dialled?: string
}

/** A user has been locked out. */
export interface Lock {
  /** Undefined: no device has the name that was tried. */
  readonly user: string | undefined
  readonly address: string
  readonly wrongInARow: number
  readonly lockMs: number
}

/** Against guessing: after this many wrong passwords in a row for one user from one address, no more are checked for a while. */
const wrongInARow = 5
const firstLockMs = 10_000
const longestLockMs = 15 * 60_000
/** After this long without another wrong password the row begins again. */
const forgivenAfterMs = 60 * 60_000
/** Rows and nonces that are remembered; the oldest is forgotten first. */
const remembered = 10_000

/** No user has a longer name than this; longer ones are not told apart. */
const longestName = 64

/** Wrong passwords in a row, and the monotonic ms of the last. */
interface Row {
  readonly times: number
  readonly at: number
  readonly lockedUntil: number
}

/** What engines share, so that passwords cannot be tried at each of them in turn, and credentials used at one are no proof at another. */
export type SharedProof =
  | { readonly kind: 'wrong'; readonly row: string; /** Of a name that no device has. */ readonly stranger: boolean }
  | { readonly kind: 'right'; readonly row: string }
  | { readonly kind: 'count'; readonly nonce: string; readonly count: number }

/** The others have heard of it by then. */
const toldForMs = 60_000

/**
 * Authenticates devices by digest. A wrong password locks its own user at its own address only: one telephone with a wrong
 * password must not lock out the rest of a practice behind the same address.
 */
export class DigestAuthenticator {
  readonly #wrong = new Map<string, Row>()
  /** The same for names that no device has, each by itself: answers must not reveal which names exist. Kept apart, so that invented names displace no device's row. */
  readonly #wrongNames = new Map<string, Row>()
  /** Highest count that was used with a nonce: the same credentials sent again are not a proof. */
  readonly #counts = new Map<string, number>()
  readonly #stopListening: () => void

  constructor(
    private readonly options: {
      readonly realm: string
      /** Keys the nonces; at least 16 random bytes. */
      readonly secret: Buffer
      readonly devices: Pick<Devices, 'find'>
      readonly clock: Clock
      readonly onLocked?: (lock: Lock) => void
      /** Where several engines are one service. */
      readonly others?: Pick<SharedMap<SharedProof>, 'set' | 'onChange'> | undefined
    },
  ) {
    this.#stopListening = options.others?.onChange(({ value }) => value && this.#heard(value)) ?? (() => undefined)
  }

  close(): void {
    this.#stopListening()
  }

  #heard(proof: SharedProof): void {
    switch (proof.kind) {
      case 'wrong':
        return this.#countWrong(proof.stranger ? this.#wrongNames : this.#wrong, proof.row, undefined)
      case 'right':
        return void this.#wrong.delete(proof.row)
      case 'count':
        if (proof.count > (this.#counts.get(proof.nonce) ?? 0)) remember(this.#counts, proof.nonce, proof.count)
    }
  }

  #tell(proof: SharedProof): void {
    this.options.others?.set(randomUUID(), proof, toldForMs)
  }

  prove({ header, method, address, user, dialled }: Claim): Proof {
    const { clock, devices } = this.options
    const now = clock.now()
    const ask = (stale: boolean) => this.#challenge(address, user, now, stale)
    if (header === undefined) return ask(false)
    const fields = parseDigest(header)
    const username = fields?.get('username') ?? ''
    const device = devices.find(username)
    const [rows, row] =
      device === undefined ? [this.#wrongNames, `${address} ${username.slice(0, longestName)}`] : [this.#wrong, `${address} ${device.user}`]
    if (this.#isLocked(rows, row)) return { kind: 'refused', why: 'too many wrong passwords from this address' }
    const algorithm = (fields?.get('algorithm') ?? 'MD5').toUpperCase()
    if (algorithm !== (device?.algorithm ?? 'MD5')) return ask(false)
    const verdict = this.#server(address).verify(header, method, now, (_name, asked) =>
      asked === 'MD5' ? device?.credentials.secrets.md5 : device?.credentials.secrets.sha256,
    )
    switch (verdict.kind) {
      case 'stale':
        return ask(true)
      case 'refused':
        if (/quality/.test(verdict.why)) return ask(false)
        // A nonce from before a restart, or of another node, is no attack: the telephone is asked again.
        if (/nonce|realm|algorithm/.test(verdict.why)) return ask(true)
        this.#wrongAgain(rows, row, device && { user: device.user, address })
        // Trying one name after the other is noticed too.
        if (device === undefined && !this.#isLocked(this.#wrong, `${address} `))
          this.#wrongAgain(this.#wrong, `${address} `, { user: undefined, address })
        return { kind: 'refused', why: verdict.why }
      case 'accepted':
        // Before the count: credentials of another request do not use it up.
        if (dialled !== undefined && !isMeantFor(dialled, fields?.get('uri') ?? ''))
          return { kind: 'refused', why: 'these credentials were made for a call to another number' }
        if (!this.#isFresh(fields)) return ask(true)
        if (this.#wrong.delete(row)) this.#tell({ kind: 'right', row })
        if (device === undefined) return { kind: 'refused', why: 'no such user' }
        return device.user === user ? { kind: 'device', device } : { kind: 'refused', why: `these are the credentials of ${device.user}` }
    }
  }

  /** Ends the lock: the password has been changed. */
  forgive(user: string): void {
    for (const row of this.#wrong.keys()) if (row.endsWith(` ${user}`)) this.#wrong.delete(row)
  }

  /** Each address has nonces of its own: an attacker who forges another address cannot have wrong passwords counted against it. */
  #server(address: string): DigestServer {
    const { realm, secret } = this.options
    return new DigestServer({ realm, secret: createHmac('sha256', secret).update(address).digest() })
  }

  #challenge(address: string, user: string, now: number, stale: boolean): Proof {
    const [sha256 = '', md5 = ''] = this.#server(address).challenges(now, stale)
    return { kind: 'challenge', challenge: this.options.devices.find(user)?.algorithm === 'SHA-256' ? sha256 : md5 }
  }

  /** Without a quality of protection (RFC 2069) a nonce has no count: it is valid for one request. */
  #isFresh(fields: ReadonlyMap<string, string> | undefined): boolean {
    const nonce = fields?.get('nonce') ?? ''
    // The count of any other quality of protection is not part of what was proved.
    const count = fields?.get('qop')?.toLowerCase() === 'auth' ? Number.parseInt(fields.get('nc') ?? '', 16) : 1
    if (Number.isNaN(count) || count <= (this.#counts.get(nonce) ?? 0)) return false
    remember(this.#counts, nonce, count)
    this.#tell({ kind: 'count', nonce, count })
    return true
  }

  #isLocked(rows: ReadonlyMap<string, Row>, row: string): boolean {
    return (rows.get(row)?.lockedUntil ?? 0) > this.options.clock.monotonic()
  }

  #wrongAgain(rows: Map<string, Row>, row: string, whom: Pick<Lock, 'user' | 'address'> | undefined): void {
    this.#tell({ kind: 'wrong', row, stranger: rows === this.#wrongNames })
    this.#countWrong(rows, row, whom)
  }

  /** @param whom the user and address that a lock is reported for; undefined: a lock is not reported */
  #countWrong(rows: Map<string, Row>, row: string, whom: Pick<Lock, 'user' | 'address'> | undefined): void {
    const now = this.options.clock.monotonic()
    const before = rows.get(row)
    const times = before === undefined || now - before.at > forgivenAfterMs ? 1 : before.times + 1
    const lockMs = times < wrongInARow ? 0 : Math.min(longestLockMs, firstLockMs * 2 ** (times - wrongInARow))
    remember(rows, row, { times, at: now, lockedUntil: now + lockMs })
    if (lockMs > 0 && whom) this.options.onLocked?.({ ...whom, wrongInARow: times, lockMs })
  }
}

/**
 * Whether the `uri` of credentials (RFC 3261 22.4) names the dialled party. Only the user part of the Request-URI is compared: many telephones
 * write host, port and parameters differently in the two. Some sign the server's address without any user;
 * what they dialled is then not part of the proof, and cannot be compared.
 */
function isMeantFor(dialled: string, uri: string): boolean {
  if (/^sips?:[^@\s]+$/i.test(uri)) return true
  const { user } = readPartyUri(uri)
  return user !== '' && user === dialled
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= remembered) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
