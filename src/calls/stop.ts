/** Why a step was stopped. A plain string: the exception made without it costs more than the step, and nobody reads it. */
export const over = 'over'

/**
 * One step's own reason to stop, besides those of its surroundings: an `AbortController` that also aborts with
 * its parents. `AbortSignal.any` would do, but it keeps its listeners on a long-lived parent; `done()` takes these off.
 */
export class Stop {
  readonly #controller = new AbortController()
  readonly #leave: (() => void)[] = []

  constructor(...parents: readonly AbortSignal[]) {
    for (const parent of parents) {
      if (parent.aborted) {
        this.#controller.abort(over)
        return
      }
      const listener = (): void => this.#controller.abort(over)
      parent.addEventListener('abort', listener, { once: true })
      this.#leave.push(() => parent.removeEventListener('abort', listener))
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get stopped(): boolean {
    return this.#controller.signal.aborted
  }

  /** Stops the step with this signal, and detaches from the parents. May be called twice. */
  done(): void {
    this.#controller.abort(over)
    for (const leave of this.#leave.splice(0)) leave()
  }
}
