import { targetHere, type Scale, type Yardsticks } from './scale.js'
import { rounded, roundedSpread, type Spread } from './statistics.js'

/** One measured figure, with its target. */
export interface Figure {
  readonly name: string
  readonly unit: string
  /** The value that the target is about. */
  readonly value: number
  /** Which value that is: `p95`, `p99`, `median`, `at 100 calls`. */
  readonly of: string
  /** At most (or, with `atLeast`, at least) this. Undefined: no target is set. */
  readonly target?: number
  readonly atLeast?: boolean
  /** The yardstick's scale that it grows with from machine to machine. Undefined: none (memory, lost packets). */
  readonly scale?: Scale
  /** What FreeSWITCH 1.11.1 alone needed for the same on a machine of two virtual processors. */
  readonly freeswitchAlone?: string
  readonly spread?: Spread
  /** Notes for reading it. */
  readonly note?: string
}

export function figure(given: Figure): Figure {
  return { ...given, value: rounded(given.value), ...(given.spread ? { spread: roundedSpread(given.spread) } : {}) }
}

/** @returns undefined if no target is set, or nothing was measured */
export function met(one: Figure, yardstick: Yardsticks): boolean | undefined {
  const target = targetHere(one, yardstick)
  if (target === undefined || !Number.isFinite(one.value)) return undefined
  return one.atLeast ? one.value >= target : one.value <= target
}
