import { rounded } from './statistics.js'

/**
 * What a figure grows with from one machine to the next. `message`: messages between processes. `fact`: the same, and a fact on disk.
 * `timer`: messages, and a timer that has to fire. `work`: CPU time of the program's own code. `packets`: CPU time that is mostly the kernel's.
 */
export type Scale = 'message' | 'fact' | 'timer' | 'work' | 'packets'

/** The length of the yardstick for figures of this kind: ms, for `packets` microseconds. Medians: their tails are another matter of luck each time. */
export function lengthOf(scale: Scale, { message, fsync, lateness, work, messageCpu }: Yardsticks): number {
  switch (scale) {
    case 'message':
      return message.median
    case 'fact':
      return message.median + fsync.median
    case 'timer':
      return message.median + Math.max(0, lateness.median)
    case 'work':
      return work
    case 'packets':
      return messageCpu
  }
}

/** As much of a yardstick as its length is read from. */
export interface Yardsticks {
  readonly message: { readonly median: number }
  readonly fsync: { readonly median: number }
  readonly lateness: { readonly median: number }
  readonly work: number
  readonly messageCpu: number
}

/** Of the machine for which the targets are set. Derived, not measured: see docs/bench.md. */
export const yardstickOfTargets: Yardsticks = {
  message: { median: 0.8 },
  fsync: { median: 0.5 },
  lateness: { median: 0.16 },
  work: 13,
  messageCpu: 205,
}

/** How many times as long as on the machine of the targets it takes here. For rates, too, more than 1 is slower. */
export function slower(scale: Scale | undefined, yardstick: Yardsticks): number {
  return scale === undefined ? 1 : lengthOf(scale, yardstick) / lengthOf(scale, yardstickOfTargets)
}

/** The target in proportion to this machine. */
export function targetHere(
  { target, atLeast, scale }: { readonly target?: number; readonly atLeast?: boolean; readonly scale?: Scale },
  yardstick: Yardsticks,
): number | undefined {
  if (target === undefined) return undefined
  return rounded(atLeast ? target / slower(scale, yardstick) : target * slower(scale, yardstick))
}
