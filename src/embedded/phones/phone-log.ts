/** What can happen to a phone, from its own point of view. */
export type MomentName =
  | 'dialled'
  | 'progress'
  | 'ringback'
  | 'refused'
  | 'gaveUp'
  | 'rung'
  | 'stoppedRinging'
  | 'wasBusy'
  | 'declined'
  | 'connected'
  | 'pressed'
  | 'wasHeld'
  | 'wasResumed'
  | 'wasHungUpOn'
  | 'hungUp'
  | 'lost'

export interface Moment {
  readonly name: MomentName
  /** Monotonic ms (`performance.now()`), comparable between phones of one process. */
  readonly at: number
  readonly detail: string
}

const MAX_MOMENTS = 1000

/** What happened to a phone, in order: for tests, for measuring, for the demo's running commentary. The oldest go after a thousand. */
export class PhoneLog {
  readonly #moments: Moment[] = []
  /** Called with each moment. */
  onMoment: ((moment: Moment) => void) | undefined

  note(name: MomentName, detail = ''): void {
    const moment: Moment = { name, at: performance.now(), detail }
    this.#moments.push(moment)
    if (this.#moments.length > MAX_MOMENTS) this.#moments.shift()
    this.onMoment?.(moment)
  }

  get moments(): readonly Moment[] {
    return this.#moments
  }

  last(name: MomentName): Moment | undefined {
    return this.#moments.findLast((moment) => moment.name === name)
  }

  count(name: MomentName): number {
    return this.#moments.filter((moment) => moment.name === name).length
  }
}
