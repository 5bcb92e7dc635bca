import { open, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import {
  dataKeyOf,
  headerBytes,
  layoutOf,
  openChunk,
  placeOf,
  slot,
  slotAt,
  slotsOf,
  type Layout,
  type Slot,
  type WrappingKey,
} from './format.js'

/** A sealed file is not as it was sealed, or is another one. The message says what, in words for the people who run the service. */
export class Damaged extends Error {
  override readonly name = 'Damaged'
}

/** The key under which a file was sealed is not available. The file itself may be intact. */
export class Locked extends Error {
  override readonly name = 'Locked'
}

/** The key of this id; undefined where there is none. Rejects with `Locked` where no keys are available at all. */
export type FindKey = (keyId: string) => Promise<Buffer | undefined>

/** Chunks read from the disk at a time. */
const chunksAtOnce = 8

/** A sealed file; any part of it can be read. Close it. */
export class SealedFile {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly dataKey: Buffer,
    private readonly layout: Layout,
  ) {}

  /**
   * Opens it, and its last chunk, which authenticates its length.
   * @param name the name that it must have been sealed under; any other is refused
   * @throws Damaged, Locked; Error of the file system
   */
  static async open(path: string, name: string, find: FindKey): Promise<SealedFile> {
    const file = await open(path, 'r')
    try {
      const { current, dataKey } = await unlocked(file, path, find)
      if (current.name !== name) throw new Damaged(`${path} is sealed as ${current.name}, and should be ${name}`)
      const layout = layoutOf((await file.stat()).size, current.chunkBytes)
      if (!layout) throw new Damaged(`${path} has been cut off: no sealed file ends there`)
      const sealed = new SealedFile(path, file, dataKey, layout)
      await sealed.#chunks(layout.chunks - 1, 1)
      return sealed
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Bytes that were sealed. */
  get size(): number {
    return this.layout.size
  }

  /** A part, both ends included. Its first bytes are opened before this resolves; damage further on ends the stream with `Damaged`. The file is closed with it. */
  async stream(first: number, last: number): Promise<Readable> {
    const portions = this.#portions(first, last)
    const begun = await portions.next().catch(async (error: unknown) => {
      await this.close()
      throw error
    })
    const file = this.file
    async function* all(): AsyncGenerator<Buffer> {
      try {
        if (begun.done !== true) yield begun.value
        yield* portions
      } finally {
        await file.close()
      }
    }
    const stream = Readable.from(all(), { objectMode: false })
    // A stream that is never read has not begun: its end does not pass here.
    stream.once('close', () => void file.close().catch(() => undefined))
    return stream
  }

  /** May be called twice. */
  close(): Promise<void> {
    return this.file.close()
  }

  async *#portions(first: number, last: number): AsyncGenerator<Buffer> {
    const { chunkBytes } = this.layout
    if (last < first) return
    const end = Math.floor(last / chunkBytes)
    for (let index = Math.floor(first / chunkBytes); index <= end; index += chunksAtOnce) {
      const count = Math.min(chunksAtOnce, end - index + 1)
      const plain = await this.#chunks(index, count)
      const begins = index * chunkBytes
      yield plain.subarray(Math.max(0, first - begins), last + 1 - begins)
    }
  }

  async #chunks(index: number, count: number): Promise<Buffer> {
    const from = placeOf(this.layout, index).at
    const to = placeOf(this.layout, index + count - 1)
    const sealed = await readAll(this.file, from, to.at + to.bytes - from)
    const plain: Buffer[] = []
    for (let each = index; each < index + count; each++) {
      const { at, bytes, last } = placeOf(this.layout, each)
      const chunk = openChunk(this.dataKey, each, last, sealed.subarray(at - from, at - from + bytes))
      if (!chunk) throw new Damaged(`${this.path} is not as it was sealed: chunk ${each + 1} of ${this.layout.chunks}`)
      plain.push(chunk)
    }
    return plain.length === 1 && plain[0] ? plain[0] : Buffer.concat(plain)
  }
}

/** How many bytes were sealed, by the size of the file alone: no key is needed, and nothing is verified. Undefined where it is no sealed file. Rejects with errors of the file system. */
export async function sealedSize(path: string): Promise<number | undefined> {
  const file = await open(path, 'r')
  try {
    const [current] = slotsOf(await readAll(file, 0, headerBytes))
    return current && layoutOf((await file.stat()).size, current.chunkBytes)?.size
  } finally {
    await file.close()
  }
}

/**
 * Wraps the data key of a file again, in the slot that is not in force; nothing else of the file is touched. A process killed meanwhile leaves a file that opens.
 * @param by the key under which to wrap it from now on, by what was sealed
 * @returns false where it is wrapped under that already
 * @throws Damaged, Locked; Error of the file system
 */
export async function rewrap(path: string, find: FindKey, by: (current: Slot) => WrappingKey | undefined): Promise<boolean> {
  const file = await open(path, 'r+')
  try {
    const { current, dataKey } = await unlocked(file, path, find)
    const next = by(current)
    if (next === undefined || next.id === current.keyId) return false
    const bytes = slot(next, dataKey, { name: current.name, generation: current.generation + 1 })
    await file.write(bytes, 0, bytes.length, slotAt(current.place === 0 ? 1 : 0))
    await file.sync()
    return true
  } finally {
    await file.close()
  }
}

/** The slot in force and its data key: the newest that opens. */
async function unlocked(file: FileHandle, path: string, find: FindKey): Promise<{ readonly current: Slot; readonly dataKey: Buffer }> {
  const slots = slotsOf(await readAll(file, 0, headerBytes))
  if (slots.length === 0) throw new Damaged(`${path} does not begin as a sealed file does`)
  let missing: string | undefined
  for (const current of slots) {
    const key = await find(current.keyId)
    const dataKey = key && dataKeyOf(current, key)
    if (dataKey) return { current, dataKey }
    if (!key) missing = current.keyId
  }
  if (missing !== undefined) throw new Locked(`${path} is sealed under the key ${missing}, which is not among the keys that there are`)
  throw new Damaged(`the header of ${path} is not as it was written`)
}

async function readAll(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const data = Buffer.alloc(bytes)
  let read = 0
  while (read < bytes) {
    const { bytesRead } = await file.read(data, read, bytes - read, at + read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return data.subarray(0, read)
}
