import { createHash } from 'node:crypto'
import {
  appendFileSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EncodingDesk } from '../../src/recordings/encoding-desk.js'
import type { EncodingResult } from '../../src/recordings/encoding-messages.js'
import { loadLameLibrary } from '../../src/recordings/lame-library.js'
import type { Lame, Mp3Encoder } from '../../src/recordings/mp3-encoder.js'
import { growingFolder } from '../../src/recordings/part-file.js'
import { WasmLame } from '../../src/recordings/wasm-encoder.js'
import { wavHeader } from '../../src/embedded/protocols/rtp/wav.js'
import { heard } from './heard.js'
import { noisySpeech } from './made-sound.js'
import { scratchFolder } from './scratch-folder.js'

const rate = 8_000
const wasm = await WasmLame.load()
const library = await loadLameLibrary()
const usual: Lame = library.kind === 'loaded' ? library.lame : wasm

/** A desk that polls every few milliseconds, and one recording. */
class Bench {
  readonly folder = scratchFolder()
  readonly spool = join(this.folder, 'one.wav')
  readonly mp3 = join(this.folder, 'recordings', '2026', '03', '02', 'one.mp3')
  readonly desk: EncodingDesk

  constructor(lame: Lame = usual) {
    this.desk = new EncodingDesk({
      recordingsFolder: join(this.folder, 'recordings'),
      lame,
      wasm: () => Promise.resolve(wasm),
      lookEveryMs: 2,
    })
  }

  follow(): void {
    this.desk.follow('one', this.spool)
  }

  make(title = 'Cardiology'): Promise<EncodingResult> {
    return this.desk.make(
      { recordingId: 'one', spoolPath: this.spool, mp3Path: this.mp3, tags: { title, startedAt: 0, callId: 'one' } },
      'usual',
    )
  }

  /** The part files there. */
  parts(): readonly string[] {
    const folder = growingFolder(join(this.folder, 'recordings'))
    return existsSync(folder) ? readdirSync(folder) : []
  }

  /** Waits until the part file has this many bytes: the desk works while the switch writes. */
  async hasEncoded(bytes: number): Promise<void> {
    const folder = growingFolder(join(this.folder, 'recordings'))
    await expect
      .poll(() => this.parts().map((part) => readFileSync(join(folder, part)).length > bytes), { timeout: 30_000 })
      .toEqual([true])
  }
}

function bytesOf(stereo: Int16Array): Buffer {
  return Buffer.from(stereo.buffer, stereo.byteOffset, stereo.byteLength)
}

/** MP3 frames without the tag. */
function sound(path: string): Buffer {
  const file = readFileSync(path)
  return file.subarray(10 + file.subarray(6, 10).reduce((sum, byte) => sum * 128 + byte, 0))
}

