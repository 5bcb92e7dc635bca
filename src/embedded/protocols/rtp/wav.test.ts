import { describe, expect, it } from 'vitest'
import { toneAmplitude, toneShare } from './goertzel.js'
import { resample, Resampler } from './resample.js'
import { bytesPerSample, decodeWav, encodeWav, pickChannel, readWavFormat, WavError, wavHeader } from './wav.js'

function sine(hz: number, rate: number, ms: number, amplitude = 10_000): Int16Array {
  return Int16Array.from({ length: (rate * ms) / 1000 }, (_, index) => Math.round(amplitude * Math.sin((2 * Math.PI * hz * index) / rate)))
}

/** A file with any format tag, and other chunks around the samples. */
function file(tag: number, bits: number, channels: number, data: Uint8Array, rate = 8000): Buffer {
  const format = Buffer.alloc(16)
  format.writeUInt16LE(tag, 0)
  format.writeUInt16LE(channels, 2)
  format.writeUInt32LE(rate, 4)
  format.writeUInt16LE(bits, 14)
  const chunk = (id: string, body: Uint8Array) => {
    const head = Buffer.alloc(8)
    head.write(id, 'latin1')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
  }
  const chunks = Buffer.concat([
    chunk('LIST', Buffer.from('odd')),
    chunk('fmt ', format),
    chunk('data', data),
    chunk('LIST', Buffer.from('tail')),
  ])
  const riff = Buffer.alloc(12)
  riff.write('RIFF', 0, 'latin1')
  riff.writeUInt32LE(chunks.length + 4, 4)
  riff.write('WAVE', 8, 'latin1')
  return Buffer.concat([riff, chunks])
}

