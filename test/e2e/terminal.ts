import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { eventually } from './engine.js'

/** A terminal with a home folder in which nothing is yet. */
export class Terminal {
  readonly home = mkdtempSync(join(tmpdir(), 'ringround-home-'))
  printed = ''
  #child: ChildProcess | undefined

  run(command: string): void {
    const { XDG_CONFIG_HOME: _config, XDG_DATA_HOME: _data, ...env } = process.env
    this.#child = spawn('sh', ['-c', command], {
      cwd: this.home,
      env: { ...env, HOME: this.home },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const keep = (chunk: Buffer) => (this.printed = (this.printed + chunk.toString()).slice(-20_000))
    this.#child.stdout?.on('data', keep)
    this.#child.stderr?.on('data', keep)
    this.#child.stdin?.on('error', () => undefined)
  }

  types(keys: string): void {
    this.#child?.stdin?.write(keys)
  }

  /** Waits until this has been printed. */
  async shows(text: string, withinMs: number): Promise<void> {
    expect(await eventually(() => Promise.resolve(this.printed.includes(text) || undefined), withinMs), this.printed).toBe(true)
  }

  /** A file of its home folder; empty where it is not there. */
  reads(file: string): string {
    const path = join(this.home, file)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  close(): void {
    const pid = this.#child?.pid
    if (pid !== undefined && this.#child?.exitCode === null) process.kill(-pid, 'SIGKILL')
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 })
  }
}