async function fromTheBeginning(spool: Buffer, title?: string): Promise<Buffer> {
  const bench = new Bench()
  writeFileSync(bench.spool, spool)
  expect(await bench.make(title)).toMatchObject({ kind: 'ready', followed: false })
  return sound(bench.mp3)
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

test('in whatever pieces a recording grows, the MP3 made meanwhile is identical to one made afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30_000 }),
      // Bytes written at a time: in the middle of samples and frames, too.
      fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 500, max: 40_000 })), { minLength: 1, maxLength: 5 }),
      // How often the header is corrected, and whether the switch has begun when the desk first looks.
      fc.constantFrom('never', 'after each', 'at the end'),
      fc.boolean(),
      async (frames, pieces, corrected, late) => {
        const bench = new Bench()
        const samples = bytesOf(noisySpeech(frames, rate))
        if (late) bench.follow()
        await wait(5)
        writeFileSync(bench.spool, wavHeader(2, rate, 0).subarray(0, 20))
        if (!late) bench.follow()
        await wait(3)
        appendFileSync(bench.spool, wavHeader(2, rate, 0).subarray(20))
        const header = (bytes: number) => {
          const file = openSync(bench.spool, 'r+')
          writeSync(file, wavHeader(2, rate, bytes), 0, 44, 0)
          closeSync(file)
        }
        for (let at = 0, piece = 0; at < samples.length; piece++) {
          const next = Math.min(samples.length, at + Math.max(pieces[piece % pieces.length] ?? 1, Math.ceil(samples.length / 12)))
          appendFileSync(bench.spool, samples.subarray(at, next))
          at = next
          if (corrected === 'after each') header(at)
          await wait(piece % 3)
        }
        if (corrected === 'at the end') header(samples.length)
        const result = await bench.make()
        expect(result).toMatchObject({ kind: 'ready', seconds: frames / rate, followed: true })
        const file = readFileSync(bench.mp3)
        expect(result).toMatchObject({ bytes: file.length, sha256: createHash('sha256').update(file).digest('hex') })
        expect(sound(bench.mp3).equals(await fromTheBeginning(readFileSync(bench.spool)))).toBe(true)
        expect(bench.parts()).toEqual([])
      },
    ),
    { numRuns: 25 },
  )
})

/** A recording of four seconds, of which about two and a half are encoded when the call ends. */
async function half(bench = new Bench()): Promise<Bench> {
  const samples = bytesOf(noisySpeech(4 * rate, rate))
  writeFileSync(bench.spool, Buffer.concat([wavHeader(2, rate, 0), samples.subarray(0, 10 * rate)]))
  bench.follow()
  await bench.hasEncoded(8_000)
  appendFileSync(bench.spool, samples.subarray(10 * rate))
  return bench
}

const whole = () => fromTheBeginning(Buffer.concat([wavHeader(2, rate, 0), bytesOf(noisySpeech(4 * rate, rate))]))

test('a right one is used as it is', async () => {
  const bench = await half()
  expect(await bench.make()).toMatchObject({ kind: 'ready', seconds: 4, followed: true })
  expect(sound(bench.mp3).equals(await whole())).toBe(true)
})

test.each<[string, (bench: Bench, part: string) => void]>([
  ['the part file is gone', (_bench, part) => rmSync(part)],
  ['the part file was cut off', (_bench, part) => truncateSync(part, 3_000)],
  ['the part file was written over', (_bench, part) => writeFileSync(part, Buffer.alloc(9_000, 7), { flag: 'r+' })],
  ['two bytes of the part file were changed', (_bench, part) => patch(part, 700, Buffer.from([0xff, 0x00]))],
  ['the tag has no room', () => undefined],
])('%s: encoded from the beginning, and as it should be', async (what, harm) => {
  const bench = await half()
  const [part = ''] = bench.parts()
  harm(bench, join(growingFolder(join(bench.folder, 'recordings')), part))
  const title = what === 'the tag has no room' ? 'x'.repeat(2_000) : undefined
  expect(await bench.make(title)).toMatchObject({ kind: 'ready', seconds: 4, followed: false })
  expect(sound(bench.mp3).equals(await whole())).toBe(true)
  expect(bench.parts()).toEqual([])
})

function patch(path: string, at: number, bytes: Buffer): void {
  const file = openSync(path, 'r+')
  writeSync(file, bytes, 0, bytes.length, at)
  closeSync(file)
}

