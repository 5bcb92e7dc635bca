import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { descriptorHealth, descriptorUse } from './descriptors.js'

/** A /proc with one process that has so many descriptors open. */
function proc(open: number, limit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringround-proc-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, '17', 'fd'), { recursive: true })
  for (let fd = 0; fd < open; fd++) writeFileSync(join(folder, '17', 'fd', String(fd)), '')
  writeFileSync(join(folder, '17', 'limits'), `Limit                     Soft Limit           Hard Limit           Units     \nMax processes             100                  100                  processes \nMax open files            ${limit.padEnd(20)} 4096                 files     \n`)
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
})
