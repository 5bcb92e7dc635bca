import { connect } from 'node:net'
import type { Servers } from './socket-world.js'

/**
 * A drachtio-server and a FreeSWITCH that run already, named in the environment:
 * `RINGROUND_TEST_DRACHTIO=host:port`, `RINGROUND_TEST_DRACHTIO_SECRET` (default cymru), `RINGROUND_TEST_DRACHTIO_SIP=host:port` (its UDP
 * address), `RINGROUND_TEST_FREESWITCH=host:port`, `RINGROUND_TEST_FREESWITCH_SECRET` (default ClueCon). They must share this machine's
 * file system, and carry no other calls.
 */
export function serversOfEnvironment(env: NodeJS.ProcessEnv = process.env): Servers | undefined {
  const drachtio = address(env.RINGROUND_TEST_DRACHTIO)
  const sip = address(env.RINGROUND_TEST_DRACHTIO_SIP)
  const freeswitch = address(env.RINGROUND_TEST_FREESWITCH)
  if (!drachtio || !sip || !freeswitch) return undefined
  const secret = env.RINGROUND_TEST_FREESWITCH_SECRET ?? 'ClueCon'
  return {
    set: { drachtio: { ...drachtio, secret: env.RINGROUND_TEST_DRACHTIO_SECRET ?? 'cymru' }, freeswitch: { ...freeswitch, secret } },
    sip: { address: sip.host, port: sip.port },
    channels: () => countChannels({ ...freeswitch, secret }),
    stop: () => Promise.resolve(),
  }
}

function address(text: string | undefined): { host: string; port: number } | undefined {
  const match = /^(.+):(\d+)$/.exec(text ?? '')
  return match?.[1] === undefined ? undefined : { host: match[1], port: Number(match[2]) }
}

/** `show channels count`, over a connection of its own. */
export async function countChannels(where: { host: string; port: number; secret: string }): Promise<number> {
  const socket = connect(where)
  try {
    return await new Promise<number>((resolve, reject) => {
      let text = ''
      let asked = false
      socket.setTimeout(3_000, () => reject(new Error('the event socket says nothing')))
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        text += chunk.toString()
        if (text.includes('auth/request') && !asked) {
          asked = true
          socket.write(`auth ${where.secret}\n\napi show channels count\n\n`)
        }
        const count = /(\d+) total\./.exec(text)?.[1]
        if (count !== undefined) resolve(Number(count))
      })
    })
  } finally {
    socket.destroy()
  }
}
