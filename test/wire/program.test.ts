import { build } from 'esbuild'
import { fork, type ChildProcess } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { EmbeddedSwitchAddresses, EmbeddedSwitchLoad, EmbeddedSwitchSettings } from '../../src/embedded/settings.js'
import { connectMrf, connectSrf } from './drachtio-packages.js'
import { header, RawPhone } from './raw-phone.js'

let folder = ''
let program = ''
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringround-switch-'))
  program = join(folder, 'main.js')
  const below = fileURLToPath(new URL('../../src/embedded/', import.meta.url))
  await build({
    entryPoints: ['main.ts', 'media/media-thread.ts'].map((entry) => join(below, entry)),
    outbase: below,
    outdir: folder,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  })
  // The packages are found from there as from here.
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(join(below, '..', '..', 'node_modules'), join(folder, 'node_modules'))
})

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    }
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const local = { address: '127.0.0.1', port: 0 }
const settings: EmbeddedSwitchSettings = {
  drachtio: { sip: [{ ...local, protocols: ['udp', 'tcp'] }], app: local, secret: 'cymru' },
  freeswitch: { sip: local, eventSocket: local, password: 'ClueCon', rtp: { address: '127.0.0.1', firstPort: 0, lastPort: 0 } },
}

interface Running {
  readonly child: ChildProcess
  readonly where: EmbeddedSwitchAddresses
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function run(
  text: string,
  file = program,
): { readonly child: ChildProcess; readonly ended: Promise<Ended>; readonly firstLine: Promise<string> } {
  const child = fork(file, [text], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] })
  children.push(child)
  let out = ''
  let err = ''
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const firstLine = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      const end = out.indexOf('\n')
      if (end >= 0) resolve(out.slice(0, end))
    })
  })
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, out, err })))
  return { child, ended, firstLine }
}

async function started(more: Partial<EmbeddedSwitchSettings> = {}): Promise<Running & { readonly ended: Promise<Ended> }> {
  const { child, ended, firstLine } = run(JSON.stringify({ ...settings, ...more }))
  const line = await Promise.race([firstLine, ended.then(({ err }) => Promise.reject(new Error(`it ended: ${err}`)))])
  return { child, ended, where: (JSON.parse(line) as { ready: EmbeddedSwitchAddresses }).ready }
}

function load(child: ChildProcess): Promise<EmbeddedSwitchLoad> {
  return new Promise((resolve) => {
    child.once('message', (message: { load: EmbeddedSwitchLoad }) => resolve(message.load))
    child.send({ load: true })
  })
}

test('one line says where it listens; both packages connect there; faults and load come over IPC', async () => {
  const { child, ended, where } = await started()
  const srf = await connectSrf(where)
  const ms = await connectMrf(srf, where)
  expect(await load(child)).toMatchObject({ channels: 0, dialogs: 0, apps: 1, eventSockets: 1 })

  const endpoint = await ms.createEndpoint()
  expect(await load(child)).toMatchObject({ channels: 1, eventSockets: 2 })
  child.send({ fault: { kind: 'refuseChannels' } })
  await expect(ms.createEndpoint()).rejects.toThrow()
  await endpoint.destroy()

  ms.disconnect()
  srf.disconnect()
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
})

test('it goes when its parent goes', async () => {
  const { child } = await started()
  // Node tells no `close` after a `disconnect` of one's own.
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.disconnect()
  expect(await exit).toBe(0)
})

test('a port that is taken, settings that are wrong: one line and exit code 1', async () => {
  const { where } = await started()
  const taken = await run(JSON.stringify({ ...settings, drachtio: { ...settings.drachtio, app: where.drachtio.app } })).ended
  expect(taken.code).toBe(1)
  expect(taken.err).toMatch(/^embedded switch: .*127\.0\.0\.1:\d+.*\n$/)
  expect(taken.out).toBe('')

  const wrong = await run(JSON.stringify({ ...settings, freeswitch: { ...settings.freeswitch, password: 5 } })).ended
  expect(wrong.code).toBe(1)
  expect(wrong.err).toMatch(/^embedded switch: .*password.*\n$/)
})

test('several listeners: each answers from where it was asked; who has called one of them is called from there', async () => {
  const { where } = await started({
    drachtio: {
      ...settings.drachtio,
      sip: [
        { ...local, protocols: ['udp'] },
        { ...local, protocols: ['udp'] },
        { ...local, protocols: ['tcp'] },
      ],
    },
  })
  expect(where.drachtio.sip.map(({ protocol }) => protocol)).toEqual(['udp', 'udp', 'tcp'])
  const srf = await connectSrf(where)
  srf.options((_, response) => response.send(200))
  const [first, second] = where.drachtio.sip
  // Its refusal comes when the route before it is in force.
  await srf.createUAC(`sip:nobody@127.0.0.1:${first?.port ?? 0}`, { localSdp: 'v=0\r\n' }).catch(() => undefined)
  const open: RawPhone[] = []
  try {
    for (const listener of [first, second]) {
      const port = listener?.port ?? 0
      const phone = await RawPhone.open(`127.0.0.1:${port}`)
      open.push(phone)
      const sources: number[] = []
      phone.socket.on('message', (_, remote) => sources.push(remote.port))
      phone.send(phone.request('OPTIONS'))
      await phone.expects('SIP/2.0 200')
      const called = srf.createUAC(phone.uri, { localSdp: phone.sdp }).catch(() => undefined)
      const invite = await phone.expects('INVITE')
      phone.send(phone.response(invite, 486, 'Busy Here'))
      await phone.expects('ACK')
      await called
      expect(header(invite, 'Via')).toContain(`127.0.0.1:${port}`)
      expect(new Set(sources)).toEqual(new Set([port]))
    }
  } finally {
    for (const phone of open) phone.close()
    srf.disconnect()
  }
})

test('a switch whose media thread dies ends, so that another is started: no call goes on in silence', async () => {
  const broken = join(folder, 'broken')
  mkdirSync(join(broken, 'media'), { recursive: true })
  cpSync(program, join(broken, 'main.js'))
  writeFileSync(join(broken, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(broken, 'media', 'media-thread.js'),
    "import { parentPort } from 'node:worker_threads'; parentPort.postMessage([{ kind: 'ready' }]); setTimeout(() => { throw new Error('out of order') }, 300)",
  )
  const { ended, firstLine } = run(JSON.stringify(settings), join(broken, 'main.js'))
  expect(await firstLine).toContain('ready')
  const { code, err } = await ended
  expect(code).toBe(70)
  expect(err).toContain('the media thread has died: out of order')
})
