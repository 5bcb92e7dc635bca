import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EncodingProcess, type EncodingProcessSettings } from '../../src/recordings/encoding-process.js'
import type { EncodingJob } from '../../src/recordings/encoding-messages.js'
import { growingFolder } from '../../src/recordings/part-file.js'
import { wavHeader } from '../../src/embedded/protocols/rtp/wav.js'
import { heard } from './heard.js'
import { noisySpeech } from './made-sound.js'
import { scratchFolder } from './scratch-folder.js'

const rate = 8_000
const withinMs = 60_000

class World {
  readonly folder = scratchFolder()
  readonly trouble: string[] = []
  readonly encoding: EncodingProcess
  readonly #recordings = join(this.folder, 'recordings')

  constructor(more: Partial<EncodingProcessSettings> = {}) {
    this.encoding = new EncodingProcess({
      recordingsFolder: this.#recordings,
      lame: 'native',
      onTrouble: (detail) => this.trouble.push(detail),
      ...more,
    })
    onTestFinished(() => this.encoding.close())
  }

  job(recordingId: string): EncodingJob {
    return {
      recordingId,
      spoolPath: join(this.folder, `${recordingId}.wav`),
      mp3Path: join(this.#recordings, `${recordingId}.mp3`),
      tags: { title: 'x', startedAt: 0, callId: recordingId },
    }
  }

  /** The switch's spool so far, or growing. */
  write(recordingId: string, seconds: number): void {
    const { spoolPath } = this.job(recordingId)
    if (!existsSync(spoolPath)) writeFileSync(spoolPath, wavHeader(2, rate, 0))
    const sound = noisySpeech(seconds * rate, rate)
    appendFileSync(spoolPath, Buffer.from(sound.buffer))
  }

  parts(): readonly string[] {
    const folder = growingFolder(this.#recordings)
    return existsSync(folder) ? readdirSync(folder) : []
  }

  async hasEncoded(bytes: number): Promise<void> {
    await expect
      .poll(() => this.parts().some((part) => readFileSync(join(growingFolder(this.#recordings), part)).length > bytes), {
        timeout: 30_000,
      })
      .toBe(true)
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.encoding.pid ?? 0, signal)
  }
}

test('a recording is encoded while it runs; its process is not ours, gives way, and ends with us', async () => {
  const world = new World()
  const up = await world.encoding.start()
  const { pid } = world.encoding
  expect(pid).not.toBe(process.pid)
  if (process.platform === 'linux')
    expect(Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[16])).toBeGreaterThan(0)
  expect(up.name).toMatch(/^(libmp3lame \d|LAME as WebAssembly)/)
  world.write('one', 3)
  world.encoding.follow('one', world.job('one').spoolPath)
  await world.hasEncoded(8_000)
  world.write('one', 1)
  expect(await world.encoding.make(world.job('one'), 'usual', withinMs)).toMatchObject({ kind: 'ready', seconds: 4, followed: true })
  await world.encoding.close()
  expect(() => process.kill(pid ?? 0, 0)).toThrow(/ESRCH/)
  expect(await world.encoding.make(world.job('one'), 'usual', withinMs)).toMatchObject({ kind: 'failed' })
  expect(world.trouble).toEqual([])
})

test.each(['SIGKILL', 'SIGSEGV', 'SIGABRT'] as const)(
  'a process that dies by %s while people talk is replaced, and follows them again',
  async (signal) => {
    const world = new World()
    await world.encoding.start()
    world.write('one', 3)
    world.encoding.follow('one', world.job('one').spoolPath)
    await world.hasEncoded(8_000)
    const before = world.encoding.pid
    world.kill(signal)
    await expect.poll(() => world.trouble.length, { timeout: 30_000 }).toBe(1)
    expect(world.trouble[0]).toMatch(new RegExp(`^the encoding process has ended \\(${signal}\\)`))
    // The dead process's unfinished work is removed before a new one starts.
    await expect.poll(() => world.encoding.pid !== undefined && world.encoding.pid !== before, { timeout: 30_000 }).toBe(true)
    await world.hasEncoded(8_000)
    expect(world.parts()).toHaveLength(1)
    expect(await world.encoding.make(world.job('one'), 'usual', withinMs)).toMatchObject({ kind: 'ready', seconds: 3, followed: true })
  },
)

test('a process that dies over MP3s at any moment loses none of them', async () => {
  const world = new World()
  await world.encoding.start()
  const ids = Array.from({ length: 12 }, (_, index) => `r${index}`)
  for (const id of ids) {
    world.write(id, 2)
    if (Number(id.slice(1)) % 2 === 0) world.encoding.follow(id, world.job(id).spoolPath)
  }
  const made = Promise.all(ids.map((id) => world.encoding.make(world.job(id), 'usual', withinMs)))
  // Three of the four lives that each may take.
  for (const momentMs of [0, 30, 90]) {
    await new Promise((resolve) => setTimeout(resolve, momentMs))
    if (world.encoding.pid !== undefined) world.kill('SIGKILL')
  }
  expect((await made).map((result) => result.kind)).toEqual(ids.map(() => 'ready'))
  for (const id of ids) expect((await heard(world.job(id).mp3Path)).seconds).toBeGreaterThan(2)
  expect(world.parts()).toEqual([])
})

test('after three deaths the library is no longer trusted, and the other LAME makes the MP3', async () => {
  const world = new World()
  for (let death = 1; death <= 3; death++) {
    await world.encoding.start()
    world.kill('SIGSEGV')
    await expect.poll(() => world.trouble.length, { timeout: 30_000 }).toBe(death)
  }
  expect(world.trouble[2]).toMatch(/from now on LAME as WebAssembly is used/)
  expect(world.encoding.withoutLibrary).toBe(true)
  expect(await world.encoding.start()).toMatchObject({ lame: 'wasm' })
  world.write('one', 1)
  expect(await world.encoding.make(world.job('one'), 'usual', withinMs)).toMatchObject({ kind: 'ready', seconds: 1 })
})

test('a process that freezes is replaced, and its work is done', async () => {
  const world = new World({ frozenAfterMs: 3_000 })
  await world.encoding.start()
  world.write('one', 2)
  world.kill('SIGSTOP')
  expect(await world.encoding.make(world.job('one'), 'usual', withinMs)).toMatchObject({ kind: 'ready', seconds: 2 })
  expect(world.trouble).toEqual(['the encoding process has ended (no answer for 3 s)'])
})

test('one that takes too long over a recording is ended, and finally that is reported', async () => {
  const world = new World()
  await world.encoding.start()
  world.write('one', 600)
  expect(await world.encoding.make(world.job('one'), 'usual', 1)).toMatchObject({
    kind: 'failed',
    stage: 'encode',
    why: 'the encoding process has ended (not done with a recording after 0.001 s)',
    unusable: false,
  })
  expect(existsSync(world.job('one').mp3Path)).toBe(false)
  expect(await world.encoding.make(world.job('one'), 'usual', withinMs)).toMatchObject({ kind: 'ready', seconds: 600 })
})

test('an engine’s unfinished work is removed, and nothing is followed twice', async () => {
  const world = new World()
  const folder = growingFolder(join(world.folder, 'recordings'))
  world.write('one', 2)
  world.encoding.follow('one', world.job('one').spoolPath)
  world.encoding.follow('one', world.job('one').spoolPath)
  await world.hasEncoded(6_000)
  expect(world.parts()).toHaveLength(1)
  await world.encoding.close()
  expect(existsSync(folder)).toBe(false)
})
