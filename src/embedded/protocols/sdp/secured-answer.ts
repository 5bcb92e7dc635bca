import type { MediaDescription } from './description.js'
import type { DtlsSecurity, Fingerprint, IceDescription, MediaSecurity, SdesKey, SdesSuite } from './security.js'

/** What our end needs to encrypt a stream. */
export interface OurSecurity {
  /**
   * Our key for a suite: the same as long as theirs is. With another one of theirs all counters begin again, and no key may be used twice from the beginning.
   * @param isUsed whether anything is sent with it from now on
   */
  sdesKey(suite: SdesSuite, theirs: string, isUsed: boolean): string
  /** Of our certificate. */
  readonly fingerprint: Fingerprint
  /** Our end of ICE, for a party that describes itself so: another one once it has begun again (other credentials). */
  ice(party: IceDescription): Omit<IceDescription, 'lite'>
  /** Our part of the handshake where there has been one: it stays. */
  readonly role: 'client' | 'server' | undefined
  /** Source of what we send. */
  readonly ssrc: number
}

/** How the stream is encrypted from now on. */
export type AgreedSecurity =
  | { readonly kind: 'sdes'; readonly local: SdesKey; readonly remote: SdesKey; readonly rtcpMux: boolean }
  | {
      readonly kind: 'dtls'
      readonly role: 'client' | 'server'
      readonly fingerprints: readonly Fingerprint[]
      readonly ice: { readonly local: Omit<IceDescription, 'lite'>; readonly remote: IceDescription } | undefined
      readonly rtcpMux: boolean
    }

/** The discard port (RFC 863): nothing listens there. */
const DISCARD = 9

/** Answers how a stream is offered to be encrypted. @returns undefined where nothing of it is ours */
export function answerSecurity(
  { security, rtcpMux, port }: MediaDescription,
  ours: OurSecurity,
): { readonly written: MediaSecurity; readonly agreed: AgreedSecurity } | undefined {
  if (security === undefined) return undefined
  if (security.kind === 'dtls') return answerDtls(security, rtcpMux, ours)
  const [remote] = security.keys
  if (remote === undefined) return undefined
  // RFC 4568 5.1.2: one of those offered, by its tag, with a key of ours.
  const local = { ...remote, key: ours.sdesKey(remote.suite, remote.key, port !== DISCARD) }
  return { written: { kind: 'sdes', keys: [local] }, agreed: { kind: 'sdes', local, remote, rtcpMux } }
}

function answerDtls(
  { fingerprints, setup, ice: remote }: DtlsSecurity,
  rtcpMux: boolean,
  ours: OurSecurity,
): ReturnType<typeof answerSecurity> {
  // RFC 5763 5: who answers begins the handshake, unless the other side wants to.
  const role = ours.role ?? (setup === 'active' ? 'server' : 'client')
  if ((setup === 'active' && role === 'client') || (setup === 'passive' && role === 'server')) return undefined
  const local = remote && ours.ice(remote)
  return {
    written: {
      kind: 'dtls',
      fingerprints: [ours.fingerprint],
      setup: role === 'client' ? 'active' : 'passive',
      ice: local && { ...local, lite: false },
    },
    agreed: { kind: 'dtls', role, fingerprints, ice: remote && local && { local, remote }, rtcpMux },
  }
}
