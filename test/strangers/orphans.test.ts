import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { childrenOf, delay, eventually, isAlive } from '../e2e/engine.js'
import { world } from '../e2e/world.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const built = (name: string): string => join(root, 'dist', 'src', name)

/** Programs that the engine starts, each with what it is told, and whether it is told that its reader is gone before it has said a word. */
const children = [
  ['the embedded switch', 'embedded/main.js'],
  ['the simulated phones', 'demo/main.js'],
  ['what makes MP3s', 'recordings/encoding-main.js'],
] as const

describe('a child whose engine is killed', { timeout: 60_000 }, () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringround-orphans-'))
    writeFileSync(join(folder, 'directory.yaml'), world([{ id: 'cardiology', code: '21', number: '4000', rota: ['sip:ward@127.0.0.1:9'] }]))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** The engine as far as its child sees it: the pipes and the channel are there, and then they are not. */
  async function orphan(program: string, killAfterMs: number): Promise<number> {
    const local = { address: '127.0.0.1', port: 0 }
    const switchSettings = {
      drachtio: { sip: [{ ...local, protocols: ['udp', 'tcp'] }], app: local, secret: 'x' },
      freeswitch: { sip: local, eventSocket: local, password: 'x', rtp: { address: '127.0.0.1', firstPort: 0, lastPort: 0 } },
    }
    const env = {
      ...process.env,
      RINGROUND_SWITCH: JSON.stringify(switchSettings),
      RINGROUND_DEMO: JSON.stringify({ sip: { address: '127.0.0.1', port: 5060 }, directoryFile: join(folder, 'directory.yaml') }),
      RINGROUND_ENCODING: JSON.stringify({ recordingsFolder: join(folder, 'recordings'), lame: 'native' }),
    }
    const code = `require('node:child_process').fork(${JSON.stringify(built(program))}, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] }); setInterval(() => undefined, 1000)`
    const parent = spawn(process.execPath, ['-e', code], { env, stdio: 'ignore' })
    const child = await eventually(() => Promise.resolve(childrenOf(parent.pid ?? -1)[0]), 5_000, 1)
    await delay(killAfterMs)
    parent.kill('SIGKILL')
    return child ?? -1
  }

  for (const [name, program] of children) {
    it(`ends: ${name}, at whatever moment of the start`, async () => {
      const orphans = await Promise.all([0, 20, 50, 100, 200, 400, 1_000].map((ms) => orphan(program, ms)))
      expect(orphans.every((pid) => pid > 0)).toBe(true)
      const left = await eventually(() => Promise.resolve(orphans.some(isAlive) ? undefined : true), 15_000, 100)
      for (const pid of orphans.filter(isAlive)) process.kill(pid, 'SIGKILL')
      expect(left).toBe(true)
    })
  }

  it('ends, and so does every other, when the engine itself is killed at whatever moment of its start', async () => {
    const left = await Promise.all(
      [300, 500, 700, 900, 1_200, 1_600, 2_500].map(async (ms, n) => {
        const data = join(folder, `engine-${n}`)
        writeFileSync(join(folder, `settings-${n}.yaml`), '{}\n')
        const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RINGROUND_')))
        const env = {
          ...inherited,
          RINGROUND_SIP_PORT: '0',
          RINGROUND_HTTP_PORT: '0',
          RINGROUND_DATA_FOLDER: data,
          RINGROUND_RECORDINGS_FOLDER: join(data, 'recordings'),
          RINGROUND_DIRECTORY_FILE: join(folder, 'directory.yaml'),
          RINGROUND_TTS: 'none',
        }
        const engine = spawn(process.execPath, [built('main.js'), '--config', join(folder, `settings-${n}.yaml`)], {
          cwd: root,
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        engine.stdout.resume()
        engine.stderr.resume()
        await delay(ms)
        const its = childrenOf(engine.pid ?? -1)
        engine.kill('SIGKILL')
        const gone = await eventually(() => Promise.resolve(its.some(isAlive) ? undefined : true), 15_000, 100)
        for (const pid of its.filter(isAlive)) process.kill(pid, 'SIGKILL')
        return { children: its.length, gone: gone === true }
      }),
    )
    expect(left.some(({ children }) => children > 0)).toBe(true)
    expect(left.every(({ gone }) => gone)).toBe(true)
  })

  it('ends, though it has something to complain of and nobody to tell', async () => {
    // Its output is a pipe whose reader has gone: the first line is an error, and writing that down would be the next.
    const code = `const c = require('node:child_process').fork(${JSON.stringify(built('embedded/main.js'))}, [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] }); c.stderr.destroy(); c.stdout.destroy(); process.on('SIGTERM', () => process.exit(0)); setInterval(() => undefined, 1000)`
    const parent = spawn(process.execPath, ['-e', code], {
      env: { ...process.env, RINGROUND_SWITCH: '{"nothing": "right"}' },
      stdio: 'ignore',
    })
    const child = (await eventually(() => Promise.resolve(childrenOf(parent.pid ?? -1)[0]), 5_000, 1)) ?? -1
    const left = await eventually(() => Promise.resolve(isAlive(child) ? undefined : true), 15_000, 50)
    parent.kill('SIGKILL')
    if (isAlive(child)) process.kill(child, 'SIGKILL')
    expect(left).toBe(true)
  })
})
