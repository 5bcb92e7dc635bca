import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The note beside a spool file, written before the switch writes to it, so that no file is ever without its call. */
export interface SpoolNote {
  readonly recordingId: string
  readonly callId: string
  readonly allocatedAt: number
}

export interface SpoolEntry {
  readonly recordingId: string
  readonly path: string
  /** Undefined for a file without a note: it is kept and reported. */
  readonly note: SpoolNote | undefined
}

/** Prefix of files that are no recordings: the voice of a leg before acceptance, for the word recogniser. They are deleted with the leg. */
export const listeningPrefix = 'listening-'

/** The folder in which recordings grow while calls run: `<recordingId>.wav` and, beside it, `<recordingId>.json`. */
export class SpoolFolder {
  /** Recordings that hold no sound, or are no WAV files, are moved here; nothing is deleted that has not become an MP3, unless its time is over. */
  static readonly asideName = 'unusable'

  constructor(readonly path: string) {}

  /** Makes the folder, and checks that it takes files; deletes what a dead run was listening to. Rejects with errors of the file system. */
  async prepare(): Promise<void> {
    await mkdir(this.path, { recursive: true })
    await proveWritable(this.path)
    for (const name of await readdir(this.path)) if (name.startsWith(listeningPrefix)) await rm(join(this.path, name), { force: true })
  }

  /**
   * A path for a new recording. Writing the note also proves that the folder takes files.
   * Rejects with errors of the file system.
   */
  async allocate(callId: string, now: number): Promise<{ readonly recordingId: string; readonly path: string }> {
    const recordingId = `${fileNameOf(callId)}-${randomBytes(4).toString('hex')}`
    const note: SpoolNote = { recordingId, callId, allocatedAt: now }
    await writeFile(this.#notePath(recordingId), JSON.stringify(note), { flag: 'wx', mode: 0o600 })
    return { recordingId, path: this.wavPath(recordingId) }
  }

  /** Bytes available to us on the disk of this folder. */
  async free(): Promise<number> {
    return freeBytes(this.path)
  }

  wavPath(recordingId: string): string {
    return join(this.path, `${recordingId}.wav`)
  }

  /** Undefined when there is no note, or a truncated one. */
  async note(recordingId: string): Promise<SpoolNote | undefined> {
    try {
      const note: unknown = JSON.parse(await readFile(this.#notePath(recordingId), 'utf8'))
      return isNote(note) ? note : undefined
    } catch {
      return undefined
    }
  }

  /** The recordings here. Notes without a recording (the call never recorded) are deleted. */
  async entries(): Promise<readonly SpoolEntry[]> {
    const names = await readdir(this.path)
    const wavs = new Set(
      names.filter((name) => name.endsWith('.wav') && !name.startsWith(listeningPrefix)).map((name) => name.slice(0, -4)),
    )
    for (const name of names) {
      if (name.endsWith('.json') && !wavs.has(name.slice(0, -5))) await rm(join(this.path, name), { force: true })
    }
    return Promise.all(
      [...wavs].sort().map(async (recordingId) => ({ recordingId, path: this.wavPath(recordingId), note: await this.note(recordingId) })),
    )
  }

  /** The recording is an MP3 now, on disk and in the store: deletes the spool, and its note after it. */
  async remove(recordingId: string): Promise<void> {
    await rm(this.wavPath(recordingId), { force: true })
    await rm(this.#notePath(recordingId), { force: true })
  }

  /** Moves a recording that cannot become an MP3 aside, with its note. @returns where it is now */
  async setAside(recordingId: string): Promise<string> {
    const aside = join(this.path, SpoolFolder.asideName)
    await mkdir(aside, { recursive: true })
    const to = join(aside, `${recordingId}.wav`)
    await rename(this.wavPath(recordingId), to)
    await rename(this.#notePath(recordingId), join(aside, `${recordingId}.json`)).catch(() => undefined)
    return to
  }

  /** Size of the recording; undefined when it is not there. */
  async size(recordingId: string): Promise<number | undefined> {
    return stat(this.wavPath(recordingId)).then(
      (found) => found.size,
      () => undefined,
    )
  }

  #notePath(recordingId: string): string {
    return join(this.path, `${recordingId}.json`)
  }
}

/** A call id as part of a file name: characters that could lead out of the folder, or trouble a file system, become `_`. */
export function fileNameOf(callId: string): string {
  return callId.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 100) || '_'
}

/** Rejects with errors of the file system. */
export async function proveWritable(folder: string): Promise<void> {
  const probe = join(folder, `.writable-${randomBytes(4).toString('hex')}`)
  await writeFile(probe, 'Ringround tries whether this folder takes files.\n')
  await rm(probe, { force: true })
}

export async function freeBytes(folder: string): Promise<number> {
  const disk = await statfs(folder)
  return disk.bavail * disk.bsize
}

function isNote(value: unknown): value is SpoolNote {
  return (
    typeof value === 'object' &&
    value !== null &&
    'recordingId' in value &&
    'callId' in value &&
    'allocatedAt' in value &&
    typeof value.callId === 'string' &&
    typeof value.allocatedAt === 'number'
  )
}
