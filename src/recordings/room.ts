import { mkdir } from 'node:fs/promises'
import type { Clock } from '../clock/clock.js'
import type { RecordingsSettings } from './recordings-settings.js'
import { freeBytes, proveWritable } from './spool-folder.js'

const megabyte = 1024 * 1024
const defaultMinFreeBytes = 200 * megabyte
/** How long a measurement of the free space is valid. */
const knownMs = 5_000

/** Whether the disks of spool and recordings have room. Measured every 5 s at most. */
export class Room {
  #known: { readonly at: number; readonly lacking: string | undefined } | undefined

  constructor(
    private readonly settings: Pick<RecordingsSettings, 'spoolFolder' | 'recordingsFolder' | 'minFreeBytes'>,
    private readonly clock: Clock,
  ) {}

  /** Makes the next check measure again. */
  forget(): void {
    this.#known = undefined
  }

  /** Makes the folder of the recordings where it is not there, and writes to it. Rejects where that fails. */
  async prove(): Promise<void> {
    const { recordingsFolder } = this.settings
    await mkdir(recordingsFolder, { recursive: true })
    await proveWritable(recordingsFolder)
  }

  /** What is short of space, in words; undefined: nothing. Rejects where a folder is missing. */
  async lacking(): Promise<string | undefined> {
    const at = this.clock.monotonic()
    if (this.#known && at - this.#known.at < knownMs) return this.#known.lacking
    const { spoolFolder, recordingsFolder, minFreeBytes = defaultMinFreeBytes } = this.settings
    let lacking: string | undefined
    for (const [name, folder] of [
      ['spool', spoolFolder],
      ['recordings', recordingsFolder],
    ] as const) {
      const free = await freeBytes(folder)
      if (free < minFreeBytes)
        lacking = `the disk of the ${name} folder has ${Math.floor(free / megabyte)} MB free; ${Math.ceil(minFreeBytes / megabyte)} MB are needed (${folder})`
    }
    this.#known = { at, lacking }
    return lacking
  }
}
