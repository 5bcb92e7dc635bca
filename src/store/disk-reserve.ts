import { randomFillSync } from 'node:crypto'
import { open, stat, statfs, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AlarmName } from '../alarms/alarm-list.js'
import type { Alarms } from '../alarms/alarms.js'

export interface DiskReserveSettings {
  /** A file beside the database, on the same disk. */
  readonly file: string
  /** 0: no reserve is kept. */
  readonly bytes: number
  readonly alarms: Alarms
  /** How often to check whether there is room to make it again, ms. Default 5000. */
  readonly lookEveryMs?: number
}

export const defaultReserveBytes = 16 * 1024 * 1024
/** Given up at a time: a few hundred calls' facts. Recordings or the log, on the same disk, would use up a larger piece before the facts do. */
const maxPortionBytes = 1024 * 1024
const defaultLookEveryMs = 5_000

/**
 * A file that only occupies space. When the disk is full it is given up, piece by piece, so that facts can still be stored; when there is room
 * again, it is made again. Its content is random, so that a compressing file system cannot shrink it.
 */
export class DiskReserve {
  readonly #timer: NodeJS.Timeout | undefined
  /** One change of the file at a time. */
  #working: Promise<unknown> = Promise.resolve()
  #left = 0
  #closed = false
  /** The alarm raised last: each raising is a line in a log on this disk too. */
  #raised: string | undefined

  private constructor(private readonly settings: DiskReserveSettings) {
    if (settings.bytes === 0) return
    this.#timer = setInterval(() => void this.#restoreSoon(), settings.lookEveryMs ?? defaultLookEveryMs)
    this.#timer.unref()
  }

  /** Takes over what an earlier run has left of it. Never rejects. `restore` makes it. */
  static async open(settings: DiskReserveSettings): Promise<DiskReserve> {
    const reserve = new DiskReserve(settings)
    reserve.#left = await sizeOf(settings.file)
    return reserve
  }

  /** Bytes that can still be given up. */
  get left(): number {
    return this.#left
  }

  /** Gives up a piece, because the disk is full. @returns false when nothing is left */
  giveUp(): Promise<boolean> {
    return this.#next(async () => {
      const { file, bytes } = this.settings
      if (bytes === 0) return false
      // An operator in search of room may have deleted it.
      const there = await sizeOf(file)
      this.#left = there
      if (there > 0) {
        const kept = Math.max(0, there - Math.min(maxPortionBytes, Math.ceil(bytes / 4)))
        try {
          await truncate(file, kept)
          this.#left = kept
        } catch {
          this.#left = 0
        }
      }
      this.#raise(
        'store.diskFull',
        String(this.#left),
        `the disk of ${dirname(file)} is full: ${this.#left > 0 ? `facts are stored from the reserve, of which ${megabytes(this.#left)} are left` : 'the reserve is used up'}. Make room; recordings of the calls that run now may be cut short`,
      )
      return there > this.#left
    })
  }

  /** Makes it (again) where there is room for twice its size. Never rejects. */
  restore(): Promise<void> {
    return this.#next(async () => {
      const { file, bytes, alarms } = this.settings
      if (bytes === 0 || this.#closed) return
      this.#left = await sizeOf(file)
      if (this.#left < bytes) {
        const free = await freeBytes(file)
        if (free < bytes - this.#left + bytes) {
          this.#raise(
            'store.noReserve',
            String(this.#left),
            `the disk of ${dirname(file)} has ${megabytes(free)} free; the reserve with which facts are stored when it is full is ${megabytes(this.#left)} instead of ${megabytes(bytes)}. Make room: ${megabytes(2 * bytes)} are needed`,
          )
          return
        }
        if (!(await fill(file, this.#left, bytes))) return
        this.#left = bytes
      }
      this.#raised = undefined
      alarms.clear('store.noReserve')
      alarms.clear('store.diskFull')
    })
  }

  /** The file stays for the next start. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    await this.#working
  }

  /** Once for each state. */
  #raise(alarm: AlarmName, state: string, detail: string): void {
    if (this.#raised === `${alarm} ${state}`) return
    this.#raised = `${alarm} ${state}`
    this.settings.alarms.raise(alarm, detail)
  }

  async #restoreSoon(): Promise<void> {
    if (this.#left < this.settings.bytes) await this.restore()
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#working.then(work)
    this.#working = result.catch(() => undefined)
    return result
  }
}

/** @returns false when the disk had less room than it said; the file is then as it was */
async function fill(file: string, from: number, bytes: number): Promise<boolean> {
  const noise = randomFillSync(Buffer.alloc(Math.min(maxPortionBytes, bytes)))
  try {
    const handle = await open(file, from === 0 ? 'w' : 'r+', 0o600)
    try {
      for (let at = from; at < bytes;) at += (await handle.write(noise, 0, Math.min(noise.length, bytes - at), at)).bytesWritten
    } finally {
      await handle.close()
    }
    return true
  } catch {
    await truncate(file, from).catch(() => undefined)
    return false
  }
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  )
}

async function freeBytes(file: string): Promise<number> {
  return statfs(dirname(file)).then(
    (disk) => disk.bavail * disk.bsize,
    () => 0,
  )
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(bytes < 1024 * 1024 ? 2 : 0)} MB`
}
