import type { MediaSockets } from './media-socket.js'

/** A client with work every 20 ms. */
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
  readonly #clock: Pick<MediaSockets, 'beatAt' | 'cancelBeat'>
  #running = false
  /** The last slot step that was run. */
  #step = 0
  #worstDelayMs = 0

  constructor(clock: Pick<MediaSockets, 'beatAt' | 'cancelBeat'>) {
    this.#clock = clock
  }

  add(client: FrameClient): void {
    let quietest = this.#slots[0]
    for (const slot of this.#slots) if (quietest === undefined || slot.size < quietest.size) quietest = slot
    quietest?.add(client)
    if (this.#running) return
    this.#running = true
    this.#step = this.#stepAt(performance.now())
    this.#arm()
  }

  remove(client: FrameClient): void {
    let left = 0
    for (const slot of this.#slots) {
      slot.delete(client)
      left += slot.size
    }
    if (left > 0 || !this.#running) return
    this.#running = false
    this.#clock.cancelBeat()
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
    this.#clock.beatAt(this.#origin + (this.#step + 1) * SLOT_MS, this.#beat)
  }

  readonly #beat = (): void => {
    const now = performance.now()
    const step = this.#stepAt(now)
    const first = this.#step + 1
    if (step >= first) {
      this.#worstDelayMs = Math.max(this.#worstDelayMs, now - (this.#origin + first * SLOT_MS))
      this.#step = step
      const last = Math.min(step, first + SLOTS - 1)
      for (let one = first; one <= last; one++) {
        // After a stall a slot has missed several turns: it is run once, with their number.
        const due = Math.floor((step - one) / SLOTS) + 1
        for (const client of this.#slots[one % SLOTS] ?? []) serve(client, due, now)
      }
    }
    // Clients may have gone and come while they were served.
    if (this.#running) this.#arm()
  }
}

/** One client's error is reported as uncaught, and keeps no other from its beat. */
function serve(client: FrameClient, due: number, now: number): void {
  try {
    client.onFrame(due, now)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
