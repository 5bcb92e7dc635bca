import { randomBytes } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import {
  chunkBytes,
  chunkTagBytes,
  dataKeyOf,
  header,
  headerBytes,
  layoutOf,
  openChunk,
  placeOf,
  sealChunk,
  slotsOf,
  type Layout,
  type WrappingKey,
} from '../sealing/format.js'
import { keyBytes } from '../sealing/wrap.js'
import { PartFile } from './part-file.js'
import type { Part, PartReader } from './part.js'

/**
 * A part that is sealed chunk by chunk as it grows: no sound is ever in the clear in the recordings folder. The first chunk, until the tag is
 * known, and the last one, until it is full, are kept in memory; each is sealed once, under a data key that is this part's alone.
 */
export class SealedPart implements Part {
  readonly #dataKey = randomBytes(keyBytes)
  #first: Buffer | undefined
  #pending: Buffer
  #filled: number
  #index = 0
  #bytes: number
  #checksum = 0
  #by: WrappingKey | undefined

  private constructor(
    private readonly part: PartFile,
    private readonly name: string,
    readonly tagBytes: number,
  ) {
    this.#pending = Buffer.alloc(0)
    this.#filled = tagBytes
    this.#bytes = tagBytes
  }

  static named(recordingsFolder: string, recordingId: string, tagBytes?: number): SealedPart {
    const tag = PartFile.named(recordingsFolder, recordingId, tagBytes).tagBytes
    if (tag > chunkBytes) throw new Error(`a tag of ${tag} bytes has no room in the first chunk`)
    // The file begins with the header, which is written last.
    return new SealedPart(PartFile.from(recordingsFolder, recordingId, headerBytes + chunkBytes + chunkTagBytes), recordingId, tag)
  }

  get path(): string {
    return this.part.path
  }

  get written(): Part['written'] {
    return { bytes: this.#bytes, tagBytes: this.tagBytes, checksum: this.#checksum }
  }

  /** The key under which its own is wrapped; set it before `complete`. */
  sealedBy(key: WrappingKey): void {
    this.#by = key
  }

  append(data: Uint8Array): void {
    if (this.#pending.length === 0) this.#pending = Buffer.alloc(chunkBytes)
    for (let from = 0; from < data.length;) {
      // A chunk is known not to be the last only when more follows.
      if (this.#filled === chunkBytes) this.#full()
      const some = data.subarray(from, from + chunkBytes - this.#filled)
      this.#pending.set(some, this.#filled)
      this.#filled += some.length
      from += some.length
    }
    this.#bytes += data.length
    this.#checksum = crc32(data, this.#checksum)
  }

  async complete(tag: Uint8Array): Promise<void> {
    const by = this.#by
    if (!by) throw new Error('there is no key to seal this recording under')
    if (this.#pending.length === 0) this.#pending = Buffer.alloc(chunkBytes)
    const only = this.#index === 0
    const first = this.#first ?? this.#pending.subarray(0, this.#filled)
    first.set(tag, 0)
    if (!only) this.part.append(sealChunk(this.#dataKey, this.#index, true, this.#pending.subarray(0, this.#filled)))
    const begin = Buffer.concat([header(by, this.#dataKey, this.name), sealChunk(this.#dataKey, 0, only, first)])
    // A single chunk may be shorter than the room that was kept.
    await this.part.complete(begin, only ? begin.length : undefined)
  }

  read(): PartReader {
    if (!this.#by) throw new Error('this part has not been sealed')
    return new SealedPartReader(this.path, this.name, this.#by)
  }

  rename(to: string): readonly string[] {
    return this.part.rename(to)
  }

  remove(): void {
    this.part.remove()
    this.#dataKey.fill(0)
  }

  #full(): void {
    if (this.#index === 0) {
      this.#first = this.#pending
      this.#pending = Buffer.alloc(chunkBytes)
    } else this.part.append(sealChunk(this.#dataKey, this.#index, false, this.#pending))
    this.#index++
    this.#filled = 0
  }
}

/** Reads a sealed part as a later reader will, with nothing but the file and the key that wraps its own. */
class SealedPartReader implements PartReader {
  readonly #file: number
  readonly #dataKey: Buffer
  readonly #layout: Layout
  #kept: { readonly index: number; readonly plain: Buffer } | undefined

  constructor(path: string, name: string, by: WrappingKey) {
    this.#file = openSync(path, 'r')
    try {
      const [slot] = slotsOf(this.#readAll(0, headerBytes))
      const dataKey = slot?.keyId === by.id && slot.name === name ? dataKeyOf(slot, by.key) : undefined
      const layout = slot && layoutOf(fstatSync(this.#file).size, slot.chunkBytes)
      if (!dataKey || !layout) throw new Error('the header of the sealed MP3 is not on the disk as it was written')
      this.#dataKey = dataKey
      this.#layout = layout
    } catch (error) {
      closeSync(this.#file)
      throw error
    }
  }

  get size(): number {
    return this.#layout.size
  }

  read(into: Buffer, at: number): number {
    let read = 0
    while (read < into.length && at + read < this.size) {
      const index = Math.floor((at + read) / this.#layout.chunkBytes)
      read += this.#chunk(index).copy(into, read, at + read - index * this.#layout.chunkBytes)
    }
    return read
  }

  close(): void {
    closeSync(this.#file)
  }

  #chunk(index: number): Buffer {
    if (this.#kept?.index === index) return this.#kept.plain
    const { at, bytes, last } = placeOf(this.#layout, index)
    const plain = openChunk(this.#dataKey, index, last, this.#readAll(at, bytes))
    if (!plain) throw new Error(`chunk ${index + 1} of ${this.#layout.chunks} of the sealed MP3 is not on the disk as it was written`)
    this.#kept = { index, plain }
    return plain
  }

  #readAll(at: number, bytes: number): Buffer {
    const data = Buffer.alloc(bytes)
    let read = 0
    while (read < bytes) {
      const more = readSync(this.#file, data, read, bytes - read, at + read)
      if (more === 0) break
      read += more
    }
    return data.subarray(0, read)
  }
}
