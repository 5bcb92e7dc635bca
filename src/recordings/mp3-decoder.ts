import { MPEGDecoder } from 'mpg123-decoder'

/** Decoded sound by channel, full scale 1. */
export interface Sound {
  readonly left: Float32Array
  readonly right: Float32Array
}

/**
 * mpg123 as WebAssembly (LGPL): independent of LAME. It is kept, since making one costs more than a decoding here; earlier sound is still in its filters and its
 * reservoir when a new piece comes, so each piece is given with some frames before it. A decoder that failed is made again.
 */
export class KeptDecoder {
  #decoder: Promise<MPEGDecoder> | undefined

  /** @param frames whole MP3 frames. @returns their samples, as many as the frames have; or why they do not decode */
  async decode(frames: Uint8Array): Promise<Sound | string> {
    this.#decoder ??= made()
    const decoder = await this.#decoder
    const { channelData, errors } = decoder.decode(frames)
    const [left, right] = channelData
    const error = errors[0]
    if (!error && left && right) return { left, right }
    this.reset()
    return error ? `does not decode: ${error.message}` : 'has no sound'
  }

  reset(): void {
    void this.#decoder?.then((decoder) => decoder.free())
    this.#decoder = undefined
  }
}

async function made(): Promise<MPEGDecoder> {
  const decoder = new MPEGDecoder({ enableGapless: false })
  await decoder.ready
  return decoder
}
