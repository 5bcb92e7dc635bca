import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { Engine, eventually, isAlive } from './engine.js'
import { world } from './world.js'

const mayMount = process.getuid?.() === 0 && process.platform === 'linux' && existsSync('/bin/mount')
const megabyte = 1024 * 1024

/** Takes what room is left. */
function fill(folder: string, name: string): void {
  for (const bytes of [megabyte, 65_536, 4_096]) {
    const portion = Buffer.alloc(bytes, 1)
    try {
      for (;;) writeFileSync(join(folder, name), portion, { flag: 'a' })
    } catch {
      // Full for pieces of this size.
    }
  }
}

describe.runIf(mayMount)('an engine whose disk is full', { timeout: 120_000 }, () => {
  let engine: Engine | undefined
  let disk: string | undefined
  const phones: TestPhone[] = []
  afterEach(async () => {
    for (const phone of phones.splice(0)) phone.close()
    await engine?.dispose().catch(() => undefined)
    engine = undefined
    if (disk !== undefined) execFileSync('umount', ['-l', disk], { stdio: 'ignore' })
    disk = undefined
  })

  async function alarms(running: Engine): Promise<Readonly<Record<string, string>>> {
    const { alarms: up } = (await (await running.get('/readyz')).json()) as {
      readonly alarms: readonly { readonly alarm: string; readonly detail: string }[]
    }
    return Object.fromEntries(up.map(({ alarm, detail }) => [alarm, detail]))
  }

  it('stores facts from its reserve; then turns new callers away with a sentence before anybody is rung; then goes on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-e2e-'))
    const data = join(folder, 'data')
    mkdirSync(data)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', data], { stdio: 'ignore' })
    } catch {
      return
    }
    disk = data
    const [gp, late, ward] = [await TestPhone.open(), await TestPhone.open(), await TestPhone.open()]
    phones.push(gp, late, ward)
    engine = await Engine.start({ folder, directory: world([{ id: 'cardiology', code: '21', number: '4000', rota: [ward.uri] }]) })
    const running = engine
    const reserve = join(data, 'reserve')
    expect(
      await eventually(() => Promise.resolve(existsSync(reserve) && statSync(reserve).size === 16 * megabyte ? true : undefined), 10_000),
    ).toBe(true)

    fill(data, 'ballast')
    const caller = await gp.call(`sip:4000@${running.sip}`)
    await caller.answered()
    const called = await ward.nextCall()
    called.answer()
    const talking = await eventually(
      async () => {
        await called.media.press('1')
        const [call] = await running.list()
        const { events } = await running.call(call?.callId ?? '')
        return events.some((event) => event.type === 'talk.started') || undefined
      },
      20_000,
      700,
    )
    expect(talking).toBe(true)
    expect((await running.get('/readyz')).status).toBe(200)

    // The reserve is used up as well; the talk goes on.
    let more = 0
    const usedUp = await eventually(async () => {
      rmSync(reserve, { force: true })
      fill(data, `ballast-${more++}`)
      const attempt = await late.call(`sip:4000@${running.sip}`)
      await attempt.answered()
      const over = await eventually(() => Promise.resolve(attempt.byeAt === undefined ? undefined : true), 20_000)
      expect(over).toBe(true)
      return (await running.get('/readyz')).status === 503 || undefined
    }, 60_000)
    expect(usedUp).toBe(true)
    expect(ward.calls).toHaveLength(1)
    expect((await alarms(running))['store.cannotWrite']).toMatch(/^the disk is full \(SQLITE_FULL/)
    expect(JSON.stringify(await alarms(running))).not.toMatch(/another engine/)
    expect([caller.byeAt, called.byeAt, isAlive(running.child.pid ?? 0)]).toEqual([undefined, undefined, true])

    for (let done = 0; done < more; done++) rmSync(join(data, `ballast-${done}`), { force: true })
    rmSync(join(data, 'ballast'))
    expect(await eventually(async () => ((await running.get('/readyz')).status === 200 ? true : undefined), 30_000)).toBe(true)
    caller.bye()
    called.bye()
    await running.settled()
    const endings = (await running.list()).map((call) => call.ending)
    expect(endings.filter((ending) => ending === 'completed')).toHaveLength(1)
    expect(endings.filter((ending) => ending === 'engineFault').length).toBe(endings.length - 1)
    expect(endings.length).toBeGreaterThan(1)
    expect(
      await eventually(() => Promise.resolve(existsSync(reserve) && statSync(reserve).size === 16 * megabyte ? true : undefined), 20_000),
    ).toBe(true)
    await running.stop()
  })
})
