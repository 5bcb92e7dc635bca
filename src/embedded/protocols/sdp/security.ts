import { isIP } from 'node:net'
import type { Section } from './lines.js'

/** How a stream is encrypted, as its description says. */
export type MediaSecurity = SdesSecurity | DtlsSecurity

/** Keys in the description itself (RFC 4568). */
export interface SdesSecurity {
  readonly kind: 'sdes'
  /** In order of preference; those with a suite that we do not support are left out. */
  readonly keys: readonly SdesKey[]
}

export const SDES_SUITES = ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const
export type SdesSuite = (typeof SDES_SUITES)[number]

export interface SdesKey {
  readonly tag: number
  readonly suite: SdesSuite
  /** Master key and salt, one behind the other, base64. */
  readonly key: string
}

/** Keys by DTLS over the very path of the audio (RFC 5763), which ICE has found (RFC 8839). */
export interface DtlsSecurity {
  readonly kind: 'dtls'
  /** The strongest first: it is the one that is checked (RFC 8122 5). */
  readonly fingerprints: readonly Fingerprint[]
  readonly setup: DtlsSetup
  /** Undefined: no ICE; the audio goes to the address that is described. */
  readonly ice: IceDescription | undefined
}

/** RFC 4145 section 4: who begins the handshake. */
export type DtlsSetup = 'active' | 'passive' | 'actpass'

export interface Fingerprint {
  /** `sha-256`, in lower case. */
  readonly algorithm: string
  /** Upper-case hexadecimal bytes, colons between them. */
  readonly value: string
}

export interface IceDescription {
  readonly usernameFragment: string
  readonly password: string
  /** The other side answers checks, and makes none. */
  readonly lite: boolean
  readonly candidates: readonly IceCandidate[]
}

/** UDP alone. A candidate whose host is a name (mDNS) is left out: its owner shows where it is by its own checks. */
export interface IceCandidate {
  readonly foundation: string
  readonly component: number
  readonly priority: number
  readonly address: string
  readonly port: number
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay'
}

/** Bytes of master key and salt. */
const KEY_BYTES: Readonly<Record<SdesSuite, number>> = { AES_CM_128_HMAC_SHA1_80: 30, AEAD_AES_128_GCM: 28 }
/** No real description has more of either than this. */
const MOST_CANDIDATES = 40
const MOST_KEYS = 20
/** Algorithms that can be checked; SHA-1 and MD5 prove nothing any more. */
const FINGERPRINT_BYTES: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 }

/** @returns undefined where the stream is plain, or encrypted in a way that we do not support: `isSecured` tells which */
export function readSecurity(profile: string, section: Section, session: Section): MediaSecurity | undefined {
  if (!isSecured(profile)) return undefined
  const own = attributesOf(section)
  const inherited = [...own, ...attributesOf(session)]
  const fingerprints = own.some(([name]) => name === 'fingerprint') ? valuesOf(own, 'fingerprint') : valuesOf(inherited, 'fingerprint')
  return fingerprints.length > 0 ? readDtls(fingerprints, own, inherited) : readSdes(valuesOf(own, 'crypto'))
}

/** RTP/SAVP, RTP/SAVPF (RFC 3711, 5124), UDP/TLS/RTP/SAVP(F) (RFC 5764). */
export function isSecured(profile: string): boolean {
  return /^(?:UDP\/TLS\/)?RTP\/SAVPF?$/i.test(profile)
}

type Attribute = readonly [name: string, value: string]

function attributesOf({ lines }: Section): Attribute[] {
  return lines.flatMap(({ type, value }): Attribute[] => {
    if (type !== 'a') return []
    const colon = value.indexOf(':')
    return [colon < 0 ? [value.toLowerCase(), ''] : [value.slice(0, colon).trim().toLowerCase(), value.slice(colon + 1).trim()]]
  })
}

function valuesOf(attributes: readonly Attribute[], name: string): string[] {
  return attributes.flatMap(([each, value]) => (each === name ? [value] : []))
}

