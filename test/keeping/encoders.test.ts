import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadLameLibrary } from '../../src/recordings/lame-library.js'
import { KeptDecoder } from '../../src/recordings/mp3-decoder.js'
import { encodableRates, encoderDelay, type Lame } from '../../src/recordings/mp3-encoder.js'
import { FrameWalk } from '../../src/recordings/mp3-frames.js'
import { differs } from '../../src/recordings/verify-mp3.js'
import { WasmLame } from '../../src/recordings/wasm-encoder.js'
import { noisySpeech } from './made-sound.js'

/** Both LAMEs meet one contract. Without the library there is only one. */
const library = await loadLameLibrary()
const lames: readonly Lame[] = [await WasmLame.load(), ...(library.kind === 'loaded' ? [library.lame] : [])]
const decoder = new KeptDecoder()

async function mp3Of(lame: Lame, rate: number, portions: readonly Int16Array[]): Promise<Buffer> {
  const encoder = await lame.start(rate)
  try {
    const made = portions.map((portion) => Buffer.from(encoder.encode(portion)))
    return Buffer.concat([...made, Buffer.from(encoder.finish())])
  } finally {
    encoder.close()
  }
}

function cut(stereo: Int16Array, lengths: readonly number[]): Int16Array[] {
  const portions: Int16Array[] = []
  let at = 0
  for (let turn = 0; at < stereo.length; turn++) {
    const next = Math.min(stereo.length, at + 2 * (lengths[turn % lengths.length] ?? 1))
    portions.push(stereo.subarray(at, next))
    at = next
  }
  return portions
}

function walked(mp3: Uint8Array): FrameWalk {
  const walk = new FrameWalk()
  expect(walk.add(mp3) ?? walk.finish()).toBeUndefined()
  return walk
}

test.each(lames)('$name: any length in any portions gives the same bytes, with frames for all of it', async (lame) => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.constantFrom(0, 1, 2, 575, 576, 577, 1_151, 1_152, 1_153), fc.nat(20_000)),
      fc.array(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 100, max: 9_000 })), { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...encodableRates),
      async (frames, lengths, rate) => {
        const stereo = noisySpeech(frames, rate)
        const whole = await mp3Of(lame, rate, [stereo])
        expect((await mp3Of(lame, rate, cut(stereo, lengths))).equals(whole)).toBe(true)
        const walk = walked(whole)
        // Only a delay without sound; with sound the delay and the padding of the last frame.
        expect(walk.samples - frames).toBeGreaterThanOrEqual(encoderDelay)
        expect(walk.samples - frames).toBeLessThanOrEqual(encoderDelay + 2 * (walk.samples / walk.starts.length))
        expect([...new Set(whole.length === 0 ? [rate] : [walk.rate])]).toEqual([rate])
      },
    ),
    { numRuns: 40 },
  )
})

test.each(lames)('$name: each channel comes out on its side, and a swap is noticed', async (lame) => {
  for (const rate of encodableRates) {
    const stereo = noisySpeech(rate * 2, rate)
    const mp3 = await mp3Of(lame, rate, [stereo])
    const sound = await decoder.decode(mp3)
    if (typeof sound === 'string') throw new Error(sound)
    const from = rate / 2
    const piece = {
      left: sound.left.subarray(from + encoderDelay, from + encoderDelay + rate),
      right: sound.right.subarray(from + encoderDelay, from + encoderDelay + rate),
    }
    const recorded = stereo.subarray(2 * from, 2 * (from + rate))
    expect(differs(recorded, piece, rate)).toBeUndefined()
    expect(differs(recorded, { left: piece.right, right: piece.left }, rate)).toMatch(/on the left/)
    expect(differs(recorded, { left: piece.left, right: piece.left }, rate)).toMatch(/on the right/)
    expect(differs(recorded, { left: piece.left, right: new Float32Array(rate) }, rate)).toMatch(/too quiet on the right/)
    // Ten milliseconds too late is another place.
    const late = stereo.subarray(2 * (from - rate / 100), 2 * (from + rate - rate / 100))
    expect(differs(late, piece, rate)).toMatch(/something else/)
  }
})

test.each(lames)('$name: simultaneous recordings do not mix, and nothing is left over for the next', async (lame) => {
  const sounds = Array.from({ length: 12 }, (_, index) => noisySpeech(4_000 + 577 * index, 8_000, index))
  const alone = await Promise.all(sounds.map((sound) => mp3Of(lame, 8_000, [sound])))
  const encoders = await Promise.all(sounds.map(() => lame.start(8_000)))
  const made: Buffer[][] = sounds.map(() => [])
  for (let at = 0; at < 24_000; at += 1_000)
    encoders.forEach((encoder, index) =>
      made[index]?.push(Buffer.from(encoder.encode((sounds[index] ?? new Int16Array()).subarray(at, at + 1_000)))),
    )
  encoders.forEach((encoder, index) => {
    expect(Buffer.concat([...(made[index] ?? []), Buffer.from(encoder.finish())]).equals(alone[index] ?? Buffer.alloc(0))).toBe(true)
    encoder.close()
    encoder.close()
  })
  expect((await mp3Of(lame, 8_000, [sounds[3] ?? new Int16Array()])).equals(alone[3] ?? Buffer.alloc(0))).toBe(true)
})

test.each(lames)('$name: a closed encoder refuses use', async (lame) => {
  const encoder = await lame.start(8_000)
  encoder.close()
  expect(() => encoder.encode(new Int16Array(2_000))).toThrow(/closed/)
  expect(() => encoder.finish()).toThrow(/closed/)
})

test('the walk notices a lost, doubled, cut or damaged frame', async () => {
  const lame = lames[0]
  if (!lame) throw new Error('no LAME')
  const mp3 = await mp3Of(lame, 8_000, [noisySpeech(24_000, 8_000)])
  const { starts } = walked(mp3)
  const without = (from: number, to: number) => Buffer.concat([mp3.subarray(0, from), mp3.subarray(to)])
  const wrong = (bytes: Uint8Array) => {
    const walk = new FrameWalk()
    return walk.add(bytes) ?? walk.finish()
  }
  // Where the reservoir is in use, a frame that is missing takes what the next one needs with it. Where it is not, only the length tells.
  const noticed = starts.slice(4, -4).filter((start, index) => wrong(without(start, starts[index + 5] ?? 0)) !== undefined)
  expect(noticed.length).toBeGreaterThan(starts.length / 4)
  const one = new FrameWalk()
  one.add(without(starts[9] ?? 0, starts[10] ?? 0))
  expect(one.samples).toBeLessThan(walked(mp3).samples)
  expect(wrong(mp3.subarray(0, mp3.length - 1))).toMatch(/ends in the middle of a frame/)
  expect(wrong(without(starts[9] ?? 0, (starts[9] ?? 0) + 1))).toMatch(/no MP3 frame|sound is not where/)
  const zeroed = Buffer.from(mp3)
  zeroed.fill(0, starts[7], starts[9])
  expect(wrong(zeroed)).toMatch(/no MP3 frame/)
  // In portions of any size, read into one buffer, the walk finds the same.
  const walk = new FrameWalk()
  const buffer = Buffer.alloc(100)
  for (let at = 0; at < mp3.length; at += 100) expect(walk.add(buffer.subarray(0, mp3.copy(buffer, 0, at, at + 100)))).toBeUndefined()
  expect(walk.finish()).toBeUndefined()
  expect(walk.starts).toEqual(starts)
})
