import { cleanName } from '../switch/clean-text.js'
import { readAddresses, readPartyUri, type PartyAddress } from '../switch/party-address.js'
import { isWithheldHost, isWithheldWord } from '../switch/withheld.js'
import { networks, parseNetwork, type Network } from './source-gate.js'

/** Headers that say who calls. Anyone can write anything into them: it depends on the sender whether they count. */
export const identityHeaders = ['P-Asserted-Identity', 'Remote-Party-ID', 'From'] as const
export type IdentityHeader = (typeof identityHeaders)[number]

/** How far a network is trusted: the headers that count from it; the first one with an identity wins. */
export interface IdentityRule {
  readonly network: Network
  readonly headers: readonly IdentityHeader[]
}

/** From is believed from every source; the settings say whose other headers are. */
const fromAlone: readonly IdentityHeader[] = ['From']

/** Which headers are believed from an address: those of the narrowest network that it belongs to. */
export function believedFrom(rules: readonly IdentityRule[]): (address: string) => readonly IdentityHeader[] {
  const narrowestFirst = rules
    .map(({ network, headers }) => ({ prefix: parseNetwork(network).prefix, set: networks([network]), headers }))
    .sort((a, b) => b.prefix - a.prefix)
  return (address) => narrowestFirst.find(({ set }) => set.has(address))?.headers ?? fromAlone
}

/** Who calls, as far as that may be known. */
export interface CallerIdentity {
  /** User part; empty when withheld, or where no trusted header has an identity. */
  readonly number: string
  /** Cleaned and cut; empty when withheld. */
  readonly displayName: string
  /** Withheld, but told to us by a trusted network: for limits, and for nothing else. */
  readonly asserted?: string
}

/**
 * Reads who calls. A number is withheld by `Privacy` (RFC 3323, RFC 3325: `id`, `header`, `user`), by `privacy=full` or `uri` of Remote-Party-ID
 * (draft-ietf-sip-privacy-04), and by every word that networks use for it in From. This is believed from every source: it only withholds.
 * @param header value of a header, several joined by commas; undefined when absent
 */
export function callerIdentity(header: (name: string) => string | undefined, believed: readonly IdentityHeader[]): CallerIdentity {
  const addresses: Readonly<Record<IdentityHeader, readonly PartyAddress[]>> = {
    'P-Asserted-Identity': readAddresses(header('P-Asserted-Identity') ?? ''),
    // One about the called party may stand beside it.
    'Remote-Party-ID': readAddresses(header('Remote-Party-ID') ?? '').filter(
      ({ params }) => (params.get('party') ?? 'calling').toLowerCase() === 'calling',
    ),
    From: readAddresses(header('From') ?? '').slice(0, 1),
  }
  const named = believed.flatMap((name) => nameIn(addresses[name]) ?? [])
  const [first] = named
  const all = [...addresses['Remote-Party-ID'], ...addresses.From]
  if (asksForPrivacy(header('Privacy')) || all.some(isWithheld))
    return { number: '', displayName: '', ...(first ? { asserted: first.number } : {}) }
  // A name that its network keeps back is not taken from another header instead.
  const displayName = addresses['Remote-Party-ID'].some((address) => privacyOf(address).includes('name'))
    ? ''
    : (named.map(({ displayName: name }) => name).find((name) => name !== '') ?? '')
  return { number: first?.number ?? '', displayName }
}

/** RFC 3325 allows two: a telephone number goes before a name. */
function nameIn(addresses: readonly PartyAddress[]): { readonly number: string; readonly displayName: string } | undefined {
  const named = addresses.flatMap((address) => {
    const { user, host } = readPartyUri(address.uri)
    return user === '' || isWithheldWord(user) || isWithheldHost(host)
      ? []
      : [{ number: user, displayName: isWithheldWord(address.name) ? '' : cleanName(address.name) }]
  })
  const first = named.find(({ number }) => /^\+?\d+$/.test(number)) ?? named[0]
  return first && { ...first, displayName: named.map(({ displayName }) => displayName).find((name) => name !== '') ?? '' }
}

/** `critical` says only that the call must fail where privacy is impossible; `session` and `history` do not concern the caller's identity; `none` asks for no privacy. */
function asksForPrivacy(privacy: string | undefined): boolean {
  const values = (privacy ?? '').split(/[;,\s]+/).map((value) => value.replace(/^"|"$/g, '').toLowerCase())
  return values.some((value) => value === 'id' || value === 'header' || value === 'user')
}

function isWithheld(address: PartyAddress): boolean {
  const { user, host } = readPartyUri(address.uri)
  const privacy = privacyOf(address)
  return isWithheldWord(user) || isWithheldHost(host) || isWithheldWord(address.name) || privacy.includes('full') || privacy.includes('uri')
}

/** `privacy=full`, `privacy="uri-network,name"`; `off` means none. Only Remote-Party-ID has it. */
function privacyOf({ params }: PartyAddress): readonly string[] {
  return (params.get('privacy') ?? '').split(',').map((value) => value.trim().toLowerCase().replace(/-.*$/, ''))
}
