import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import { findChromium, type Browser, type Tab } from '../keeping/browser.js'
import { expectGood } from '../web/axe.js'
import { tabTo } from '../web/keyboard.js'
import { pictureOf } from '../web/pictures.js'
import { Engine } from './engine.js'
import { namedServers } from './named-servers.js'
import { dial, heardHz, isShown, microphone, phonePage, plainMicrophone, press, state, words } from './phone-page.js'
import { world } from './world.js'

/** Long enough for every check in between. */
const ring = { ringSeconds: 60, acceptSeconds: 40, totalSeconds: 120 }
const chromium = findChromium()
const wardTone = 1_100
const browserTone = 530

describe.runIf(chromium)('calling from the browser', { timeout: 120_000 }, () => {
  let engine: Engine
  let ward: Phone
  let folder: string
  const open: { close(): Promise<void> }[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ringround-browser-'))
    ward = await Phone.open({ name: 'Ward', toneHz: wardTone })
    const directory = JSON.parse(
      world(
        [
          { id: 'cardiology', code: '21', number: '4001', rota: [ward.uri], ring },
          { id: 'browser', code: '22', number: '4002', rota: ['sip:nobody@127.0.0.1:9'], ring },
        ],
        [{ id: 'riverside', dialIn: '7001', code: '2101', reception: ward.uri }],
        { clinicians: { okafor: ['browser:okafor'], lind: [ward.uri] } },
      ),
    ) as { clinicians: Record<string, { organisations: string[] }>; rotas: Record<string, { pattern: { entries: unknown[] }[] }> }
    directory.clinicians['lind']!.organisations = ['riverside']
    directory.rotas['browser']!.pattern[0]!.entries = ['okafor']
    const servers = namedServers()
    engine = await Engine.start({
      directory: JSON.stringify(directory),
      ...servers,
      env: { ...servers.env, RINGROUND_CALLERS: '127.0.0.2', RINGROUND_MIN_REGISTRATION_SECONDS: '1' },
    })
  })
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close()
    await ward.hangsUp()
  })
  afterAll(async () => {
    try {
      await ward.close()
      await engine.stop()
    } finally {
      await engine.dispose()
      rmSync(folder, { recursive: true, force: true })
    }
  })

  async function browserOf(clinician: string, flags = microphone(folder, browserTone), before?: string): Promise<Browser> {
    const browser = await phonePage(
      engine.url,
      { file: join(engine.folder, 'data', 'ringround.db'), postgres: undefined },
      clinician,
      flags,
      before,
    )
    open.push(browser)
    return browser
  }

  /** Waits until the page shows it. @throws with what it shows instead */
  async function shows(browser: Browser, expression: string): Promise<void> {
    try {
      await browser.until(expression, 20_000)
    } catch (error) {
      const page = await browser.evaluate<string>("document.getElementById('phone')?.innerText ?? document.body.innerText")
      const [last] = await engine.list()
      const facts =
        last === undefined ? [] : (await engine.call(last.callId)).events.map(({ type, ...fact }) => `${type} ${JSON.stringify(fact)}`)
      throw new Error(
        `the page does not show ${expression}, but:\n${page}\n${browser.complaints.join('\n')}\n${facts.join('\n')}\n${engine.log.slice(-1_500)}`,
        { cause: error },
      )
    }
  }

  const ready = (browser: Browser) => shows(browser, `${state} === 'ready'`)

  it('registers, and shows the lines with one button each', async () => {
    const browser = await browserOf('lind')
    await ready(browser)
    expect(await browser.evaluate(words('state'))).toBe('Ready to call.')
    expect(
      await browser.evaluate(
        "[...document.querySelectorAll('#phone-lines .rr-service')].map((one) => one.querySelector('h2').textContent)",
      ),
    ).toEqual(['browser', 'cardiology'])
    expect(
      await browser.evaluate("[...document.querySelectorAll('.rr-phone__dial')].map((one) => [one.textContent.trim(), one.disabled])"),
    ).toEqual([
      ['Call browser', false],
      ['Call cardiology', false],
      ['Call the menu of riverside Surgery', false],
    ])
    await browser.evaluate(
      "(() => { const field = document.getElementById('phone-search'); field.value = 'card'; field.dispatchEvent(new Event('input')) })()",
    )
    expect(
      await browser.evaluate("[...document.querySelectorAll('#phone-lines .rr-service')].map((one) => one.checkVisibility())"),
    ).toEqual([false, true])
    await browser.evaluate(
      "(() => { const field = document.getElementById('phone-search'); field.value = ''; field.dispatchEvent(new Event('input')) })()",
    )
    await browser.evaluate("document.getElementById('phone-set-up').open = true")
    await expectGood(browser, 'phone', pictureOf(browser))
    await tabTo(browser, 'Call cardiology')
    await browser.open(`${engine.url}/help/browser-calling`)
    await browser.until("document.querySelector('h1')?.textContent.trim() === 'Calling from the browser'")
    await expectGood(browser, 'help-browser-calling', pictureOf(browser))
    expect(browser.complaints).toEqual([])
  })

  it('is one telephone in two tabs, and moves to the other one', async () => {
    const browser = await browserOf('lind')
    await ready(browser)
    const other: Tab = await browser.tab(`${engine.url}/phone`)
    await other.until(isShown('take'))
    expect(await other.evaluate(words('trouble-words'))).toBe('The phone is in another tab of this browser.')
    await other.evaluate(press('take'))
    await other.until(`${state} === 'ready'`)
    await browser.until(isShown('take'))
    expect(await browser.evaluate("[...document.querySelectorAll('.rr-phone__dial')].every((one) => one.disabled)")).toBe(true)
  })

  it('comes back after the connection was lost', async () => {
    const browser = await browserOf(
      'lind',
      undefined,
      'window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets.push(this) } }',
    )
    await ready(browser)
    await browser.evaluate('window.sockets.at(-1).close()')
    await browser.until(`${state} === 'lost'`)
    await ready(browser)
    expect(await browser.evaluate('window.sockets.length')).toBe(2)
    expect(await browser.evaluate(isShown('trouble'))).toBe(false)
  })

  it.each([
    [
      'the microphone is refused',
      'NotAllowedError',
      'The browser is not letting this page use the microphone. Allow it in the address bar, then try again.',
    ],
    ['there is no microphone', 'NotFoundError', 'No microphone was found. Plug in a headset, or choose another device.'],
    [
      'another program has it',
      'NotReadableError',
      'The microphone cannot be used: another program may be using it. Close that program, then try again.',
    ],
  ])('%s: says so, and calls nobody', async (_what, name, said) => {
    const browser = await browserOf(
      'lind',
      undefined,
      `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '${name}'))`,
    )
    await ready(browser)
    await browser.evaluate(dial('21'))
    await browser.until(isShown('trouble'))
    expect(await browser.evaluate(words('trouble-words'))).toBe(said)
    expect(ward.state).toBe('idle')
    expect(await browser.evaluate('document.querySelector(\'[data-dial="21"]\').disabled')).toBe(false)
  })

  it('a browser without a microphone says so by itself', async () => {
    const browser = await browserOf('lind', [])
    await ready(browser)
    await browser.evaluate(dial('21'))
    await browser.until(isShown('trouble'))
    expect(await browser.evaluate(words('trouble-words'))).toMatch(/^(No microphone was found|The browser is not letting)/)
  })

  /** The ward is rung, answers and accepts. */
  async function wardAccepts(): Promise<void> {
    expect(await ward.answers({ withinMs: 30_000 })).toBe(true)
    await ward.waits(600)
    await ward.presses('1')
  }

  const near = (hz: number, wanted: number) => Math.abs(hz - wanted) < 25

  async function pageHears(browser: Browser, hz: number): Promise<void> {
    await expect.poll(async () => near(await browser.evaluate<number>(heardHz), hz), { timeout: 20_000 }).toBe(true)
  }

  async function talks(browser: Browser): Promise<void> {
    await ready(browser)
    await browser.evaluate(dial('21'))
    await shows(browser, `${words('call-words')}.startsWith('Ringing')`)
    await wardAccepts()
    await shows(browser, `${words('call-words')}.startsWith('You are talking to')`)
  }

  it('calls a line: sees which attempt it is, is heard and hears, and leaves an outcome in one tap', async () => {
    const browser = await browserOf('lind')
    await ready(browser)
    await browser.evaluate(dial('21'))
    await shows(browser, `${words('call-words')} === 'Ringing: A telephone on the rota (1 of 1).'`)
    await shows(browser, `/^Waiting for \\d+:\\d\\d$/.test(${words('clock')})`)
    await expectGood(browser, 'phone-ringing', pictureOf(browser))
    await wardAccepts()
    await shows(browser, `${words('call-words')} === 'You are talking to cardiology phone 1.'`)
    await ward.hears(browserTone, { withinMs: 20_000 })
    await pageHears(browser, wardTone)
    expect(await browser.evaluate(isShown('recorded'))).toBe(true)
    expect(await browser.evaluate("Number(document.getElementById('phone-heard').value)")).toBeGreaterThan(0.3)
    await shows(browser, `/^Talking for \\d+:\\d\\d$/.test(${words('clock')})`)
    await expectGood(browser, 'phone-talking', pictureOf(browser))
    await browser.evaluate("document.getElementById('phone-nhs-number').focus()")
    await browser.type('943 476 5919')
    await browser.evaluate(press('nhs-save'))
    await shows(browser, `${words('about-said')} === 'The NHS number is saved.'`)
    await browser.evaluate(
      "[...document.querySelectorAll('#phone-outcome-choices button')].find((one) => one.textContent === 'Referral avoided').click()",
    )
    await shows(browser, `${words('about-said')} === 'Outcome: Referral avoided.'`)
    await browser.evaluate(press('end'))
    await ward.hangsUp()
    const [{ callId } = { callId: '' }] = await engine.list()
    const call = await engine.ended(callId)
    expect(call).toMatchObject({
      kind: 'line',
      dialledNumber: '21',
      ending: 'completed',
      assigned: 'lind',
      outcome: { outcome: 'referral-avoided' },
    })
    await shows(browser, `${words('about-title')} === 'About the last call'`)
    expect(browser.complaints).toEqual([])
  })

  it('keys the code of a line in the menu; is muted and holds, and is heard again', async () => {
    const browser = await browserOf('lind')
    await ready(browser)
    await browser.evaluate(dial('7001'))
    await shows(browser, `${words('call-words')} === 'Key the code of a line.'`)
    await browser.evaluate(
      '(async () => { for (const key of \'21\') { document.querySelector(`[data-key="${key}"]`).click(); await new Promise((resolve) => setTimeout(resolve, 400)) } })()',
    )
    await shows(browser, `${words('call-words')}.startsWith('Ringing')`)
    await wardAccepts()
    await shows(browser, `${words('call-words')}.startsWith('You are talking to')`)
    await ward.hears(browserTone, { withinMs: 20_000 })
    await browser.evaluate(press('mute'))
    await ward.hearing.silence({ forMs: 500, withinMs: 20_000 })
    await browser.evaluate(press('mute'))
    await ward.hears(browserTone, { withinMs: 20_000 })
    await browser.evaluate(press('hold'))
    await shows(browser, "document.getElementById('phone-hold').getAttribute('aria-pressed') === 'true'")
    await browser.evaluate(press('hold'))
    await shows(browser, "document.getElementById('phone-hold').getAttribute('aria-pressed') === 'false'")
    await ward.hears(browserTone, { withinMs: 20_000 })
    await pageHears(browser, wardTone)
  })

  it('talks on when its connection is lost, and ends the call by the next one', async () => {
    const browser = await browserOf(
      'lind',
      undefined,
      `${plainMicrophone}; window.sockets = []; window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets.push(this) } }`,
    )
    await talks(browser)
    await browser.evaluate('window.sockets.at(-1).close()')
    await shows(browser, `${state} === 'lost'`)
    await pageHears(browser, wardTone)
    await ready(browser)
    await ward.hears(browserTone, { withinMs: 20_000 })
    await browser.evaluate(press('end'))
    await expect.poll(async () => (await engine.list())[0]?.ending ?? (await ward.hangsUp()), { timeout: 20_000 }).toBe('completed')
  })

  it('says why a call is refused', async () => {
    const browser = await browserOf('lind')
    await ready(browser)
    await browser.evaluate("document.querySelector('[data-dial=\"21\"]').dataset.dial = 'nowhere'")
    await browser.evaluate(dial('nowhere'))
    await shows(browser, `${words('state')} === 'This number is not in use.'`)
  })

  /** What the page has opened of microphones, and devices that can be unplugged and plugged in. */
  const devices = `${plainMicrophone}; window.streams = []; window.noDevice = false;
    { const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        if (window.noDevice) throw new DOMException('', 'NotFoundError')
        const stream = await ask(wanted)
        window.streams.push(stream)
        return stream
      }
      window.unplug = () => { const [track] = window.streams.at(-1).getAudioTracks(); track.stop(); track.dispatchEvent(new Event('ended')) } }`

  it('speaks into another microphone when it is chosen, when its own is unplugged, and when there was none for a while', async () => {
    const browser = await browserOf('lind', undefined, devices)
    await talks(browser)
    await ward.hears(browserTone, { withinMs: 20_000 })
    await browser.evaluate(
      "(() => { const select = document.getElementById('phone-microphone'); select.selectedIndex = select.options.length - 1; select.dispatchEvent(new Event('change')) })()",
    )
    await shows(browser, 'window.streams.length === 2')
    expect(await browser.evaluate("window.streams[0].getTracks().every((one) => one.readyState === 'ended')")).toBe(true)
    await ward.hears(browserTone, { withinMs: 20_000 })

    await browser.evaluate('window.unplug()')
    await shows(browser, `${words('state')}.startsWith('On a call. You speak into')`)
    await ward.hears(browserTone, { withinMs: 20_000 })

    await browser.evaluate('(() => { window.noDevice = true; window.unplug() })()')
    await shows(browser, `document.getElementById('phone-trouble').dataset.why === 'microphoneLost'`)
    await ward.hearing.silence({ forMs: 500, withinMs: 20_000 })
    await pageHears(browser, wardTone)
    await browser.evaluate("(() => { window.noDevice = false; navigator.mediaDevices.dispatchEvent(new Event('devicechange')) })()")
    await ward.hears(browserTone, { withinMs: 20_000 })
    expect(await browser.evaluate(isShown('trouble'))).toBe(false)
    await browser.evaluate(press('end'))
  })

  it('ends its talk when they sign out, releases the microphone, and says so', async () => {
    const browser = await browserOf('lind', undefined, devices)
    await talks(browser)
    const [{ callId } = { callId: '' }] = await engine.list()
    const other = await browser.tab(`${engine.url}/help/browser-calling`)
    await other.until('document.querySelector(\'form[action="/sign-out"]\')')
    await other.evaluate('document.querySelector(\'form[action="/sign-out"]\').requestSubmit()')
    await shows(browser, `${words('trouble-words')} === 'You are signed out. Sign in again to call.'`)
    await shows(browser, "window.streams.every((stream) => stream.getTracks().every((one) => one.readyState === 'ended'))")
    expect(await browser.evaluate(isShown('call'))).toBe(false)
    await ward.hangsUp()
    expect(await engine.ended(callId)).toMatchObject({ ending: 'completed', talkEndedBy: 'caller' })
  })

  it('comes back to its talk after the page was loaded again', async () => {
    const browser = await browserOf('lind')
    await talks(browser)
    await browser.open(`${engine.url}/phone`)
    await shows(browser, isShown('return'))
    expect(ward.state).toBe('talking')
    await browser.evaluate(press('return-now'))
    await shows(browser, `${words('call-words')}.startsWith('You are talking to')`)
    await ward.hears(browserTone, { withinMs: 20_000 })
    await pageHears(browser, wardTone)
    const [{ callId } = { callId: '' }] = await engine.list()
    await ward.hangsUp()
    await browser.evaluate(press('end'))
    const call = await engine.ended(callId)
    expect(call.recordings).toHaveLength(2)
    expect(call.events.filter(({ type }) => type === 'leg.returned')).toHaveLength(1)
  })

  it.each([
    ['key 1', (browser: Browser) => browser.type('1')],
    ['a click', (browser: Browser) => browser.evaluate(press('accept'))],
  ])('is rung from a rota, shows the whisper and speaks it, and wins by %s', async (_by, accepts) => {
    const browser = await browserOf('okafor')
    await ready(browser)
    const gp = await Phone.open({ name: 'GP', address: '127.0.0.2', toneHz: 700 })
    open.push(gp)
    expect(await gp.dials(`sip:4002@${engine.sip}`)).toEqual({ kind: 'connected' })
    await shows(browser, isShown('rung'))
    expect(await browser.evaluate(words('rung-whisper'))).toBe('A call about browser.')
    await expectGood(browser, 'phone-rung', pictureOf(browser))
    await browser.evaluate(press('answer'))
    await shows(browser, isShown('accept'))
    await shows(browser, "Number(document.getElementById('phone-heard').value) > 0.3")
    await accepts(browser)
    await shows(browser, `${words('call-words')}.startsWith('You are talking to')`)
    await gp.hears(browserTone, { withinMs: 20_000 })
    await pageHears(browser, 700)
    const [{ callId } = { callId: '' }] = await engine.list()
    await gp.hangsUp()
    await browser.evaluate(press('end'))
    const call = await engine.ended(callId)
    expect(call.attempts).toMatchObject([{ label: 'Dr okafor', result: 'accepted', proof: { heard: { kind: 'key', key: '1' } } }])
  })

  it('tries the connection, and says what it found', async () => {
    const browser = await browserOf('lind')
    await ready(browser)
    const before = (await engine.list()).length
    await browser.evaluate("document.getElementById('phone-set-up').open = true")
    await browser.evaluate(press('test'))
    await shows(
      browser,
      "document.getElementById('phone-test').disabled === false && document.querySelectorAll('#phone-test-found li').length >= 6",
    )
    expect(
      await browser.evaluate(
        "[...document.querySelectorAll('#phone-test-found li')].filter((one) => one.dataset.good !== 'true').map((one) => one.textContent)",
      ),
    ).toEqual([])
    await expectGood(browser, 'phone-test', pictureOf(browser))
    expect((await engine.list()).length).toBe(before)
  })
})
