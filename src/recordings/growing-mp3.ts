import { crc32 } from 'node:zlib'
import { encodableRates, type Lame, type Mp3Encoder } from './mp3-encoder.js'
import type { Part } from './part.js'
import { UnusableSpool, type SpoolFile } from './spool-file.js'

/** Seconds of sound encoded at a time: some 2 ms of work, after which others have their turn. */
const sliceSeconds = 1

/**
 * The MP3 of one recording while it is being made: how much of the spool is encoded, with which LAME, into which part file. It follows a growing spool, and
 * keeps a checksum of what it has encoded: the spool is the truth, and when the recording is over must hold exactly that.
 */
export class GrowingMp3 {
  /** Sample frames of the spool that are encoded. */
  frames = 0
  #checksum = 0
  #encoder: Mp3Encoder | undefined
  #layout = ''
  #closed = false

  constructor(
    readonly lame: Lame,
    readonly part: Part,
  ) {}

  /**
   * Encodes the next second of the spool.
   * @returns whether there is more
   * @throws UnusableSpool; Error of LAME or of the file system: then this object is of no more use
   */
  async advance(spool: SpoolFile): Promise<boolean> {
    const encoder = (this.#encoder ??= await this.#begin(spool))
    if (this.#layout !== layoutOf(spool)) throw new Error('the header of the recording has changed')
    const samples = spool.samples(this.frames, sliceSeconds * spool.format.rate)
    if (samples.length === 0) return false
    this.part.append(encoder.encode(spool.stereo(samples)))
    this.#checksum = crc32(samples, this.#checksum)
    this.frames += samples.length / spool.frameBytes
    return this.frames < spool.frames
  }

  /** The end of the sound. @throws as `advance` */
  finish(): void {
    if (this.#encoder) this.part.append(this.#encoder.finish())
  }

  /**
   * Compares what was encoded so far with what the spool holds now.
   * @param pause is called after every megabyte
   * @returns the difference; undefined when there is none
   */
  async differsFrom(spool: SpoolFile, pause: () => Promise<void>): Promise<string | undefined> {
    if (this.#encoder === undefined) return undefined
    if (this.#layout !== layoutOf(spool)) return 'the header of the recording has changed'
    if (this.frames > spool.frames) return `${this.frames} samples were encoded, and the recording has ${spool.frames}`
    const portion = Math.floor((1024 * 1024) / spool.frameBytes)
    let checksum = 0
    for (let frame = 0; frame < this.frames; frame += portion) {
      checksum = crc32(spool.samples(frame, Math.min(portion, this.frames - frame)), checksum)
      await pause()
    }
    return checksum === this.#checksum ? undefined : 'the recording holds other samples than were encoded'
  }

  /** Gives up the encoder. May be called twice. */
  close(): void {
    this.#closed = true
    this.#encoder?.close()
  }

  /** Gives up all of it, the part file too. */
  discard(): void {
    this.close()
    this.part.remove()
  }

  async #begin(spool: SpoolFile): Promise<Mp3Encoder> {
    const { rate } = spool.format
    if (!encodableRates.includes(rate)) throw new UnusableSpool(`${rate} Hz is not a rate that is made into MP3`)
    this.#layout = layoutOf(spool)
    const encoder = await this.lame.start(rate)
    if (this.#closed) encoder.close()
    return encoder
  }
}

function layoutOf({ format: { encoding, channels, rate, dataStart } }: SpoolFile): string {
  return `${encoding} ${channels} ${rate} ${dataStart}`
}
