import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { childrenOf, eventually } from './engine.js'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** `npm start` in a copy of the repository that was never built. */
describe('the first start', { timeout: 600_000 }, () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ringround-first-'))
    for (const name of ['src', 'packages', 'scripts', 'config', 'prompts', 'package.json', 'package-lock.json'])
      cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function start(): Promise<{ readonly printed: string; readonly children: readonly string[]; readonly exitCode: number | null }> {
    const child = spawn(process.execPath, [join(folder, 'scripts', 'start.mjs')], {
      cwd: folder,
      env: { ...process.env, RINGROUND_SIP_PORT: '0', RINGROUND_HTTP_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    let readyz: Promise<number> | undefined
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const page = /is ready[^]*Page +(http:\/\/\S+)\n/.exec(printed)?.[1]
      // In the moment in which it is said.
      if (page !== undefined) readyz ??= fetch(`${page}readyz`).then(({ status }) => status)
    })
    child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString()))
    try {
      await eventually(() => Promise.resolve(printed.includes('  Stop  ') || child.exitCode !== null || undefined), 180_000)
      expect(readyz, printed).toBeDefined()
      expect(await readyz).toBe(200)
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
    expect(first.children.filter((command) => command.includes('embedded'))).toHaveLength(1)
    expect(first.children.filter((command) => !/embedded|encoding-main/.test(command))).toEqual([])
  })

  it('does not build again', async () => {
    const second = await start()
    expect(second.printed).toMatch(/^Ringround is ready/)
    expect(second.exitCode).toBe(0)
  })

  it('builds again what has changed, though its size and its time are what they were', async () => {
    const file = join(folder, 'src', 'terminal.ts')
    const [text, { atime, mtime }] = [readFileSync(file, 'utf8'), statSync(file)]
    writeFileSync(file, text.replaceAll('Stopping', 'Stoppage'))
    utimesSync(file, atime, mtime)
    const changed = await start()
    expect(changed.printed).toMatch(/^Building .*\n/)
    expect(changed.printed).toContain('Stoppage')
    expect(changed.exitCode).toBe(0)
  })
})
