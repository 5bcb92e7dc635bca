import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { decodeSamples, readWavFormat, WavError, type WavFormat } from '../embedded/protocols/rtp/wav.js'

/** Enough for every chunk before the samples. */
const headBytes = 4_096
/** Read at a time: a second of stereo. */
const portionBytes = 32_000

/** Reads a recording while another program writes it: the new samples, first channel alone. The lengths in its header are ignored. */
export class GrowingWav {
  readonly #path: string
  #fd: number | undefined
  #format: WavFormat | undefined
  #at = 0

  constructor(path: string) {
    this.#path = path
  }

  /**
   * What has come since the last time; empty where nothing has, or the file is not there yet.
   * @throws WavError where it is no recording at 8 kHz; errors of the file system
   */
  read(): Int16Array {
    this.#fd ??= opened(this.#path)
    if (this.#fd === undefined) return new Int16Array()
    this.#format ??= this.#begin(this.#fd)
    if (!this.#format) return new Int16Array()
    const { encoding, channels } = this.#format
    const bytes = Buffer.alloc(portionBytes)
    const read = readSync(this.#fd, bytes, 0, portionBytes, this.#at)
    const frameBytes = 2 * channels
    const whole = read - (read % frameBytes)
    this.#at += whole
    const samples = decodeSamples(encoding, bytes.subarray(0, whole))
    return channels === 1 ? samples : samples.filter((_, index) => index % channels === 0)
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  #begin(fd: number): WavFormat | undefined {
    const { size } = fstatSync(fd)
    const head = Buffer.alloc(Math.min(size, headBytes))
    readSync(fd, head, 0, head.length, 0)
    let format: WavFormat
    try {
      format = readWavFormat(head, size)
    } catch (error) {
      // Its header is not complete yet.
      if (size < headBytes) return undefined
      throw error
    }
    if (format.rate !== 8_000 || format.encoding !== 'pcm16')
      throw new WavError(`${this.#path}: ${format.encoding} at ${format.rate} Hz cannot be followed`)
    this.#at = format.dataStart
    return format
  }
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
