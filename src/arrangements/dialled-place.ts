import type { KeyedAt } from '../calls/arrangements.js'
import type { Directory } from '../directory/model.js'
import { readNumber } from '../directory/telephone-number.js'

/**
 * A number in one form, however a trunk sends it (`01632960123`, `441632960123`, `+441632960123`); what is no telephone number stays as it is.
 * Withheld: empty.
 */
export function oneForm(number: string): string {
  for (const text of [number, `+${number}`]) {
    const reading = readNumber(text)
    if (reading.ok) return reading.number
  }
  // What a telephone sends is its own choice; nothing of it may fill the memory.
  return number.slice(0, 40)
}

/**
 * Where keys were entered, for counting guesses: the dialled number. A registered telephone dials `*` and the keys, which is one place of its
 * organisation, not one for every guess.
 */
export function placeOf({ dialledNumber, organisation }: KeyedAt): string {
  return dialledNumber.startsWith('*') ? `* of ${organisation ?? 'nobody'}` : oneForm(dialledNumber)
}

/** The numbers whose codes are good here: the one dialled; where a registered telephone dialled `*`, the Dial-In numbers of its organisation. */
export function numbersHere(directory: Directory, { dialledNumber, organisation }: KeyedAt): readonly string[] {
  if (!dialledNumber.startsWith('*')) return [oneForm(dialledNumber)]
  return organisation === undefined ? [] : dialInsOf(directory, [organisation]).map(oneForm)
}

/** The Dial-In numbers of these organisations, as the directory has them and in its order. */
export function dialInsOf(directory: Directory, organisations: readonly string[]): readonly string[] {
  return [...directory.numbers.values()].flatMap(({ number, use }) => (use.kind === 'dialIn' && organisations.includes(use.organisation) ? [number] : []))
}
