import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { TestPhone, type PhoneCall } from '../contract/phone/phone.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { Engine, eventually } from './engine.js'
import { codecs, isShown, keepConnections, microphoneWith, phonePage, press, state, words } from './phone-page.js'
import { namedServers } from './named-servers.js'
import { wavFile, readWav } from './wav.js'
import { world } from './world.js'

const chromium = findChromium()
const rate = 8_000
/** Between one "one" and the next; more speech is taken for a greeting. */
const quietMs = 4_000
const servers = namedServers()

/** The specialist sits at a browser, whose microphone says "one" again and again, and passes through all that a browser does to a voice. */
describe.runIf(chromium).each(servers.sip === undefined ? ['PCMU', 'Opus'] : ['PCMU'])(
  'a specialist in a browser says one, in %s',
  { timeout: 240_000 },
  (codec) => {
    let engine: Engine
    let gp: TestPhone
    let folder: string
    let browser: Browser | undefined
    let caller: PhoneCall | undefined

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ringround-word-'))
      gp = await TestPhone.open()
      const ring = { ringSeconds: 60, acceptSeconds: 60, totalSeconds: 180 }
      const directory = JSON.parse(
        world([{ id: 'cardiology', code: '21', number: '4000', rota: ['sip:nobody@127.0.0.1:9'], ring, spokenWord: 'offers' }], undefined, {
          clinicians: { okafor: ['browser:okafor'] },
        }),
      ) as { rotas: Record<string, { pattern: { entries: unknown[] }[] }> }
      directory.rotas['cardiology']!.pattern[0]!.entries = ['okafor']
      engine = await Engine.start({
        ...servers,
        directory: JSON.stringify(directory),
        env: { ...servers.env, RINGROUND_BROWSER_OPUS: String(codec === 'Opus') },
      })
      const { channels } = readWav(readFileSync(fileURLToPath(new URL('../../prompts/rendered/digit-1.wav', import.meta.url))))
      const microphone = join(folder, 'one.wav')
      writeFileSync(microphone, wavFile([Int16Array.from([...new Int16Array((quietMs * rate) / 1_000), ...(channels[0] ?? [])])], rate))
      browser = await phonePage(
        engine.url,
        { file: join(engine.folder, 'data', 'ringround.db'), postgres: undefined },
        'okafor',
        microphoneWith(microphone),
        keepConnections,
      )
      await browser.until(`${state} === 'ready'`, 60_000)
    })
    afterEach(() => caller?.bye())
    afterAll(async () => {
      await browser?.close()
      gp.close()
      await engine.stop()
      await engine.dispose()
      rmSync(folder, { recursive: true, force: true })
    })

    const listening = () => readdirSync(join(engine.folder, 'data', 'spool')).some((name) => name.startsWith('listening-'))

    /** The GP calls the line, and the browser answers. */
    async function answers(page: Browser): Promise<void> {
      caller = await gp.call(`sip:4000@${engine.sip}`)
      await caller.answered()
      await page.until(isShown('rung'), 60_000)
      await page.evaluate(press('answer'))
      await page.until(isShown('accept'), 60_000)
    }

    it('is asked for the key, and is connected by it; that they said one is proof of nothing', async () => {
      const page = browser!
      await answers(page)
      // The recogniser starts with the first whisper that could ask for the word, and may come too late for that one.
      if (!(await eventually(() => Promise.resolve(listening() || undefined), 2_000))) {
        caller?.bye()
        await page.until(`${isShown('accept')} === false`, 60_000)
        await answers(page)
      }
      const [{ callId } = { callId: '' }] = await engine.list()
      await expect
        .poll(async () => (await engine.call(callId)).events.map(({ type }) => type), { timeout: 50_000 })
        .toContain('whisper.word')
      const asked = await engine.call(callId)
      expect(asked.attempts[0]?.result).toBeUndefined()
      expect(await page.evaluate(codecs)).toMatchObject([
        expect.stringMatching('PCM'),
        codec === 'Opus' ? 'audio/opus' : expect.stringMatching('PCM'),
      ])
      await page.evaluate(press('accept'))
      await page.until(`${words('call-words')}.startsWith('You are talking to')`, 60_000)
      await expect.poll(listening).toBe(false)
      caller?.bye()
      await page.evaluate(press('end'))
      const call = await engine.ended(callId)
      expect(call.attempts).toMatchObject([{ result: 'accepted', proof: { heard: { kind: 'key', key: '1' } } }])
    })
  },
)
