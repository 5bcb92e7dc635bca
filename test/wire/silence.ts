import { encodeWav } from '../../src/embedded/protocols/rtp/wav.js'

/** A WAV file of silence: 8 kHz, 16 bit, mono. */
export function silence(ms: number): Buffer {
  return encodeWav([new Int16Array(ms * 8)])
}
