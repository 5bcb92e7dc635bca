import { createSocket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'
import { Engine } from './engine.js'
import { freePort } from './free-ports.js'
import { Terminal } from './terminal.js'
import { world } from './world.js'

/** Linphone with the defaults of a machine that has IPv6: it asks for its audio there. */

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close()
})

/** Where Linphone is rung, and where not: it always listens on some port. */
async function anyUdpPort(): Promise<number> {
  const socket = createSocket('udp6')
  await new Promise<void>((resolve) => socket.bind(0, '::', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

it('Linphone calls over IPv6, is answered there, hears, and chooses by key', { timeout: 90_000 }, async () => {
  const sipPort = await freePort()
  const lines = [{ id: 'cardiology', code: '21', number: '4001', rota: ['sip:ward@127.0.0.1:9'], ring: { ringSeconds: 20, totalSeconds: 60 } }]
  const engine = await Engine.start({
    directory: world(lines, [{ id: 'riverside', dialIn: '7001' }]),
    env: { RINGROUND_SIP_ADDRESS: '127.0.0.1, ::1', RINGROUND_SIP_PORT: String(sipPort) },
  })
  open.push({ close: () => engine.dispose() })
  const terminal = new Terminal()
  open.push(terminal)
  const config = `[sip]\\nsip_port=${await anyUdpPort()}\\nsip_tcp_port=0\\nsip_tls_port=0\\n[rtp]\\naudio_rtp_port=${await anyUdpPort()}\\n[net]\\nmtu=1300\\n`
  terminal.run(`mkdir -p ~/.local/share/linphone && printf '${config}' > ~/rc && (echo 'soundcard use files'; cat) | linphonec -c ~/rc -d 6 -l ~/log -s 'sip:7001@[::1]:${sipPort}'`)
  await terminal.shows('Media streams established', 30_000)
  terminal.types('21\n')
  await engine.callTo('7001', (call) => call.line === 'cardiology', 20_000)
  terminal.types('terminate\nquit\n')
  await expect.poll(() => terminal.reads('log'), { timeout: 20_000 }).toMatch(/received +\d{2,} packets/)
  const log = terminal.reads('log')
  expect(log).toMatch(/^o=\S+ \d+ \d+ IN IP6 /m)
  expect(log).toMatch(/^c=IN IP6 ::1\r?$/m)
})
