import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { scratchFolder } from './scratch-folder.js'
import { header, stereoTones } from './wav-file.js'
import { SpoolFile, UnusableSpool } from '../../src/recordings/spool-file.js'

function opened(path: string): SpoolFile {
  const spool = SpoolFile.open(path)
  onTestFinished(() => spool.close())
  return spool
}

function framesOf(path: string): number {
  const spool = opened(path)
  // In portions that do not fit, and beyond the end.
  let frames = 0
  for (let more = -1; more !== 0; frames += more) more = spool.stereo(spool.samples(frames, 7_001)).length / 2
  expect(frames).toBe(spool.frames)
  return frames
}

test.each([
  ['right', 64_000],
  ['nothing', 0],
  ['too much', 999_999_999],
  ['all that fits', 0xffff_ffff],
  ['a second too little: it was last corrected a second before the end', 32_000],
])('the header says %s; what is in the file counts', (_says, claimedBytes) => {
  const path = join(scratchFolder(), 'a.wav')
  stereoTones(path, { seconds: 2, claimedBytes })
  expect(framesOf(path)).toBe(16_000)
})

test('a file that was cut off in the middle of a sample frame loses only that frame', () => {
  const path = join(scratchFolder(), 'a.wav')
  stereoTones(path, { seconds: 1, claimedBytes: 0 })
  appendFileSync(path, Buffer.alloc(3))
  expect(framesOf(path)).toBe(8_000)
})

test('what a recorder writes after the samples is not sound', () => {
  const path = join(scratchFolder(), 'a.wav')
  stereoTones(path, { seconds: 1 })
  const chunk = Buffer.alloc(8 + 10)
  chunk.write('LIST')
  chunk.writeUInt32LE(10, 4)
  appendFileSync(path, chunk)
  expect(framesOf(path)).toBe(8_000)
})

test('one channel becomes two alike', () => {
  const path = join(scratchFolder(), 'a.wav')
  const head = header(8)
  head.writeUInt16LE(1, 22)
  head.writeUInt16LE(2, 32)
  writeFileSync(path, Buffer.concat([head, Buffer.from(Int16Array.from([1, -2, 3, -4]).buffer)]))
  const spool = opened(path)
  expect([...spool.stereo(spool.samples(0, 10))]).toEqual([1, 1, -2, -2, 3, 3, -4, -4])
})

test.each([
  ['44 bytes', header(0), /the recording is empty: 44 bytes/],
  ['nothing at all', Buffer.alloc(0), /0 bytes, not a RIFF\/WAVE file/],
  ['half a header', header(0).subarray(0, 20), /20 bytes/],
  ['something else', Buffer.from('hello '.repeat(50)), /not a RIFF\/WAVE file/],
])('%s is no recording, and is said to be none', (_what, content, why) => {
  const path = join(scratchFolder(), 'a.wav')
  writeFileSync(path, content)
  expect(() => SpoolFile.open(path)).toThrow(UnusableSpool)
  expect(() => SpoolFile.open(path)).toThrow(why)
})
