/** One packet time. */
export const FRAME_MS = 20
/** After a pause of the process, at most this many beats are made up for; more would only come in a burst. */
const MAX_CATCH_UP = 5

/**
 * One 20 ms timer for all phones of the process. Runs only while it has listeners, and keeps its own time: a beat that comes late does not
 * shift the next one.
 */
export class Metronome {
  readonly #listeners = new Set<() => void>()
  #timer: NodeJS.Timeout | undefined
  #dueAt = 0

  /** @returns stops the beats for this listener */
  listen(onBeat: () => void): () => void {
    this.#listeners.add(onBeat)
    if (this.#timer === undefined) {
      this.#dueAt = performance.now() + FRAME_MS
      this.#schedule()
    }
    return () => {
      this.#listeners.delete(onBeat)
      if (this.#listeners.size > 0 || this.#timer === undefined) return
      clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }

  get listeners(): number {
    return this.#listeners.size
  }

  #schedule(): void {
    this.#timer = setTimeout(() => this.#beat(), Math.max(0, this.#dueAt - performance.now()))
  }

  #beat(): void {
    const now = performance.now()
    if (now - this.#dueAt > MAX_CATCH_UP * FRAME_MS) this.#dueAt = now - MAX_CATCH_UP * FRAME_MS
    while (this.#dueAt <= now && this.#listeners.size > 0) {
      this.#dueAt += FRAME_MS
      for (const listener of this.#listeners) listener()
    }
    if (this.#listeners.size > 0) this.#schedule()
    else this.#timer = undefined
  }
}

/** The one that phones share. */
export const metronome = new Metronome()
