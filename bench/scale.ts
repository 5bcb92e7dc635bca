import { rounded } from './statistics.js'

/**
 * The scale of a figure from machine to machine. `message`: messages between processes. `fact`: the same, and a fact on disk.
 * `timer`: messages, and a timer that has to fire. `work`: CPU time of the program's own code. `packets`: CPU time that is mostly the kernel's.
 */
export type Scale = 'message' | 'fact' | 'timer' | 'work' | 'packets'

/** The yardstick for figures of this kind: ms, for `packets` microseconds. Medians: tails are a matter of luck. */
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

/** The parts of a yardstick used for its length. */
export interface Yardsticks {
  readonly message: { readonly median: number }
  readonly fsync: { readonly median: number }
  readonly lateness: { readonly median: number }
  readonly work: number
  readonly messageCpu: number
}

/** For the targets' machine. Derived, not measured: see docs/bench.md. */
export const yardstickOfTargets: Yardsticks = {
  message: { median: 0.8 },
  fsync: { median: 0.5 },
  lateness: { median: 0.16 },
  work: 13,
  messageCpu: 205,
}

/** How many times slower this machine is than the targets' machine. For rates, too, more than 1 is slower. */
export function slower(scale: Scale | undefined, yardstick: Yardsticks): number {
  return scale === undefined ? 1 : lengthOf(scale, yardstick) / lengthOf(scale, yardstickOfTargets)
}

/** The target scaled to this machine. */
export function targetHere(
  { target, atLeast, scale }: { readonly target?: number; readonly atLeast?: boolean; readonly scale?: Scale },
  yardstick: Yardsticks,
): number | undefined {
  if (target === undefined) return undefined
  return rounded(atLeast ? target / slower(scale, yardstick) : target * slower(scale, yardstick))
}
