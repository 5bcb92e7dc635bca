import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { TestPhone } from '../contract/phone/phone.js'
import { delay, Engine } from './engine.js'
import { world } from './world.js'

const hourMs = 3_600_000

const closed: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closed.splice(0).reverse()) await close()
})

it.each([26 * hourMs, -26 * hourMs])(
  'a call during which the clock is set by %d ms lasts as long as it lasted: record, list, wallboard, metrics',
  { timeout: 90_000 },
  async (setByMs) => {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-clock-'))
    closed.push(() => rmSync(folder, { recursive: true, force: true }))
    const clock = join(folder, 'clock')
    writeFileSync(clock, '0')
    const [gp, specialist] = [await TestPhone.open(), await TestPhone.open()]
    closed.push(
      () => gp.close(),
      () => specialist.close(),
    )
    const engine = await Engine.start({
      directory: world([
        { id: 'cardiology', code: '21', number: '4000', rota: [specialist.uri], ring: { ringSeconds: 20, acceptSeconds: 20 } },
      ]),
      env: { NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'set-clock.mjs')).href}`, RINGROUND_TEST_CLOCK: clock },
    })
    closed.push(() => engine.dispose())

    const began = performance.now()
    const calling = gp.call(`sip:4000@${engine.sip}`)
    const rung = await specialist.nextCall(15_000)
    rung.answer()
    writeFileSync(clock, String(setByMs))
    await delay(1_500)
    await rung.media.press('1')
    await engine.callTo('4000', (call) => call.events.some(({ type }) => type === 'talk.started'), 20_000)
    await delay(1_500)
    writeFileSync(clock, '0')
    await delay(500)
    const reader = (await engine.ask('/api/live')).body?.getReader()
    const snapshot = (await reader?.read())?.value as Uint8Array | undefined
    await reader?.cancel()
    const shown = JSON.parse(/data: (.*)/.exec(new TextDecoder().decode(snapshot))?.[1] ?? '{}') as {
      readonly calls: readonly { readonly waitedMs: number; readonly talkedMs: number; readonly lastedMs: number }[]
    }
    ;(await calling).bye()
    rung.bye()
    const call = await engine.callTo('4000', ({ ending, recordings }) => ending !== undefined && recordings[0]?.state === 'ready', 20_000)
    const tookMs = performance.now() - began

    expect(call.ending).toBe('completed')
    for (const ms of [call.waitMs, call.talkMs, shown.calls[0]?.waitedMs, shown.calls[0]?.talkedMs, shown.calls[0]?.lastedMs]) {
      expect(ms).toBeGreaterThan(1_000)
      expect(ms).toBeLessThan(tookMs)
    }
    const [listed] = (
      (await (await engine.get('/api/calls')).json()) as { readonly calls: readonly { readonly waitMs: number; readonly talkMs: number }[] }
    ).calls
    expect(listed).toMatchObject({ waitMs: call.waitMs, talkMs: call.talkMs })
    const metrics = await (await engine.get('/metrics')).text()
    const sum = (name: string) => Number(new RegExp(`^${name}_sum(?:\\{[^}]*\\})? (.*)$`, 'm').exec(metrics)?.[1])
    expect(sum('ringround_wait_seconds')).toBeCloseTo((call.waitMs ?? 0) / 1_000, 2)
    expect(sum('ringround_talk_seconds')).toBeCloseTo((call.talkMs ?? 0) / 1_000, 2)
    expect(((await (await engine.get('/readyz')).json()) as { readonly alarms: readonly unknown[] }).alarms).toEqual([])
    // The instants are those of the clock on the wall.
    expect(Math.abs((call.events.find(({ type }) => type === 'talk.started')?.at ?? 0) - call.arrivedAt - setByMs)).toBeLessThan(tookMs)
  },
)
