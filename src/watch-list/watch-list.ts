import type { AlarmName } from '../alarms/alarm-list.js'
import type { Alarms } from '../alarms/alarms.js'
import { staff, type Actor } from '../facts/actor.js'
import type { FailingTarget, TargetHistory } from './target-history.js'

export interface WatchListOptions {
  readonly history: TargetHistory
  readonly alarms: Alarms
  /** Records that a telephone is cleared, by whom and why. Resolves with its time (wall-clock ms) once on disk; rejects if the disk cannot confirm it. */
  readonly keep: (target: string, actor: Actor, why?: string) => Promise<number>
}

/** Failing telephones, for the rota's keeper: an alarm for each owner, the evidence, and the way back by hand. */
export class WatchList {
  readonly #options: WatchListOptions
  /** Telephones on the list, by owner. */
  readonly #byLabel = new Map<string, Set<string>>()

  /** Raises alarms for telephones already on the list. */
  constructor(options: WatchListOptions) {
    this.#options = options
    const { history, alarms } = options
    for (const { label, target } of history.watched()) this.#of(label).add(target)
    for (const label of this.#byLabel.keys()) this.#tell(label)
    history.onWatch(({ label, target }, change) => {
      const theirs = this.#of(label)
      if (change === 'watched') theirs.add(target)
      else theirs.delete(target)
      if (theirs.size > 0) return this.#tell(label)
      this.#byLabel.delete(label)
      alarms.clear(alarmOf(label))
    })
  }

  /** How many are on it. */
  get size(): number {
    return [...this.#byLabel.values()].reduce((sum, theirs) => sum + theirs.size, 0)
  }

  watched(): readonly FailingTarget[] {
    return this.#options.history.watched()
  }

  /** Takes a telephone off the list: it is again rung in its turn. @returns false if it is not on it. Rejects if that cannot be stored. */
  async clear(target: string, actor: Actor = staff, why?: string): Promise<boolean> {
    const { history, keep } = this.#options
    if (!history.isWatched(target)) return false
    return history.clear(target, await keep(target, actor, why))
  }

  #of(label: string): Set<string> {
    const theirs = this.#byLabel.get(label) ?? new Set<string>()
    this.#byLabel.set(label, theirs)
    return theirs
  }

  /** One alarm for a person, however many telephones they have. Only the directory has the number. */
  #tell(label: string): void {
    const { history, alarms } = this.#options
    const theirs = [...this.#of(label)].flatMap((target) => history.failing(target) ?? [])
    const evidence = theirs.map(
      ({ failures }) =>
        `failed ${failures.length} times in a row (${failures.map(({ result, status }) => (status === undefined ? result : `${result} ${status}`)).join(', ')})`,
    )
    alarms.raise(
      alarmOf(label),
      `${theirs.length === 1 ? 'a telephone' : `${theirs.length} telephones`} of ${label} ${evidence.join('; ')}; rung after the others until a call is accepted there, or until it is cleared by hand`,
      [{ telephone: label }],
    )
  }
}

function alarmOf(label: string): AlarmName {
  return `number.failing: ${label}`
}
