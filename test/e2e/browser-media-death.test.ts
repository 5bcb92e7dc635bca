import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { sparesOfEnvironment } from '../contract/servers.js'
import { Phone } from '../../src/embedded/phones/phone.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { SharedSwitch } from '../fleet/shared-switch.js'
import { Engine } from './engine.js'
import { namedServers } from './named-servers.js'
import { dial, heardHz, microphone, phonePage, press, state, words } from './phone-page.js'
import { world } from './world.js'

const chromium = findChromium()
const wardTone = 1_100
const browserTone = 530
const ring = { ringSeconds: 60, acceptSeconds: 40, totalSeconds: 120 }

/** A drachtio-server and two media servers: those that the environment names, or embedded switches. Calls begin at the first media server. */
interface Servers {
  readonly sip: string
  readonly env: Readonly<Record<string, string>>
  readonly firstMediaDies: () => Promise<void>
}

describe.runIf(chromium)('a browser whose media server dies', { timeout: 180_000 }, () => {
  const open: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  async function servers(): Promise<Servers> {
    const named = sparesOfEnvironment()
    const { sip = '', env } = namedServers()
    if (named?.media && named.set.others) {
      const { media } = named
      const addresses = [named.set.freeswitch, ...named.set.others].map(({ host, port }) => `${host}:${port}`)
      open.push(() => media.restore())
      return {
        sip,
        env: { ...env, RINGROUND_FREESWITCH: addresses.join(', ') },
        firstMediaDies: () => media.kill(),
      }
    }
    const secret = randomBytes(16).toString('hex')
    const home = await SharedSwitch.start(secret)
    const first = await SharedSwitch.start(secret, home.sip)
    open.push(
      () => home.stop(),
      () => first.stop(),
    )
    const places = [first, home].map(({ eventSocket: { host, port } }) => `${host}:${port}`)
    return { sip: home.sip, env: { ...home.env, RINGROUND_FREESWITCH: places.join(', ') }, firstMediaDies: () => first.stop() }
  }

  const pageHears = (browser: Browser, hz: number) =>
    expect.poll(async () => Math.abs((await browser.evaluate<number>(heardHz)) - hz) < 25, { timeout: 20_000 }).toBe(true)

  it('in a talk: the two hear that something was wrong, and each other again', async () => {
    const { sip, env, firstMediaDies } = await servers()
    const ward = await Phone.open({ name: 'Ward', toneHz: wardTone })
    const folder = mkdtempSync(join(tmpdir(), 'ringround-browser-'))
    open.push(
      () => rmSync(folder, { recursive: true, force: true }),
      () => ward.close(),
    )
    const directory = JSON.parse(
      world(
        [{ id: 'cardiology', code: '21', number: '4001', rota: [ward.uri], ring }],
        [{ id: 'riverside', dialIn: '7001', code: '2101', reception: ward.uri }],
        { clinicians: { lind: [ward.uri] } },
      ),
    ) as { clinicians: Record<string, { organisations: string[] }> }
    directory.clinicians['lind']!.organisations = ['riverside']
    const engine = await Engine.start({ directory: JSON.stringify(directory), sip, startWithinMs: 60_000, env })
    open.push(() => engine.dispose())
    const store = { file: join(engine.folder, 'data', 'ringround.db'), postgres: undefined }
    const browser = await phonePage(engine.url, store, 'lind', microphone(folder, browserTone))
    open.push(() => browser.close())
    await browser.until(`${state} === 'ready'`, 20_000)
    await browser.evaluate(dial('21'))
    expect(await ward.answers({ withinMs: 60_000 })).toBe(true)
    await ward.waits(600)
    await ward.presses('1')
    await browser.until(`${words('call-words')}.startsWith('You are talking to')`, 20_000)
    await ward.hears(browserTone, { withinMs: 20_000 })
    await pageHears(browser, wardTone)

    await firstMediaDies()
    const moved = () => engine.callTo('21', ({ events }) => events.filter(({ type }) => type === 'leg.moved').length === 2, 30_000)
    expect((await moved()).ending).toBeUndefined()
    await engine.callTo('21', ({ events }) => events.some(({ type }) => type === 'talk.resumed'), 30_000)
    await ward.hears(browserTone, { withinMs: 30_000 })
    await pageHears(browser, wardTone)
    await browser.evaluate(press('end'))
    await ward.hangsUp()
    const call = await engine.callTo('21', ({ ending }) => ending !== undefined, 30_000)
    expect(call.ending).toBe('completed')
    expect(browser.complaints).toEqual([])
  })
})
