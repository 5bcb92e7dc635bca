import type { KeyedAt } from '../calls/arrangements.js'
import type { Directory } from '../directory/model.js'
import { toE164 } from '../directory/telephone-number.js'

/** The guesser, for counting guesses: the caller's number; if withheld, the identity they are counted under. Empty if nobody asserts one. */
export function guesserOf({ callerNumber, callerAccount }: Pick<KeyedAt, 'callerNumber' | 'callerAccount'>): string {
  return callerAccount ?? toE164(callerNumber)
}

/**
 * Where keys were entered, for counting guesses: the dialled number. A registered telephone dials `*` and the keys: that counts as one place of its
 * organisation, not one per guess.
 */
export function placeOf({ dialledNumber, organisation }: KeyedAt): string {
  return dialledNumber.startsWith('*') ? `* of ${organisation ?? 'nobody'}` : toE164(dialledNumber)
}

/** The numbers whose codes are valid here: the one dialled; if a registered telephone dialled `*`, the Dial-In numbers of its organisation. */
export function numbersHere(directory: Directory, { dialledNumber, organisation }: KeyedAt): readonly string[] {
  if (!dialledNumber.startsWith('*')) return [toE164(dialledNumber)]
  return organisation === undefined ? [] : dialInsOf(directory, [organisation]).map(toE164)
}

/** The Dial-In numbers of these organisations, in the directory's order. */
export function dialInsOf(directory: Directory, organisations: readonly string[]): readonly string[] {
  return [...directory.numbers.values()].flatMap(({ number, use }) =>
    use.kind === 'dialIn' && organisations.includes(use.organisation) ? [number] : [],
  )
}
