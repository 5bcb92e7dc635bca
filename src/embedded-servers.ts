import { createHash, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { messageOf } from './common/errors.js'
import type { Settings } from './config/settings.js'
import type {
  DrachtioSettings,
  EmbeddedSwitchAddresses,
  EmbeddedSwitchSettings,
  FreeswitchSettings,
  SipListener,
} from './embedded/settings.js'
import { hostForSocket } from './embedded/protocols/sip/endpoint.js'
import { parseHostPort } from './embedded/protocols/sip/uri.js'
import { startEmbeddedProcess, type EmbeddedEvents, type EmbeddedProcess } from './embedded-process.js'
import { forgetNote, kill, processBegan, readNote, takeOver, writeNote, type RunningSwitch, type SwitchNote } from './running-switch.js'
import type { ServerSet } from './switch/drachtio/settings.js'
import type { SwitchHealth } from './switch/port.js'

/**
 * No other user of this machine may control the embedded switch: its secrets are made at each start, and are in a file that only this user can
 * read, for the engine that takes it over should this one be killed.
 */
const secretBytes = 32
const loopback = '127.0.0.1'
/** How long the switch waits for another engine, with its calls, when this one has been killed. */
const outlivesSeconds = 60

export interface EmbeddedServers {
  readonly process: EmbeddedProcess
  /** Its addresses for the adapter. */
  readonly servers: ServerSet
  /** Its address for browsers, over plain WebSockets. */
  readonly webSocket: { readonly address: string; readonly port: number }
}

type Secrets = Pick<SwitchNote, 'control' | 'drachtio' | 'freeswitch'>

/** Starts the embedded switch for these settings, or takes over the one left by a killed engine. @throws Error one line that says what keeps it from starting */
export async function startEmbedded(settings: Settings, events: EmbeddedEvents): Promise<EmbeddedServers> {
  const file = join(settings.dataFolder, 'switch.json')
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(switchSettings(settings, { control: '', drachtio: '', freeswitch: '' })))
    .digest('hex')
  const left = await leftBehind(file, fingerprint)
  const secrets: Secrets = left?.note ?? { control: randomSecret(), drachtio: randomSecret(), freeswitch: randomSecret() }
  const note = (running: RunningSwitch): void => {
    const { pid = 0 } = running
    writeNote(file, { ...secrets, pid, began: processBegan(pid), ready: running.ready, settings: fingerprint }).catch((error: unknown) =>
      events.onCrash(`${file}: ${messageOf(error)}; should the engine die, the next one cannot take over its calls`),
    )
  }
  const started = await startEmbeddedProcess(switchSettings(settings, secrets), { ...events, onRunning: note }, left?.running)
  const { drachtio, freeswitch } = started.addresses
  return {
    process: {
      ...started,
      get pid() {
        return started.pid
      },
      stop: async () => {
        await started.stop()
        await forgetNote(file)
      },
    },
    servers: {
      drachtio: { host: drachtio.app.address, port: drachtio.app.port, secret: secrets.drachtio },
      freeswitch: { host: freeswitch.eventSocket.address, port: freeswitch.eventSocket.port, secret: secrets.freeswitch },
      listenAddress: loopback,
      opus: settings.browserOpus === 'true',
    },
    webSocket: webSocketOf(drachtio.sip),
  }
}

function webSocketOf(listeners: EmbeddedSwitchAddresses['drachtio']['sip']): EmbeddedServers['webSocket'] {
  const listener = listeners.find(({ protocol }) => protocol === 'ws')
  if (listener === undefined) throw new Error('the embedded switch takes no WebSockets')
  return { address: listener.address, port: listener.port }
}

/** The usable switch left by a killed engine. An unusable one is ended: it has our ports. */
async function leftBehind(
  file: string,
  fingerprint: string,
): Promise<{ readonly running: RunningSwitch; readonly note: SwitchNote } | undefined> {
  const note = await readNote(file)
  if (note === undefined) return undefined
  const found = await takeOver(note)
  if (found.kind === 'silent') await kill(note)
  if (found.kind !== 'taken') return undefined
  if (note.settings === fingerprint) return { running: found.running, note }
  await found.running.stop()
  return undefined
}