test.each<[string, (spool: string) => void]>([
  ['the switch has written other samples where some were encoded', (spool) => patch(spool, 5_000, Buffer.alloc(200, 9))],
  ['the recording has become shorter than what was encoded', (spool) => truncateSync(spool, 44 + 4 * rate)],
  ['the recording says another rate', (spool) => patch(spool, 24, wavHeader(2, 16_000, 0).subarray(24, 32))],
  [
    'the samples begin elsewhere',
    (spool) =>
      writeFileSync(
        spool,
        Buffer.concat([
          wavHeader(2, rate, 0).subarray(0, 36),
          Buffer.from('LIST\x04\0\0\0abcd'),
          wavHeader(2, rate, 0).subarray(36),
          readFileSync(spool).subarray(44),
        ]),
      ),
  ],
  [
    'another file lies there',
    (spool) => {
      rmSync(spool)
      writeFileSync(spool, Buffer.concat([wavHeader(2, rate, 0), bytesOf(noisySpeech(2 * rate, rate, 5))]))
    },
  ],
])('%s: the spool is the truth', async (_what, change) => {
  const bench = await half()
  change(bench.spool)
  const expected = await fromTheBeginning(readFileSync(bench.spool))
  expect(await bench.make()).toMatchObject({ kind: 'ready', followed: false })
  expect(sound(bench.mp3).equals(expected)).toBe(true)
})

test('chunks after the samples are not sound, though they may have been read as such', async () => {
  const bench = new Bench()
  const samples = bytesOf(noisySpeech(3 * rate, rate))
  const chunk = Buffer.alloc(8 + 1_000)
  chunk.write('LIST')
  chunk.writeUInt32LE(1_000, 4)
  // The header is wrong until the file is closed, as FreeSWITCH leaves it.
  writeFileSync(bench.spool, Buffer.concat([wavHeader(2, rate, 0), samples, chunk]))
  bench.follow()
  await bench.hasEncoded(11_000)
  patch(bench.spool, 0, wavHeader(2, rate, samples.length))
  expect(await bench.make()).toMatchObject({ kind: 'ready', seconds: 3, followed: false })
  expect(sound(bench.mp3).equals(await fromTheBeginning(Buffer.concat([wavHeader(2, rate, samples.length), samples])))).toBe(true)
})

test('no sound, no file, no WAV: fails in words, telling whether a retry may help', async () => {
  const bench = new Bench()
  bench.follow()
  await wait(10)
  expect(await bench.make()).toMatchObject({ kind: 'failed', stage: 'spool', unusable: false })
  writeFileSync(bench.spool, wavHeader(2, rate, 0))
  bench.follow()
  await wait(10)
  expect(await bench.make()).toMatchObject({
    kind: 'failed',
    stage: 'spool',
    why: 'the recording is empty: 44 bytes and no sound in them',
    unusable: true,
  })
  writeFileSync(bench.spool, 'hello '.repeat(100))
  expect(await bench.make()).toMatchObject({ kind: 'failed', stage: 'spool', unusable: true })
  writeFileSync(bench.spool, Buffer.concat([wavHeader(2, 11_025, 0), Buffer.alloc(40_000)]))
  expect(await bench.make()).toMatchObject({ kind: 'failed', unusable: true })
  expect(bench.parts()).toEqual([])
  expect(existsSync(bench.mp3)).toBe(false)
})

test('a recording still being written when its finish is due makes no MP3 yet', async () => {
  const bench = await half()
  const writing = setInterval(() => appendFileSync(bench.spool, Buffer.alloc(4_000)), 1)
  const result = await bench.make()
  clearInterval(writing)
  expect(result).toMatchObject({
    kind: 'failed',
    stage: 'spool',
    why: 'the recording has changed while it was made into MP3',
    unusable: false,
  })
  expect(existsSync(bench.mp3)).toBe(false)
  expect(await bench.make()).toMatchObject({ kind: 'ready' })
})

test('if the MP3 cannot be written it says so, and leaves nothing behind', async () => {
  const bench = await half()
  writeFileSync(join(bench.folder, 'recordings', '2026'), '')
  expect(await bench.make()).toMatchObject({ kind: 'failed', stage: 'store', unusable: false })
  expect(bench.parts()).toEqual([])
  rmSync(join(bench.folder, 'recordings', '2026'))
  expect(await bench.make()).toMatchObject({ kind: 'ready' })
})

