import type { Trunk } from './settings.js'

/**
 * What an attempt says about its trunk. `carried`: the trunk has taken the call in hand. `down`: it cannot be reached, is
 * overloaded or refuses our credentials, and would do the same to the next call. `refused`: it failed with this call; the next may succeed.
 */
export type TrunkSign =
  { readonly kind: 'carried' } | { readonly kind: 'down' | 'refused'; readonly why: string; readonly retryAfterMs?: number }

/** How long a trunk that has just failed is tried after the others: as long as a carrier takes to move a service from one machine to another. */
const holdMs = 30_000
/** A trunk that asks for longer (503 with Retry-After, RFC 3261 section 21.5.4) gets up to this. */
const mostHoldMs = 300_000
/** This many refusals in a row are no accident of single calls. */
const refusalsInARow = 3

interface State {
  heldUntil: number
  refusals: number
  failing: string | undefined
}

export interface TrunkBoardOptions {
  /** Called when a trunk begins to fail, with why, and with undefined when it has carried a call again. */
  readonly onChange?: (name: string, failing: string | undefined) => void
  /** Monotonic ms. */
  readonly now?: () => number
}

/** The trunks in the order in which to try them now: one that has just failed comes after the others for a while, and is never left out. */
export class TrunkBoard {
  readonly #states: ReadonlyMap<string, State>
  readonly #now: () => number

  constructor(
    private readonly trunks: readonly Trunk[],
    private readonly options: TrunkBoardOptions = {},
  ) {
    this.#states = new Map(trunks.map(({ name }) => [name, { heldUntil: 0, refusals: 0, failing: undefined }]))
    this.#now = options.now ?? (() => performance.now())
  }

  /** @param able names of those that may carry the call; undefined: all */
  inOrder(able?: readonly string[]): readonly Trunk[] {
    const now = this.#now()
    const fit = able === undefined ? this.trunks : this.trunks.filter(({ name }) => able.includes(name))
    const held = ({ name }: Trunk) => (this.#states.get(name)?.heldUntil ?? 0) > now
    return [...fit.filter((trunk) => !held(trunk)), ...fit.filter(held)]
  }

  tell(name: string, sign: TrunkSign): void {
    const state = this.#states.get(name)
    if (!state) return
    if (sign.kind === 'carried') {
      const failed = state.failing !== undefined
      Object.assign(state, { heldUntil: 0, refusals: 0, failing: undefined })
      if (failed) this.options.onChange?.(name, undefined)
      return
    }
    state.refusals += 1
    if (sign.kind === 'refused' && state.refusals < refusalsInARow) return
    state.heldUntil = this.#now() + Math.min(mostHoldMs, Math.max(holdMs, sign.retryAfterMs ?? 0))
    state.failing = sign.why
    this.options.onChange?.(name, sign.why)
  }
}
