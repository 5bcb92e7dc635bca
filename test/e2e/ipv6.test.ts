import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'
import { Phone } from '../../src/embedded/phones/phone.js'
import { Engine } from './engine.js'
import { freePort } from './free-ports.js'
import { Terminal } from './terminal.js'
import { world } from './world.js'

/** The whole program over IPv6: Linphone, which asks for its audio there on a machine that has it, and a telephone that registers. */

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

async function start(rota: string): Promise<{ readonly engine: Engine; readonly six: string }> {
  const port = await freePort()
  const lines = [{ id: 'cardiology', code: '21', number: '4001', rota: [rota], ring: { ringSeconds: 20, totalSeconds: 60 } }]
  const engine = await Engine.start({
    directory: world(lines, [{ id: 'riverside', dialIn: '7001' }], { clinicians: { okafor: ['sip:okafor@127.0.0.1:9'] } }),
    env: { RINGROUND_SIP_ADDRESS: '127.0.0.1, ::1', RINGROUND_SIP_PORT: String(port) },
  })
  open.push({ close: () => engine.dispose() })
  return { engine, six: `[::1]:${port}` }
}

/** Where Linphone is rung, and where not: it always listens on some port. */
async function anyUdpPort(): Promise<number> {
  const socket = createSocket('udp6')
  await new Promise<void>((resolve) => socket.bind(0, '::', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

const hasLinphone = spawnSync('linphonec', ['-v']).error === undefined

it.skipIf(!hasLinphone)('Linphone calls over IPv6, is answered there, hears, and chooses by key', { timeout: 90_000 }, async () => {
  const { engine, six } = await start('sip:ward@127.0.0.1:9')
  const terminal = new Terminal()
  open.push(terminal)
  const config = `[sip]\\nsip_port=${await anyUdpPort()}\\nsip_tcp_port=0\\nsip_tls_port=0\\n[rtp]\\naudio_rtp_port=${await anyUdpPort()}\\n[net]\\nmtu=1300\\n`
  terminal.run(
    `mkdir -p ~/.local/share/linphone && printf '${config}' > ~/rc && (echo 'soundcard use files'; cat) | linphonec -c ~/rc -d 6 -l ~/log -s 'sip:7001@${six}'`,
  )
  await terminal.shows('Media streams established', 30_000)
  terminal.types('21\n')
  await engine.callTo('7001', (call) => call.line === 'cardiology', 20_000)
  terminal.types('terminate\nquit\n')
  await expect.poll(() => terminal.reads('log'), { timeout: 20_000 }).toMatch(/received +\d{2,} packets/)
  const log = terminal.reads('log')
  expect(log).toMatch(/^o=\S+ \d+ \d+ IN IP6 /m)
  expect(log).toMatch(/^c=IN IP6 ::1\r?$/m)
})

it('a telephone that registers over IPv6 is rung there', { timeout: 60_000 }, async () => {
  const { engine, six } = await start('device:okafor-desk')
  const made = (await (
    await engine.ask('/api/devices', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ owner: { kind: 'clinician', id: 'okafor' }, user: 'okafor-desk' }),
    })
  ).json()) as { password: string }
  const desk = await Phone.open({
    name: 'Desk',
    user: 'okafor-desk',
    address: '::1',
    auth: { username: 'okafor-desk', password: made.password },
  })
  const gp = await Phone.open({ name: 'GP' })
  open.push(desk, gp)
  expect(await desk.registers(`sip:${six}`, { addressOfRecord: `sip:okafor-desk@${six}`, expiresSeconds: 60 })).toMatchObject({
    kind: 'registered',
  })
  expect(await gp.dials(`sip:4001@${engine.sip}`)).toEqual({ kind: 'connected' })
  expect((await desk.rings({ withinMs: 30_000 })).offer).toContain('c=IN IP6 ::1')
  expect(await desk.answers()).toBe(true)
  await expect.poll(() => desk.audioCounts.received, { timeout: 30_000 }).toBeGreaterThan(20)
})
