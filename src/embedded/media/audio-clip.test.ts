import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { toneAmplitude } from '../protocols/rtp/goertzel.js'
import { encodeWav } from '../protocols/rtp/wav.js'
import { ClipLibrary, type AudioClip } from './audio-clip.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clips-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function complete(clip: AudioClip): Promise<AudioClip> {
  for (let tries = 0; tries < 5000 && !clip.complete; tries++) await new Promise((resolve) => setTimeout(resolve, 1))
  expect(clip.complete).toBe(true)
  return clip
}

function sine(hz: number, rate: number, ms: number): Int16Array {
  return Int16Array.from({ length: (rate * ms) / 1000 }, (_, index) => Math.round(10_000 * Math.sin((2 * Math.PI * hz * index) / rate)))
}

it('a long file in stereo at another rate is there bit by bit, and whole in the end', async () => {
  const path = join(folder, 'music.wav')
  await writeFile(path, encodeWav([sine(1000, 44_100, 3000), sine(1000, 44_100, 3000)], 44_100))
  const clip = await new ClipLibrary().open(path)
  expect(clip.available).toBeGreaterThan(0)
  expect(clip.available).toBeLessThan(clip.samples.length)
  await complete(clip)
  expect(clip.available).toBe(24_000)
  expect(toneAmplitude(clip.samples, 1000, 8000, 400, 23_000)).toBeCloseTo(10_000, -2)
})

it('is read once, and again when the file has changed', async () => {
  const library = new ClipLibrary()
  const path = join(folder, 'prompt.wav')
  await writeFile(path, encodeWav([sine(1000, 8000, 100)]))
  const [one, other] = await Promise.all([library.open(path), library.open(path)])
  expect(await library.open(path)).toBe(one)
  expect(other.samples).toEqual(one.samples)
  await writeFile(path, encodeWav([sine(1000, 8000, 200)]))
  expect((await complete(await library.open(path))).available).toBe(1600)
})

it('tells a missing file from one that cannot be played', async () => {
  const library = new ClipLibrary()
  await mkdir(join(folder, 'dir.wav'))
  await writeFile(join(folder, 'text.wav'), 'hello')
  await expect(library.open(join(folder, 'none.wav'))).rejects.toMatchObject({ kind: 'notFound' })
  await expect(library.open(join(folder, 'text.wav', 'x.wav'))).rejects.toMatchObject({ kind: 'notFound' })
  await expect(library.open(join(folder, 'text.wav'))).rejects.toMatchObject({ kind: 'unreadable' })
  await expect(library.open(join(folder, 'dir.wav'))).rejects.toMatchObject({ kind: 'unreadable' })
  await expect(library.open('')).rejects.toMatchObject({ kind: 'notFound' })
})

it('an empty file is over at once', async () => {
  const path = join(folder, 'empty.wav')
  await writeFile(path, encodeWav([new Int16Array()]))
  expect(await complete(await new ClipLibrary().open(path))).toMatchObject({ available: 0, complete: true })
})
