import { open, type FileHandle } from 'node:fs/promises'
import { bytesPerSample, decodeSamples, readWavFormat, WavError, type WavFormat } from '../rtp/wav.js'

/** Enough for the header of any recorder, comment chunks included. */
const headBytes = 64 * 1024
/** Sample frames read at a time: 4 s at 8 kHz. */
const framesPerPortion = 32_000

/** Why a spool file cannot become an MP3. Trying again does not help. */
export class UnusableSpool extends Error {
  override readonly name = 'UnusableSpool'
}

/**
 * A recording as the switch left it, read in portions. The header's length is not believed: the process that wrote it may have died,
 * or have written samples after it last corrected the header. What is in the file counts.
 */
export class SpoolFile {
  private constructor(
    private readonly file: FileHandle,
    readonly format: WavFormat,
    /** Sample frames, per channel. */
    readonly frames: number,
  ) {}

  /** @throws UnusableSpool when there is no sound in it, or it is no WAV file; other errors are the file system's */
  static async open(path: string): Promise<SpoolFile> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const head = Buffer.alloc(Math.min(size, headBytes))
      await file.read(head, 0, head.length, 0)
      const format = believed(head, size)
      const frameBytes = bytesPerSample(format.encoding) * format.channels
      const frames = Math.floor((await soundEnd(file, format, size) - format.dataStart) / frameBytes)
      if (frames <= 0) throw new UnusableSpool(`the recording is empty: ${size} bytes and no sound in them`)
      return new SpoolFile(file, format, frames)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get seconds(): number {
    return this.frames / this.format.rate
  }

  /** Interleaved stereo, 16 bit. One channel becomes two alike; of more than two, the first two are kept. */
  async *stereo(): AsyncGenerator<Int16Array> {
    const { encoding, channels, dataStart } = this.format
    const frameBytes = bytesPerSample(encoding) * channels
    const portion = Buffer.alloc(framesPerPortion * frameBytes)
    for (let frame = 0; frame < this.frames; ) {
      const wanted = Math.min(framesPerPortion, this.frames - frame) * frameBytes
      const { bytesRead } = await this.file.read(portion, 0, wanted, dataStart + frame * frameBytes)
      const read = Math.floor(bytesRead / frameBytes)
      if (read === 0) throw new Error('the spool file has become shorter while it was read')
      yield asStereo(decodeSamples(encoding, portion.subarray(0, read * frameBytes)), channels)
      frame += read
    }
  }

  close(): Promise<void> {
    return this.file.close()
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
 * Where the samples end. The header's word is taken only when what follows is a row of well-formed chunks up to the very end of the
 * file; otherwise the samples go on to the end.
 */
async function soundEnd(file: FileHandle, format: WavFormat, size: number): Promise<number> {
  let at = format.dataStart + format.dataBytes
  at += at & 1
  const claimed = format.dataStart + format.dataBytes
  const chunk = Buffer.alloc(8)
  while (at < size) {
    const { bytesRead } = await file.read(chunk, 0, 8, at)
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
