/** What the switch can run out of. */
export type ShortageKind = 'sipConnections' | 'rtpPorts' | 'channels' | 'descriptors'

/** Something has run out, and keeps callers out. */
export interface Shortage {
  readonly kind: ShortageKind
  readonly detail: string
}

/** How often to check whether a shortage is over, ms. */
const LOOK_AGAIN_MS = 2_000

/**
 * What has run out now. A shortage is noticed when a call or connection is refused for it, and is over when a check (not the next caller) finds enough
 * again: an engine that keeps callers away from a full switch must hear when it has room.
 */
export class Shortages {
  readonly #now = new Map<ShortageKind, Shortage>()
  readonly #isOver: Readonly<Record<ShortageKind, () => boolean | Promise<boolean>>>
  readonly #changed: (now: readonly Shortage[]) => void
  #timer: NodeJS.Timeout | undefined
  #looking = false

  /**
   * @param isOver checks whether there is enough again
   * @param changed called with all shortages whenever one begins or is over
   */
  constructor(isOver: Readonly<Record<ShortageKind, () => boolean | Promise<boolean>>>, changed: (now: readonly Shortage[]) => void) {
    this.#isOver = isOver
    this.#changed = changed
  }

  get now(): readonly Shortage[] {
    return [...this.#now.values()]
  }

  /** A call or connection was refused because this has run out. */
  add(kind: ShortageKind, detail: string): void {
    if (this.#now.has(kind)) return
    this.#now.set(kind, { kind, detail })
    this.#timer ??= setInterval(() => void this.look(), LOOK_AGAIN_MS).unref()
    this.#changed(this.now)
  }

  /** Looks what is over. Never rejects. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    const before = this.#now.size
    for (const kind of [...this.#now.keys()]) {
      const over = await Promise.resolve(this.#isOver[kind]()).catch(() => false)
      if (over) this.#now.delete(kind)
    }
    this.#looking = false
    if (this.#now.size === before) return
    if (this.#now.size === 0) this.close()
    this.#changed(this.now)
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
