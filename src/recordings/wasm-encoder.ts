import { createMp3Encoder } from 'wasm-media-encoders'
import { bitsPerSecond, type Mp3Encoder } from './mp3-encoder.js'

/**
 * LAME as WebAssembly (LGPL, package wasm-media-encoders), for machines without a `lame` program. About 255 times as fast as the
 * conversation was; it computes in the thread that calls it, so that must not be one that carries calls.
 */
export class WasmEncoder implements Mp3Encoder {
  readonly name = 'LAME as WebAssembly'

  async *encode(stereo: AsyncIterable<Int16Array>, rate: number): AsyncGenerator<Uint8Array> {
    const encoder = await createMp3Encoder()
    encoder.configure({ sampleRate: rate, channels: 2, bitrate: (bitsPerSecond / 1000) as 32 })
    for await (const samples of stereo) {
      const frames = samples.length / 2
      const left = new Float32Array(frames)
      const right = new Float32Array(frames)
      for (let frame = 0; frame < frames; frame++) {
        left[frame] = (samples[2 * frame] ?? 0) / 32_768
        right[frame] = (samples[2 * frame + 1] ?? 0) / 32_768
      }
      // The encoder reuses its output buffer: what it returns has to be copied.
      yield encoder.encode([left, right]).slice()
    }
    yield encoder.finalize().slice()
  }
}