describe('a WAV file', () => {
  it('reads back as it was written, stereo in its places', () => {
    const [left, right] = [sine(440, 8000, 50), sine(880, 8000, 50)]
    const content = decodeWav(encodeWav([left, right]))
    expect(content).toEqual({ rate: 8000, channels: [left, right], durationMs: 50 })
  })

  it.each([
    ['A-law', 6, 8, [0xd5, 0xaa], [8, 32256]],
    ['mu-law', 7, 8, [0xff, 0x80], [0, 32124]],
    ['8-bit PCM', 1, 8, [128, 255], [0, 32512]],
    ['16-bit PCM', 1, 16, [0x01, 0x80], [-32767]],
  ])('is read in %s, past other chunks', (_what, tag, bits, data, samples) => {
    expect(Array.from(decodeWav(file(tag, bits, 1, Uint8Array.from(data))).channels[0] ?? [])).toEqual(samples)
  })

  it.each([
    ['0, as a writer that died leaves it', 0],
    ['too long', 0xffffffff],
    ['longer than the file', 5000],
  ])('with a length of %s is read to the end of the file', (_what, length) => {
    const whole = encodeWav([sine(440, 8000, 100)])
    whole.writeUInt32LE(length, 40)
    expect(decodeWav(whole).durationMs).toBe(100)
  })

  it('that is cut off in the middle of a sample loses that sample only', () => {
    const whole = encodeWav([sine(440, 8000, 100), sine(440, 8000, 100)])
    expect(decodeWav(whole.subarray(0, whole.length - 3)).channels.map((channel) => channel.length)).toEqual([799, 799])
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('this is not a sound file at all, is it')],
    ['a header without samples', wavHeader(1, 8000, 0).subarray(0, 36)],
    ['a format that is cut off', wavHeader(1, 8000, 0).subarray(0, 24)],
    ['24-bit', file(1, 24, 1, new Uint8Array(6))],
    ['MP3 in WAV', file(0x55, 0, 1, new Uint8Array(6))],
    ['no channels', file(1, 16, 0, new Uint8Array(6))],
    ['a rate of 1 Hz', file(1, 16, 1, new Uint8Array(6), 1)],
  ])('is refused: %s', (_what, data) => {
    expect(() => decodeWav(data)).toThrow(WavError)
  })

  /** As `file`, and then a byte after the other is changed. */
  const changed = (whole: Buffer, at: number, ...bytes: readonly number[]): Buffer => {
    const copy = Buffer.from(whole)
    copy.set(bytes, at)
    return copy
  }
  const plain = encodeWav([sine(440, 8000, 10)])

  it.each([
    ['RIFF alone', Buffer.from('RIFF\0\0\0\0WAV'), 'not a RIFF/WAVE file'],
    ['another kind of RIFF', changed(plain, 8, 0x41), 'not a RIFF/WAVE file'],
    ['WAVE in another container', changed(plain, 0, 0x41), 'not a RIFF/WAVE file'],
    ['nothing behind the first twelve bytes', plain.subarray(0, 12), 'no format'],
    ['a format of 15 bytes', changed(plain, 16, 15), 'the format chunk is cut off'],
    ['samples before the format', Buffer.concat([plain.subarray(0, 12), plain.subarray(36)]), 'no format before the samples'],
    ['a format and no samples', plain.subarray(0, 36), 'no samples'],
    ['nine channels', file(1, 16, 9, new Uint8Array(18)), '9 channels at 8000 Hz'],
    ['3999 Hz', file(1, 16, 1, new Uint8Array(2), 3999), '1 channels at 3999 Hz'],
    ['192001 Hz', file(1, 16, 1, new Uint8Array(2), 192_001), '1 channels at 192001 Hz'],
  ])('is refused and says why: %s', (_what, data, why) => {
    expect(() => decodeWav(data)).toThrow(why)
  })

  it.each([
    [8, 8000],
    [1, 4000],
    [1, 192_000],
  ])('of %d channels at %d Hz is just taken', (channels, rate) => {
    const content = decodeWav(file(1, 16, channels, new Uint8Array(2 * channels), rate))
    expect([content.channels.length, content.rate]).toEqual([channels, rate])
  })

  it('says in its header what players read there', () => {
    const header = wavHeader(2, 16_000, 64)
    expect(header.readUInt32LE(4)).toBe(64 + 36)
    expect(header.readUInt32LE(28)).toBe(64_000)
    expect(header.readUInt16LE(32)).toBe(4)
    expect(header.readUInt32LE(40)).toBe(64)
    const longest = wavHeader(2, 8000, 2 ** 32 + 5)
    expect([longest.readUInt32LE(4), longest.readUInt32LE(40)]).toEqual([0xffffffff, 0xffffffff])
  })

  it('in the extensible form is what its subformat says', () => {
    const format = Buffer.alloc(40)
    format.writeUInt16LE(0xfffe, 0)
    format.writeUInt16LE(1, 2)
    format.writeUInt32LE(8000, 4)
    format.writeUInt16LE(8, 14)
    format.writeUInt16LE(6, 24)
    const head = (id: string, length: number) => {
      const bytes = Buffer.alloc(8)
      bytes.write(id, 'latin1')
      bytes.writeUInt32LE(length, 4)
      return bytes
    }
    const whole = Buffer.concat([plain.subarray(0, 12), head('fmt ', 40), format, head('data', 2), Buffer.from([0xd5, 0xaa])])
    expect(readWavFormat(whole)).toMatchObject({ encoding: 'alaw', dataStart: 68, dataBytes: 2 })
    // A longer form of the plain one is not the extensible one, whatever stands behind.
    format.writeUInt16LE(7, 0)
    expect(
      readWavFormat(Buffer.concat([plain.subarray(0, 12), head('fmt ', 40), format, head('data', 2), Buffer.from([0, 0])])).encoding,
    ).toBe('mulaw')
  })

  it('ends with its last whole frame, whether the header counts half a frame more or the file does', () => {
    const stereo = file(1, 16, 2, new Uint8Array(11))
    expect(readWavFormat(stereo).dataBytes).toBe(8)
    expect(readWavFormat(plain.subarray(0, 44), 44).dataBytes).toBe(0)
    expect(readWavFormat(plain, 40).dataBytes).toBe(0)
    expect(readWavFormat(plain, plain.length).dataBytes).toBe(160)
    expect(readWavFormat(plain, plain.length + 100).dataBytes).toBe(160)
  })

  it('gives one channel, or the mean of all', () => {
    const interleaved = Int16Array.of(100, 201, -300, -100, 7, 9)
    expect(Array.from(pickChannel(interleaved, 2, 0))).toEqual([100, -300, 7])
    expect(Array.from(pickChannel(interleaved, 2, 1))).toEqual([201, -100, 9])
    expect(Array.from(pickChannel(interleaved, 2))).toEqual([151, -200, 8])
    expect(Array.from(pickChannel(Int16Array.of(3, 6, 9, 1, 1, 1), 3))).toEqual([6, 1])
    expect(pickChannel(interleaved, 1)).toBe(interleaved)
  })

  it.each([
    ['pcm16', 2],
    ['pcm8', 1],
    ['alaw', 1],
    ['mulaw', 1],
  ] as const)('has, in %s, samples of %d bytes', (encoding, bytes) => {
    expect(bytesPerSample(encoding)).toBe(bytes)
  })

  it('is found out from its beginning and the file size', () => {
    const whole = encodeWav([sine(440, 8000, 1000)])
    expect(readWavFormat(whole.subarray(0, 100), whole.length)).toEqual({
      encoding: 'pcm16',
      channels: 1,
      rate: 8000,
      dataStart: 44,
      dataBytes: 16_000,
    })
  })
})

