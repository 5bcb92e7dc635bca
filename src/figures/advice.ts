import type { RollUpRow } from './roll-up.js'
import { count, hours, minutes, percent } from './words.js'

/** A clinician's advice: how often they were rung, how many calls they took, and how long they spoke. */
export interface Advice {
  readonly rung: number
  readonly answered: number
  readonly talkMs: number
}

/** @param rows of the scope `clinician`, of one clinician */
export function adviceOf(rows: Iterable<RollUpRow>): Advice {
  const sums = { rung: 0, answered: 0, talkMs: 0 }
  for (const { figure, amount } of rows) {
    if (figure === 'ringing') sums.rung += amount
    if (figure === 'answered') sums.answered += amount
    if (figure === 'talkMs') sums.talkMs += amount
  }
  return sums
}

/** By time spoken, longest first. */
export function longestFirst<T extends Advice & { readonly id: string }>(all: readonly T[]): readonly T[] {
  return all.toSorted((a, b) => b.talkMs - a.talkMs || b.rung - a.rung || (a.id < b.id ? -1 : 1))
}

export function adviceInWords({ rung, answered, talkMs }: Advice) {
  return {
    rung: count(rung),
    answered: count(answered),
    share: percent(rung === 0 ? undefined : answered / rung),
    talk: hours(talkMs),
    mean: minutes(answered === 0 ? undefined : talkMs / answered),
  }
}
