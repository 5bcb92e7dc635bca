/**
 * What may be dialled. Everything is refused that is not in a range which somebody allowed: toll fraud lives on what was forgotten.
 * Ranges after Ofcom's National Telephone Numbering Plan (S5 to S10): 01/02 geographic, 03 at geographic rate, 07 mobile (070 personal and
 * 076 paging numbers are dear, and not mobiles), 080 free, 084/087/09 at a premium.
 */

/** A named range, or one prefix in E.164 (`+4420`). */
export type DialableRange = 'uk-geographic' | 'uk-mobile' | 'uk-03' | 'uk-freephone' | `+${string}`

export const defaultDialable: readonly DialableRange[] = ['uk-geographic', 'uk-mobile', 'uk-03', 'uk-freephone']

/**
 * Jersey, Guernsey and the Isle of Man share +44 but are foreign networks at foreign prices: not part of the named ranges; allow them by prefix.
 * Their ranges after Ofcom's numbering data, as the libphonenumber metadata has them (JE, GG, IM).
 */
const crownDependencies = /^\+44(?:1(?:534|481|624)|7(?:509|829|937|797|700[378]|781|839|911[17]|4576|524|924|624[0-4689]))/

const named: Readonly<Record<'uk-geographic' | 'uk-mobile' | 'uk-03' | 'uk-freephone', RegExp>> = {
  // Nine digits after 1 or 2 is possible for a few old exchanges only in 01; ten for all else (Ofcom S5.1).
  'uk-geographic': /^\+44(?:1\d{8,9}|2\d{9})$/,
  'uk-mobile': /^\+447[1-57-9]\d{8}$/,
  'uk-03': /^\+443\d{9}$/,
  'uk-freephone': /^\+448(?:00\d{6,7}|08\d{7})$/,
}

export type DialPlanVerdict = { readonly kind: 'dialable'; readonly number: string } | { readonly kind: 'refused'; readonly why: string }

/**
 * Whether a number may be dialled.
 * @param number E.164 with its plus sign, and nothing else: whatever carries another character is refused, so that nothing that was
 *   keyed or written can become part of a dial string
 */
export function dialable(number: string, ranges: readonly DialableRange[] = defaultDialable): DialPlanVerdict {
  if (!/^\+[1-9]\d{6,14}$/.test(number)) return { kind: 'refused', why: 'not a telephone number in E.164 form (+ and 7 to 15 digits)' }
  const foreign = crownDependencies.test(number)
  for (const range of ranges) {
    if (range in named) {
      if (!foreign && named[range as keyof typeof named].test(number)) return { kind: 'dialable', number }
    } else if (number.startsWith(range)) return { kind: 'dialable', number }
  }
  return { kind: 'refused', why: `outside the ranges that may be dialled (${ranges.join(', ')})` }
}

/** @throws Error that says what a range looks like */
export function parseRange(text: string): DialableRange {
  if (text in named || /^\+[1-9]\d{0,14}$/.test(text)) return text as DialableRange
  throw new Error(`a range: one of ${Object.keys(named).join(', ')}, or a prefix such as +4420`)
}