function switchSettings(settings: Settings, secrets: Secrets): EmbeddedSwitchSettings {
  return {
    drachtio: {
      sip: sipListeners(settings),
      ...tlsFiles(settings),
      app: { address: loopback, port: 0 },
      secret: secrets.drachtio,
      callers: knownNetworks(settings),
      ...(settings.sipTraceFile === undefined ? {} : { traceFile: settings.sipTraceFile }),
      keptSeconds: outlivesSeconds,
    },
    freeswitch: {
      sip: { address: loopback, port: 0 },
      eventSocket: { address: loopback, port: 0 },
      password: secrets.freeswitch,
      rtp: {
        ...rtpAddresses(settings),
        firstPort: settings.rtpFrom,
        lastPort: settings.rtpTo,
        sockets: settings.rtpSockets,
        opus: settings.browserOpus === 'true',
      },
    },
    outliving: { seconds: outlivesSeconds, secret: secrets.control, control: { address: loopback, port: 0 } },
  }
}

/** UDP and TCP first: a party that has not called us is called from the first listener that can reach it. */
function sipListeners(settings: Settings): readonly SipListener[] {
  const at = (port: number | undefined, protocols: SipListener['protocols']) =>
    port === undefined ? [] : settings.sipAddresses.map((address) => ({ address, port, protocols, ...externalOf(settings, address) }))
  return [
    ...at(settings.sipPort, ['udp', 'tcp']),
    ...at(settings.sipTlsPort, ['tls']),
    ...at(settings.sipWssPort, ['wss']),
    { address: settings.sipWsAddress, port: settings.sipWsPort, protocols: ['ws'] },
  ]
}

function tlsFiles({ tlsCertificate, tlsKey, tlsCa }: Settings): Pick<DrachtioSettings, 'tls'> {
  if (tlsCertificate === undefined || tlsKey === undefined) return {}
  return { tls: { certificateFile: tlsCertificate, keyFile: tlsKey, ...(tlsCa === undefined ? {} : { caFile: tlsCa }) } }
}

/** The address at which phones reach a switch listening at one of ours. */
export function reachableAt(settings: Settings, address: string): string {
  return externalOf(settings, address).externalAddress ?? address
}

function externalOf(settings: Settings, address: string): { readonly externalAddress?: string } {
  const externalAddress = settings.sipExternalAddresses.find((each) => isIP(each) === isIP(address))
  return externalAddress === undefined ? {} : { externalAddress }
}

/** At most one address of each family: audio is answered in the family of the offer. */
function rtpAddresses(settings: Settings): Omit<FreeswitchSettings['rtp'], 'firstPort' | 'lastPort'> {
  const given = settings.rtpAddresses.length > 0 ? settings.rtpAddresses : settings.sipAddresses
  const address = given[0] ?? loopback
  const other = given.find((each) => isIP(each) !== isIP(address))
  const otherExternal = other === undefined ? undefined : externalOf(settings, other).externalAddress
  return {
    address,
    ...externalOf(settings, address),
    ...(other === undefined ? {} : { otherAddress: other }),
    ...(otherExternal === undefined ? {} : { otherExternalAddress: otherExternal }),
  }
}

/** The switch's public state, without its own sockets' addresses. */
export function withoutPorts(health: SwitchHealth, { drachtio, freeswitch }: ServerSet): SwitchHealth {
  const hide = (detail: string): string =>
    [drachtio, freeswitch].reduce((text, { host, port }) => text.replaceAll(`${host}:${port}`, '(embedded)'), detail)
  const { signalling, media } = health
  return { ...health, signalling: { ...signalling, detail: hide(signalling.detail) }, media: { ...media, detail: hide(media.detail) } }
}

/** Trusted networks: those that calls are taken from, and trunks given by address. */
function knownNetworks(settings: Settings): readonly string[] {
  const trunks = settings.trunks.map(({ address }) => parseHostPort(address.replace(/;.*/, ''))?.host ?? '').map(hostForSocket)
  return [...settings.callers, ...trunks.filter((host) => isIP(host) !== 0)]
}

function randomSecret(): string {
  return randomBytes(secretBytes).toString('hex')
}
