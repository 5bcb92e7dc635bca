import type { Alarms } from './alarms/alarms.js'
import type { Shortage } from './embedded/shortages.js'

/**
 * Whether the embedded switch has what the next call needs: ports, channels, connections, descriptors. Without them callers are refused, so
 * readiness checks report it, and the alarm `switch.exhausted` is up meanwhile.
 */
export class Capacity {
  #shortages: readonly Shortage[] = []

  constructor(private readonly alarms: Alarms) {}

  /** What has run out in the switch now; empty: nothing. */
  ranOut(shortages: readonly Shortage[]): void {
    this.#shortages = shortages
    if (shortages.length === 0) this.alarms.clear('switch.exhausted')
    else this.alarms.raise('switch.exhausted', `callers are refused: ${details(shortages)}`)
  }

  health(): { readonly ok: boolean; readonly detail: string } {
    if (this.#shortages.length > 0) return { ok: false, detail: details(this.#shortages) }
    return { ok: true, detail: 'ports, channels and connections are free' }
  }
}

function details(shortages: readonly Shortage[]): string {
  return shortages.map(({ detail }) => detail).join('; ')
}
