import type { Alarms } from './alarms.js'
import type { CallEvent } from './events.js'
import type { TargetFigures, TargetHistory } from './target-history.js'

/** Somebody has taken a telephone off the watch list by hand. */
export interface Clearing {
  readonly target: string
  /** Wall-clock ms. */
  readonly at: number
}

/** Puts what happened into a history as it happened: a telephone that was cleared by hand must not come back by what had failed before. */
export function recall(history: TargetHistory, events: readonly CallEvent[], clearings: readonly Clearing[]): void {
  const waiting = [...clearings].sort((a, b) => a.at - b.at)
  for (const event of events) {
    while (waiting[0] && waiting[0].at < event.at) clear(history, waiting.shift())
    history.apply(event)
  }
  for (const clearing of waiting) clear(history, clearing)
}

function clear(history: TargetHistory, clearing: Clearing | undefined): void {
  if (clearing) history.clear(clearing.target, clearing.at)
}

export interface WatchListOptions {
  readonly history: TargetHistory
  readonly alarms: Alarms
  /** Writes down that a telephone is cleared. Resolves with the time of that (wall-clock ms) once it is on disk; rejects when the disk cannot say so. */
  readonly keep: (target: string) => Promise<number>
}

/** The telephones that fail, for the rota's keeper: an alarm for whoever they belong to, the evidence, and the way back by hand. */
export class WatchList {
  readonly #options: WatchListOptions

  /** Alarms are raised for what is on the list already. */
  constructor(options: WatchListOptions) {
    this.#options = options
    const { history, alarms } = options
    for (const label of new Set(this.watched().map((figures) => figures.label))) this.#tell(label)
    history.onWatch((figures, change) => {
      if (change === 'watched') this.#tell(figures.label)
      else if (this.watched().some(({ label }) => label === figures.label)) this.#tell(figures.label)
      else alarms.clear(alarmOf(figures.label))
    })
  }

  /** Every telephone that was ever rung, the watched ones first. */
  figures(): readonly TargetFigures[] {
    return this.#options.history.figures()
  }

  watched(): readonly TargetFigures[] {
    return this.figures().filter(({ watchedSince }) => watchedSince !== undefined)
  }

  /** Takes a telephone off the list: it is rung in its turn again. @returns false when it is not on it. Rejects when that cannot be written down. */
  async clear(target: string): Promise<boolean> {
    const { history, keep } = this.#options
    if (!history.isWatched(target)) return false
    return history.clear(target, await keep(target))
  }

  /** One alarm for a person, however many telephones they have. The number itself stands in the directory alone. */
  #tell(label: string): void {
    const theirs = this.watched().filter((figures) => figures.label === label)
    const evidence = theirs.map(({ failures }) => `failed ${failures.length} times in a row (${failures.map(({ result, status }) => (status === undefined ? result : `${result} ${status}`)).join(', ')})`)
    this.#options.alarms.raise(alarmOf(label), `${theirs.length === 1 ? 'a telephone' : `${theirs.length} telephones`} of ${label} ${evidence.join('; ')}; rung after the others until somebody is reached there, or it is cleared by hand`)
  }
}

function alarmOf(label: string): string {
  return `number.failing: ${label}`
}
