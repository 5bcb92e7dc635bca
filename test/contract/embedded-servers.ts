import { EmbeddedSwitch } from '../../src/embedded/embedded-switch.js'
import { TestPhone } from './phone/phone.js'
import type { Servers } from './socket-world.js'

/** The embedded switch in this process, on free ports, with its faults and its load at hand. */
export async function startEmbedded(
  ports: { drachtioApp?: number; eventSocket?: number; keptSeconds?: number; browsers?: boolean; opus?: boolean } = {},
): Promise<Servers & { readonly embedded: EmbeddedSwitch; readonly webSocket: string }> {
  const anyPort = { address: '127.0.0.1', port: 0 }
  const firstPort = await freeRange()
  const embedded = new EmbeddedSwitch({
    drachtio: {
      sip: [{ ...anyPort, protocols: ['udp', 'tcp'] }, ...(ports.browsers ? [{ ...anyPort, protocols: ['ws'] as const }] : [])],
      app: { ...anyPort, port: ports.drachtioApp ?? 0 },
      secret: 'cymru',
      ...(ports.keptSeconds === undefined ? {} : { keptSeconds: ports.keptSeconds }),
    },
    freeswitch: {
      sip: anyPort,
      eventSocket: { ...anyPort, port: ports.eventSocket ?? 0 },
      password: 'ClueCon',
      rtp: { address: '127.0.0.1', firstPort, lastPort: firstPort + 400, opus: ports.opus === true },
    },
  })
  const where = await embedded.start()
  const { app } = where.drachtio
  const { eventSocket } = where.freeswitch
  const sip = where.drachtio.sip.find((each) => each.protocol === 'udp')
  if (!sip) throw new Error('no UDP')
  return {
    embedded,
    webSocket: `ws://127.0.0.1:${where.drachtio.sip.find((each) => each.protocol === 'ws')?.port ?? 0}`,
    set: {
      drachtio: { host: app.address, port: app.port, secret: 'cymru' },
      freeswitch: { host: eventSocket.address, port: eventSocket.port, secret: 'ClueCon' },
      opus: ports.opus === true,
    },
    sip: { address: sip.address, port: sip.port },
    channels: () => Promise.resolve(embedded.load().channels),
    stop: () => embedded.stop(),
  }
}

/** Some 400 ports above one that the system says is free; it hands them out at random, so that two runs rarely meet. */
async function freeRange(): Promise<number> {
  const probe = await TestPhone.open()
  const port = probe.port
  probe.close()
  return Math.min(port - (port % 2), 65_000)
}
