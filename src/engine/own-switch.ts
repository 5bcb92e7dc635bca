import { Capacity } from '../capacity.js'
import { EarlySwitch } from '../early-switch.js'
import type { EmbeddedServers } from '../embedded-servers.js'
import type { Ground } from './ground.js'
import { listenError } from './listen-error.js'

export interface OwnSwitch {
  readonly capacity: Capacity
  /** The embedded switch once it listens; undefined with configured servers. Rejects with a StartError. */
  readonly started: Promise<EmbeddedServers | undefined>
}

/** The embedded switch, where no drachtio-server is set. It starts in a process of its own, while everything else is opened. */
export function startOwnSwitch({ settings, log, alarms, opened }: Ground, early: EarlySwitch | undefined): OwnSwitch {
  const capacity = new Capacity(alarms)
  if (settings.drachtio.length > 0) return { capacity, started: Promise.resolve(undefined) }
  const own = early ?? new EarlySwitch(settings)
  own.listen({ onCrash: (detail) => log.error(detail), onShortages: (now) => capacity.ranOut(now) })
  const started = own.started.catch((error: unknown) => {
    throw listenError(error, `sip.address ${settings.sipAddresses.join(', ')}, sip.port ${settings.sipPort}`, 'RINGROUND_SIP_PORT')
  })
  // A failure reaches the code that awaits it.
  started.catch(() => undefined)
  opened.push('the embedded switch', () =>
    started.then(
      // The calls on it belong to a dead engine: the next start may take them over.
      ({ process }) => (opened.failed && process.outlived ? process.letGo() : process.stop()),
      () => undefined,
    ),
  )
  return { capacity, started }
}
