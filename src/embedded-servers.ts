import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type { Settings } from './config/settings.js'
import type { FreeswitchSettings } from './embedded/settings.js'
import { hostForSocket } from './sip/endpoint.js'
import { parseHostPort } from './sip/uri.js'
import { startEmbeddedProcess, type EmbeddedEvents, type EmbeddedProcess } from './embedded-process.js'
import type { ServerSet } from './switch/drachtio/settings.js'
import type { SwitchHealth } from './switch/port.js'

/** Nobody else on this machine may command the embedded switch: its secrets are made at each start, and stand in no file. */
const secretBytes = 32
const loopback = '127.0.0.1'

export interface EmbeddedServers {
  readonly process: EmbeddedProcess
  /** How the adapter reaches it. */
  readonly servers: ServerSet
}

/** Starts the embedded switch for these settings. @throws Error one line that says what keeps it from starting */
export async function startEmbedded(settings: Settings, events: EmbeddedEvents): Promise<EmbeddedServers> {
  const [secret, password] = [randomSecret(), randomSecret()]
  const started = await startEmbeddedProcess(
    {
      drachtio: {
        sip: settings.sipAddresses.map((address) => ({ address, port: settings.sipPort, protocols: ['udp', 'tcp'] as const, ...externalOf(settings, address) })),
        app: { address: loopback, port: 0 },
        secret,
        callers: knownNetworks(settings),
      },
      freeswitch: {
        sip: { address: loopback, port: 0 },
        eventSocket: { address: loopback, port: 0 },
        password,
        rtp: { ...rtpAddresses(settings), firstPort: settings.rtpFrom, lastPort: settings.rtpTo },
      },
    },
    events,
  )
  const { drachtio, freeswitch } = started.addresses
  return {
    process: started,
    servers: {
      drachtio: { host: drachtio.app.address, port: drachtio.app.port, secret },
      freeswitch: { host: freeswitch.eventSocket.address, port: freeswitch.eventSocket.port, secret: password },
      listenAddress: loopback,
    },
  }
}

/** Where phones reach the switch that listens at an address of ours. */
export function reachableAt(settings: Settings, address: string): string {
  return externalOf(settings, address).externalAddress ?? address
}

function externalOf(settings: Settings, address: string): { readonly externalAddress?: string } {
  const externalAddress = settings.sipExternalAddresses.find((each) => isIP(each) === isIP(address))
  return externalAddress === undefined ? {} : { externalAddress }
}

/** One address of each family at most: audio is answered in the family in which it is offered. */
function rtpAddresses(settings: Settings): Omit<FreeswitchSettings['rtp'], 'firstPort' | 'lastPort'> {
  const given = settings.rtpAddresses.length > 0 ? settings.rtpAddresses : settings.sipAddresses
  const address = given[0] ?? loopback
  const other = given.find((each) => isIP(each) !== isIP(address))
  const otherExternal = other === undefined ? undefined : externalOf(settings, other).externalAddress
  return { address, ...externalOf(settings, address), ...(other === undefined ? {} : { otherAddress: other }), ...(otherExternal === undefined ? {} : { otherExternalAddress: otherExternal }) }
}

/** What is said of the switch to whoever asks, without the places of its own sockets. */
export function withoutPorts(health: SwitchHealth, { drachtio, freeswitch }: ServerSet): SwitchHealth {
  const hide = (detail: string): string => [drachtio, freeswitch].reduce((text, { host, port }) => text.replaceAll(`${host}:${port}`, '(embedded)'), detail)
  const { signalling, media } = health
  return { ...health, signalling: { ...signalling, detail: hide(signalling.detail) }, media: { ...media, detail: hide(media.detail) } }
}

/** Networks whose requests are no stranger's: those from which calls are taken, and trunks that stand at an address. */
function knownNetworks(settings: Settings): readonly string[] {
  const trunks = settings.trunks.map(({ address }) => parseHostPort(address.replace(/;.*/, ''))?.host ?? '').map(hostForSocket)
  return [...settings.callers, ...trunks.filter((host) => isIP(host) !== 0)]
}

function randomSecret(): string {
  return randomBytes(secretBytes).toString('hex')
}
