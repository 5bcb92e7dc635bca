/** MP3 frames (ISO/IEC 11172-3 clause 2.4, ISO/IEC 13818-3 for the lower rates, and "MPEG 2.5" for 8 to 12 kHz). Layer III alone. */

/** kbit/s by the header's bit rate index. */
const bitRates1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const bitRates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
/** Hz by version (2.5, reserved, 2, 1) and index. */
const sampleRates = [[11_025, 12_000, 8_000], [], [22_050, 24_000, 16_000], [44_100, 48_000, 32_000]]

export interface FrameHeader {
  readonly rate: number
  readonly channels: 1 | 2
  /** Samples a channel. */
  readonly samples: number
  /** The frame with its header. */
  readonly bytes: number
  /** Header, checksum and side information: what comes before the main data. */
  readonly overhead: number
  readonly lowRate: boolean
}

/** @returns undefined where no frame begins */
export function frameHeader(data: Uint8Array, at: number): FrameHeader | undefined {
  const second = data[at + 1] ?? 0
  const third = data[at + 2] ?? 0
  const version = (second >> 3) & 3
  const layer = (second >> 1) & 3
  if (data[at] !== 0xff || (second & 0xe0) !== 0xe0 || version === 1 || layer !== 1) return undefined
  const lowRate = version !== 3
  const bitRate = (lowRate ? bitRates2 : bitRates1)[third >> 4]
  const rate = sampleRates[version]?.[(third >> 2) & 3]
  if (bitRate === undefined || bitRate === 0 || rate === undefined) return undefined
  const channels = (data[at + 3] ?? 0) >> 6 === 3 ? 1 : 2
  const sideInformation = lowRate ? (channels === 1 ? 9 : 17) : channels === 1 ? 17 : 32
  const checksum = (second & 1) === 0 ? 2 : 0
  return {
    rate,
    channels,
    samples: lowRate ? 576 : 1_152,
    bytes: Math.floor(((lowRate ? 72 : 144) * bitRate * 1_000) / rate) + ((third >> 1) & 1),
    overhead: 4 + checksum + sideInformation,
    lowRate,
  }
}

/** Bytes before the first frame: an ID3v2 tag with its header (id3.org, "ID3v2.4.0 - Main Structure" section 3.1); 0 where there is none. */
export function tagBytes(data: Uint8Array): number {
  if (data[0] !== 0x49 || data[1] !== 0x44 || data[2] !== 0x33) return 0
  return 10 + (((data[6] ?? 0) << 21) | ((data[7] ?? 0) << 14) | ((data[8] ?? 0) << 7) | (data[9] ?? 0))
}

/**
 * Goes through a file from frame to frame. Each has to begin where the one before ends, in one format; and the sound of each, which may begin in the
 * frames before (the bit reservoir), has to begin after that of the one before and end within its frame: a frame that was lost, doubled or damaged shows.
 */
export class FrameWalk {
  /** Where each frame begins in the file. */
  readonly starts: number[] = []
  rate: number | undefined
  samples = 0
  /** Where the file should end by the last frame. */
  end = 0
  #rest: Uint8Array = new Uint8Array(0)
  #at = -1
  /** Bytes of main data in the frames so far, and where the sound of the last frame ends among them. */
  #mainData = 0
  #soundEnd = 0

  /** @returns what is wrong; undefined when all is well so far */
  add(portion: Uint8Array): string | undefined {
    const data = this.#rest.length === 0 ? portion : Buffer.concat([this.#rest, portion])
    let from = 0
    if (this.#at < 0) this.#at = from = tagBytes(data)
    while (from + 40 <= data.length) {
      const header = frameHeader(data, from)
      if (!header) return `has no MP3 frame at byte ${this.#at}`
      if (header.channels !== 2) return 'has one channel instead of two'
      if (this.rate !== undefined && header.rate !== this.rate) return `has ${header.rate} Hz at byte ${this.#at} and ${this.rate} before`
      if (header.bytes < header.overhead) return `has a frame of ${header.bytes} bytes at byte ${this.#at}`
      if (from + header.bytes > data.length) break
      const wrong = this.#sound(data, from, header)
      if (wrong !== undefined) return wrong
      this.rate = header.rate
      this.starts.push(this.#at)
      this.samples += header.samples
      from += header.bytes
      this.#at += header.bytes
    }
    // A copy: the reader of the file may use the buffer again.
    this.#rest = Uint8Array.from(data.subarray(from))
    this.end = this.#at
    return undefined
  }

  /** @returns what is wrong at the end of the file */
  finish(): string | undefined {
    return this.#rest.length === 0 ? undefined : `ends in the middle of a frame, ${this.#rest.length} bytes after byte ${this.#at}`
  }

  #sound(data: Uint8Array, at: number, header: FrameHeader): string | undefined {
    const bits = new Bits(data, at + header.overhead - (header.lowRate ? 17 : 32))
    const back = bits.take(header.lowRate ? 8 : 9)
    // Private bits and, at the higher rates, which scale factors the second half shares.
    bits.skip(header.lowRate ? 2 : 3 + 8)
    let length = 0
    for (let part = 0; part < (header.lowRate ? 2 : 4); part++) {
      length += bits.take(12)
      bits.skip((header.lowRate ? 63 : 59) - 12)
    }
    const begins = this.#mainData - back
    const ends = begins + Math.ceil(length / 8)
    this.#mainData += header.bytes - header.overhead
    if (begins < this.#soundEnd || ends > this.#mainData) return `has a frame whose sound is not where it should be, at byte ${this.#at}`
    this.#soundEnd = ends
    return undefined
  }
}

/** Reads numbers of some bits, most significant first. */
class Bits {
  #bit: number

  constructor(
    private readonly data: Uint8Array,
    byte: number,
  ) {
    this.#bit = byte * 8
  }

  /** @param count up to 16 */
  take(count: number): number {
    const byte = this.#bit >> 3
    const word = ((this.data[byte] ?? 0) << 16) | ((this.data[byte + 1] ?? 0) << 8) | (this.data[byte + 2] ?? 0)
    const value = (word >> (24 - (this.#bit & 7) - count)) & ((1 << count) - 1)
    this.#bit += count
    return value
  }

  skip(count: number): void {
    this.#bit += count
  }
}
