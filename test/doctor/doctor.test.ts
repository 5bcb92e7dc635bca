import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startEmbedded } from '../contract/embedded-servers.js'
import { serversOfEnvironment } from '../contract/servers.js'
import type { Servers } from '../contract/socket-world.js'
import { Engine } from '../e2e/engine.js'
import { freePort } from '../e2e/free-ports.js'
import { world } from '../e2e/world.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = join(root, 'dist', 'src', 'doctor-command.js')
const directory = world([{ id: 'cardiology', code: '21', number: '4000', rota: [] }])

interface Told {
  readonly code: number | null
  readonly output: string
  readonly findings: readonly {
    readonly check: string
    readonly kind: 'fine' | 'look' | 'wrong'
    readonly what: string
    readonly advice?: string
  }[]
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-doctor-'))
  mkdirSync(join(folder, 'data', 'spool'), { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, 'directory.yaml'), directory)
  writeFileSync(join(folder, 'ringround.yaml'), '{}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** `npm run doctor`, as somebody would run it. */
async function doctor(env: Readonly<Record<string, string>>, args: readonly string[] = ['--json']): Promise<Told> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RINGROUND_')))
  const child = spawn(process.execPath, [program, '--config', join(folder, 'ringround.yaml'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...inherited,
      RINGROUND_HTTP_PORT: '0',
      RINGROUND_SIP_PORT: '0',
      RINGROUND_DATA_FOLDER: join(folder, 'data'),
      RINGROUND_RECORDINGS_FOLDER: join(folder, 'recordings'),
      RINGROUND_DIRECTORY_FILE: join(folder, 'directory.yaml'),
      RINGROUND_TTS: 'none',
      ...env,
    },
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output, findings: args.includes('--json') ? (JSON.parse(output) as { readonly findings: Told['findings'] }).findings : [] }
}

const envOf = ({ set: { drachtio, freeswitch } }: Servers) => ({
  RINGROUND_DRACHTIO: `${drachtio.host}:${drachtio.port}`,
  RINGROUND_DRACHTIO_SECRET: drachtio.secret,
  RINGROUND_FREESWITCH: `${freeswitch.host}:${freeswitch.port}`,
  RINGROUND_FREESWITCH_SECRET: freeswitch.secret,
  RINGROUND_ALLOW_DEFAULT_SECRETS: 'yes',
})
const wrongOnes = ({ findings }: Told) => findings.filter(({ kind }) => kind === 'wrong').map(({ check, what }) => `${check}: ${what}`)
const about = ({ findings }: Told, check: string) => findings.filter((each) => each.check === check)

describe('npm run doctor', { timeout: 60_000 }, () => {
  it('finds nothing wrong with a fresh machine, tries a switch of its own, and leaves nothing behind', async () => {
    const told = await doctor({})
    expect(wrongOnes(told)).toEqual([])
    expect(told.code).toBe(0)
    expect(about(told, 'embedded switch').map(({ kind }) => kind)).toEqual(['fine', 'fine', 'fine', 'fine'])
    expect(readdirSync(join(folder, 'data', 'spool'))).toEqual([])
    expect(existsSync(join(folder, 'recordings'))).toBe(false)
  })

  it('prints a line for each finding, and what to change', async () => {
    const { code, output } = await doctor({ RINGROUND_RTP_TO: '20019' }, [])
    expect(code).toBe(1)
    expect(output).toMatch(/^WRONG voice ports {5}rtp\.from 20000 to rtp\.to 20019: room for 10 channels.* -> widen it by \d+ ports/m)
    expect(output).toMatch(/^ok {4}node /m)
    expect(output.trim().split('\n').at(-1)).toMatch(/^1 of \d+ findings are wrong/)
  })

  it('tells mistakes in the settings as the engine does', async () => {
    const told = await doctor({ RINGROUND_SIP_PORT: 'sixty', RINGROUND_LOG_LEVEL: 'loud' })
    expect(told.code).toBe(1)
    expect(wrongOnes(told)).toEqual([expect.stringContaining('RINGROUND_SIP_PORT'), expect.stringContaining('RINGROUND_LOG_LEVEL')])
  })

  it('runs beside an engine: it takes none of its ports, and says that it is one', async () => {
    const engine = await Engine.start({ directory })
    try {
      const [http, sip] = [new URL(engine.url).port, engine.sip.split(':')[1] ?? '']
      const told = await doctor({ RINGROUND_HTTP_PORT: http, RINGROUND_SIP_PORT: sip })
      expect(wrongOnes(told)).toEqual([])
      expect(about(told, 'pages').map(({ what }) => what)).toContain('the running engine is ready')
      expect(about(told, 'SIP port').at(-1)?.what).toContain('held by the running engine')
      expect((await engine.get('/readyz')).ok).toBe(true)
    } finally {
      await engine.dispose()
    }
  })

  it('says which servers are missing', async () => {
    const [drachtio, freeswitch] = [await freePort(), await freePort()]
    const told = await doctor({
      RINGROUND_DRACHTIO: `127.0.0.1:${drachtio}`,
      RINGROUND_DRACHTIO_SECRET: 'a',
      RINGROUND_FREESWITCH: `127.0.0.1:${freeswitch}`,
      RINGROUND_FREESWITCH_SECRET: 'b',
    })
    expect(told.code).toBe(1)
    expect(wrongOnes(told)).toEqual([
      `drachtio: drachtio-server 127.0.0.1:${drachtio}: cannot be reached (ECONNREFUSED)`,
      `freeswitch: FreeSWITCH 127.0.0.1:${freeswitch}: cannot be reached (ECONNREFUSED)`,
    ])
  })

  describe('with servers that speak as drachtio-server and FreeSWITCH do', () => {
    let servers: Awaited<ReturnType<typeof startEmbedded>>
    beforeEach(async () => {
      servers = await startEmbedded()
    })
    afterEach(() => servers.stop())

    it('makes one channel, hears a prompt on it, records it, and hangs up', async () => {
      const told = await doctor(envOf(servers))
      expect(wrongOnes(told)).toEqual([])
      expect(about(told, 'channel').map(({ what }) => what)).toContain('FreeSWITCH reads the prompts')
      expect(about(told, 'channel').map(({ what }) => what)).toContain(`FreeSWITCH records into ${join(folder, 'data', 'spool')}`)
      expect(readdirSync(join(folder, 'data', 'spool'))).toEqual([])
      expect(await servers.channels()).toBe(0)
    })

    it('tells a refusal with the setting behind it', async () => {
      servers.embedded.fault({ kind: 'refuseChannels' })
      const told = await doctor(envOf(servers))
      expect(wrongOnes(told)).toEqual([expect.stringContaining('FreeSWITCH makes no channel: 503')])
      expect(about(told, 'channel')[0]?.advice).toContain('max-sessions')
    })

    it.each([
      ['RINGROUND_DRACHTIO_SECRET', 'drachtio', 'drachtio.secret'],
      ['RINGROUND_FREESWITCH_SECRET', 'freeswitch', 'freeswitch.secret'],
    ])('tells a wrong %s', async (variable, check, setting) => {
      const told = await doctor({ ...envOf(servers), [variable]: 'another' })
      expect(wrongOnes(told)).toHaveLength(1)
      expect(about(told, check)[0]?.advice).toContain(setting)
    })
  })

  const real = serversOfEnvironment()
  it.skipIf(real === undefined)('finds nothing wrong with the servers named in the environment', async () => {
    if (!real) return
    const told = await doctor({ ...envOf(real), RINGROUND_TRUNKS: `own=${real.sip.address}:${real.sip.port}` })
    expect(wrongOnes(told).filter((each) => !each.startsWith('trunks'))).toEqual([])
    expect(about(told, 'channel').map(({ what }) => what)).toContain('FreeSWITCH reads the prompts')
    expect(readdirSync(join(folder, 'data', 'spool'))).toEqual([])
  })
})
