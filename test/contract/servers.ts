import { execFile, execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { promisify } from 'node:util'
import type { MediaServers } from './media-servers.js'
import type { Servers } from './socket-world.js'

/**
 * A drachtio-server and a FreeSWITCH that run already, named in the environment:
 * `RINGROUND_TEST_DRACHTIO=host:port`, `RINGROUND_TEST_DRACHTIO_SECRET` (default cymru), `RINGROUND_TEST_DRACHTIO_SIP=host:port` (its UDP
 * address), `RINGROUND_TEST_DRACHTIO_WS=host:port` (its WebSocket address, for calls of browsers), `RINGROUND_TEST_DRACHTIO_TLS=host:port` with
 * `RINGROUND_TEST_DRACHTIO_CA=file` (its TLS address, and the authority of its certificate, which has to be good for `localhost`), `RINGROUND_TEST_FREESWITCH=host:port`,
 * `RINGROUND_TEST_FREESWITCH_SECRET` (default ClueCon). They must share this machine's
 * file system, and carry no other calls. For media servers that die besides: `RINGROUND_TEST_FREESWITCH_SPARE=host:port`, of another one with the same secret, and the shell commands
 * `RINGROUND_TEST_MEDIA_KILL`, `RINGROUND_TEST_MEDIA_FREEZE` and `RINGROUND_TEST_MEDIA_START` (harmless while it runs; wakes it up) for the first. For a drachtio-server
 * that dies: `RINGROUND_TEST_DRACHTIO_KILL` and `RINGROUND_TEST_DRACHTIO_START`.
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

/** The same with a second FreeSWITCH, and with the first one's death at hand. */
export function sparesOfEnvironment(env: NodeJS.ProcessEnv = process.env): Servers | undefined {
  const servers = serversOfEnvironment(env)
  const spare = address(env.RINGROUND_TEST_FREESWITCH_SPARE)
  const [kill, freeze, start] = [env.RINGROUND_TEST_MEDIA_KILL, env.RINGROUND_TEST_MEDIA_FREEZE, env.RINGROUND_TEST_MEDIA_START]
  if (!servers || !spare || kill === undefined || freeze === undefined || start === undefined) return undefined
  const { freeswitch } = servers.set
  const places = [freeswitch, { ...spare, secret: freeswitch.secret }]
  const media: MediaServers = {
    kill: () => run(kill),
    killSecond: () => Promise.reject(new Error('nobody knows how')),
    freeze: () => void execFileSync('/bin/sh', ['-c', freeze], { stdio: 'ignore' }),
    restore: () => run(start),
  }
  return {
    ...servers,
    set: { ...servers.set, others: [{ ...spare, secret: freeswitch.secret, spare: true }] },
    channels: async () =>
      (await Promise.all(places.map((place) => countChannels(place).catch(() => 0)))).reduce((sum, each) => sum + each, 0),
    media,
  }
}

/** How the drachtio-server of the environment is killed, and started again where it was. */
export function signallingOfEnvironment(
  env: NodeJS.ProcessEnv = process.env,
): { kill(): Promise<void>; start(): Promise<void> } | undefined {
  const [kill, start] = [env.RINGROUND_TEST_DRACHTIO_KILL, env.RINGROUND_TEST_DRACHTIO_START]
  if (kill === undefined || start === undefined) return undefined
  return { kill: () => run(kill), start: () => run(start) }
}

/** A command of the shell. The voices of the test's telephones go on meanwhile. */
async function run(command: string): Promise<void> {
  await promisify(execFile)('/bin/sh', ['-c', command])
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
