import { close, open, write } from 'node:fs'
import { WAV_HEADER_BYTES, wavHeader } from './wav.js'

export interface WavSpoolOptions {
  readonly channels: number
  readonly rate?: number
  /** Samples are written in portions of about this many ms, and the header is brought up to date after each. Default 1000. */
  readonly portionMs?: number
  /** Called once, at the first error of the disk; nothing is written after it. */
  readonly onError?: (error: Error) => void
}

/** What was written. `error`: the first error of the disk, in the operating system's words. */
export interface WavSpoolResult {
  readonly samples: number
  readonly error?: string
}

/** Portions that may wait for a slow disk before one is dropped: 30 s. */
const MAX_WAITING = 30

/** Portion buffers that are not in use, by size: recordings come and go, their buffers stay. */
const spare = new Map<number, Buffer[]>()
const MAX_SPARE = 64

/**
 * A 16-bit PCM WAV file that grows while a call runs. Nothing here blocks or throws: samples are copied to a buffer, buffers are written
 * by the thread pool, one after the other, and the header is corrected after each, so that a process that dies leaves a file which
 * is right up to its last portion. A disk that fails or hangs costs samples, never the call.
 */
export class WavSpoolWriter {
  readonly path: string
  readonly #fd: number
  readonly #channels: number
  readonly #rate: number
  readonly #portionBytes: number
  readonly #onError: ((error: Error) => void) | undefined
  readonly #waiting: { readonly buffer: Buffer; readonly bytes: number; readonly at: number }[] = []
  #portion: Buffer | undefined
  #filled = 0
  /** Bytes of samples handed over to be written, dropped ones included (they become a hole of silence). */
  #accepted = 0
  /** Bytes of samples that are in the file. */
  #written = 0
  #writing = false
  #error: Error | undefined
  #ended: Promise<WavSpoolResult> | undefined
  #onIdle: (() => void) | undefined

  private constructor(path: string, fd: number, options: WavSpoolOptions) {
    this.path = path
    this.#fd = fd
    this.#channels = options.channels
    this.#rate = options.rate ?? 8000
    const frames = Math.max(1, Math.round((this.#rate * (options.portionMs ?? 1000)) / 1000))
    this.#portionBytes = frames * this.#channels * 2
    this.#onError = options.onError
  }

  /** Creates the file, for its own user alone (or empties it), with a header of length 0. @throws Error (rejects) of the operating system */
  static async open(path: string, options: WavSpoolOptions): Promise<WavSpoolWriter> {
    const fd = await new Promise<number>((resolve, reject) => {
      open(path, 'w', 0o600, (error, opened) => (error ? reject(error) : resolve(opened)))
    })
    const writer = new WavSpoolWriter(path, fd, options)
    const error = await writer.#writeAt(wavHeader(options.channels, writer.#rate, 0), WAV_HEADER_BYTES, 0)
    if (error) {
      await writer.#close()
      throw error
    }
    return writer
  }

  /** Samples accepted so far, a channel. */
  get samples(): number {
    return (this.#accepted + this.#filled) / (2 * this.#channels)
  }

  get error(): Error | undefined {
    return this.#error
  }

  /** Takes a copy of interleaved samples. After an error or `end()` they are forgotten. */
  append(samples: Int16Array, from = 0, count = samples.length - from): void {
    if (this.#error ?? this.#ended) return
    // A view of the bytes: WAV and every machine that Node runs on are little-endian.
    let at = samples.byteOffset + from * 2
    const end = at + count * 2
    while (at < end) {
      this.#portion ??= spare.get(this.#portionBytes)?.pop() ?? Buffer.allocUnsafeSlow(this.#portionBytes)
      const bytes = Math.min(end - at, this.#portionBytes - this.#filled)
      this.#portion.set(new Uint8Array(samples.buffer, at, bytes), this.#filled)
      at += bytes
      this.#filled += bytes
      if (this.#filled === this.#portionBytes) this.#handOver()
    }
  }

  /** Writes the rest, corrects the header, closes the file. May be called twice. Never rejects. */
  end(): Promise<WavSpoolResult> {
    this.#ended ??= this.#finish()
    return this.#ended
  }

  async #finish(): Promise<WavSpoolResult> {
    if (!this.#error) this.#handOver()
    if (this.#writing) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    this.#release()
    await this.#close()
    const samples = this.#written / (2 * this.#channels)
    return this.#error ? { samples, error: this.#error.message } : { samples }
  }

  #handOver(): void {
    const buffer = this.#portion
    const bytes = this.#filled
    if (!buffer || bytes === 0) return
    this.#portion = undefined
    this.#filled = 0
    const at = this.#accepted
    this.#accepted += bytes
    if (this.#waiting.length >= MAX_WAITING) {
      this.#fail(new Error(`the disk does not keep up: ${MAX_WAITING} portions are waiting for ${this.path}`))
      return
    }
    this.#waiting.push({ buffer, bytes, at })
    if (!this.#writing) this.#writeNext()
  }

  #writeNext(): void {
    const next = this.#waiting.shift()
    if (!next || this.#error) {
      this.#writing = false
      this.#onIdle?.()
      return
    }
    this.#writing = true
    void this.#writePortion(next.buffer, next.bytes, next.at).then(() => this.#writeNext())
  }

  async #writePortion(buffer: Buffer, bytes: number, at: number): Promise<void> {
    let error = await this.#writeAt(buffer, bytes, WAV_HEADER_BYTES + at)
    if (!error) {
      error = await this.#writeAt(wavHeader(this.#channels, this.#rate, at + bytes), WAV_HEADER_BYTES, 0)
      this.#written = at + bytes
    }
    const buffers = spare.get(buffer.length) ?? []
    if (buffers.length < MAX_SPARE) buffers.push(buffer)
    spare.set(buffer.length, buffers)
    if (error) this.#fail(error)
  }

  /** All of it, however many calls the system needs. @returns the error; a short write that makes no progress is one */
  #writeAt(buffer: Buffer, bytes: number, position: number, from = 0): Promise<Error | undefined> {
    return new Promise((resolve) => {
      write(this.#fd, buffer, from, bytes - from, position, (error, done) => {
        if (error) resolve(error)
        else if (from + done >= bytes) resolve(undefined)
        else if (done === 0) resolve(new Error(`ENOSPC: nothing was written to ${this.path}`))
        else resolve(this.#writeAt(buffer, bytes, position + done, from + done))
      })
    })
  }

  #fail(error: Error): void {
    if (this.#error) return
    this.#error = error
    this.#waiting.length = 0
    this.#onError?.(error)
  }

  #release(): void {
    this.#portion = undefined
    this.#filled = 0
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      close(this.#fd, (error) => {
        if (error) this.#fail(error)
        resolve()
      })
    })
  }
}
