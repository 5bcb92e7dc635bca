import type { FastifyBaseLogger } from 'fastify'
import type { AlarmBoard } from '../live/alarm-board.js'
import type { Directory } from '../directory/model.js'
import type { LiveBoard } from '../live/live-board.js'
import type { Metrics } from '../metrics/metrics.js'
import type { Recordings } from '../recordings/recordings.js'
import type { Store } from '../store/store.js'
import type { SwitchHealth } from '../switch/port.js'

export interface AdminSettings {
  readonly address: string
  /** 0: a free port is chosen. */
  readonly port: number
  readonly store: Store
  readonly recordings: Recordings
  readonly live: LiveBoard
  readonly metrics: Metrics
  readonly alarms: AlarmBoard
  /** The directory in force now, for names. */
  readonly directory: () => Directory
  readonly switchHealth: () => SwitchHealth
  /** Shown on the page: where to ring, e.g. `sip:+441865922021@127.0.0.1:5060`. */
  readonly ringHere?: readonly string[]
  /** More host names under which the page may be asked for while it is bound to loopback (guards against DNS rebinding). */
  readonly allowedHosts?: readonly string[]
  readonly logger?: FastifyBaseLogger
}

export interface Admin {
  readonly url: string
  readonly port: number
  /** Ends the event streams, then the server. May be called twice. */
  close(): Promise<void>
}

/** Starts the HTTP server. Rejects (`EADDRINUSE` and the like) when it cannot listen. */
export function createAdmin(_settings: AdminSettings): Promise<Admin> {
  return Promise.reject(new Error('not yet'))
}
