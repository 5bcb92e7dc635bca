import { describe, expect, it } from 'vitest'
import { toneAmplitude, toneShare } from './goertzel.js'
import { resample, Resampler } from './resample.js'
import { decodeWav, encodeWav, readWavFormat, WavError, wavHeader } from './wav.js'

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
  const chunks = Buffer.concat([chunk('LIST', Buffer.from('odd')), chunk('fmt ', format), chunk('data', data), chunk('LIST', Buffer.from('tail'))])
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

  it('is found out from its beginning and the file size', () => {
    const whole = encodeWav([sine(440, 8000, 1000)])
    expect(readWavFormat(whole.subarray(0, 100), whole.length)).toEqual({ encoding: 'pcm16', channels: 1, rate: 8000, dataStart: 44, dataBytes: 16_000 })
  })
})

describe('another sampling rate', () => {
  it.each([11_025, 16_000, 22_050, 32_000, 44_100, 48_000])('%d Hz: a tone keeps pitch, level and length; what 8 kHz cannot hold is gone', (rate) => {
    const audible = resample(sine(1000, rate, 500), rate, 8000)
    expect(Math.abs(audible.length - 4000)).toBeLessThanOrEqual(1)
    const middle = audible.subarray(400, 3600)
    expect(toneAmplitude(middle, 1000)).toBeCloseTo(10_000, -2)
    expect(toneShare(middle, 1000)).toBeGreaterThan(0.999)
    expect(toneAmplitude(resample(sine(3300, rate, 500), rate, 8000).subarray(400, 3600), 3300)).toBeGreaterThan(9000)
    const beyond = resample(sine(4800, rate, 500), rate, 8000).subarray(400, 3600)
    expect(Math.max(...beyond.map(Math.abs))).toBeLessThan(40)
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
