import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rootMeanSquare } from '../protocols/rtp/goertzel.js'
import { readWav } from '../protocols/rtp/wav.js'
import type { RecordingOptions } from './media-channel.js'
import { Recorder } from './recorder.js'

const FRAME = 160
let folder: string
let now = 0
let over = 0

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recorder-'))
  now = 1_000_000
  over = 0
})
afterEach(() => rm(folder, { recursive: true }))

function record(options: RecordingOptions): Promise<Recorder> {
  return Recorder.open(
    join(folder, 'call.wav'),
    { ...options, onError: () => undefined },
    () => now,
    () => over++,
  )
}

const frame = (value: number) => new Int16Array(FRAME).fill(value)

/** Time goes on frame by frame; at each, `each` may put something in its place. */
function run(recorder: Recorder, frames: number, each: (index: number, position: number) => void): void {
  for (let index = 0; index < frames; index++) {
    each(index, now)
    now += FRAME
    recorder.advance(now)
  }
}

describe('a recording', () => {
  it('keeps both sides in time for longer than it holds in memory, and is exactly as long as it ran', async () => {
    const recorder = await record({ stereo: true })
    run(recorder, 500, (index, position) => {
      recorder.samples(0, position, frame(index + 1), FRAME)
      if (index >= 250) recorder.samples(1, position, frame(-index), FRAME)
    })
    now += 37
    const result = await recorder.stop()
    expect(result).toEqual({ path: recorder.path, samples: 500 * FRAME + 37, durationMs: (500 * FRAME + 37) / 8 })
    expect(over).toBe(1)
    const [left, right] = (await readWav(recorder.path)).channels
    for (let index = 0; index < 500; index++) {
      expect(left?.[index * FRAME]).toBe(index + 1)
      expect(left?.[index * FRAME + FRAME - 1]).toBe(index + 1)
      expect(right?.[index * FRAME]).toBe(index >= 250 ? -index : 0)
    }
  })

  it('that is read while it grows is in the file a tenth of a second after it was said', async () => {
    const recorder = await record({ stereo: true, portionMs: 40 })
    run(recorder, 50, (index, position) => recorder.samples(0, position, frame(index + 1), FRAME))
    await expect.poll(async () => (await readWav(recorder.path)).durationMs).toBeGreaterThanOrEqual(900)
    const [left] = (await readWav(recorder.path)).channels
    for (let index = 0; index < 45; index++) expect(left?.[index * FRAME + 80]).toBe(index + 1)
    expect((await recorder.stop()).samples).toBe(50 * FRAME)
  })

  it('puts a packet that is up to half a second late in its place, and forgets one that is later', async () => {
    const recorder = await record({ stereo: true })
    run(recorder, 200, (index, position) => {
      // Both at the end of a second, which is handed to the disk 25 frames after it is over.
      if (index !== 98 && index !== 148) recorder.samples(0, position, frame(5), FRAME)
      if (index === 98 + 24) recorder.samples(0, position - 24 * FRAME, frame(7), FRAME)
      if (index === 148 + 28) recorder.samples(0, position - 28 * FRAME, frame(9), FRAME)
    })
    await recorder.stop()
    const [left] = (await readWav(recorder.path)).channels
    expect(left?.[98 * FRAME]).toBe(7)
    expect(left?.includes(9)).toBe(false)
  })

  it('closes the hole of a lost packet with what was before, fading, and leaves a long one silent', async () => {
    const recorder = await record({ stereo: true })
    run(recorder, 100, (index, position) => {
      // A second ends with frame 49: holes within, across the end of a portion, and a long one.
      if (index !== 20 && index !== 50 && (index < 70 || index >= 80)) recorder.samples(0, position, frame(1000), FRAME)
    })
    await recorder.stop()
    const [left = new Int16Array()] = (await readWav(recorder.path)).channels
    for (const lost of [20, 50]) {
      expect(left[lost * FRAME]).toBe(1000)
      expect(left[lost * FRAME + FRAME - 1]).toBeGreaterThan(600)
      expect(left[lost * FRAME + FRAME - 1]).toBeLessThan(700)
    }
    expect(left[71 * FRAME]).toBeLessThan(left[70 * FRAME] ?? 0)
    expect(rootMeanSquare(left, 73 * FRAME, 7 * FRAME)).toBe(0)
    expect(left[80 * FRAME]).toBe(1000)
  })

  it('exchanges the sides, or mixes them without overflow, as asked', async () => {
    const swapped = await record({ stereo: true, swapChannels: true })
    run(swapped, 60, (_, position) => {
      swapped.samples(0, position, frame(1), FRAME)
      swapped.samples(1, position, frame(2), FRAME)
    })
    await swapped.stop()
    expect((await readWav(swapped.path)).channels.map((channel) => channel[100])).toEqual([2, 1])
    const mixed = await record({})
    run(mixed, 60, (_, position) => {
      mixed.samples(0, position, frame(30_000), FRAME)
      mixed.samples(1, position, frame(30_000), FRAME)
    })
    await mixed.stop()
    expect((await readWav(mixed.path)).channels.map((channel) => channel[100])).toEqual([32_767])
  })

  it('takes nothing from before its start or far in the future', async () => {
    const recorder = await record({ stereo: true })
    recorder.samples(0, now - 80, frame(3), FRAME)
    recorder.samples(0, now + 100_000, frame(4), FRAME)
    run(recorder, 300, () => undefined)
    await recorder.stop()
    const [left = new Int16Array()] = (await readWav(recorder.path)).channels
    expect(left.subarray(0, 80).every((sample) => sample === 3)).toBe(true)
    expect(left.includes(4)).toBe(false)
  })
})
