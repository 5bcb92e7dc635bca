import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { endOfQuoted, quote, unquote } from './text.js'

/** HTTP Digest as SIP uses it: RFC 3261 22.4, RFC 2617 3, RFC 7616 and RFC 8760 (SHA-256). */
export type DigestAlgorithm = 'MD5' | 'SHA-256'

export interface Challenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  readonly algorithm: DigestAlgorithm
  /** Whether `auth` is among the offered qualities of protection; without it the old form of RFC 2069 is used. */
  readonly qopAuth: boolean
  readonly stale: boolean
}

/** Reads `name="value", name=value` behind the scheme. @returns undefined when it is not of the scheme Digest or malformed */
export function parseDigest(header: string): ReadonlyMap<string, string> | undefined {
  const match = /^\s*Digest\s+/i.exec(header)
  if (match === null) return undefined
  const fields = new Map<string, string>()
  let at = match[0].length
  while (at < header.length) {
    const equals = header.indexOf('=', at)
    if (equals < 0) return header.slice(at).trim() === '' ? fields : undefined
    const name = header.slice(at, equals).trim().toLowerCase()
    let start = equals + 1
    while (header.charCodeAt(start) === 32) start++
    let end: number
    if (header.charCodeAt(start) === 34) {
      end = endOfQuoted(header, start)
      if (end < 0) return undefined
    } else {
      end = header.indexOf(',', start)
      if (end < 0) end = header.length
    }
    fields.set(name, unquote(header.slice(start, end).trim()))
    const comma = header.indexOf(',', end)
    at = comma < 0 ? header.length : comma + 1
  }
  return fields
}

/** @returns undefined for another scheme, an algorithm that is not served, or a challenge without realm and nonce */
export function parseChallenge(header: string): Challenge | undefined {
  const fields = parseDigest(header)
  const realm = fields?.get('realm')
  const nonce = fields?.get('nonce')
  if (fields === undefined || realm === undefined || nonce === undefined) return undefined
  const algorithm = algorithmOf(fields.get('algorithm'))
  if (algorithm === undefined) return undefined
  const qop = fields
    .get('qop')
    ?.split(',')
    .map((item) => item.trim().toLowerCase())
  if (qop !== undefined && !qop.includes('auth')) return undefined
  return {
    realm,
    nonce,
    opaque: fields.get('opaque'),
    algorithm,
    qopAuth: qop !== undefined,
    stale: fields.get('stale')?.toLowerCase() === 'true',
  }
}

/** The strongest challenge that we can answer (RFC 8760 2.4: the first of the server's that is understood). */
export function chooseChallenge(headers: readonly string[]): Challenge | undefined {
  for (const header of headers) {
    const challenge = parseChallenge(header)
    if (challenge !== undefined) return challenge
  }
  return undefined
}

function algorithmOf(text: string | undefined): DigestAlgorithm | undefined {
  switch ((text ?? 'MD5').toUpperCase()) {
    case 'MD5':
      return 'MD5'
    case 'SHA-256':
      return 'SHA-256'
    default:
      return undefined
  }
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex')
}

/** A substitute for a password: H(username:realm:password), RFC 7616 3.4.2. Valid in this realm only; keep it as secret as the password. */
export function digestSecret(algorithm: DigestAlgorithm, username: string, realm: string, password: string): string {
  return hash(algorithm, `${username}:${realm}:${password}`)
}

interface DigestInput {
  readonly algorithm: DigestAlgorithm
  /** See `digestSecret`. */
  readonly secret: string
  readonly nonce: string
  readonly method: string
  readonly uri: string
  /** With qop=auth: the nonce count (8 hex digits) and the client's nonce. */
  readonly qop?: { readonly count: string; readonly clientNonce: string }
}

/** The `response` value: RFC 2617 3.2.2. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, secret } = input
  const request = hash(algorithm, `${input.method}:${input.uri}`)
  const middle = input.qop === undefined ? input.nonce : `${input.nonce}:${input.qop.count}:${input.qop.clientNonce}:auth`
  return hash(algorithm, `${secret}:${middle}:${request}`)
}

/**
 * The value of Authorization or Proxy-Authorization.
 * @param count how often this nonce has been used, from 1
 */
