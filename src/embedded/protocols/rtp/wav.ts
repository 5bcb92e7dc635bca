import { readFile } from 'node:fs/promises'
import { ALAW_TO_LINEAR, MULAW_TO_LINEAR } from './g711.js'

/** WAV files (RIFF/WAVE): 16-bit and 8-bit PCM, A-law, mu-law, one or more channels, any rate. */

export interface WavFormat {
  readonly encoding: 'pcm16' | 'pcm8' | 'alaw' | 'mulaw'
  readonly channels: number
  readonly rate: number
  /** Where the samples begin in the file. */
  readonly dataStart: number
  /** Whole sample frames only. */
  readonly dataBytes: number
}

/** The file is not a WAV file that can be read; the message says what is wrong with it. */
export class WavError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'WavError'
  }
}

export const WAV_HEADER_BYTES = 44

const ENCODINGS: Readonly<Record<string, WavFormat['encoding']>> = { '1/16': 'pcm16', '1/8': 'pcm8', '6/8': 'alaw', '7/8': 'mulaw' }
const EXTENSIBLE = 0xfffe

export function bytesPerSample(encoding: WavFormat['encoding']): number {
  return encoding === 'pcm16' ? 2 : 1
}

/**
 * Finds format and samples. The lengths in the header are not trusted: a file whose writer died says 0 or too much, and then the
 * samples reach to the end of the file.
 * @param head the file's beginning (all chunks before the samples) or all of it
 * @throws WavError
 */
export function readWavFormat(head: Uint8Array, fileBytes = head.length): WavFormat {
  const data = Buffer.from(head.buffer, head.byteOffset, head.length)
  if (data.length < 12 || data.toString('latin1', 0, 4) !== 'RIFF' || data.toString('latin1', 8, 12) !== 'WAVE')
    throw new WavError('not a RIFF/WAVE file')
  let format: { encoding: WavFormat['encoding']; channels: number; rate: number } | undefined
  let at = 12
  while (at + 8 <= data.length) {
    const id = data.toString('latin1', at, at + 4)
    const length = data.readUInt32LE(at + 4)
    const start = at + 8
    if (id === 'fmt ') {
      if (length < 16 || start + length > data.length) throw new WavError('the format chunk is cut off')
      let tag = data.readUInt16LE(start)
      if (tag === EXTENSIBLE && length >= 26) tag = data.readUInt16LE(start + 24)
      const bits = data.readUInt16LE(start + 14)
      const encoding = ENCODINGS[`${tag}/${bits}`]
      if (!encoding) throw new WavError(`format ${tag} with ${bits} bits is not spoken: 16-bit or 8-bit PCM, A-law or mu-law are`)
      const channels = data.readUInt16LE(start + 2)
      const rate = data.readUInt32LE(start + 4)
      if (channels === 0 || channels > 8 || rate < 4000 || rate > 192_000) throw new WavError(`${channels} channels at ${rate} Hz`)
      format = { encoding, channels, rate }
    } else if (id === 'data') {
      if (!format) throw new WavError('no format before the samples')
      const rest = Math.max(0, fileBytes - start)
      const claimed = length === 0 || length > rest ? rest : length
      const frameBytes = bytesPerSample(format.encoding) * format.channels
      return { ...format, dataStart: start, dataBytes: claimed - (claimed % frameBytes) }
    }
    at = start + length + (length & 1)
  }
  throw new WavError(format ? 'no samples' : 'no format')
}

/** Decodes a portion of a file's samples to 16-bit, interleaved as they are. */
export function decodeSamples(encoding: WavFormat['encoding'], data: Uint8Array): Int16Array {
  switch (encoding) {
    case 'pcm16': {
      const samples = new Int16Array(data.length >> 1)
      for (let index = 0; index < samples.length; index++) samples[index] = (data[2 * index] ?? 0) | ((data[2 * index + 1] ?? 0) << 8)
      return samples
    }
    case 'pcm8':
      return Int16Array.from(data, (octet) => (octet - 128) << 8)
    case 'alaw':
      return Int16Array.from(data, (octet) => ALAW_TO_LINEAR[octet] ?? 0)
    case 'mulaw':
      return Int16Array.from(data, (octet) => MULAW_TO_LINEAR[octet] ?? 0)
  }
}

/** One channel out of interleaved samples: channel `channel`, or the mean of all when undefined. */
export function pickChannel(interleaved: Int16Array, channels: number, channel?: number): Int16Array {
  if (channels === 1) return interleaved
  const samples = new Int16Array(Math.floor(interleaved.length / channels))
  for (let index = 0; index < samples.length; index++) {
    if (channel !== undefined) {
      samples[index] = interleaved[index * channels + channel] ?? 0
      continue
    }
    let sum = 0
    for (let one = 0; one < channels; one++) sum += interleaved[index * channels + one] ?? 0
    samples[index] = Math.round(sum / channels)
  }
  return samples
}

export interface WavContent {
  readonly rate: number
  /** One array a channel, all of the same length. */
  readonly channels: readonly Int16Array[]
  readonly durationMs: number
}

/** @throws WavError */
export function decodeWav(file: Uint8Array): WavContent {
  const format = readWavFormat(file)
  const interleaved = decodeSamples(format.encoding, file.subarray(format.dataStart, format.dataStart + format.dataBytes))
  const channels = Array.from({ length: format.channels }, (_, channel) => pickChannel(interleaved, format.channels, channel))
  return { rate: format.rate, channels, durationMs: ((channels[0]?.length ?? 0) * 1000) / format.rate }
}

/** Reads a whole file. For long ones use `readWavFormat` and portions. @throws WavError, or the file system's error */
export async function readWav(path: string): Promise<WavContent> {
  return decodeWav(await readFile(path))
}

/** The 44 bytes before 16-bit PCM samples. */
export function wavHeader(channels: number, rate: number, dataBytes: number): Buffer {
  const header = Buffer.alloc(WAV_HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(Math.min(0xffffffff, dataBytes + WAV_HEADER_BYTES - 8), 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * channels * 2, 28)
  header.writeUInt16LE(channels * 2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(Math.min(0xffffffff, dataBytes), 40)
  return header
}

/** A whole 16-bit PCM file. All channels have the length of the first. */
export function encodeWav(channels: readonly Int16Array[], rate = 8000): Buffer {
  const length = channels[0]?.length ?? 0
  const file = Buffer.alloc(WAV_HEADER_BYTES + length * channels.length * 2)
  wavHeader(channels.length, rate, length * channels.length * 2).copy(file)
  let at = WAV_HEADER_BYTES
  for (let index = 0; index < length; index++) {
    for (const channel of channels) at = file.writeInt16LE(channel[index] ?? 0, at)
  }
  return file
}
