import { countChannels } from './servers.js'
import { SharedSwitch } from '../fleet/shared-switch.js'
import { startEmbedded } from './embedded-servers.js'
import type { Servers } from './socket-world.js'

/** FreeSWITCHes beside the one of a drachtio-server: calls begin at the first, and may go on at any. */
export interface MediaServers {
  /** The first dies: of it nothing is left. */
  kill(): Promise<void>
  /** The second dies. */
  killSecond(): Promise<void>
  /** The first stands still, as one whose machine is gone: nothing of it ends. */
  freeze(): void
  /** The first is up again, where it was. */
  restore(): Promise<void>
}

/** An embedded switch in this process, and two more as programs, of which the media servers alone are used. */
export async function startWithSpares(
  options: { readonly browsers?: boolean } = {},
): Promise<Servers & { readonly media: MediaServers; readonly webSocket: string }> {
  const home = await startEmbedded(options)
  const sip = `${home.sip.address}:${home.sip.port}`
  const [first, second] = await Promise.all([SharedSwitch.start(undefined, sip), SharedSwitch.start(undefined, sip)])
  const count = async (shared: SharedSwitch): Promise<number> => (shared.runs ? countChannels(shared.eventSocket) : 0)
  return {
    ...home,
    set: {
      ...home.set,
      freeswitch: first.eventSocket,
      others: [
        { ...second.eventSocket, spare: true },
        { ...home.set.freeswitch, spare: true },
      ],
    },
    channels: async () => (await Promise.all([home.channels(), count(first), count(second)])).reduce((sum, each) => sum + each, 0),
    stop: async () => {
      await Promise.all([home.stop(), first.stop(), second.stop()])
    },
    media: {
      kill: () => first.stop(),
      killSecond: () => second.stop(),
      freeze: () => first.freeze(),
      restore: async () => {
        first.wake()
        await Promise.all([first.start(), second.start()])
      },
    },
  }
}
