import type { EventLog } from '../calls/events.js'
import type { SwitchHealth } from '../switch/port.js'

/** What the metrics are read off. The functions are asked at each scrape. */
export interface MetricsSources {
  readonly log: Pick<EventLog, 'subscribe'>
  readonly switchHealth: () => SwitchHealth
  readonly storeQueued: () => number
  readonly recordings: () => { readonly backlog: number; readonly failed: number }
  readonly alarms: () => readonly { readonly alarm: string }[]
  /** Default labels of every sample, e.g. `{ node: 'a' }`. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface Metrics {
  /** Prometheus text format. */
  scrape(): Promise<string>
  readonly contentType: string
  close(): void
}

export function createMetrics(_sources: MetricsSources): Metrics {
  throw new Error('not yet')
}
