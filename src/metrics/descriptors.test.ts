import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { descriptorHealth, descriptorUse, DescriptorWatch } from './descriptors.js'

/** A /proc with one process that has this many descriptors open. */
function proc(open: number, limit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-proc-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, '17', 'fd'), { recursive: true })
  for (let fd = 0; fd < open; fd++) writeFileSync(join(folder, '17', 'fd', String(fd)), '')
  writeFileSync(
    join(folder, '17', 'limits'),
    `Limit                     Soft Limit           Hard Limit           Units     \nMax processes             100                  100                  processes \nMax open files            ${limit.padEnd(20)} 4096                 files     \n`,
  )
  return folder
}

describe('file descriptors of a process', () => {
  it('are counted, with the limit', () => {
    expect(descriptorUse(17, proc(3, '1024'))).toEqual({ open: 3, limit: 1024 })
    expect(descriptorUse(17, proc(3, 'unlimited'))).toEqual({ open: 3, limit: Number.POSITIVE_INFINITY })
    expect(descriptorUse(18, proc(3, '1024'))).toBeUndefined()
  })

  it.runIf(process.platform === 'linux')('of this process', () => {
    const use = descriptorUse('self')
    expect(use?.open).toBeGreaterThan(3)
    expect(use?.limit).toBeGreaterThan(use?.open ?? 0)
  })

  it.each([
    [{ open: 900, limit: 1024 }, true],
    [{ open: 961, limit: 1024 }, false],
    [{ open: 1024, limit: 1024 }, false],
    [{ open: 100, limit: 128 }, false],
    [{ open: 90, limit: 128 }, true],
    [{ open: 5_000, limit: Number.POSITIVE_INFINITY }, true],
    [{ open: 0, limit: 0 }, true],
    [undefined, true],
  ])('%j: enough are left: %s', (use, ok) => {
    expect(descriptorHealth({ 'the engine': use }).ok).toBe(ok)
  })

  it('the process that has too few is named', () => {
    const health = descriptorHealth({ 'the engine': { open: 40, limit: 1024 }, 'the embedded switch': { open: 1020, limit: 1024 } })
    expect(health.detail).toMatch(/^the embedded switch has 1020 of 1024 file descriptors in use: .*LimitNOFILE/)
  })

  it('processes with enough are reported in figures, and a system without the data as such', () => {
    expect(descriptorHealth({ 'the engine': { open: 40, limit: 1024 }, 'the embedded switch': undefined }).detail).toBe(
      'the engine: 40 of 1024 in use',
    )
    expect(descriptorHealth({ 'the engine': undefined }).detail).toBe('not known on this system')
  })

  it('raise one alarm while they run out, cleared when enough are left', () => {
    vi.useFakeTimers()
    onTestFinished(() => {
      vi.useRealTimers()
    })
    const alarms = { raise: vi.fn(), clear: vi.fn() }
    let pid: number | 'self' | undefined = 'self'
    const watch = new DescriptorWatch(() => ({ 'the engine': pid }), alarms)
    const { limit } = descriptorUse('self') ?? { limit: 0 }
    expect(watch.look().ok).toBe(true)
    expect([alarms.raise.mock.calls.length, alarms.clear.mock.calls.length]).toEqual([0, 0])
    pid = undefined
    expect(watch.look()).toEqual({ ok: true, detail: 'not known on this system' })
    expect(limit).toBeGreaterThan(0)
    const look = vi.spyOn(watch, 'look')
    vi.advanceTimersByTime(60_000)
    expect(look.mock.calls.length).toBeGreaterThan(1)
    const looked = look.mock.calls.length
    watch.close()
    vi.advanceTimersByTime(60_000)
    expect(look.mock.calls.length).toBe(looked)
  })
})
