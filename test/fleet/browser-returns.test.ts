import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import { Engine } from '../e2e/engine.js'
import { dial, heardHz, isShown, microphone, phonePage, press, state, words } from '../e2e/phone-page.js'
import { world } from '../e2e/world.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { noPostgres, Postgres } from '../kit/postgres.js'
import { RedisServer } from '../kit/redis.js'
import { SharedSwitch } from './shared-switch.js'

const missing = noPostgres ?? (findChromium() === undefined ? 'there is no Chromium' : undefined)
const wardTone = 1_100
const browserTone = 530

describe.skipIf(missing !== undefined).each(['one drachtio-server for all', 'a switch of its own for each'] as const)(
  `a browser whose page is loaded again comes to another engine (%s)${missing === undefined ? '' : `: left out, ${missing}`}`,
  { timeout: 180_000 },
  (servers) => {
    let postgres: Postgres
    let redis: RedisServer
    let shared: SharedSwitch | undefined
    let ward: Phone
    let folder: string
    let url: string
    let browser: Browser | undefined
    const engines: Engine[] = []

    beforeAll(async () => {
      ;[postgres, redis, shared, ward] = await Promise.all([
        Postgres.start(),
        RedisServer.start(),
        servers === 'one drachtio-server for all' ? SharedSwitch.start() : undefined,
        Phone.open({ name: 'Ward', toneHz: wardTone }),
      ])
      folder = mkdtempSync(join(tmpdir(), 'ringround-browser-'))
      url = await postgres.database()
      const directory = JSON.parse(
        world(
          [
            {
              id: 'cardiology',
              code: '21',
              number: '4001',
              rota: [ward.uri],
              ring: { ringSeconds: 30, acceptSeconds: 20, totalSeconds: 60 },
            },
            {
              id: 'browser',
              code: '22',
              number: '4002',
              rota: ['sip:nobody@127.0.0.1:9'],
              ring: { ringSeconds: 30, acceptSeconds: 20, totalSeconds: 60 },
            },
          ],
          [{ id: 'riverside', dialIn: '7001', code: '2101', reception: ward.uri }],
          { clinicians: { lind: [ward.uri], okafor: ['browser:okafor'] } },
        ),
      ) as { clinicians: Record<string, { organisations: string[] }>; rotas: Record<string, { pattern: { entries: unknown[] }[] }> }
      directory.rotas['browser']!.pattern[0]!.entries = ['okafor']
      directory.clinicians['lind']!.organisations = ['riverside']
      for (const name of ['engine-1', 'engine-2', 'engine-3'])
        engines.push(
          await Engine.start({
            directory: JSON.stringify(directory),
            folder: mkdtempSync(join(tmpdir(), 'ringround-e2e-')),
            startWithinMs: 60_000,
            ...(shared ? { sip: shared.sip } : {}),
            env: {
              DATABASE_URL: url,
              RINGROUND_REDIS_URL: redis.url,
              RINGROUND_ENGINE_NAME: name,
              RINGROUND_MASTER_KEY: '5a'.repeat(32),
              ...shared?.env,
            },
          }),
        )
      browser = await phonePage(engines[0]!.url, { file: '', postgres: { url } }, 'lind', microphone(folder, browserTone))
    }, 180_000)
    afterEach(() => ward.hangsUp())
    afterAll(async () => {
      await browser?.close()
      for (const engine of engines) await engine.dispose()
      await ward.close()
      await shared?.stop()
      await Promise.all([postgres.close(), redis.close()])
      rmSync(folder, { recursive: true, force: true })
    })

    it('and goes on with its talk from each of them, whichever has the call', async () => {
      const page = browser!
      const [first] = engines
      await page.until(`${state} === 'ready'`, 20_000)
      await page.evaluate(dial('21'))
      expect(await ward.answers({ withinMs: 30_000 })).toBe(true)
      await ward.waits(600)
      await ward.presses('1')
      await page.until(`${words('call-words')}.startsWith('You are talking to')`, 20_000)
      const { callId } = (await first!.list())[0] ?? { callId: '' }
      for (const engine of engines) {
        await page.open(`${engine.url}/phone`)
        await page.until(`${state} === 'ready'`, 20_000)
        await page.until(isShown('return'), 20_000)
        await page.evaluate(press('return-now'))
        await page.until(`${words('call-words')}.startsWith('You are talking to')`, 20_000)
        await ward.hears(browserTone, { withinMs: 20_000 })
        await expect.poll(async () => Math.abs((await page.evaluate<number>(heardHz)) - wardTone) < 25).toBe(true)
      }
      const talking = await first!.call(callId)
      const back = talking.events.filter(({ type }) => type === 'leg.returned')
      expect(back).toHaveLength(engines.length)
      // One engine has had the call all the time.
      expect(new Set(talking.events.map(({ node }) => node)).size).toBe(1)
      await page.evaluate(press('end'))
      await ward.hangsUp()
      expect(await first!.ended(callId)).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
    })

    it('and goes on from another engine with the talk for which it was rung', async () => {
      const [first, second] = engines
      const page = await phonePage(first!.url, { file: '', postgres: { url } }, 'okafor', microphone(folder, browserTone))
      try {
        await page.until(`${state} === 'ready'`, 20_000)
        expect(await ward.dials(`sip:4002@${first!.sip}`)).toEqual({ kind: 'connected' })
        await page.until(isShown('rung'), 30_000)
        await page.evaluate(press('answer'))
        await page.until(isShown('accept'), 20_000)
        await page.evaluate(press('accept'))
        await page.until(`${words('call-words')}.startsWith('You are talking to')`, 20_000)
        await ward.hears(browserTone, { withinMs: 20_000 })
        // Behind one address, what a page has kept for its talk is there at each engine.
        const kept = await page.evaluate<string>('JSON.stringify({ ...sessionStorage })')
        await page.open(`${second!.url}/help/browser-calling`)
        await page.evaluate(`Object.assign(sessionStorage, ${kept})`)
        await page.open(`${second!.url}/phone`)
        await page.until(isShown('return'), 20_000)
        await page.evaluate(press('return-now'))
        await page.until(`${words('call-words')}.startsWith('You are talking to')`, 20_000)
        await expect.poll(async () => Math.abs((await page.evaluate<number>(heardHz)) - wardTone) < 25).toBe(true)
        await page.evaluate(press('end'))
        await ward.hangsUp()
        const [{ callId } = { callId: '' }] = await first!.list()
        const call = await first!.ended(callId)
        expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'specialist' })
        expect(call.events.filter(({ type }) => type === 'leg.returned')).toHaveLength(1)
      } finally {
        await page.close()
      }
    })
  },
)
