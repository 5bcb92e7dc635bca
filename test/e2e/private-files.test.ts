import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { Engine, eventually } from './engine.js'
import { world } from './world.js'

/** Everything below a folder that others than its user can reach, with its mode. */
function openToOthers(folder: string): readonly string[] {
  return [folder, ...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))].flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats !== undefined && (stats.mode & 0o077) !== 0 ? [`${path} ${(stats.mode & 0o777).toString(8)}`] : []
  })
}

describe('what is kept', { timeout: 60_000 }, () => {
  let engine: Engine | undefined
  const phones: TestPhone[] = []
  afterEach(async () => {
    for (const phone of phones.splice(0)) phone.close()
    await engine?.dispose()
    engine = undefined
  })

  it('is closed to other users while a call is recorded and when its MP3 is made, and what was left open before is closed and told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    const [data, recordings] = [join(folder, 'data'), join(folder, 'recordings')]
    for (const open of [data, recordings]) {
      mkdirSync(open)
      chmodSync(open, 0o755)
    }
    writeFileSync(join(recordings, 'old.mp3'), 'of an older version', { mode: 0o644 })
    const [gp, ward] = [await TestPhone.open(), await TestPhone.open()]
    phones.push(gp, ward)
    engine = await Engine.start({ folder, directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }]) })
    expect(engine.log).toMatch(/data \(and one more\) could be read or written by other users/)
    const processes = [engine.child.pid ?? 0, ...engine.children()]
    expect(processes.length).toBeGreaterThan(1)
    for (const pid of processes) expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Umask:\s+0077$/m)

    const caller = await gp.call(`sip:4000@${engine.sip}`)
    await caller.answered()
    const called = await ward.nextCall()
    called.answer()
    const running = engine
    const recording = await eventually(
      async () => {
        await called.media.press('1')
        return running.spooled().length > 0 || undefined
      },
      15_000,
      700,
    )
    expect(recording).toBe(true)
    expect([...openToOthers(data), ...openToOthers(recordings)]).toEqual([])
    caller.bye()
    called.bye()
    await engine.settled()
    expect(
      readdirSync(recordings, { recursive: true, encoding: 'utf8' }).filter((name) => /\.mp3(\.sealed)?$/.test(name)).length,
    ).toBeGreaterThan(1)
    expect([...openToOthers(data), ...openToOthers(recordings)]).toEqual([])
    await engine.stop()
    rmSync(folder, { recursive: true, force: true })
  })
})
