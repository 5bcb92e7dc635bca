import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EmbeddedSwitchSettings, ReadyLine } from '../../src/embedded/settings.js'
import { serversOfEnvironment } from '../contract/servers.js'
import { rtpRange } from '../e2e/free-ports.js'

const program = fileURLToPath(new URL('../../dist/src/embedded/main.js', import.meta.url))
const loopback = '127.0.0.1'
/** Longer than any test looks. */
const keptSeconds = 120

/** The embedded switch as a program of its own, for engines that take it for their drachtio-server and FreeSWITCH, or for one of the two. */
export class SharedSwitch {
  #child: ChildProcess | undefined

  private constructor(
    private readonly settings: EmbeddedSwitchSettings | undefined,
    /** Settings of an engine, by environment variable. */
    readonly env: Readonly<Record<string, string>>,
    /** `host:port` on which it is rung. */
    readonly sip: string,
    /** Its FreeSWITCH. */
    readonly eventSocket: { readonly host: string; readonly port: number; readonly secret: string },
    child: ChildProcess | undefined,
  ) {
    this.#child = child
  }

  /** @param mediaFor `host:port` of a drachtio-server that it is a media server for */
  static async start(secret?: string, mediaFor?: string): Promise<SharedSwitch> {
    return (
      (secret === undefined && mediaFor === undefined ? SharedSwitch.#ofEnvironment() : undefined) ??
      (await SharedSwitch.#start(secret, mediaFor))
    )
  }

  /** A real drachtio-server and FreeSWITCH, named in the environment (`test/contract/servers.ts`): nobody but who named them starts and ends them. */
  static #ofEnvironment(): SharedSwitch | undefined {
    const real = serversOfEnvironment()
    if (!real) return undefined
    const { drachtio, freeswitch } = real.set
    const env = {
      RINGROUND_DRACHTIO: `${drachtio.host}:${drachtio.port}`,
      RINGROUND_DRACHTIO_SECRET: drachtio.secret,
      RINGROUND_FREESWITCH: `${freeswitch.host}:${freeswitch.port}`,
      RINGROUND_FREESWITCH_SECRET: freeswitch.secret,
    }
    return new SharedSwitch(undefined, env, `${real.sip.address}:${real.sip.port}`, freeswitch, undefined)
  }

  static async #start(secret = randomBytes(16).toString('hex'), mediaFor?: string): Promise<SharedSwitch> {
    const rtp = rtpRange(400)
    const settings: EmbeddedSwitchSettings = {
      drachtio: {
        sip: [
          { address: loopback, port: 0, protocols: ['udp', 'tcp'] },
          { address: loopback, port: 0, protocols: ['ws'] },
        ],
        app: { address: loopback, port: 0 },
        secret,
        keptSeconds,
      },
      freeswitch: {
        sip: { address: loopback, port: 0 },
        ...(mediaFor === undefined ? {} : { signalling: [{ address: loopback, port: Number(mediaFor.split(':')[1]) }] }),
        eventSocket: { address: loopback, port: 0 },
        password: secret,
        rtp: { address: loopback, firstPort: rtp.from, lastPort: rtp.to },
      },
    }
    const { child, ready } = await run(settings)
    const { app } = ready.drachtio
    const { eventSocket } = ready.freeswitch
    const sip = ready.drachtio.sip.find(({ protocol }) => protocol === 'udp')
    const webSocket = ready.drachtio.sip.find(({ protocol }) => protocol === 'ws')
    return new SharedSwitch(
      {
        ...settings,
        freeswitch: {
          ...settings.freeswitch,
          sip: { ...settings.freeswitch.sip, port: ready.freeswitch.sip.port },
          eventSocket: { ...settings.freeswitch.eventSocket, port: eventSocket.port },
        },
      },
      {
        RINGROUND_DRACHTIO: `${app.address}:${app.port}`,
        RINGROUND_DRACHTIO_SECRET: secret,
        RINGROUND_FREESWITCH: `${eventSocket.address}:${eventSocket.port}`,
        RINGROUND_FREESWITCH_SECRET: secret,
        RINGROUND_BROWSER_SIP: `ws://${loopback}:${webSocket?.port ?? 0}`,
      },
      `${loopback}:${sip?.port ?? 0}`,
      { host: eventSocket.address, port: eventSocket.port, secret },
      child,
    )
  }

  get runs(): boolean {
    return this.#child !== undefined
  }

  /** Starts it again where it was, as a media server; harmless while it runs. */
  async start(): Promise<void> {
    if (this.settings) this.#child ??= (await run(this.settings)).child
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  wake(): void {
    this.#child?.kill('SIGCONT')
  }

  /** `kill -9`. */
  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
}

async function run(settings: EmbeddedSwitchSettings): Promise<{ readonly child: ChildProcess; readonly ready: ReadyLine['ready'] }> {
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, RINGROUND_SWITCH: JSON.stringify(settings) },
  })
  let text = ''
  while (!text.includes('\n')) {
    const [chunk] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => ['\n'])])) as [Buffer | string]
    text += chunk.toString()
  }
  if (child.exitCode !== null) throw new Error('the switch does not start')
  // The program's own line.
  return { child, ready: (JSON.parse(text) as ReadyLine).ready }
}
