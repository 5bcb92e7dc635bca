import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import { serversOfEnvironment } from '../contract/servers.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { delay, Engine } from './engine.js'
import { decodeMp3, longestGapMs, msOfTone } from './listening.js'
import {
  codecs,
  dial,
  heardHz,
  isShown,
  keepConnections,
  microphone,
  phonePage,
  plainMicrophone,
  press,
  state,
  words,
} from './phone-page.js'
import { world } from './world.js'

const ring = { ringSeconds: 60, acceptSeconds: 40, totalSeconds: 120 }
const chromium = findChromium()
const lindTone = 530
const okaforTone = 880
const wardTone = 1_100
const opus = ['audio/opus', 'audio/opus']
const g711 = expect.stringMatching(/^audio\/PCM[AU]$/) as string

describe.runIf(chromium && !serversOfEnvironment())('browsers that speak Opus', { timeout: 600_000 }, () => {
  const open: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  function scratch(): string {
    const folder = mkdtempSync(join(tmpdir(), 'ringround-opus-'))
    open.push(() => rmSync(folder, { recursive: true, force: true }))
    return folder
  }

  async function start(folder: string, ward: string, env: Readonly<Record<string, string>> = {}): Promise<Engine> {
    const directory = JSON.parse(
      world(
        [
          { id: 'cardiology', code: '21', number: '4001', rota: [ward], ring },
          { id: 'browser', code: '22', number: '4002', rota: ['sip:nobody@127.0.0.1:9'], ring },
        ],
        [{ id: 'riverside', dialIn: '7001', code: '2101', reception: ward }],
        { clinicians: { okafor: ['browser:okafor'], lind: [ward] } },
      ),
    ) as { clinicians: Record<string, { organisations: string[] }>; rotas: Record<string, { pattern: { entries: unknown[] }[] }> }
    directory.clinicians['lind']!.organisations = ['riverside']
    directory.rotas['browser']!.pattern[0]!.entries = ['okafor']
    const engine = await Engine.start({
      directory: JSON.stringify(directory),
      folder,
      startWithinMs: 60_000,
      env: { RINGROUND_BROWSER_OPUS: 'true', ...env },
    })
    open.push(() => engine.dispose())
    return engine
  }

  async function browserOf(engine: Engine, clinician: string, hz: number): Promise<Browser> {
    const store = { file: join(engine.folder, 'data', 'ringround.db'), postgres: undefined }
    const browser = await phonePage(
      engine.url,
      store,
      clinician,
      microphone(scratch(), hz),
      `${plainMicrophone}; ${keepConnections}; window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets.push(this) } }`,
    )
    open.push(() => browser.close())
    await browser.until(`${state} === 'ready'`, 90_000)
    return browser
  }

  const hears = (browser: Browser, hz: number) =>
    expect.poll(async () => Math.abs((await browser.evaluate<number>(heardHz)) - hz) < 25, { timeout: 90_000 }).toBe(true)
  const speaksIn = (browser: Browser, expected: unknown) =>
    expect.poll(() => browser.evaluate(codecs), { timeout: 90_000 }).toEqual(expected)
  const isTalking = `${words('call-words')}.startsWith('You are talking to')`

  async function hearEachOther(lind: Browser, okafor: Browser): Promise<void> {
    await hears(lind, okaforTone)
    await hears(okafor, lindTone)
    await speaksIn(lind, opus)
    await speaksIn(okafor, opus)
  }

  /** Lind calls the line on which Okafor is, in their browsers; the service and the whisper are heard in G.711. */
  async function talk(engine: Engine): Promise<{ readonly lind: Browser; readonly okafor: Browser }> {
    const [lind, okafor] = [await browserOf(engine, 'lind', lindTone), await browserOf(engine, 'okafor', okaforTone)]
    await lind.evaluate(dial('22'))
    await okafor.until(isShown('rung'), 90_000).catch(async (error: unknown) => {
      const page = await lind.evaluate<string>("document.getElementById('phone').innerText")
      throw new Error(`nobody is rung:\n${page}\n${lind.complaints.join('\n')}\n${engine.log.slice(-3_000)}`, { cause: error })
    })
    await speaksIn(lind, [g711, 'audio/opus'])
    await okafor.evaluate(press('answer'))
    await okafor.until(isShown('accept'), 90_000)
    await okafor.until("Number(document.getElementById('phone-heard').value) > 0.3", 90_000)
    await speaksIn(okafor, [g711, 'audio/opus'])
    await okafor.type('1')
    await lind.until(isTalking, 90_000)
    await okafor.until(isTalking, 90_000)
    await hearEachOther(lind, okafor)
    return { lind, okafor }
  }

  it('one browser hears the other as it speaks, and without the WebSocket as well; the recording has both, each on its side, without a hole', async () => {
    const engine = await start(scratch(), 'sip:nobody@127.0.0.1:9')
    const { lind, okafor } = await talk(engine)
    await delay(4_000)
    await lind.evaluate('window.sockets.at(-1).close()')
    await lind.until(`${state} === 'lost'`)
    await hearEachOther(lind, okafor)
    await lind.until(`${state} === 'ready'`, 90_000)
    const [{ callId } = { callId: '' }] = await engine.list()
    expect((await engine.call(callId)).ending).toBeUndefined()

    await okafor.evaluate(press('end'))
    const call = await engine.callTo('22', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 90_000)
    expect(call.attempts).toMatchObject([{ result: 'accepted', proof: { heard: { kind: 'key', key: '1', source: 'rfc4733' } } }])
    const mp3 = decodeMp3(await engine.mp3(callId))
    const [left = new Int16Array(), right = new Int16Array()] = mp3.channels
    expect(msOfTone(lindTone, left)).toBeGreaterThan(4_000)
    expect(msOfTone(okaforTone, right)).toBeGreaterThan(4_000)
    expect(msOfTone(okaforTone, left)).toBe(0)
    expect(msOfTone(lindTone, right)).toBe(0)
    // The browsers play their file again and again, and start it late where the machine is busy: what is lost on the way would be more.
    expect(longestGapMs(lindTone, left)).toBeLessThanOrEqual(200)
    expect(longestGapMs(okaforTone, right)).toBeLessThanOrEqual(200)
    expect(Math.abs(mp3.seconds * 1_000 - (call.talkMs ?? 0))).toBeLessThan(1_000)
    expect([...lind.complaints, ...okafor.complaints]).toEqual([])
  })

  it('on hold, muted, with keys, and after the page was loaded again it is Opus as before; it ends when one of them signs out', async () => {
    const engine = await start(scratch(), 'sip:nobody@127.0.0.1:9')
    const { lind, okafor } = await talk(engine)
    await lind.evaluate(press('hold'))
    await lind.until("document.getElementById('phone-hold').getAttribute('aria-pressed') === 'true'", 90_000)
    await lind.evaluate(press('hold'))
    await lind.until("document.getElementById('phone-hold').getAttribute('aria-pressed') === 'false'", 90_000)
    await hearEachOther(lind, okafor)
    await lind.evaluate(press('mute'))
    await expect.poll(async () => Math.abs((await okafor.evaluate<number>(heardHz)) - lindTone) < 25, { timeout: 90_000 }).toBe(false)
    await lind.evaluate(press('mute'))
    await okafor.type('57')
    await hearEachOther(lind, okafor)

    await lind.open(`${engine.url}/phone`)
    await lind.until(isShown('return'), 90_000)
    await lind.evaluate(press('return-now'))
    await lind.until(isTalking, 90_000)
    await hearEachOther(lind, okafor)
    // The talk ends with the session of either.
    const account = await lind.tab(`${engine.url}/help/browser-calling`)
    const signOut = 'document.querySelector(\'form[action="/sign-out"]\')'
    await account.until(signOut, 90_000)
    await account.evaluate(`${signOut}.requestSubmit()`)
    await lind.until(`${words('trouble-words')} === 'You are signed out. Sign in again to call.'`, 90_000)
    await okafor.evaluate(press('end'))
    const call = await engine.callTo('22', ({ ending }) => ending !== undefined, 90_000)
    expect(call).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
    expect(call.recordings).toHaveLength(2)
  })

  it('an engine that is killed leaves the talk as it is, and the next one takes it over', async () => {
    const folder = scratch()
    const first = await start(folder, 'sip:nobody@127.0.0.1:9')
    const { lind, okafor } = await talk(first)
    await first.die()
    await hearEachOther(lind, okafor)
    const second = await start(folder, 'sip:nobody@127.0.0.1:9')
    const taken = await second.callTo('22', ({ events }) => events.some(({ type }) => type === 'call.takenOver'), 90_000)
    expect(taken.ending).toBeUndefined()
    await hearEachOther(lind, okafor)
  })

  it('a telephone is spoken to in its own codec, and so is the browser; with `browser.opus` off nobody speaks Opus', async () => {
    for (const on of ['true', 'false']) {
      const ward = await Phone.open({ name: 'Ward', toneHz: wardTone })
      open.push(() => ward.close())
      const engine = await start(scratch(), ward.uri, { RINGROUND_BROWSER_OPUS: on })
      const lind = await browserOf(engine, 'lind', lindTone)
      await lind.evaluate(dial('21'))
      expect(await ward.answers({ withinMs: 90_000 })).toBe(true)
      await ward.waits(600)
      await ward.presses('1')
      await lind.until(isTalking, 90_000)
      await ward.hears(lindTone, { withinMs: 90_000 })
      await hears(lind, wardTone)
      await speaksIn(lind, [g711, on === 'true' ? 'audio/opus' : g711])
      await delay(2_000)
      await ward.hangsUp()
      const call = await engine.callTo('21', (one) => one.ending !== undefined && one.recordings[0]?.state === 'ready', 90_000)
      const [left = new Int16Array(), right = new Int16Array()] = decodeMp3(await engine.mp3(call.callId)).channels
      expect(msOfTone(lindTone, left)).toBeGreaterThan(2_000)
      expect(msOfTone(wardTone, right)).toBeGreaterThan(2_000)
    }
  })
})
