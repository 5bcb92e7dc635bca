import type { OpusDecoder } from 'opus-decoder'
import { LONGEST_OPUS_SAMPLES } from '../protocols/rtp/opus-packet.js'
import { sequenceDistance } from '../protocols/rtp/packet.js'

/** A jump of the sequence numbers that is a new start rather than a packet that comes late. */
const RESTART = 500
/** Nothing, in Opus: the quickest thing to decode. */
const SILENCE = new Uint8Array([0xf8, 0xff, 0xfe])
/** This much of it clears everything that a decoder has decoded before: 100 ms. */
const FORGETTING = 5
/** Decoders made at the start, when no party is on the line. */
const STOCK = 10
/** Decoders that wait for the next party. */
const MOST_IDLE = 200

/**
 * libopus, once it has been loaded: a decoder for each party. A party that goes leaves its decoder to the next: each has a memory of 29 MB, of which it touches 80 kB, and V8, which counts
 * all of it, collects garbage for every second one made (11 ms of this thread's time).
 */
export class OpusLibrary {
  readonly #make: () => OpusDecoder
  readonly #idle: OpusDecoder[] = []

  private constructor(make: () => OpusDecoder) {
    this.#make = make
  }

  /** Loads and tries it, and makes the first decoders. Rejects where it is not available. */
  static async load(): Promise<OpusLibrary> {
    const { OpusDecoder } = await import('opus-decoder')
    const library = new OpusLibrary(() => new OpusDecoder({ sampleRate: 8000, channels: 1 }))
    const tried = library.#make()
    await tried.ready
    const { samplesDecoded } = tried.decodeFrame(SILENCE)
    library.#takeBack(tried)
    if (samplesDecoded !== 160) throw new Error(`opus-decoder makes ${samplesDecoded} samples of 20 ms`)
    for (let n = library.#idle.length; n < STOCK; n++) {
      const decoder = library.#make()
      await decoder.ready
      library.#idle.push(decoder)
    }
    return library
  }

  /** @param onError called with why nothing can be decoded */
  audio(onError: (error: Error) => void): OpusAudio {
    return new OpusAudio(this.#idle.pop() ?? this.#make(), onError, (decoder) => this.#takeBack(decoder))
  }

  #takeBack(decoder: OpusDecoder): void {
    if (this.#idle.length >= MOST_IDLE) return decoder.free()
    for (let n = 0; n < FORGETTING; n++) decoder.decodeFrame(SILENCE)
    this.#idle.push(decoder)
  }
}

/**
 * What a party says in Opus, as samples at 8 kHz: libopus decodes to that rate by itself, with the filters needed. For what listens on this side (recordings,
 * tones) and for a peer that has no Opus.
 */
export class OpusAudio {
  /** What `decode` has made. */
  readonly samples = new Int16Array(LONGEST_OPUS_SAMPLES)
  readonly #decoder: OpusDecoder
  #state: 'opening' | 'open' | 'closed' = 'opening'
  #ssrc = -1
  #last = 0

  /** @param giveBack takes the decoder when it is closed */
  constructor(
    decoder: OpusDecoder,
    onError: (error: Error) => void,
    private readonly giveBack: (decoder: OpusDecoder) => void,
  ) {
    this.#decoder = decoder
    decoder.ready.then(
      () => {
        if (this.#state === 'opening') this.#state = 'open'
        else giveBack(decoder)
      },
      (error: unknown) => onError(error instanceof Error ? error : new Error(String(error))),
    )
  }

  /**
   * Decodes a packet in which `opusSamples` found nothing wrong. One that comes after its successor is skipped, like a lost one.
   * @returns how many samples of `samples` it is; 0: none
   */
  decode(ssrc: number, sequence: number, data: Uint8Array, from: number, to: number): number {
    if (this.#state !== 'open') return 0
    const ahead = ssrc === this.#ssrc ? sequenceDistance(sequence, this.#last) : 1
    if (ahead <= 0 && ahead > -RESTART) return 0
    this.#ssrc = ssrc
    this.#last = sequence
    const { channelData, samplesDecoded } = this.#decoder.decodeFrame(data.subarray(from, to))
    const [decoded] = channelData
    const count = Math.min(samplesDecoded, this.samples.length)
    if (decoded === undefined) return 0
    for (let index = 0; index < count; index++) {
      const sample = Math.round((decoded[index] ?? 0) * 32_767)
      this.samples[index] = sample > 32_767 ? 32_767 : sample < -32_767 ? -32_767 : sample
    }
    return count
  }

  close(): void {
    if (this.#state === 'open') this.giveBack(this.#decoder)
    this.#state = 'closed'
  }
}
