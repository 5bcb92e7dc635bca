/**
 * What may be dialled: only numbers in a range that the settings allow. Toll fraud lives on forgotten ranges.
 * Ranges after Ofcom's National Telephone Numbering Plan (S5 to S10): 01/02 geographic, 03 at geographic rate, 07 mobile (070 personal and
 * 076 paging numbers are charged at premium rates, and not mobiles), 080 free, 084/087/09 at a premium.
 */

/** A named range, or one prefix in E.164 (`+4420`). */
export type DialableRange = 'uk-geographic' | 'uk-mobile' | 'uk-03' | 'uk-freephone' | `+${string}`

export const defaultDialable: readonly DialableRange[] = ['uk-geographic', 'uk-mobile', 'uk-03', 'uk-freephone']

/**
 * Jersey, Guernsey and the Isle of Man share +44 but are foreign networks at foreign prices: not part of the named ranges; allow them by prefix.
 * Their ranges after Ofcom's numbering data, as the libphonenumber metadata has them (JE, GG, IM).
 */
const crownDependencies = /^\+44(?:1(?:534|481|624)|7(?:509|829|937|797|700[378]|781|839|911[17]|4576|524|924|624[0-4689]))/

/**
 * Never dialled, whatever the ranges say: after +44 there is no 0 (the national trunk prefix), and numbers of six digits or
 * fewer are no subscriber numbers (999, 112, 101, 111, 105, 116xxx, 118xxx), nor does any begin with 999 or 112.
 */
const neverDialled = /^\+44(?:0|999|112|\d{1,6}$)/

const named: Readonly<Record<'uk-geographic' | 'uk-mobile' | 'uk-03' | 'uk-freephone', RegExp>> = {
  // Nine digits after 1 or 2 is possible for a few old exchanges only in 01; ten for all else (Ofcom S5.1).
  'uk-geographic': /^\+44(?:1\d{8,9}|2\d{9})$/,
  'uk-mobile': /^\+447[1-57-9]\d{8}$/,
  'uk-03': /^\+443\d{9}$/,
  'uk-freephone': /^\+448(?:00\d{6,7}|08\d{7})$/,
}

/** The part of a trunk's settings that decides which numbers it carries. */
export interface RangedTrunk {
  readonly name: string
  /** Replaces the ranges that apply to every trunk. */
  readonly ranges?: readonly DialableRange[]
}

export type DialPlanVerdict = { readonly kind: 'dialable'; readonly number: string } | { readonly kind: 'refused'; readonly why: string }
/** `trunks`: the names of those that may carry the number, in their order. */
export type TrunkVerdict =
  | { readonly kind: 'dialable'; readonly number: string; readonly trunks: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string }

/**
 * Whether a number may be dialled.
 * @param number E.164 with its plus sign, and nothing else: any other character is refused, so that nothing keyed
 *   or written can become part of a dial string
 */
export function dialable(number: string, ranges: readonly DialableRange[] = defaultDialable): DialPlanVerdict {
  // `\d` takes no digits of other scripts, and `$` no line break: true in this language, not in others.
  if (!/^\+[1-9]\d{6,14}$/.test(number)) return { kind: 'refused', why: 'not a telephone number in E.164 form (+ and 7 to 15 digits)' }
  if (neverDialled.test(number)) return { kind: 'refused', why: 'emergency numbers and short codes are never dialled' }
  const foreign = crownDependencies.test(number)
  for (const range of ranges) {
    if (Object.hasOwn(named, range)) {
      if (!foreign && named[range as keyof typeof named].test(number)) return { kind: 'dialable', number }
    } else if (number.startsWith(range)) return { kind: 'dialable', number }
  }
  return { kind: 'refused', why: `outside the ranges that may be dialled (${ranges.join(', ')})` }
}

/**
 * Which trunks may carry a number. A trunk with ranges of its own carries those alone; one without carries the common ranges.
 * @param trunks empty: the number is checked against `ranges`, and no trunk is named
 */
export function trunksFor(number: string, trunks: readonly RangedTrunk[], ranges: readonly DialableRange[]): TrunkVerdict {
  const verdicts = trunks.map((trunk) => ({ name: trunk.name, verdict: dialable(number, trunk.ranges ?? ranges) }))
  const able = verdicts.filter(({ verdict }) => verdict.kind === 'dialable').map(({ name }) => name)
  if (able.length > 0) return { kind: 'dialable', number, trunks: able }
  if (verdicts.length === 0) {
    const verdict = dialable(number, ranges)
    return verdict.kind === 'refused' ? verdict : { ...verdict, trunks: [] }
  }
  const allowed = new Set(trunks.flatMap((trunk) => trunk.ranges ?? ranges))
  return dialable(number, [...allowed]) as Extract<DialPlanVerdict, { kind: 'refused' }>
}

export type AddressVerdict = { readonly kind: 'dialable' } | { readonly kind: 'refused'; readonly why: string }

/**
 * Whether a `sip:` address of the house may be rung: user, host, port and transport, nothing else. No headers (`?Replaces=`), no other
 * parameters (`;maddr=`, `;lr`), no escapes, no password. At a trunk only a name may be rung: digits there would bypass the ranges
 * and the limits.
 * @param trunkAddresses as in the settings: `host`, `host:port`, with `;transport=`
 */
export function ringable(uri: string, trunkAddresses: readonly string[]): AddressVerdict {
  const match =
    /^sips?:([A-Za-z0-9][A-Za-z0-9._+-]{0,63})@((?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(?::\d{1,5})?)(?:;transport=(?:udp|tcp|tls))?$/.exec(
      uri,
    )
  const [, user = '', place = ''] = match ?? []
  if (match === null) return { kind: 'refused', why: 'not a plain SIP address (user, host, port and ;transport= only)' }
  if (!/[A-Za-z]/.test(user) && trunkAddresses.some((address) => samePlace(address, place)))
    return { kind: 'refused', why: 'digits at the address of a trunk: telephone numbers stand on a rota as numbers' }
  return { kind: 'dialable' }
}

/** One machine is one place, whatever the port; on this machine every port is a place of its own. */
function samePlace(one: string, other: string): boolean {
  const [first, second] = [placeOf(one), placeOf(other)]
  if (first.host !== second.host) return false
  return first.port === second.port || !first.thisMachine
}

/** Of `host:port;transport=tcp`. Names are compared without regard to case and a final dot. */
export function placeOf(address: string): { readonly host: string; readonly port: string; readonly thisMachine: boolean } {
  const [place = '', ...parameters] = address.split(';')
  const [, host = '', port = parameters.includes('transport=tls') ? '5061' : '5060'] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(place) ?? []
  const plain = host.toLowerCase().replace(/\.$/, '')
  return { host: plain, port: port.replace(/^0+/, ''), thisMachine: /^(?:127\.|\[::1\]$|localhost$)/.test(plain) }
}

/** @throws Error that says what a range looks like */
export function parseRange(text: string): DialableRange {
  if (Object.hasOwn(named, text) || /^\+[1-9]\d{0,14}$/.test(text)) return text as DialableRange
  throw new Error(`a range: one of ${Object.keys(named).join(', ')}, or a prefix such as +4420`)
}
