import type { EarTold } from './word-ear.js'

/** Messages between the engine and the thread of the ears. An ear is identified by its number. */
export type EarRequest =
  /** The recording of a leg, which grows. It need not be there yet. */
  | { readonly kind: 'follow'; readonly ear: number; readonly path: string }
  | { readonly kind: 'open' | 'shut' | 'stop'; readonly ear: number }

/** `lost`: the ear can hear nothing any more. */
export type EarReply = ({ readonly ear: number } & EarTold) | { readonly ear: number; readonly kind: 'lost'; readonly why: string }
