/** One that has something to do every 20 ms. */
export interface FrameClient {
  /** @param due how many 20 ms periods have passed since the last call: 1, or more after a stall. @param now monotonic ms */
  onFrame(due: number, now: number): void
}

export const FRAME_MS = 20
/** Clients are spread over this many moments within the 20 ms, so that packets passing through wait for a quarter of them at most. */
const SLOTS = 4
const SLOT_MS = FRAME_MS / SLOTS

/**
 * The 20 ms beat of all channels: one timer, against monotonic time, so that nothing drifts however late a timer fires. Runs only
 * while it has clients.
 */
export class FrameScheduler {
  readonly #slots: Set<FrameClient>[] = Array.from({ length: SLOTS }, () => new Set())
  readonly #origin = performance.now()
  #timer: NodeJS.Timeout | undefined
  /** The last slot step that was run. */
  #step = 0
  #worstDelayMs = 0

  add(client: FrameClient): void {
    let quietest = this.#slots[0]
    for (const slot of this.#slots) if (quietest === undefined || slot.size < quietest.size) quietest = slot
    quietest?.add(client)
    if (this.#timer === undefined) {
      this.#step = this.#stepAt(performance.now())
      this.#arm()
    }
  }

  remove(client: FrameClient): void {
    let left = 0
    for (const slot of this.#slots) {
      slot.delete(client)
      left += slot.size
    }
    if (left === 0) {
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  /** Worst lateness of a beat since the last call of this method, ms. */
  takeWorstDelay(): number {
    const worst = this.#worstDelayMs
    this.#worstDelayMs = 0
    return worst
  }

  #stepAt(now: number): number {
    return Math.floor((now - this.#origin) / SLOT_MS)
  }

  #arm(): void {
    const wait = this.#origin + (this.#step + 1) * SLOT_MS - performance.now()
    this.#timer = setTimeout(this.#onTimer, Math.max(1, wait))
  }

  readonly #onTimer = (): void => {
    const now = performance.now()
    const step = this.#stepAt(now)
    const first = this.#step + 1
    if (step >= first) {
      this.#worstDelayMs = Math.max(this.#worstDelayMs, now - (this.#origin + first * SLOT_MS))
      this.#step = step
      const last = Math.min(step, first + SLOTS - 1)
      for (let one = first; one <= last; one++) {
        // After a stall a slot's turn has come several times: it is run once and told so.
        const due = Math.floor((step - one) / SLOTS) + 1
        for (const client of this.#slots[one % SLOTS] ?? []) client.onFrame(due, now)
      }
    }
    // Clients may have gone and come while they were served: the timer may be stopped, or armed again already.
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#slots.some((slot) => slot.size > 0)) this.#arm()
  }
}
