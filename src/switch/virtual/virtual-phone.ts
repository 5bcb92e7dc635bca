import type { Temperament } from './temperament.js'
import type { VirtualLeg } from './virtual-leg.js'

/** An INVITE that has reached a telephone. */
export interface Ringing {
  answer(): void
  refuse(how: 'busy' | 'declined' | 'unavailable' | 'badNumber' | 'failed'): void
}

/** A telephone that can be rung, and how its owner behaves. */
export class VirtualPhone {
  /** Who rings it now. */
  ringing: Ringing | undefined
  /** The call that it is on. */
  leg: VirtualLeg | undefined
  /** Every call that it was on. */
  readonly legs: VirtualLeg[] = []
  /** How often it was rung. */
  rung = 0

  /** @param temperament what the owner does at the `nth` ringing, from 1 */
  constructor(
    readonly number: string,
    public temperament: (nth: number) => Temperament = () => ({ kind: 'neverAnswers' }),
  ) {}
}
