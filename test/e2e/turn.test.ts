import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import { findChromium, type Browser } from '../keeping/browser.js'
import { Engine, eventually } from './engine.js'
import { freePort } from './free-ports.js'
import { dial, heardHz, microphone, phonePage, plainMicrophone, press, state, words } from './phone-page.js'
import { world } from './world.js'

const missing =
  findChromium() === undefined
    ? 'there is no Chromium'
    : spawnSync('turnserver', ['--help']).error
      ? 'there is no coturn (package coturn)'
      : undefined
const wardTone = 1_100
const browserTone = 530

/** Whether a server takes connections there. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/**
 * A network that lets nothing out but what goes by way of a TURN server: the browser is told so, and has no other candidate. The way that it has found counts as chosen from the second look on: that comes
 * a round trip later, or more.
 */
const byTurnAlone = `${plainMicrophone}; window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(given) {
    super({ ...given, iceTransportPolicy: 'relay' })
    window.connection = this
  }
  async getStats() {
    const all = await super.getStats()
    const chosen = this.looked
    this.looked = true
    return chosen ? all : new Map([...all].map(([id, one]) => [id, { ...one, nominated: false }]))
  }
}`

describe.skipIf(missing !== undefined)(
  `a browser in a network that lets no UDP out${missing === undefined ? '' : `: left out, ${missing}`}`,
  { timeout: 180_000 },
  () => {
    let turn: ChildProcess
    let engine: Engine
    let ward: Phone
    let folder: string
    let browser: Browser | undefined
    let port: number

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ringround-turn-'))
      port = await freePort()
      // prettier-ignore
      turn = spawn('turnserver', [
        '-n', '--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`, '--use-auth-secret', '--static-auth-secret=shared', '--realm=tests',
        '--allow-loopback-peers', '--no-tls', '--no-dtls', '--no-cli', '--no-multicast-peers', '--log-file=stdout', `--pidfile=${join(folder, 'pid')}`, `--userdb=${join(folder, 'db')}`,
      ], { stdio: 'ignore' })
      expect(await eventually(async () => (await listens(port)) || undefined, 20_000)).toBe(true)
      ward = await Phone.open({ name: 'Ward', toneHz: wardTone })
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
          ],
          [{ id: 'riverside', dialIn: '7001', code: '2101', reception: ward.uri }],
          { clinicians: { lind: [ward.uri] } },
        ),
      ) as { clinicians: Record<string, { organisations: string[] }> }
      directory.clinicians['lind']!.organisations = ['riverside']
      engine = await Engine.start({
        directory: JSON.stringify(directory),
        env: {
          RINGROUND_ICE_SERVERS: `turn:127.0.0.1:${port}?transport=tcp, turn:127.0.0.1:9?transport=tcp`,
          RINGROUND_TURN_SECRET: 'shared',
        },
      })
      browser = await phonePage(
        engine.url,
        { file: join(engine.folder, 'data', 'ringround.db'), postgres: undefined },
        'lind',
        microphone(folder, browserTone),
        byTurnAlone,
      )
    }, 120_000)
    afterAll(async () => {
      await browser?.close()
      await ward.close()
      await engine.stop()
      await engine.dispose()
      turn.kill()
      rmSync(folder, { recursive: true, force: true })
    })

    it('is told by its test which TURN server answers, and that voice takes the way by it', async () => {
      const page = browser!
      await page.until(`${state} === 'ready'`, 20_000)
      await page.evaluate("document.getElementById('phone-set-up').open = true")
      await page.evaluate(press('test'))
      const found = "[...document.querySelectorAll('#phone-test-found li')].map((one) => one.textContent)"
      await page.until(`document.getElementById('phone-test').disabled === false && ${found}.length >= 7`, 40_000)
      const said = await page.evaluate<string[]>(found)
      expect(said).toEqual(
        expect.arrayContaining([
          `Good: the TURN server turn:127.0.0.1:${port}?transport=tcp answers`,
          expect.stringMatching(/^Not good: the TURN server turn:127\.0\.0\.1:9\?transport=tcp does not answer/),
          expect.stringMatching(/^Good: voice gets through by way of a TURN server, \d+ ms after dialling$/),
        ]),
      )
    })

    it('talks, by TCP to the TURN server', async () => {
      const page = browser!
      await page.evaluate(dial('21'))
      expect(await ward.answers({ withinMs: 30_000 })).toBe(true)
      await ward.waits(600)
      await ward.presses('1')
      await page.until(`${words('call-words')}.startsWith('You are talking to')`, 20_000)
      await ward.hears(browserTone, { withinMs: 20_000 })
      await expect.poll(async () => Math.abs((await page.evaluate<number>(heardHz)) - wardTone) < 25).toBe(true)
      const way = await page.evaluate<string>(
        "(async () => { await window.connection.getStats(); const all = await window.connection.getStats(); const pair = [...all.values()].find(({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded'); const { candidateType, relayProtocol } = all.get(pair.localCandidateId); return candidateType + ' ' + relayProtocol })()",
      )
      expect(way).toBe('relay tcp')
      await page.evaluate(press('end'))
      await ward.hangsUp()
    })
  },
)
