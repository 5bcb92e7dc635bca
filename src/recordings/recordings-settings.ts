import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import type { KeyRing } from '../keys/key-ring.js'
import type { Store } from '../store/store.js'

export interface RecordingsSettings {
  /** Where running recordings are spooled, and where finished ones lie (`YYYY/MM/DD/<callId>.mp3` below it). Made where missing. */
  readonly spoolFolder: string
  readonly recordingsFolder: string
  readonly store: Store
  readonly alarms: Alarms
  /** `auto`: libmp3lame where it is there. */
  readonly encoder: 'auto' | 'native' | 'wasm'
  /** Names or paths under which to look for libmp3lame. Default: the platform's own. */
  readonly libraries?: readonly string[]
  /** Recordings that are finished at the same time: one of them computes, the others wait for the disk. Default 16. */
  readonly concurrency?: number
  /** How long the encoding process may be silent before it is replaced, ms. Default 60,000. */
  readonly frozenAfterMs?: number
  /** A recording is refused when one of the two disks has less than this free. Default 200 MB. */
  readonly minFreeBytes?: number
  /** Written name of a line, for the title of the MP3. */
  readonly lineName: (line: string) => string | undefined
  /** The keys of sealed recordings. Without them none can be read. */
  readonly keys?: KeyRing
  /** What is recorded from now on is sealed; needs `keys`. Default: no. */
  readonly sealed?: boolean
  /** Default: the system's. */
  readonly clock?: Clock
}