test('a recording that comes to nothing is forgotten with its part file', async () => {
  const bench = await half()
  bench.desk.forget('one')
  await expect.poll(() => bench.parts()).toEqual([])
  expect(existsSync(bench.spool)).toBe(true)
})

/** A LAME with a fault. */
function faulty(kind: 'throws at the start' | 'throws later' | 'throws at the end' | 'swaps' | 'stutters' | 'mutes'): Lame {
  return {
    kind: 'native',
    name: kind,
    async start(of) {
      if (kind === 'throws at the start') throw new Error('no memory')
      const encoder = await wasm.start(of)
      let portions = 0
      return {
        encode(stereo) {
          portions++
          if (kind === 'throws later' && portions > 1) throw new Error('LAME cannot encode (-4)')
          if (kind === 'swaps') return encoder.encode(stereo.map((_, index) => stereo[index ^ 1] ?? 0))
          if (kind === 'mutes') return encoder.encode(new Int16Array(stereo.length))
          const made = Buffer.from(encoder.encode(stereo))
          return kind === 'stutters' && portions === 2 ? Buffer.concat([made, made]) : made
        },
        finish() {
          if (kind === 'throws at the end') throw new Error('LAME cannot encode (-4)')
          return encoder.finish()
        },
        close: () => encoder.close(),
      } satisfies Mp3Encoder
    },
  }
}

test.each(['throws at the start', 'throws later', 'throws at the end', 'swaps', 'stutters', 'mutes'] as const)(
  'a LAME that %s makes no MP3, and the one in WebAssembly does',
  async (kind) => {
    const bench = new Bench(faulty(kind))
    writeFileSync(bench.spool, Buffer.concat([wavHeader(2, rate, 0), bytesOf(noisySpeech(4 * rate, rate))]))
    bench.follow()
    await wait(20)
    expect(await bench.make()).toMatchObject({ kind: 'failed', stage: kind.startsWith('throws') ? 'encode' : 'verify' })
    expect(existsSync(bench.mp3)).toBe(false)
    const job = {
      recordingId: 'one',
      spoolPath: bench.spool,
      mp3Path: bench.mp3,
      tags: { title: 'Cardiology', startedAt: 0, callId: 'one' },
    }
    expect(await bench.desk.make(job, 'wasm')).toMatchObject({ kind: 'ready', seconds: 4 })
    expect((await heard(bench.mp3)).seconds).toBeGreaterThan(4)
  },
)

test('a hundred that end at once are all made, separately, and named last', async () => {
  const folder = scratchFolder()
  const desk = new EncodingDesk({
    recordingsFolder: join(folder, 'recordings'),
    lame: usual,
    wasm: () => Promise.resolve(wasm),
    lookEveryMs: 5,
  })
  const jobs = Array.from({ length: 100 }, (_, index) => ({
    recordingId: `r${index}`,
    spoolPath: join(folder, `${index}.wav`),
    mp3Path: join(folder, 'recordings', 'day', `${index}.mp3`),
    tags: { title: 'x', startedAt: 0, callId: `c${index}` },
  }))
  for (const [index, job] of jobs.entries()) {
    writeFileSync(job.spoolPath, Buffer.concat([wavHeader(2, rate, 0), bytesOf(noisySpeech(rate + index, rate, index))]))
    if (index % 2 === 0) desk.follow(job.recordingId, job.spoolPath)
  }
  await wait(50)
  const results = await Promise.all(jobs.map((job) => desk.make(job, 'usual')))
  expect(results.map((result) => result.kind === 'ready' && result.seconds)).toEqual(jobs.map((_, index) => (rate + index) / rate))
  expect(readdirSync(growingFolder(join(folder, 'recordings')))).toEqual([])
  expect(new Set(jobs.map((job) => sound(job.mp3Path).toString('latin1'))).size).toBe(100)
  expect(dirname(jobs[0]?.mp3Path ?? '')).toBe(join(folder, 'recordings', 'day'))
})
