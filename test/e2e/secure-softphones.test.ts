import { spawnSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import { Authority } from '../kit/certificates.js'
import { Baresip, type BaresipOptions } from './baresip.js'
import { Engine, eventually, type ApiCall } from './engine.js'
import { freeMediaPort, freePort } from './free-ports.js'
import { msOfTone } from './listening.js'
import { namedServers } from './named-servers.js'
import { Sipp } from './sipp.js'
import { Terminal } from './terminal.js'
import { world } from './world.js'

const gpTone = 530
const deskTone = 1_100
const line = '4001'
const servers = namedServers()
/** Where a drachtio-server that is named in the environment takes TLS (`host:port`), and the authority of its certificate. */
const { RINGROUND_TEST_DRACHTIO_TLS: namedTls, RINGROUND_TEST_DRACHTIO_CA: namedCa } = process.env
const hasServers = servers.sip === undefined || (namedTls !== undefined && namedCa !== undefined)
const hasLinphone = spawnSync('linphonec', ['-v']).error === undefined

interface Made {
  readonly user: string
  readonly password: string
}

/** Telephones that register over TLS, at an engine that offers them SRTP as `sip.srtp` has it. Both programs share no line with us. */
describe.runIf(hasServers).each(['optional', 'required'] as const)('telephones over TLS, where SRTP is %s', { timeout: 90_000 }, (srtp) => {
  let caFile: string
  let engine: Engine
  let tlsPort: string
  let gp: Phone
  const open: (() => unknown)[] = []

  beforeAll(async () => {
    tlsPort = namedTls?.split(':')[1] ?? String(await freePort())
    const authority = await Authority.make()
    caFile = namedCa ?? authority.caFile
    const { certificateFile, keyFile } = await authority.certify('registrar', 'localhost', '127.0.0.1')
    const tls = { RINGROUND_SIP_TLS_PORT: tlsPort, RINGROUND_TLS_CERTIFICATE: certificateFile, RINGROUND_TLS_KEY: keyFile }
    gp = await Phone.open({ name: 'GP', address: '127.0.0.2', toneHz: gpTone })
    engine = await Engine.start({
      directory: world([
        { id: 'cardiology', code: '21', number: line, rota: ['device:desk'], ring: { ringSeconds: 20, totalSeconds: 60 } },
      ]),
      ...servers,
      env: {
        ...servers.env,
        ...(namedTls === undefined ? tls : {}),
        RINGROUND_CALLERS: '127.0.0.2',
        // The default is the one of the two that is not set.
        ...(srtp === 'required' ? { RINGROUND_SIP_SRTP: srtp } : {}),
      },
    })
  })
  afterEach(async () => {
    await gp.hangsUp()
    for (const close of open.splice(0)) await close()
  })
  afterAll(async () => {
    try {
      await gp.close()
      await engine.stop()
    } finally {
      await engine.dispose()
    }
  })

  async function make(): Promise<Made> {
    await engine.ask('/api/devices/desk', { method: 'DELETE' })
    const answer = await engine.ask('/api/devices', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner: { kind: 'organisation', id: 'riverside' }, user: 'desk' }),
    })
    expect(answer.status).toBe(201)
    return (await answer.json()) as Made
  }

  /** @returns where it registered from */
  async function isRegistered(printed: () => string): Promise<string> {
    const found = await eventually(async () => {
      const { devices } = (await (await engine.get('/api/devices')).json()) as {
        readonly devices: readonly { readonly registrations: readonly { readonly source: string }[] }[]
      }
      return devices.flatMap(({ registrations }) => registrations)[0]?.source
    }, 20_000)
    if (found === undefined) throw new Error(`it is not registered: ${printed()}\n${engine.log.slice(-2_000)}`)
    return found
  }

  async function baresip(options: Partial<BaresipOptions> = {}): Promise<Baresip> {
    const { user, password } = await make()
    const phone = await Baresip.start({
      tone: deskTone,
      autoAnswer: true,
      caFile,
      account: { registrar: `127.0.0.1:${tlsPort}`, user, password, transport: 'tls' },
      ...options,
    })
    open.push(() => phone.stop())
    expect(await isRegistered(() => phone.printed)).toMatch(/^tls:127\.0\.0\.1:\d+$/)
    return phone
  }

  const calls = async () => (await engine.list()).length
  async function gpCalls(): Promise<void> {
    expect(await gp.dials(`sip:${line}@${engine.sip}`)).toEqual({ kind: 'connected' })
  }
  const lastCall = async (): Promise<ApiCall> => {
    const over = await eventually(async () => {
      const [last] = await engine.list()
      const call = last && (await engine.call(last.callId))
      return call?.ending === undefined ? undefined : call
    }, 20_000)
    if (!over) throw new Error(`the call is not over\n${engine.log.slice(-2_000)}`)
    return over
  }
  const sent = (call: ApiCall) => call.events.filter(({ type }) => type === 'attempt.sent')

  it('baresip with SRTP and nothing else is rung on its connection, accepts, hears and is heard', async () => {
    const phone = await baresip({ srtp: true })
    await gpCalls()
    await phone.hasSeen('CALL_ESTABLISHED')
    await eventually(
      () => {
        phone.press('1')
        return Promise.resolve(undefined)
      },
      1_500,
      700,
    )
    await gp.hears(deskTone, { withinMs: 30_000 })
    await expect.poll(() => msOfTone(gpTone, phone.heard())).toBeGreaterThan(500)
    await gp.hangsUp()
    phone.hangUp()
    const call = await lastCall()
    expect(call.attempts.map(({ result }) => result)).toEqual(['accepted'])
    expect(sent(call)).toMatchObject([{ srtp: true }])
  })

  it('baresip without SRTP is rung again in the clear where that is allowed, and else not', async () => {
    const phone = await baresip()
    const before = await calls()
    await gpCalls()
    if (srtp === 'optional') {
      await phone.hasSeen('CALL_ESTABLISHED')
      await gp.hangsUp()
    }
    const call = await lastCall()
    expect(await calls()).toBe(before + 1)
    expect(sent(call).map(({ srtp: offered, plainAfter }) => ({ offered, plainAfter }))).toEqual(
      srtp === 'optional'
        ? [{ offered: true }, { plainAfter: expect.stringMatching(/^488 /) as string }]
        : sent(call).map(() => ({ offered: true, plainAfter: undefined })),
    )
    expect(call.attempts.some(({ answeredAt }) => answeredAt !== undefined)).toBe(srtp === 'optional')
  })

  it.runIf(hasLinphone)('Linphone with SRTP and nothing else is rung, and accepts', async () => {
    // It does not know certificates for addresses, so it registers by name.
    const { user, password } = await make()
    const terminal = new Terminal()
    open.push(() => terminal.close())
    const config = [
      ...['[sip]', `sip_port=-1`, 'sip_tcp_port=-1', 'sip_tls_port=-1', 'default_proxy=0', `root_ca=${caFile}`],
      ...['media_encryption=srtp', 'media_encryption_mandatory=1'],
      ...['[rtp]', `audio_rtp_port=${await freeMediaPort()}`, '[net]', 'mtu=1300'],
      ...['[proxy_0]', `reg_proxy=<sip:localhost:${tlsPort};transport=tls>`, `reg_identity=sip:${user}@localhost:${tlsPort}`],
      ...['reg_expires=60', 'reg_sendregister=1'],
      ...['[auth_info_0]', `username=${user}`, `passwd=${password}`, 'realm=ringround', 'algorithm=MD5', ''],
    ].join('\\n')
    terminal.run(
      `mkdir -p ~/.local/share/linphone && printf '${config}' > ~/rc && (echo 'soundcard use files'; cat) | linphonec -c ~/rc -d 6 -l ~/log`,
    )
    expect(await isRegistered(() => terminal.reads('log').slice(-4_000))).toMatch(/^tls:/)
    await gpCalls()
    await terminal.shows('Receiving new incoming call', 20_000)
    terminal.types('answer\n')
    await terminal.shows('Media streams established', 20_000)
    terminal.types('1\n')
    const [{ callId } = { callId: '' }] = await engine.list()
    await expect
      .poll(async () => (await engine.call(callId)).attempts.map(({ result }) => result), { timeout: 20_000 })
      .toEqual(['accepted'])
    await gp.hangsUp()
    terminal.types('terminate\n')
    expect(sent(await lastCall())).toMatchObject([{ srtp: true }])
  })

  it('over UDP a telephone registers where SRTP is optional, and is refused where it is required', async () => {
    const credentials = await make()
    await (await Sipp.device(srtp === 'required' ? 'refused' : 'register', engine.sip, { credentials })).passed()
  })
})
