import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { toneShare } from '../protocols/rtp/goertzel.js'
import { opusSamples } from '../protocols/rtp/opus-packet.js'
import { OpusLibrary, type OpusAudio } from './opus-audio.js'

/** A second of 500 Hz, at a level of 0.3, in packets of 20 ms as Chromium makes them. */
const tone = (JSON.parse(readFileSync('test/fixtures/opus-500-hz.json', 'utf8')) as string[]).map((text) => Buffer.from(text, 'base64'))

async function opened(): Promise<OpusAudio> {
  const library = await OpusLibrary.load()
  const audio = library.audio((error) => {
    throw error
  })
  await vi.waitFor(() => expect(audio.decode(0, 0, tone[0]!, 0, tone[0]!.length)).toBe(160))
  return audio
}

test('what Chromium says is heard at 8 kHz, as loud as it was said', async () => {
  const audio = await opened()
  const heard = tone.flatMap((packet, n) => Array.from(audio.samples.subarray(0, audio.decode(1, n, packet, 0, packet.length))))
  expect(heard).toHaveLength(50 * 160)
  const settled = heard.slice(10 * 160)
  expect(toneShare(settled, 500)).toBeGreaterThan(0.95)
  const level = Math.sqrt(settled.reduce((sum, sample) => sum + sample * sample, 0) / settled.length) / 32_768
  expect(level).toBeGreaterThan(0.15)
  expect(level).toBeLessThan(0.3)
  audio.close()
  expect(audio.decode(1, 51, tone[0]!, 0, tone[0]!.length)).toBe(0)
})

test('a decoder goes from one party to the next, which hears nothing of the one before', async () => {
  const library = await OpusLibrary.load()
  // The types of Node.js do not have it.
  const made = vi.spyOn(Reflect.get(globalThis, 'WebAssembly') as { instantiate(): unknown }, 'instantiate')
  const fail = (error: Error) => {
    throw error
  }
  const talk = async (packets: readonly Uint8Array[]): Promise<readonly number[]> => {
    const audio = library.audio(fail)
    await Promise.resolve()
    const heard = packets.flatMap((packet, n) => Array.from(audio.samples.subarray(0, audio.decode(1, n, packet, 0, packet.length))))
    audio.close()
    // Twice is once: it is nobody else's then.
    audio.close()
    return heard
  }
  const silence = Array.from({ length: 10 }, () => new Uint8Array([0xf8, 0xff, 0xfe]))
  await talk(silence)
  const first = await talk(tone)
  expect(toneShare(first.slice(10 * 160), 500)).toBeGreaterThan(0.95)
  expect((await talk(silence)).every((sample) => sample === 0)).toBe(true)
  await talk(tone)
  expect(await talk(tone)).toEqual(first)
  expect(made).not.toHaveBeenCalled()
  const eleven = Array.from({ length: 11 }, () => library.audio(fail))
  await vi.waitFor(() => expect(eleven.map((one) => one.decode(0, 0, tone[0]!, 0, tone[0]!.length))).toEqual(Array(11).fill(160)))
  // Ten were in stock.
  expect(made).toHaveBeenCalledOnce()
  made.mockRestore()
})

test('a packet that comes after the next one is left out; a sender that starts again is heard', async () => {
  const audio = await opened()
  const take = (ssrc: number, sequence: number) => audio.decode(ssrc, sequence, tone[5]!, 0, tone[5]!.length)
  expect([take(1, 65_535), take(1, 0), take(1, 65_535), take(1, 0), take(1, 3), take(2, 1), take(2, 60_000)]).toEqual([
    160, 160, 0, 0, 160, 160, 160,
  ])
  audio.close()
})

test('whatever is no broken packet can be decoded, and nothing is complained of', async () => {
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const audio = await opened()
  let sequence = 0
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 90 }), (bytes) => {
      const samples = opusSamples(bytes, 0, bytes.length)
      if (samples === undefined) return
      expect(audio.decode(1, (sequence = (sequence + 1) & 0xffff), bytes, 0, bytes.length)).toBe(samples)
    }),
    { numRuns: 500 },
  )
  expect(complaint).not.toHaveBeenCalled()
  complaint.mockRestore()
  audio.close()
})