describe('another sampling rate', () => {
  it.each([11_025, 16_000, 22_050, 32_000, 44_100, 48_000])(
    '%d Hz: a tone keeps pitch, level and length; what 8 kHz cannot hold is gone',
    (rate) => {
      const audible = resample(sine(1000, rate, 500), rate, 8000)
      expect(Math.abs(audible.length - 4000)).toBeLessThanOrEqual(1)
      const middle = audible.subarray(400, 3600)
      expect(toneAmplitude(middle, 1000)).toBeCloseTo(10_000, -2)
      expect(toneShare(middle, 1000)).toBeGreaterThan(0.999)
      expect(toneAmplitude(resample(sine(3300, rate, 500), rate, 8000).subarray(400, 3600), 3300)).toBeGreaterThan(9000)
      const beyond = resample(sine(4800, rate, 500), rate, 8000).subarray(400, 3600)
      expect(Math.max(...beyond.map(Math.abs))).toBeLessThan(40)
    },
  )

  it.each([
    [16_000, 8000],
    [11_025, 8000],
    [44_100, 8000],
    [48_000, 8000],
    [8000, 16_000],
    [8000, 44_100],
  ])('%d Hz to %d Hz: neither delayed, nor turned over, nor louder, sample by sample', (from, to) => {
    const out = resample(sine(500, from, 200), from, to)
    const ideal = sine(500, to, 200)
    const margin = Math.round(to / 50)
    const worst = Math.max(
      ...Array.from(out.subarray(margin, out.length - margin), (value, index) => Math.abs(value - (ideal[margin + index] ?? 0))),
    )
    expect(worst).toBeLessThan(25)
  })

  it('is left alone where it is the same', () => {
    const samples = sine(500, 8000, 20)
    expect(resample(samples, 8000, 8000)).toBe(samples)
  })

  it('keeps to 16 bits where the curve between loud samples goes beyond', () => {
    const loud = Int16Array.from({ length: 1600 }, (_, index) => (Math.floor(index / 2) % 2 === 0 ? 32_767 : -32_768))
    const out = resample(loud, 16_000, 8000)
    expect(out.length).toBe(800)
    expect(
      Math.max(
        ...resample(
          Int16Array.from({ length: 400 }, () => 32_767),
          16_000,
          8000,
        ),
      ),
    ).toBe(32_767)
    expect(
      Math.min(
        ...resample(
          Int16Array.from({ length: 400 }, () => -32_768),
          16_000,
          8000,
        ),
      ),
    ).toBe(-32_768)
  })

  it.each([1, 7, 160])('comes as soon as its input does: portions of %d samples', (portion) => {
    const input = sine(700, 16_000, 100)
    const whole = resample(input, 16_000, 8000)
    const resampler = new Resampler(16_000, 8000)
    const pieces: number[] = []
    for (let at = 0; at < input.length; at += portion) {
      pieces.push(...resampler.push(input.subarray(at, at + portion)))
      // What lies further back than the filter reaches is decided.
      expect(pieces.length).toBe(Math.max(0, Math.floor((Math.min(input.length, at + portion) - 32) / 2)))
    }
    pieces.push(...resampler.end())
    expect(pieces).toEqual(Array.from(whole))
  })

  it('is the same whether it comes whole or in portions', () => {
    const input = sine(700, 44_100, 300)
    const whole = resample(input, 44_100, 8000)
    const resampler = new Resampler(44_100, 8000)
    const pieces: number[] = []
    for (let at = 0; at < input.length; at += 777) pieces.push(...resampler.push(input.subarray(at, at + 777)))
    pieces.push(...resampler.end())
    expect(pieces).toEqual(Array.from(whole))
  })
})