function readDtls(written: readonly string[], own: readonly Attribute[], inherited: readonly Attribute[]): DtlsSecurity | undefined {
  const fingerprints = written.flatMap((text): Fingerprint[] => {
    const [, name = '', value = ''] = /^(\S+) ([0-9A-Fa-f:]+)$/.exec(text) ?? []
    const algorithm = name.toLowerCase()
    const bytes = FINGERPRINT_BYTES[algorithm]
    return bytes !== undefined && value.length === 3 * bytes - 1 && /^(?:[0-9A-Fa-f]{2}:)+[0-9A-Fa-f]{2}$/.test(value)
      ? [{ algorithm, value: value.toUpperCase() }]
      : []
  })
  fingerprints.sort((one, other) => other.value.length - one.value.length)
  const setup = valuesOf(inherited, 'setup')[0]?.toLowerCase() ?? 'actpass'
  if (fingerprints.length === 0 || (setup !== 'active' && setup !== 'passive' && setup !== 'actpass')) return undefined
  const [usernameFragment] = valuesOf(inherited, 'ice-ufrag')
  const [password] = valuesOf(inherited, 'ice-pwd')
  if (usernameFragment === undefined && password === undefined) return { kind: 'dtls', fingerprints, setup, ice: undefined }
  // RFC 8839 5.4: 4 and 22 characters at least, 256 at most, of base64's letters.
  if (!/^[A-Za-z0-9+/]{4,256}$/.test(usernameFragment ?? '') || !/^[A-Za-z0-9+/]{22,256}$/.test(password ?? '')) return undefined
  const candidates = valuesOf(own, 'candidate').slice(0, MOST_CANDIDATES).flatMap(readCandidate)
  return {
    kind: 'dtls',
    fingerprints,
    setup,
    ice: {
      usernameFragment: usernameFragment ?? '',
      password: password ?? '',
      lite: valuesOf(inherited, 'ice-lite').length > 0,
      candidates,
    },
  }
}

function readCandidate(text: string): IceCandidate[] {
  const [foundation = '', component = '', transport = '', priority = '', address = '', port = '', typ = '', type = ''] = text.split(' ')
  if (transport.toLowerCase() !== 'udp' || typ.toLowerCase() !== 'typ' || isIP(address) === 0 || !/^[A-Za-z0-9+/]{1,32}$/.test(foundation))
    return []
  const numbers = [component, priority, port].map(Number)
  const [one = 0, two = 0, three = 0] = numbers
  if (
    numbers.some((number) => !Number.isInteger(number)) ||
    one < 1 ||
    one > 256 ||
    two < 1 ||
    two >= 2 ** 31 ||
    three < 1 ||
    three > 65_535
  )
    return []
  return type === 'host' || type === 'srflx' || type === 'prflx' || type === 'relay'
    ? [{ foundation, component: one, priority: two, address, port: three, type }]
    : []
}

function readSdes(written: readonly string[]): SdesSecurity | undefined {
  const keys = written.slice(0, MOST_KEYS).flatMap((text): SdesKey[] => {
    // A lifetime may stand behind the key; with a master key identifier (MKI) packets look different, and session parameters change what is encrypted.
    const [, tag = '', name = '', key = '', more = ''] =
      /^(\d{1,9}) (\S+) inline:([A-Za-z0-9+/]+={0,2})(?:\|(?:2\^\d{1,2}|\d{1,15}))?(.*)$/.exec(text) ?? []
    const suite = SDES_SUITES.find((each) => each === name)
    return suite !== undefined && more.trim() === '' && Buffer.from(key, 'base64').length === KEY_BYTES[suite]
      ? [{ tag: Number(tag), suite, key }]
      : []
  })
  return keys.length === 0 ? undefined : { kind: 'sdes', keys }
}

/** Bytes of master key and salt of a suite. */
export function sdesKeyBytes(suite: SdesSuite): number {
  return KEY_BYTES[suite]
}

/** A description without the keys that stand in it, for logs, traces and dumps: as long as it was. */
export function withoutKeys(text: string): string {
  if (!text.includes('inline:') && !/a=ice-pwd/i.test(text)) return text
  return text
    .replace(/(inline:)([A-Za-z0-9+/=]+)/gi, (_, name: string, key: string) => `${name}${'x'.repeat(key.length)}`)
    .replace(/(a=ice-pwd:\s*)(\S+)/gi, (_, name: string, password: string) => `${name}${'x'.repeat(password.length)}`)
}
