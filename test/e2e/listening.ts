import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { amplitudeOf } from '../contract/phone/sound.js'
import { readWav } from './wav.js'

const rate = 8_000
const window = 800

/** How many ms of the samples hold this frequency, clearly (windows of 100 ms). */
export function msOfTone(frequency: number, samples: Int16Array, threshold = 1_500): number {
  let ms = 0
  for (let at = 0; at + window <= samples.length; at += window)
    if (amplitudeOf(frequency, samples, at, at + window) > threshold) ms += (window * 1_000) / rate
  return ms
}

/** Longest stretch (ms) in which the frequency is missing between its first and its last sounding. */
export function longestGapMs(frequency: number, samples: Int16Array, threshold = 1_500): number {
  const sounding: number[] = []
  const step = 160
  for (let at = 0; at + step <= samples.length; at += step)
    if (amplitudeOf(frequency, samples, at, at + step) > threshold) sounding.push(at)
  let longest = 0
  for (let n = 1; n < sounding.length; n++) longest = Math.max(longest, (sounding[n] ?? 0) - (sounding[n - 1] ?? 0) - step)
  return (longest * 1_000) / rate
}

/** Decodes an MP3 with `lame --decode`, an independent decoder. */
export function decodeMp3(mp3: Buffer): { readonly rate: number; readonly channels: readonly Int16Array[]; readonly seconds: number } {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-mp3-'))
  const file = join(folder, 'recording.mp3')
  const wav = join(folder, 'decoded.wav')
  writeFileSync(file, mp3)
  try {
    const { status, stderr } = spawnSync('lame', ['--decode', '--quiet', file, wav], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`lame cannot decode it: ${stderr}`)
    const read = readWav(readFileSync(wav))
    return { ...read, seconds: (read.channels[0]?.length ?? 0) / read.rate }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
