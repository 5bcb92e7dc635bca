import type { SwitchHealth } from './switch/port.js'

/** A loss that mends itself within this time only goes to the log. */
const settleMs = 1_500

/**
 * Tells the person at the terminal that calls cannot be taken, and why; and when they can again. While the servers come and go,
 * changes are reported once they have settled.
 */
export class SwitchWatch {
  #timer: NodeJS.Timeout | undefined
  #told: string | undefined

  /**
   * @param told.notReady what is missing, in words; called again when that changes
   * @param told.ready only after `notReady`
   */
  constructor(private readonly told: { notReady(why: string): void; ready(): void }) {}

  /** The engine has waited long enough for the switch: reported at once. */
  begin(health: SwitchHealth): void {
    if (!health.ready) this.#tell(missingOf(health))
  }

  changed(health: SwitchHealth): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (health.ready) {
      if (this.#told === undefined) return
      this.#told = undefined
      this.told.ready()
      return
    }
    const why = missingOf(health)
    if (why !== this.#told) this.#timer = setTimeout(() => this.#tell(why), settleMs).unref()
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #tell(why: string): void {
    this.#told = why
    this.told.notReady(why)
  }
}

/** The parts that are down, in words for an operator. */
function missingOf({ signalling, media }: SwitchHealth): string {
  const down = [signalling, media].filter(({ up }) => !up).map(({ detail }) => detail)
  return down.length === 0 ? 'the switch takes no calls yet' : down.join('; ')
}
