import { open, type FileHandle } from 'node:fs/promises'
import { Resampler } from '../protocols/rtp/resample.js'
import { bytesPerSample, decodeSamples, pickChannel, readWavFormat, WavError, type WavFormat } from '../protocols/rtp/wav.js'

/** Enough for every chunk that encoders write before the samples. */
const HEAD_BYTES = 64 * 1024
/** Read and decoded at a time: short enough never to hold up a packet. */
const PORTION_BYTES = 32 * 1024
/** Decoded audio to keep, in samples (2 bytes each): 33 minutes, 32 MB. */
const KEPT_SAMPLES = 16 * 1024 * 1024
/** An hour and a half at 8 kHz: longer files are refused. */
const MAX_SAMPLES = 90 * 60 * 8000

export class ClipError extends Error {
  constructor(
    readonly kind: 'notFound' | 'unreadable',
    message: string,
  ) {
    super(message)
    this.name = 'ClipError'
  }
}

/** A WAV file as 8 kHz mono samples. Grows while it is being read, so that a long one starts at once. */
export class AudioClip {
  readonly samples: Int16Array
  /** Samples read so far. */
  available = 0
  complete = false

  constructor(samples: number) {
    this.samples = new Int16Array(samples)
  }
}

interface Kept {
  readonly version: string
  readonly clip: Promise<AudioClip>
  samples: number
}

/** Reads files for playing, and keeps those played lately: a prompt is read and decoded once. */
export class ClipLibrary {
  /** In the order of use, the oldest first. */
  readonly #kept = new Map<string, Kept>()

  /**
   * The clip, as soon as its first portion is there. A file that has changed since is read again.
   * @throws ClipError (rejects)
   */
  async open(path: string): Promise<AudioClip> {
    const file = await open(path, 'r').catch((error: unknown) => {
      const code = (error as NodeJS.ErrnoException).code
      throw new ClipError(code === 'ENOENT' || code === 'ENOTDIR' ? 'notFound' : 'unreadable', (error as Error).message)
    })
    let handedOn = false
    try {
      const state = await file.stat()
      if (!state.isFile()) throw new ClipError('unreadable', `${path} is not a file`)
      const version = `${state.mtimeMs}/${state.size}`
      const known = this.#kept.get(path)
      this.#kept.delete(path)
      if (known?.version === version) {
        this.#kept.set(path, known)
        return await known.clip
      }
      handedOn = true
      const kept: Kept = { version, clip: this.#read(file, path, state.size), samples: 0 }
      this.#kept.set(path, kept)
      const clip = await kept.clip.catch((error: unknown) => {
        if (this.#kept.get(path) === kept) this.#kept.delete(path)
        throw error instanceof WavError ? new ClipError('unreadable', `${path}: ${error.message}`) : error
      })
      kept.samples = clip.samples.length
      this.#forgetOldest()
      return clip
    } finally {
      if (!handedOn) await file.close()
    }
  }

  #forgetOldest(): void {
    let total = 0
    for (const kept of this.#kept.values()) total += kept.samples
    for (const [path, kept] of this.#kept) {
      if (total <= KEPT_SAMPLES) return
      total -= kept.samples
      this.#kept.delete(path)
    }
  }

  /** Resolves with the first portion decoded; goes on reading, and closes the file. */
  async #read(file: FileHandle, path: string, size: number): Promise<AudioClip> {
    try {
      const head = Buffer.alloc(Math.min(HEAD_BYTES, size))
      await file.read(head, 0, head.length, 0)
      const format = readWavFormat(head, size)
      const frames = format.dataBytes / (bytesPerSample(format.encoding) * format.channels)
      const samples = Math.ceil((frames * 8000) / format.rate)
      if (samples > MAX_SAMPLES) throw new ClipError('unreadable', `${path} is longer than ${MAX_SAMPLES / 8000 / 60} minutes`)
      const clip = new AudioClip(samples)
      const decoder = new PortionDecoder(format, clip)
      const rest = await decoder.portion(file, 0)
      if (rest === 0) {
        decoder.finish()
        await file.close()
      } else {
        void this.#readOn(file, path, decoder, rest)
      }
      return clip
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** A file that cannot be read further ends where it is. */
  async #readOn(file: FileHandle, path: string, decoder: PortionDecoder, from: number): Promise<void> {
    try {
      for (let at = from; at !== 0;) at = await decoder.portion(file, at)
    } catch {
      this.#kept.delete(path)
    } finally {
      decoder.finish()
      await file.close().catch(() => undefined)
    }
  }
}

/** Turns a file's portions into 8 kHz mono. */
class PortionDecoder {
  readonly #format: WavFormat
  readonly #clip: AudioClip
  readonly #resampler: Resampler | undefined
  readonly #portion: Buffer

  constructor(format: WavFormat, clip: AudioClip) {
    this.#format = format
    this.#clip = clip
    this.#resampler = format.rate === 8000 ? undefined : new Resampler(format.rate, 8000)
    const frameBytes = bytesPerSample(format.encoding) * format.channels
    this.#portion = Buffer.alloc(Math.floor(PORTION_BYTES / frameBytes) * frameBytes)
  }

  /** Reads the portion after `at` (bytes into the samples). @returns where the next portion begins, 0 at the end */
  async portion(file: FileHandle, at: number): Promise<number> {
    const wanted = Math.min(this.#portion.length, this.#format.dataBytes - at)
    if (wanted === 0) return 0
    const { bytesRead } = await file.read(this.#portion, 0, wanted, this.#format.dataStart + at)
    const mono = pickChannel(decodeSamples(this.#format.encoding, this.#portion.subarray(0, bytesRead)), this.#format.channels)
    this.#add(this.#resampler ? this.#resampler.push(mono) : mono)
    return bytesRead < wanted || at + wanted === this.#format.dataBytes ? 0 : at + wanted
  }

  finish(): void {
    if (this.#resampler) this.#add(this.#resampler.end())
    this.#clip.complete = true
  }

  #add(samples: Int16Array): void {
    const room = this.#clip.samples.length - this.#clip.available
    this.#clip.samples.set(samples.subarray(0, room), this.#clip.available)
    this.#clip.available += Math.min(samples.length, room)
  }
}
