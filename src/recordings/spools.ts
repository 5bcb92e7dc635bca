import { access, constants } from 'node:fs/promises'
import { dirname } from 'node:path'
import { sleep, type Clock } from '../clock/clock.js'
import type { BegunRecording } from './recording-sink.js'
import { SpoolFolder } from './spool-folder.js'

/** A recording that a dead engine left may still be written to by a switch that outlived it. */
const settledAfterMs = 1_000
const settleTries = 30

/** The spool folder of this engine, and those of dead engines whose recordings continue here. */
export class Spools {
  readonly #others = new Map<string, SpoolFolder>()

  constructor(readonly own: SpoolFolder) {}

  /** The folder of this recording. */
  of(recordingId: string): SpoolFolder {
    return this.#others.get(recordingId) ?? this.own
  }

  /** @returns false where it cannot be read, or could not be deleted once it is finished */
  async take({ recordingId, path }: Pick<BegunRecording, 'recordingId' | 'path'>): Promise<boolean> {
    const folder = dirname(path)
    try {
      await Promise.all([access(path, constants.R_OK), access(folder, constants.W_OK)])
    } catch {
      return false
    }
    if (folder !== this.own.path) this.#others.set(recordingId, new SpoolFolder(folder))
    return true
  }

  /** It is finished. */
  forget(recordingId: string): void {
    this.#others.delete(recordingId)
  }
}

/** Waits until a recording is no longer written to. @returns `stopped` where the signal aborts first */
export async function settled(
  spool: SpoolFolder,
  recordingId: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<'settled' | 'growing' | 'stopped'> {
  let size = await spool.size(recordingId)
  for (let tries = 0; tries < settleTries; tries++) {
    if ((await sleep(clock, settledAfterMs, signal)) === 'cancelled') return 'stopped'
    const now = await spool.size(recordingId)
    if (now === size) return 'settled'
    size = now
  }
  return 'growing'
}
