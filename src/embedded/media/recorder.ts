import { WavSpoolWriter } from '../protocols/rtp/wav-spool-writer.js'
import type { RecordingHandle, RecordingOptions, RecordingResult } from './media-channel.js'

/** Samples a channel that the ring holds: 2 s. A power of two, for cheap wrapping. */
const RING = 16384
const MASK = RING - 1
/** A sample not yet written. G.711 never decodes to it. */
const NOTHING = -32768
/** How late a packet may come and still find its place: 0.5 s. */
const LATENESS = 4000
/** The same where the file is read while it grows: 60 ms. */
const FOLLOWED_LATENESS = 480
/** A hole of up to 60 ms is filled with the fading last 20 ms; longer ones are silence. */
const CONCEALED = 480
const REPEATED = 160
/** What is handed to the disk at a time: 1 s. */
const PORTION = 8000

/** One portion, where it is not written as the ring has it: filled and handed over (copied) within one call. */
const portion = new Int16Array(PORTION * 2)

/**
 * Records one channel: `LEFT` what the party says, `RIGHT` what it is sent. Samples are placed by the engine's clock, in
 * a ring that holds the last two seconds; what is older than half a second goes to the file, a second at a time. So both sides
 * keep time with each other and with the wall, whatever jitter, order and loss the packets had.
 */
export class Recorder implements RecordingHandle {
  readonly path: string
  readonly ended: Promise<RecordingResult>
  readonly #writer: WavSpoolWriter
  readonly #stereo: boolean
  /** Samples that are handed over at a time, and how late those may be which come after them. */
  readonly #portion: number
  readonly #lateness: number
  readonly #swap: boolean
  /** Interleaved: left at even places. */
  readonly #ring = new Int16Array(RING * 2).fill(NOTHING)
  /** Position of the recording's first sample, and of the first one not yet in the file. */
  readonly #start: number
  #flushed: number
  readonly #missing: [left: number, right: number] = [CONCEALED, CONCEALED]
  readonly #now: () => number
  readonly #onOver: () => void
  #settle: (result: RecordingResult) => void = () => undefined
  #stopping = false

  private constructor(path: string, writer: WavSpoolWriter, options: RecordingOptions, now: () => number, onOver: () => void) {
    this.path = path
    this.#writer = writer
    this.#stereo = options.stereo ?? false
    this.#swap = options.swapChannels ?? false
    this.#portion = portionOf(options)
    this.#lateness = options.portionMs === undefined ? LATENESS : FOLLOWED_LATENESS
    this.#now = now
    this.#onOver = onOver
    this.#start = Math.floor(now())
    this.#flushed = this.#start
    this.ended = new Promise((resolve) => (this.#settle = resolve))
  }

  /** @param now the engine's clock in samples. @throws Error (rejects) when the file cannot be made */
  static async open(
    path: string,
    options: RecordingOptions & { readonly onError: (error: Error) => void },
    now: () => number,
    onOver: () => void,
  ): Promise<Recorder> {
    const writer = await WavSpoolWriter.open(path, {
      channels: options.stereo ? 2 : 1,
      portionMs: portionOf(options) / 8,
      onError: options.onError,
    })
    return new Recorder(path, writer, options, now, onOver)
  }

  /** Puts decoded G.711 in its place. @param side 0: left, 1: right */
  octets(side: 0 | 1, position: number, table: Int16Array, octets: Uint8Array, from: number, count: number): void {
    const ring = this.#ring
    const earliest = Math.max(0, this.#flushed - position)
    const latest = Math.min(count, this.#flushed + RING - position)
    for (let index = earliest; index < latest; index++)
      ring[(((position + index) & MASK) << 1) | side] = table[octets[from + index] ?? 0] ?? 0
  }

  /** Puts linear samples in their place. */
  samples(side: 0 | 1, position: number, samples: Int16Array, count: number): void {
    const ring = this.#ring
    const earliest = Math.max(0, this.#flushed - position)
    const latest = Math.min(count, this.#flushed + RING - position)
    for (let index = earliest; index < latest; index++) ring[(((position + index) & MASK) << 1) | side] = samples[index] ?? 0
  }

  silence(side: 0 | 1, position: number, count: number): void {
    const ring = this.#ring
    const earliest = Math.max(0, this.#flushed - position)
    const latest = Math.min(count, this.#flushed + RING - position)
    for (let index = earliest; index < latest; index++) ring[(((position + index) & MASK) << 1) | side] = 0
  }

  /** To be called every frame: hands full portions over. @param position the engine's clock */
  advance(position: number): void {
    while (position - this.#lateness - this.#flushed >= this.#portion) this.#flush(this.#portion)
  }

  stop(): Promise<RecordingResult> {
    if (!this.#stopping) {
      this.#stopping = true
      const end = Math.floor(this.#now())
      while (this.#flushed < end) this.#flush(Math.min(PORTION, end - this.#flushed))
      this.#onOver()
      void this.#writer
        .end()
        .then(({ samples, error }) =>
          this.#settle({ path: this.path, samples, durationMs: samples / 8, ...(error !== undefined && { error }) }),
        )
    }
    return this.ended
  }

  #flush(count: number): void {
    const from = this.#flushed & MASK
    this.#conceal(0, from, count)
    this.#conceal(1, from, count)
    const first = Math.min(count, RING - from)
    this.#handOver(from, first)
    if (first < count) this.#handOver(0, count - first)
    // The last 20 ms stay, to conceal a hole at the beginning of the next portion; those of the time before go.
    this.#clear((from - REPEATED) & MASK, count)
    this.#flushed += count
  }

  /** Gives a stretch of the ring (that does not wrap) to the writer, which copies it. */
  #handOver(from: number, count: number): void {
    const ring = this.#ring
    if (this.#stereo && !this.#swap) {
      this.#writer.append(ring, from * 2, count * 2)
      return
    }
    if (this.#stereo) {
      for (let index = 0; index < count * 2; index += 2) {
        portion[index] = ring[from * 2 + index + 1] ?? 0
        portion[index + 1] = ring[from * 2 + index] ?? 0
      }
      this.#writer.append(portion, 0, count * 2)
      return
    }
    for (let index = 0; index < count; index++) {
      const at = (from + index) * 2
      portion[index] = Math.max(-32768, Math.min(32767, (ring[at] ?? 0) + (ring[at + 1] ?? 0)))
    }
    this.#writer.append(portion, 0, count)
  }

  #clear(from: number, count: number): void {
    const first = Math.min(count, RING - from)
    this.#ring.fill(NOTHING, from * 2, (from + first) * 2)
    if (first < count) this.#ring.fill(NOTHING, 0, (count - first) * 2)
  }

  /** Fills holes: short ones with the fading repetition of what was before, the rest with silence. */
  #conceal(side: 0 | 1, from: number, count: number): void {
    const ring = this.#ring
    let missing = this.#missing[side]
    for (let index = from; index < from + count; index++) {
      const at = ((index & MASK) << 1) | side
      if (ring[at] !== NOTHING) {
        missing = 0
        continue
      }
      if (missing >= CONCEALED) {
        ring[at] = 0
        continue
      }
      const before = ring[(((index - REPEATED) & MASK) << 1) | side] ?? 0
      // Each repetition is weaker than the one it repeats: the whole fades out within the 60 ms.
      ring[at] = before === NOTHING ? 0 : Math.round(before * (1 - missing / CONCEALED))
      missing++
    }
    this.#missing[side] = missing
  }
}

function portionOf({ portionMs }: RecordingOptions): number {
  return portionMs === undefined ? PORTION : Math.max(160, Math.min(PORTION, Math.round(portionMs * 8)))
}
