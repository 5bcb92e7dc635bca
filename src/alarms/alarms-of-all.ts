import type { OthersMap } from '../fleet/shared-map.js'
import type { ActiveAlarm, AlarmBoard } from './alarm-board.js'

/** An alarm, and the engine on which it is up. */
export interface AlarmOfEngine extends ActiveAlarm {
  /** Its name. */
  readonly engine?: string
}

/** The alarms of all engines, for the pages: each publishes its own. */
export class AlarmsOfAll {
  readonly #stop: () => void
  #listeners = new Set<() => void>()

  /** @param name of this engine */
  constructor(
    private readonly own: AlarmBoard,
    private readonly name: string,
    private readonly others: OthersMap<ActiveAlarm>,
  ) {
    const tell = () => {
      for (const listener of this.#listeners) listener()
    }
    for (const alarm of own.active()) others.set(alarm.alarm, alarm)
    const stops = [
      own.subscribe((alarm, up) => {
        if (up) others.set(alarm.alarm, alarm)
        else others.delete(alarm.alarm)
        tell()
      }),
      others.onChange(tell),
    ]
    this.#stop = () => {
      for (const stop of stops) stop()
    }
  }

  /** Oldest first. */
  active(): readonly AlarmOfEngine[] {
    const all = [
      ...this.own.active().map((alarm) => ({ ...alarm, engine: this.name })),
      ...[...this.others.others()].map(({ engine, value }) => ({ ...value, engine: engine.name })),
    ]
    return all.sort((a, b) => a.since - b.since)
  }

  /** Called when any of them has changed. @returns stops it */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#stop()
    this.#listeners = new Set()
  }
}
