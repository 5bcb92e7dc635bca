/** Bits per second of a finished recording, both channels together: 14.4 MB an hour. */
export const bitsPerSecond = 32_000

/** Rates that LAME takes without resampling and that telephone audio comes in. */
export const encodableRates: readonly number[] = [8_000, 16_000, 32_000, 48_000]

/**
 * Makes MP3 out of samples. Constant bit rate and no Xing/LAME info frame: the length of such a file follows from its size, and a
 * file that was cut off cannot claim a length that it does not have.
 */
export interface Mp3Encoder {
  /** For the log and `/readyz`: which LAME this is. */
  readonly name: string
  /**
   * @param stereo interleaved 16-bit samples, in portions
   * @returns MP3 frames, in portions that are the caller's to keep. Rejects when the encoder fails
   */
  encode(stereo: AsyncIterable<Int16Array>, rate: number): AsyncIterable<Uint8Array>
}
