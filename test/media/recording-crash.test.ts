import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { toneShare } from '../../src/embedded/protocols/rtp/goertzel.js'
import { readWav } from '../../src/embedded/protocols/rtp/wav.js'
import { until } from './rtp-phone.js'

/** A switch of its own process: records a leg that is played 1000 Hz, to the file in argv; tells each recording fault on stdout. */
const PROGRAM = `
import { MediaEngine } from './src/embedded/media/media-engine.ts'
const engine = new MediaEngine({ address: '127.0.0.1', portRange: [0, 0], onFault: (fault) => console.log('fault ' + fault.kind + ' ' + fault.message) })
const channel = await engine.createChannel({ id: 'one' })
channel.configure({ remoteAddress: '127.0.0.1', remotePort: 9, codec: 'PCMU', direction: 'sendrecv' })
channel.play({ kind: 'toneStream', tones: '%(1000,0,1000);loops=-1' })
const recording = await channel.startRecording(process.argv[2], { stereo: true })
console.log('recording')
process.on('SIGTERM', async () => {
  const result = await recording.stop()
  console.log('result ' + JSON.stringify(result))
  await engine.close()
  process.disconnect?.()
})
`

let folder: string
let program: string
let child: ChildProcess | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crash-'))
  program = join(folder, 'switch.mjs')
  const root = fileURLToPath(new URL('../..', import.meta.url))
  await build({
    stdin: { contents: PROGRAM, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile: program,
    logLevel: 'error',
  })
})

afterEach(() => {
  child?.kill('SIGKILL')
})

afterAll(() => rm(folder, { recursive: true }))

/** Starts it; `said` is what it has printed. */
function start(command: string, args: readonly string[]): { child: ChildProcess; said: () => string; exited: Promise<void> } {
  const started = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  child = started
  let text = ''
  started.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
  const exited = new Promise<void>((resolve) => started.once('exit', () => resolve()))
  return { child: started, said: () => text, exited }
}

it('a killed switch leaves a recording that can be read up to its last second and a half', async () => {
  const path = join(folder, 'killed.wav')
  const one = start(process.execPath, [program, path])
  await until('it records', () => one.said().includes('recording'))
  const begun = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 4000))
  one.child.kill('SIGKILL')
  await one.exited
  const ran = performance.now() - begun
  const { channels, durationMs } = await readWav(path)
  expect(channels).toHaveLength(2)
  // One portion of a second may be filling, and half a second waits for late packets; a slow machine adds to both.
  expect(durationMs).toBeGreaterThan(ran - 2600)
  expect(durationMs).toBeLessThanOrEqual(ran + 100)
  expect(durationMs % 1000).toBe(0)
  expect(toneShare(channels[1] ?? [], 1000, 8000, 1600, 6400)).toBeGreaterThan(0.95)
})

it('a disk that is full in the middle of a call ends the recording, not the call, and is told once', async () => {
  const path = join(folder, 'full.wav')
  // The shell's limit of file size (in 1024-byte blocks) stands for the full disk; the signal that goes with it is ignored.
  const one = start('bash', ['-c', `trap '' XFSZ; ulimit -f 40; exec "$0" "$@"`, process.execPath, program, path])
  await until('it records', () => one.said().includes('recording'))
  await until('the fault is told', () => one.said().includes('fault recording'), 20_000)
  one.child.kill('SIGTERM')
  await until('the recording is over', () => one.said().includes('result'))
  await one.exited
  expect(one.said().match(/fault/g)).toHaveLength(1)
  expect(one.said()).toMatch(/fault recording E(FBIG|NOSPC)/)
  const result = JSON.parse(/result (.*)/.exec(one.said())?.[1] ?? '{}') as { error?: string; durationMs: number }
  expect(result.error).toMatch(/E(FBIG|NOSPC)/)
  expect(result.durationMs).toBe(1000)
  expect((await readWav(path)).durationMs).toBeGreaterThanOrEqual(1000)
})
