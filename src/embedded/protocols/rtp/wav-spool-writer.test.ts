import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WavSpoolWriter } from './wav-spool-writer.js'
import { decodeWav, readWav } from './wav.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spool-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Interleaved stereo: `count` sample pairs, counting up. */
function pairs(from: number, count: number): Int16Array {
  return Int16Array.from({ length: count * 2 }, (_, index) => (index % 2 === 0 ? 1 : -1) * ((from + (index >> 1)) % 30_000))
}

it('holds every sample in its place, however they came', async () => {
  const writer = await WavSpoolWriter.open(join(folder, 'a.wav'), { channels: 2 })
  let at = 0
  for (const count of [1, 159, 160, 7999, 8000, 20_001]) {
    writer.append(pairs(at, count))
    at += count
  }
  expect(writer.samples).toBe(at)
  const end = writer.end()
  expect(writer.end()).toBe(end)
  expect(await end).toEqual({ samples: at })
  writer.append(pairs(0, 10))
  const { channels } = await readWav(writer.path)
  expect(channels[0]?.length).toBe(at)
  expect(channels[0]?.every((sample, index) => sample === index % 30_000)).toBe(true)
  expect(channels[1]?.every((sample, index) => sample === 0 - (index % 30_000))).toBe(true)
})

it('is a whole file at every moment, up to its last portion', async () => {
  const writer = await WavSpoolWriter.open(join(folder, 'a.wav'), { channels: 2, portionMs: 100 })
  expect(decodeWav(await readFile(writer.path)).durationMs).toBe(0)
  for (let portion = 0; portion < 5; portion++) {
    writer.append(pairs(portion * 800, 800))
    // The header follows the samples: wait for it to say so.
    for (let tries = 0; tries < 500; tries++) {
      const file = await readFile(writer.path)
      if (file.readUInt32LE(40) === (portion + 1) * 3200) break
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const file = await readFile(writer.path)
    expect(file.readUInt32LE(40)).toBe((portion + 1) * 3200)
    expect(file.readUInt32LE(4)).toBe(file.length - 8)
    expect(decodeWav(file).durationMs).toBe((portion + 1) * 100)
  }
  await writer.end()
})

it('tells why a file cannot be made', async () => {
  await expect(WavSpoolWriter.open(join(folder, 'none', 'a.wav'), { channels: 1 })).rejects.toThrow('ENOENT')
  await expect(WavSpoolWriter.open(folder, { channels: 1 })).rejects.toThrow('EISDIR')
  await expect(WavSpoolWriter.open('/dev/full', { channels: 1 })).rejects.toThrow('ENOSPC')
})
