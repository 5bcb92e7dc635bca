/** Bits per second of a finished recording, both channels together: 14.4 MB an hour. */
export const bitsPerSecond = 32_000

/** Rates (Hz) that telephone audio comes in, and that MP3 has: nothing is resampled. */
export const encodableRates: readonly number[] = [8_000, 16_000, 32_000, 48_000]

/** Samples by which LAME delays the sound: its own 576, and 529 of every decoder (LAME, `lame_get_encoder_delay`). */
export const encoderDelay = 576 + 529

/** Which LAME to use: `native` where its library is there, `wasm` where a crash must not end the process. */
export type LameKind = 'native' | 'wasm'

/** A LAME that is loaded. */
export interface Lame {
  readonly kind: LameKind
  /** For people: which LAME this is, and where it comes from. */
  readonly name: string
  /** @param rate one of `encodableRates`. Rejects when LAME refuses */
  start(rate: number): Promise<Mp3Encoder>
}

/**
 * Encodes one recording as MP3: joint stereo of constant bit rate, without a Xing/LAME info frame: the length of such a file follows from its size,
 * and a truncated file cannot claim a length that it does not have. The bytes do not depend on the portions in which the samples come.
 * It works in the calling thread, which must not carry calls.
 */
export interface Mp3Encoder {
  /**
   * @param stereo interleaved 16-bit samples, as many as you like
   * @returns the MP3 so far, cut anywhere: valid until the next call
   * @throws Error when LAME fails
   */
  encode(stereo: Int16Array): Uint8Array
  /** The rest, up to the end of the last MP3 frame: valid until the next call. Once. @throws Error when LAME fails */
  finish(): Uint8Array
  /** Gives up what it holds. May be called twice. */
  close(): void
}
