import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, fsync, ftruncateSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import type { Part, PartReader } from './part.js'

const flush = promisify(fsync)

/** Where MP3s grow, below the recordings folder: on the same disk, so that a finished one only has to be renamed. */
const growingName = '.growing'

export function growingFolder(recordingsFolder: string): string {
  return join(recordingsFolder, growingName)
}

/** Room for the tag, whose content is known only when the MP3 is done. A tag may have padding (ID3v2.4 section 3.3). */
const usualTagBytes = 512

/**
 * An MP3 that grows under a name of its own. No descriptor is held between two writes: there may be hundreds of these. Reads and writes at once:
 * for a thread that carries no calls. All errors are the file system's.
 */
export class PartFile implements Part {
  #bytes: number
  #checksum = 0
  #made = false

  private constructor(
    readonly path: string,
    /** Bytes at the beginning that are kept for the tag. */
    readonly tagBytes: number,
  ) {
    this.#bytes = tagBytes
  }

  /** Nothing is on the disk before the first `append`. */
  static named(recordingsFolder: string, recordingId: string, tagBytes = usualTagBytes): PartFile {
    return PartFile.from(recordingsFolder, recordingId, Math.max(tagBytes, usualTagBytes))
  }

  /** @param keptBytes at the beginning, for what `complete` writes */
  static from(recordingsFolder: string, recordingId: string, keptBytes: number): PartFile {
    return new PartFile(join(growingFolder(recordingsFolder), `${recordingId}-${randomBytes(6).toString('hex')}`), keptBytes)
  }

  append(data: Uint8Array): void {
    if (data.length === 0) return
    this.#make()
    this.#with('r+', (file) => writeAll(file, data, this.#bytes))
    this.#bytes += data.length
    this.#checksum = crc32(data, this.#checksum)
  }

  get written(): Part['written'] {
    return { bytes: this.#bytes, tagBytes: this.tagBytes, checksum: this.#checksum }
  }

  /** Also cuts off bytes after the end. @param bytes length of the file, where that is not what was appended */
  async complete(tag: Uint8Array, bytes = this.#bytes): Promise<void> {
    this.#make()
    const file = openSync(this.path, 'r+')
    try {
      writeAll(file, tag, 0)
      ftruncateSync(file, bytes)
      await flush(file)
    } finally {
      closeSync(file)
    }
  }

  read(): PartReader {
    const file = openSync(this.path, 'r')
    return {
      size: fstatSync(file).size,
      read: (into, at) => readSync(file, into, 0, into.length, at),
      close: () => closeSync(file),
    }
  }

  rename(to: string): readonly string[] {
    const folder = dirname(to)
    const made = mkdirSync(folder, { recursive: true })
    renameSync(this.path, to)
    this.#made = false
    const folders = [folder]
    if (made !== undefined) for (let at = folder; at.length >= made.length; at = dirname(at)) folders.push(dirname(at))
    return folders
  }

  remove(): void {
    if (!this.#made) return
    this.#made = false
    try {
      rmSync(this.path, { force: true })
    } catch {
      // See above.
    }
  }

  #make(): void {
    if (this.#made) return
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 })
    this.#with('wx+', () => (this.#made = true))
  }

  #with(flags: string, work: (file: number) => void): void {
    const file = openSync(this.path, flags, 0o600)
    try {
      work(file)
    } finally {
      closeSync(file)
    }
  }
}

function writeAll(file: number, data: Uint8Array, at: number): void {
  for (let written = 0; written < data.length;) written += writeSync(file, data, written, data.length - written, at + written)
}

/** Flushes folders, so that a new name survives a power cut: once for all names that were made before. */
export class FolderFlush {
  readonly #next = new Map<string, Promise<void>>()
  readonly #running = new Map<string, Promise<void>>()

  /** Resolves when all names made in the folder before this call are on the disk. */
  flushed(folder: string): Promise<void> {
    if (process.platform === 'win32') return Promise.resolve()
    const waiting = this.#next.get(folder)
    if (waiting) return waiting
    const before = this.#running.get(folder) ?? Promise.resolve()
    const flushing = before.then(ignore, ignore).then(() => {
      this.#next.delete(folder)
      this.#running.set(folder, flushing)
      return flushFolder(folder).finally(() => {
        if (this.#running.get(folder) === flushing) this.#running.delete(folder)
      })
    })
    this.#next.set(folder, flushing)
    return flushing
  }
}

function ignore(): void {
  // The flush before has rejected for its own callers.
}

async function flushFolder(folder: string): Promise<void> {
  const file = openSync(folder, 'r')
  try {
    await flush(file)
  } finally {
    closeSync(file)
  }
}
