import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { wavHeader } from '../embedded/protocols/rtp/wav.js'
import { GrowingWav } from './growing-wav.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'growing-'))
  path = join(folder, 'leg.wav')
})
afterEach(() => rmSync(folder, { recursive: true }))

const bytes = (...samples: number[]) => new Uint8Array(Int16Array.from(samples).buffer)

it('gives what has come since the last time, the first channel alone, whatever the header says of the length', () => {
  const wav = new GrowingWav(path)
  expect(wav.read()).toHaveLength(0)
  writeFileSync(path, wavHeader(2, 8_000, 0).subarray(0, 20))
  expect(wav.read()).toHaveLength(0)
  appendFileSync(path, wavHeader(2, 8_000, 0).subarray(20))
  appendFileSync(path, bytes(1, -1, 2, -2))
  expect([...wav.read()]).toEqual([1, 2])
  expect(wav.read()).toHaveLength(0)
  // Half a frame, and then the rest of it.
  appendFileSync(path, bytes(3, -3, 4))
  expect([...wav.read()]).toEqual([3])
  appendFileSync(path, bytes(-4))
  expect([...wav.read()]).toEqual([4])
  wav.close()
})

it('follows no recording at another rate', () => {
  writeFileSync(path, Buffer.concat([wavHeader(1, 16_000, 0), bytes(1, 2, 3)]))
  const wav = new GrowingWav(path)
  expect(() => wav.read()).toThrow(/16000 Hz cannot be followed/)
  wav.close()
})
