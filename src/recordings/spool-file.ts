import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { bytesPerSample, decodeSamples, readWavFormat, WavError, type WavFormat } from '../embedded/protocols/rtp/wav.js'

/** Enough for the header of any recorder, comment chunks included. */
const headBytes = 64 * 1024
/** Why a spool file cannot become an MP3. Trying again does not help. */
export class UnusableSpool extends Error {
  override readonly name = 'UnusableSpool'
}

/**
 * A recording in its present state, while the switch still writes to it or when it is over. The header's length is not believed: the process that wrote it
 * may have died, or have written samples after it last corrected the header. The file's content counts. Reads synchronously: for a thread that carries no calls.
 */
export class SpoolFile {
  private constructor(
    private readonly file: number,
    readonly format: WavFormat,
    /** Sample frames, per channel. */
    readonly frames: number,
    /** Of the whole file. */
    readonly bytes: number,
  ) {}

  /** @throws UnusableSpool when there is no sound in it (yet), or it is no WAV file; other errors are the file system's */
  static open(path: string): SpoolFile {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const head = Buffer.alloc(Math.min(size, headBytes))
      const format = believed(head.subarray(0, readSync(file, head, 0, head.length, 0)), size)
      const frameBytes = bytesPerSample(format.encoding) * format.channels
      const frames = Math.floor((soundEnd(file, format, size) - format.dataStart) / frameBytes)
      if (frames <= 0) throw new UnusableSpool(`the recording is empty: ${size} bytes and no sound in them`)
      return new SpoolFile(file, format, frames, size)
    } catch (error) {
      closeSync(file)
      throw error
    }
  }

  get seconds(): number {
    return this.frames / this.format.rate
  }

  /** Bytes of one sample of all channels. */
  get frameBytes(): number {
    return bytesPerSample(this.format.encoding) * this.format.channels
  }

  /**
   * The samples as they are in the file.
   * @param from sample frame
   * @param most sample frames
   * @throws Error when the file has become shorter
   */
  samples(from: number, most: number): Buffer {
    const wanted = Math.max(0, Math.min(most, this.frames - from)) * this.frameBytes
    const samples = Buffer.alloc(wanted)
    for (let read = 0; read < wanted;) {
      const more = readSync(this.file, samples, read, wanted - read, this.format.dataStart + from * this.frameBytes + read)
      if (more === 0) throw new Error('the spool file has become shorter while it was read')
      read += more
    }
    return samples
  }

  /** Interleaved stereo, 16 bit, of what `samples` returned. One channel becomes two alike; of more than two, the first two are kept. */
  stereo(samples: Buffer): Int16Array {
    const { encoding, channels } = this.format
    // WAV and every machine that Node runs on are little-endian.
    if (encoding === 'pcm16' && channels === 2 && samples.byteOffset % 2 === 0)
      return new Int16Array(samples.buffer, samples.byteOffset, samples.length >> 1)
    return asStereo(decodeSamples(encoding, samples), channels)
  }

  close(): void {
    closeSync(this.file)
  }
}

function believed(head: Buffer, size: number): WavFormat {
  try {
    return readWavFormat(head, size)
  } catch (error) {
    if (error instanceof WavError) throw new UnusableSpool(`${size} bytes, ${error.message}`)
    throw error
  }
}

/**
 * Where the samples end. The header is believed only when well-formed chunks follow up to the very end of the
 * file; otherwise the samples go on to the end.
 */
function soundEnd(file: number, format: WavFormat, size: number): number {
  let at = format.dataStart + format.dataBytes
  at += at & 1
  const claimed = format.dataStart + format.dataBytes
  const chunk = Buffer.alloc(8)
  while (at < size) {
    const bytesRead = readSync(file, chunk, 0, 8, at)
    if (bytesRead < 8 || !/^[A-Za-z0-9 ]{4}$/.test(chunk.toString('latin1', 0, 4))) return size
    const length = chunk.readUInt32LE(4)
    at += 8 + length + (length & 1)
  }
  return at === size || at === claimed + (claimed & 1) ? claimed : size
}

function asStereo(samples: Int16Array, channels: number): Int16Array {
  if (channels === 2) return samples
  const frames = Math.floor(samples.length / channels)
  const stereo = new Int16Array(frames * 2)
  for (let frame = 0; frame < frames; frame++) {
    const left = samples[frame * channels] ?? 0
    stereo[2 * frame] = left
    stereo[2 * frame + 1] = channels === 1 ? left : (samples[frame * channels + 1] ?? 0)
  }
  return stereo
}
