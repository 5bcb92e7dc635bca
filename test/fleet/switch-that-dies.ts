import { serversOfEnvironment, signallingOfEnvironment, sparesOfEnvironment } from '../contract/servers.js'
import { SharedSwitch } from './shared-switch.js'

/** What can be killed, and started again where it was. Starting is harmless while it runs. */
export interface Mortal {
  kill(): Promise<void>
  start(): Promise<void>
}

/** A drachtio-server with two FreeSWITCHes, for engines; the first FreeSWITCH may die. */
export interface SwitchThatDies {
  /** A real drachtio-server: it gives an INVITE that it has handed to an engine to no other, and a BYE to no engine that has taken the call over. */
  readonly real: boolean
  /** `host:port` on which it is rung. */
  readonly sip: string
  /** Settings of an engine, by environment variable. */
  readonly env: Readonly<Record<string, string>>
  readonly media: Mortal
  /** The drachtio-server; undefined where it cannot be killed alone. */
  readonly signalling: Mortal | undefined
  stop(): Promise<void>
}

/** Those named in the environment (`test/contract/servers.ts`) where they may be killed; otherwise the embedded switch, with a second one for its media alone. */
export async function startSwitchThatDies(): Promise<SwitchThatDies> {
  const shared = await SharedSwitch.start()
  const spares = sparesOfEnvironment()
  if (serversOfEnvironment() !== undefined) {
    const second = spares?.set.others?.[0]
    if (!spares?.media || second === undefined)
      throw new Error('a second FreeSWITCH, and how to kill the first, are not named in the environment')
    const { media } = spares
    const { freeswitch } = spares.set
    return {
      real: true,
      sip: shared.sip,
      env: { ...shared.env, RINGROUND_FREESWITCH: `${freeswitch.host}:${freeswitch.port},${second.host}:${second.port}` },
      media: { kill: () => media.kill(), start: () => media.restore() },
      signalling: signallingOfEnvironment(),
      stop: () => Promise.resolve(),
    }
  }
  const first = await SharedSwitch.start(shared.eventSocket.secret, shared.sip)
  const place = ({ eventSocket: { host, port } }: SharedSwitch): string => `${host}:${port}`
  return {
    real: false,
    sip: shared.sip,
    env: { ...shared.env, RINGROUND_FREESWITCH: `${place(first)},${place(shared)}` },
    media: { kill: () => first.stop(), start: () => first.start() },
    signalling: undefined,
    stop: async () => {
      await Promise.all([shared.stop(), first.stop()])
    },
  }
}
