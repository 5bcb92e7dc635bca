import type { Alarms } from '../calls/alarms.js'
import type { RecordingSink } from '../calls/recording-sink.js'
import type { Store } from '../store/store.js'

export interface RecordingsSettings {
  /** Where running recordings are spooled, and where finished ones lie (`YYYY/MM/DD/<callId>.mp3` below it). Made where missing. */
  readonly spoolFolder: string
  readonly recordingsFolder: string
  readonly store: Store
  readonly alarms: Alarms
  /** `auto`: native where a `lame` is found on the PATH. */
  readonly encoder: 'auto' | 'native' | 'wasm'
  /** Recordings made into MP3 at the same time. Default: one less than the processors, at least 1, at most 4. */
  readonly concurrency?: number
  /** A spool on a disk with less than this free is refused. Default 200 MB. */
  readonly minFreeBytes?: number
  /** Written name of a line, for the title of the MP3. */
  readonly lineName: (line: string) => string | undefined
}

export interface RecordingsHealth {
  /** Which encoder was chosen, in words. */
  readonly encoder: string
  /** Recordings that wait for or are being made into MP3. */
  readonly backlog: number
  readonly finished: number
  readonly failed: number
  /** Both folders take files. `detail` says what is wrong where not. */
  readonly writable: boolean
  readonly detail: string
}

export interface Recordings {
  readonly sink: RecordingSink
  /** Finishes what lies in the spool. Call once at start-up, after `store.closeInterrupted()`. Resolves when all of it is queued. */
  recover(): Promise<{ readonly queued: number; readonly orphans: readonly string[] }>
  /** Settles when nothing is queued or running. */
  idle(): Promise<void>
  health(): RecordingsHealth
  /** Where the MP3 of a recording lies, absolute; undefined when it is not below the recordings folder. */
  pathOf(relativePath: string): string | undefined
  /** Lets what runs come to its end (within a bound); what waits stays in the spool for the next start. May be called twice. */
  close(): Promise<void>
}

/** Chooses the encoder, makes the folders. Rejects with one clear line when `native` is wanted and there is no `lame`. */
export function createRecordings(_settings: RecordingsSettings): Promise<Recordings> {
  return Promise.reject(new Error('not yet'))
}
