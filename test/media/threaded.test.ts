import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startThreadedMedia } from '../../src/embedded/media/threaded-media.js'
import { mediaContract } from './media-contract.js'

let folder: string
let program: URL

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'media-thread-'))
  const outfile = join(folder, 'media-thread.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/embedded/media/media-thread.ts', import.meta.url))],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    logLevel: 'error',
  })
  program = pathToFileURL(outfile)
})

afterAll(() => rm(folder, { recursive: true }))

for (const choice of ['node', 'auto'] as const) {
  mediaContract(
    `an engine in a thread of its own, sockets: ${choice}`,
    (options) =>
      startThreadedMedia(program, options, choice, (why) => {
        throw new Error(why)
      }),
    false,
  )
}

describe('a media thread', () => {
  const options = { address: '127.0.0.1', portRange: [0, 0] } as const

  afterEach(() => {
    vi.useRealTimers()
  })

  function thread(code: string): { media: ReturnType<typeof startThreadedMedia>; died: Promise<string> } {
    let media: ReturnType<typeof startThreadedMedia> | undefined
    const died = new Promise<string>((resolve) => {
      media = startThreadedMedia(new URL(`data:text/javascript,${encodeURIComponent(code)}`), options, 'node', resolve)
    })
    if (!media) throw new Error('not started')
    return { media, died }
  }

  it.each([
    ['fails', "throw new Error('broken')", 'broken'],
    ['ends', 'process.exit(3)', 'code 3'],
  ])('that %s is told of, and its pending promises reject', async (_what, code, why) => {
    const { media, died } = thread(code)
    const channel = media.createChannel({ id: 'one' })
    await expect(channel).rejects.toThrow(why)
    expect(await died).toContain(why)
    await media.close()
  })

  it('that hangs is ended and told of', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { media, died } = thread('for (;;);')
    const channel = expect(media.createChannel({ id: 'one' })).rejects.toThrow('10 s')
    await vi.advanceTimersByTimeAsync(11_000)
    expect(await died).toContain('10 s')
    await channel
    await media.close()
  })

  it('that answers lives on, however long nothing happens', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    // It answers a command of the tests' own too, so that each answer can be waited for.
    const { media, died } = thread(
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', (all) => parentPort.postMessage(all.map(({ kind, channel }) => (kind === 'end' ? { kind: 'ended' } : kind === 'open' ? { kind: 'refused', channel, why: { kind: 'error', message: 'full' } } : { kind: 'alive' }))))",
    )
    for (let second = 0; second < 60; second++) {
      vi.advanceTimersByTime(1000)
      await expect(media.createChannel({ id: 'one' })).rejects.toThrow('full')
    }
    expect(await Promise.race([died, media.close().then(() => 'closed')])).toBe('closed')
  })
})
