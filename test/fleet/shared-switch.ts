import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EmbeddedSwitchSettings, ReadyLine } from '../../src/embedded/settings.js'
import { rtpRange } from '../e2e/free-ports.js'

const program = fileURLToPath(new URL('../../dist/src/embedded/main.js', import.meta.url))
const loopback = '127.0.0.1'
/** Longer than any test looks. */
const keptSeconds = 120

/** The embedded switch as a program of its own, for engines that take it for their drachtio-server and FreeSWITCH. */
export class SharedSwitch {
  private constructor(
    private readonly child: ChildProcess,
    /** Settings of an engine, by environment variable. */
    readonly env: Readonly<Record<string, string>>,
    /** `host:port` on which it is rung. */
    readonly sip: string,
  ) {}

  static async start(): Promise<SharedSwitch> {
    const secret = randomBytes(16).toString('hex')
    const rtp = rtpRange(400)
    const settings: EmbeddedSwitchSettings = {
      drachtio: { sip: [{ address: loopback, port: 0, protocols: ['udp', 'tcp'] }], app: { address: loopback, port: 0 }, secret, keptSeconds },
      freeswitch: { sip: { address: loopback, port: 0 }, eventSocket: { address: loopback, port: 0 }, password: secret, rtp: { address: loopback, firstPort: rtp.from, lastPort: rtp.to } },
    }
    const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, RINGROUND_SWITCH: JSON.stringify(settings) } })
    let text = ''
    while (!text.includes('\n')) {
      const [chunk] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => ['\n'])])) as [Buffer | string]
      text += chunk.toString()
    }
    if (child.exitCode !== null) throw new Error('the switch does not start')
    // The program's own line.
    const { ready } = JSON.parse(text) as ReadyLine
    const { app } = ready.drachtio
    const { eventSocket } = ready.freeswitch
    const sip = ready.drachtio.sip.find(({ protocol }) => protocol === 'udp')
    return new SharedSwitch(
      child,
      { RINGROUND_DRACHTIO: `${app.address}:${app.port}`, RINGROUND_DRACHTIO_SECRET: secret, RINGROUND_FREESWITCH: `${eventSocket.address}:${eventSocket.port}`, RINGROUND_FREESWITCH_SECRET: secret },
      `${loopback}:${sip?.port ?? 0}`,
    )
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const gone = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await gone
  }
}
