import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { Engine, eventually, type ApiCall } from './engine.js'
import { freePort } from './free-ports.js'
import { decodeMp3 } from './listening.js'

const config = fileURLToPath(new URL('../../config/directory.yaml', import.meta.url))

/** The demo world, with its telephones on ports that are free here. */
async function demoWorld(): Promise<string> {
  let text = readFileSync(config, 'utf8')
  for (const port of new Set([...text.matchAll(/@127\.0\.0\.1:(\d+)/g)].map(([, found = '']) => found)))
    text = text.replaceAll(`@127.0.0.1:${port}"`, `@127.0.0.1:${await freePort()}"`)
  return text
}

/** The share of windows of 100 ms that one frequency fills: near 1 for a tone, small for speech. */
function toneLike(samples: Int16Array): number {
  let tones = 0
  let loud = 0
  for (let at = 0; at + 800 <= samples.length; at += 800) {
    const part = samples.subarray(at, at + 800)
    if (part.every((sample) => Math.abs(sample) < 300)) continue
    loud++
    for (let frequency = 300; frequency < 1_200; frequency += 20) {
      if (toneShare(part, frequency) < 0.9) continue
      tones++
      break
    }
  }
  return loud === 0 ? 1 : tones / loud
}

describe('the demo', { timeout: 180_000 }, () => {
  let folder: string
  let engine: Engine
  let directory: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringround-demo-'))
    directory = await demoWorld()
    engine = await Engine.start({ directory, folder, args: ['--demo'], startWithinMs: 60_000 })
  })
  afterAll(async () => {
    await engine.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  it('has a month behind it, at its first start', async () => {
    expect(engine.printed).toMatch(/\d{3,} calls invented/)
    expect((await engine.list()).length).toBe(200)
  })

  it('has several calls at a time, people who speak, recordings of it, and outcomes left by key', async () => {
    const ours = async (): Promise<readonly ApiCall[]> =>
      Promise.all((await engine.list()).slice(0, 6).map(({ callId }) => engine.call(callId)))
    const busy = await eventually(
      async () => ((await ours()).filter(({ ending }) => ending === undefined).length > 1 ? true : undefined),
      60_000,
      500,
    )
    expect(busy).toBe(true)
    const done = await eventually(
      async () =>
        (await ours()).find(
          ({ outcome, ending, recordings }) => outcome !== undefined && ending !== undefined && recordings[0]?.state === 'ready',
        ),
      150_000,
      1_000,
    )
    expect(done, engine.log.slice(-3_000)).toBeDefined()
    expect(done!.ending).toBe('completed')
    expect(done!.outcome!.by).not.toBe('staff')
    const { channels, seconds } = decodeMp3(await engine.mp3(done!.callId))
    expect(seconds).toBeGreaterThan(10)
    expect(channels).toHaveLength(2)
    for (const samples of channels) expect(toneLike(samples)).toBeLessThan(0.2)
    expect(engine.printed).toMatch(/\d\d:\d\d:\d\d {2}Harbour Lane Practice rings Acute Medicine SDEC - DVT: /)
  })

  it('ends at once when it is told to, and invents nothing into a store that has calls', async () => {
    engine.child.kill('SIGTERM')
    expect(await eventually(() => Promise.resolve(engine.child.exitCode ?? undefined), 20_000)).toBe(0)
    engine = await Engine.start({ directory, folder, args: ['--demo'], startWithinMs: 60_000 })
    expect(engine.printed).not.toContain('calls invented')
  })
})
