import { LameStream } from 'node-lame'
import { bitsPerSecond, type Mp3Encoder } from './mp3-encoder.js'

/** node-lame's own type for this cannot be satisfied: it takes `mode` for the channel mode and for the direction at once. */
type StreamOptions = ConstructorParameters<typeof LameStream>[0]

/** LAME's scale from 0 (slow) to 9: half the work of its default 3, and at 4 kHz of speech nothing that is heard. */
const quality = 7

/** LAME as a program of its own (`lame`), driven through node-lame. About 880 times as fast as the conversation was. */
export class NativeEncoder implements Mp3Encoder {
  readonly name: string

  /** @param binary path of the `lame` program */
  constructor(private readonly binary: string) {
    this.name = `lame (${binary})`
  }

  async *encode(stereo: AsyncIterable<Int16Array>, rate: number): AsyncGenerator<Uint8Array> {
    const options = {
      mode: 'encode',
      binaryPath: this.binary,
      raw: true,
      sfreq: rate / 1000,
      bitwidth: 16,
      signed: true,
      'little-endian': true,
      bitrate: bitsPerSecond / 1000,
      cbr: true,
      'disable-info-tag': true,
      quality,
    }
    const lame = new LameStream(options as unknown as StreamOptions)
    // node-lame reports a failure on its emitter as well; an `error` event without a listener would end the process.
    lame.getEmitter().on('error', () => undefined)
    const fed = feed(lame, stereo)
    try {
      for await (const chunk of lame) yield chunk as Uint8Array
      await fed
    } finally {
      lame.destroy()
    }
  }
}

/** Writes at the pace at which LAME takes it. Resolves at the end or when LAME has gone (reading it says why). */
async function feed(lame: LameStream, stereo: AsyncIterable<Int16Array>): Promise<void> {
  const gone = new Promise<void>((resolve) => lame.once('close', resolve))
  try {
    for await (const samples of stereo) {
      if (lame.destroyed) return
      const bytes = Buffer.from(samples.slice().buffer)
      if (!lame.write(bytes)) await Promise.race([new Promise((resolve) => lame.once('drain', resolve)), gone])
    }
    lame.end()
  } catch (error) {
    lame.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
