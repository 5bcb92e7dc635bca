import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { childrenOf, eventually } from './engine.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** `npm start` in a copy of the repository that was never built. */
describe('the first start', { timeout: 120_000 }, () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringround-first-'))
    for (const name of ['src', 'scripts', 'config', 'prompts', 'package.json', 'package-lock.json']) cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function start(): Promise<{ readonly printed: string; readonly children: readonly string[]; readonly exitCode: number | null }> {
    const child = spawn(process.execPath, [join(folder, 'scripts', 'start.mjs')], { cwd: folder, env: { ...process.env, RINGROUND_SIP_PORT: '0', RINGROUND_HTTP_PORT: '0' }, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    try {
      await eventually(() => Promise.resolve(printed.includes('  Stop  ') || child.exitCode !== null || undefined), 60_000)
      const url = /http:\/\/\S+/.exec(printed)?.[0]
      expect(url, printed).toBeDefined()
      expect((await fetch(`${url ?? ''}readyz`)).status).toBe(200)
      const children = childrenOf(child.pid ?? -1).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      child.kill('SIGTERM')
      await eventually(() => Promise.resolve(child.exitCode ?? undefined), 20_000)
      return { printed, children, exitCode: child.exitCode }
    } finally {
      child.kill('SIGKILL')
    }
  }

  it('says that it builds, is ready when it says so, and leaves no process of the build behind', async () => {
    const first = await start()
    expect(first.printed).toMatch(/^Building .*\n/)
    expect(first.exitCode).toBe(0)
    expect(first.children).toHaveLength(1)
    expect(first.children[0]).toContain('embedded')
  })

  it('does not build again', async () => {
    const second = await start()
    expect(second.printed).toMatch(/^Ringround is ready/)
    expect(second.exitCode).toBe(0)
  })
})