export function authorization(
  challenge: Challenge,
  credentials: { readonly username: string; readonly password: string },
  request: { readonly method: string; readonly uri: string },
  count: number,
  clientNonce: string,
): string {
  const qop = challenge.qopAuth ? { count: count.toString(16).padStart(8, '0'), clientNonce } : undefined
  const { algorithm, realm, nonce } = challenge
  const input = { algorithm, nonce, secret: digestSecret(algorithm, credentials.username, realm, credentials.password), ...request }
  const response = digestResponse(qop === undefined ? input : { ...input, qop })
  return [
    `Digest username=${quote(credentials.username)}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${response}"`,
    `algorithm=${challenge.algorithm}`,
    ...(qop === undefined ? [] : ['qop=auth', `nc=${qop.count}`, `cnonce=${quote(clientNonce)}`]),
    ...(challenge.opaque === undefined ? [] : [`opaque=${quote(challenge.opaque)}`]),
  ].join(', ')
}

export type Verdict =
  | { readonly kind: 'accepted'; readonly username: string }
  /** Right password, old nonce: challenge again with stale=true. */
  | { readonly kind: 'stale' }
  | { readonly kind: 'refused'; readonly why: string }

/**
 * Challenges and checks, without keeping state: a nonce is its time of birth and a random number, with a keyed hash over both.
 * @param options.secret keys the nonces; at least 16 random bytes, the same on every node that shares the work
 */
export class DigestServer {
  readonly #secret: Buffer | string

  constructor(readonly options: { readonly realm: string; readonly secret: Buffer | string; readonly nonceLifeMs?: number }) {
    this.#secret = options.secret
  }

  /** The values for WWW-Authenticate (or Proxy-Authenticate), SHA-256 before MD5 as RFC 8760 2.4 wants the stronger first. */
  challenges(nowMs: number, stale = false): string[] {
    const nonce = this.#nonce(nowMs)
    return ['SHA-256', 'MD5'].map(
      (algorithm) =>
        `Digest realm=${quote(this.options.realm)}, nonce="${nonce}", algorithm=${algorithm}, qop="auth"${stale ? ', stale=true' : ''}`,
    )
  }

  /**
   * Checks the value of Authorization.
   * @param secretOf what `digestSecret` made of a user's password; undefined where there is no such user
   */
  verify(
    header: string | undefined,
    method: string,
    nowMs: number,
    secretOf: (username: string, algorithm: DigestAlgorithm) => string | undefined,
  ): Verdict {
    const fields = header === undefined ? undefined : parseDigest(header)
    const field = (name: string) => fields?.get(name) ?? ''
    const username = field('username')
    const algorithm = algorithmOf(fields?.get('algorithm'))
    if (fields === undefined) return { kind: 'refused', why: 'no digest credentials' }
    if (algorithm === undefined) return { kind: 'refused', why: 'the algorithm is not served' }
    if (field('realm') !== this.options.realm) return { kind: 'refused', why: 'another realm' }
    const age = this.#ageOf(field('nonce'), nowMs)
    if (age === undefined) return { kind: 'refused', why: 'the nonce is not ours' }
    const qop = fields.get('qop')?.toLowerCase()
    // Taken for none, its count would not be part of what is proved: an eavesdropper could reuse one proof with higher counts.
    if (qop !== undefined && qop !== 'auth') return { kind: 'refused', why: 'the quality of protection is not served' }
    const secret = secretOf(username, algorithm)
    if (secret === undefined) return { kind: 'refused', why: 'no such user' }
    const input = { algorithm, secret, nonce: field('nonce'), method, uri: field('uri') }
    const expected = digestResponse(qop === 'auth' ? { ...input, qop: { count: field('nc'), clientNonce: field('cnonce') } } : input)
    if (!same(expected, field('response').toLowerCase())) return { kind: 'refused', why: 'wrong password' }
    return age > (this.options.nonceLifeMs ?? 300_000) ? { kind: 'stale' } : { kind: 'accepted', username }
  }

  #nonce(nowMs: number): string {
    // Each challenge has a nonce of its own, so that two telephones asked in the same millisecond do not share one.
    const born = `${Math.floor(nowMs).toString(16)}-${randomBytes(6).toString('hex')}`
    return `${born}-${this.#seal(born)}`
  }

  #ageOf(nonce: string, nowMs: number): number | undefined {
    const [time = '', salt = '', seal = ''] = nonce.split('-')
    return same(this.#seal(`${time}-${salt}`), seal) ? nowMs - Number.parseInt(time, 16) : undefined
  }

  #seal(born: string): string {
    return createHmac('sha256', this.#secret).update(born).digest('hex').slice(0, 32)
  }
}

function same(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
