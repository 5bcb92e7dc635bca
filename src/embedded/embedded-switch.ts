import { isIP } from 'node:net'
import { machineClock } from './protocols/sip/clock.js'
import type { Endpoint } from './protocols/sip/endpoint.js'
import { networks } from './protocols/sip/networks.js'
import { sameHost } from './protocols/sip/same-host.js'
import { ListenError, SocketTransport, type SocketTransportOptions } from './protocols/sip/socket-transport.js'
import { Strangers } from './protocols/sip/strangers.js'
import type { ConnectionShortage } from './protocols/sip/stream-carrier.js'
import { tcpLimitsFor } from './protocols/sip/tcp-limits.js'
import { TlsIdentity, type TlsFiles } from './protocols/sip/tls-identity.js'
import type { Transport } from './protocols/sip/transport.js'
import { descriptorIsFree, descriptorLimit } from './descriptors.js'
import { DrachtioRole } from './drachtio/drachtio-role.js'
import { SipTrace } from './sip-trace.js'
import { FaultyTransport } from './faulty-transport.js'
import { Faults, type Fault } from './faults.js'
import { FreeswitchRole, type MediaFactory } from './freeswitch/freeswitch-role.js'
import { ListenFailure, listenFailure } from './listening.js'
import { LocalWire } from './local-wire.js'
import { ManyTransport } from './many-transport.js'
import { MediaEngine } from './media/media-engine.js'
import { Shortages, type Shortage } from './shortages.js'
import type { EmbeddedSwitchAddresses, EmbeddedSwitchLoad, EmbeddedSwitchSettings, SipListener } from './settings.js'

/** How often to report how many messages of strangers were dropped. */
const DROPPED_MS = 60_000
/** How long BYEs of a stopping switch may take to be answered. */
const GRACE_MS = 500

interface Running {
  readonly drachtio: DrachtioRole
  readonly freeswitch: FreeswitchRole
}

/**
 * The embedded switch in this process, for tests (production runs `main.ts` as a child process, with the audio in a thread of its own). `const s = new EmbeddedSwitch(settings); const where = await s.start(); ...; await s.stop()`.
 */
export class EmbeddedSwitch {
  readonly settings: EmbeddedSwitchSettings
  readonly #faults = new Faults()
  readonly #log: (line: string) => void
  readonly #shortages: Shortages
  readonly #media: MediaFactory
  readonly #strangers: Strangers | undefined
  readonly #worldTransports: SocketTransport[] = []
  #running: Running | undefined
  #trace: SipTrace | undefined
  #tls: TlsIdentity | undefined
  #stopping: Promise<void> | undefined
  /** Reports now and then how much from strangers was dropped. */
  #dropped: NodeJS.Timeout | undefined
  #droppedBefore = 0

  /**
   * @param log takes diagnostic lines for the operator; default: nowhere
   * @param onShortages called with what has run out, whenever that changes
   * @param media makes the audio engine; default: one in this thread
   */
  constructor(
    settings: EmbeddedSwitchSettings,
    log: (line: string) => void = () => undefined,
    onShortages: (now: readonly Shortage[]) => void = () => undefined,
    media: MediaFactory = (options) => new MediaEngine(options),
  ) {
    this.settings = settings
    this.#media = media
    this.#log = log
    this.#shortages = new Shortages(
      {
        channels: () => this.#running?.freeswitch.hasRoom ?? true,
        rtpPorts: () => this.#running?.freeswitch.hasFreePorts() ?? true,
        sipConnections: () => this.#worldTransports.every((transport) => transport.hasRoomForKnown),
        descriptors: descriptorIsFree,
      },
      onShortages,
    )
    const { callers } = settings.drachtio
    this.#strangers = callers && new Strangers(networks(callers), machineClock)
  }

  /** Binds every port. Rejects with `ListenFailure` (one line, says which port and what to change) and leaves nothing open. */
  async start(): Promise<EmbeddedSwitchAddresses> {
    const { drachtio, freeswitch } = this.settings
    const opened: { close(): Promise<void> }[] = []
    try {
      const tcpLimits = tcpLimitsFor(descriptorLimit())
      const onShortage = (what: ConnectionShortage, detail: string): void =>
        this.#shortages.add(what === 'connections' ? 'sipConnections' : what, detail)
      if (drachtio.traceFile !== undefined) this.#trace = new SipTrace(drachtio.traceFile, this.#log)
      const trace = this.#trace
      const tls = drachtio.tls && tlsIdentity(drachtio.tls, this.#log)
      if (tls) opened.push({ close: () => Promise.resolve(tls.close()) })
      this.#tls = tls
      for (const listener of withWayTo(freeswitch.sip.address, drachtio.sip)) {
        const transport = await openTransport(listener, 'SIP', {
          ...(tls ? { tls } : {}),
          tcpLimits,
          onShortage,
          ...(trace ? { trace: (bytes, from, to) => trace.wrote(bytes, from, to) } : {}),
          ...(this.#strangers === undefined ? {} : { strangers: this.#strangers }),
        })
        opened.push(transport)
        this.#worldTransports.push(transport)
      }
      const [only] = this.#worldTransports
      const world: Transport = this.#worldTransports.length === 1 && only !== undefined ? only : new ManyTransport(this.#worldTransports)
      // A peer that may call the media server commands it, so none may but the signalling beside it and the named addresses.
      const others = (freeswitch.signalling ?? []).map((other) => ({ ...other, protocol: 'udp' as const }))
      const onlyFrom = (source: Endpoint): boolean => isOwnPort(source, [...world.listeners, ...others])
      const mediaTransport = await openTransport({ ...freeswitch.sip, protocols: ['udp'] }, 'SIP of the media server', { onlyFrom })
      opened.push(mediaTransport)
      const [signallingWire, mediaWire] = [new LocalWire(world), new LocalWire(mediaTransport)]
      LocalWire.join(signallingWire, mediaWire)
      const running: Running = {
        drachtio: new DrachtioRole(
          drachtio,
          new FaultyTransport(signallingWire, this.#faults, 'sip'),
          this.#faults,
          this.#log,
          this.#strangers,
          () => this.#running?.freeswitch.engine.expectSecurity(),
        ),
        freeswitch: new FreeswitchRole(
          freeswitch,
          new FaultyTransport(mediaWire, this.#faults, 'media-sip'),
          this.#faults,
          this.#log,
          this.#media,
          (kind, detail) => this.#shortages.add(kind, detail),
        ),
      }
      opened.unshift({ close: () => running.drachtio.stop(0) }, { close: () => running.freeswitch.stop() })
      if (this.#strangers) this.#dropped = setInterval(() => this.#tellDropped(), DROPPED_MS).unref()
      const app = await running.drachtio.start()
      const eventSocket = await running.freeswitch.start()
      this.#running = running
      const [mediaSip] = mediaTransport.listeners
      return {
        drachtio: { sip: world.listeners.map(({ protocol, address, port }) => ({ protocol, address, port })), app },
        freeswitch: { sip: { address: mediaSip?.address ?? '', port: mediaSip?.port ?? 0 }, eventSocket },
      }
    } catch (error) {
      for (const thing of opened) await thing.close()
      await this.#trace?.close()
      throw error
    }
  }

  /** Ends every call (BYE, CANCEL, 503), waits for the answers half a second at most, closes everything. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#shortages.close()
    clearInterval(this.#dropped)
    if (!running) return
    await running.drachtio.stop(GRACE_MS)
    await running.freeswitch.stop()
    this.#tls?.close()
    await this.#trace?.close()
  }

  /** Puts a fault in force (tests). */
  fault(fault: Fault): void {
    this.#faults.arm(fault)
    const running = this.#running
    if (!running) return
    if (fault.kind === 'losePackets' || fault.kind === 'none') {
      const share = this.#faults.packetLoss
      running.freeswitch.engine.losePackets({ in: share, out: share })
    }
    if (fault.kind === 'disconnect') {
      if (fault.stream === 'app') running.drachtio.cutApps()
      else running.freeswitch.cutSockets(fault.stream === 'event-socket-in' ? 'inbound' : 'outbound')
    }
  }

  #tellDropped(): void {
    const { dropped = 0 } = this.#strangers ?? {}
    if (dropped > this.#droppedBefore)
      this.#log(`${dropped - this.#droppedBefore} messages of strangers were dropped in the last minute: more than they may send`)
    this.#droppedBefore = dropped
  }

  /** What has run out now. */
  get shortages(): readonly Shortage[] {
    return this.#shortages.now
  }

  load(): EmbeddedSwitchLoad {
    const running = this.#running
    return {
      channels: running?.freeswitch.channelCount ?? 0,
      dialogs: running?.drachtio.dialogs.size ?? 0,
      transactions: (running?.drachtio.transactions ?? 0) + (running?.freeswitch.transactions ?? 0),
      apps: running?.drachtio.appCount ?? 0,
      eventSockets: running?.freeswitch.eventSockets ?? 0,
    }
  }
}

function tlsIdentity(files: TlsFiles, log: (line: string) => void): TlsIdentity {
  try {
    return new TlsIdentity(files, log)
  } catch (error) {
    throw new ListenFailure(`TLS: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

async function openTransport(listener: SipListener, what: string, more: Partial<SocketTransportOptions> = {}): Promise<SocketTransport> {
  try {
    return await SocketTransport.open({
      address: listener.address,
      port: listener.port,
      protocols: listener.protocols,
      ...more,
      ...(listener.externalAddress === undefined ? {} : { publicAddress: listener.externalAddress }),
    })
  } catch (error) {
    throw listenFailure(error, {
      address: listener.address,
      port: listener.port,
      what: error instanceof ListenError ? `${what} (${error.endpoint.protocol})` : what,
    })
  }
}

/** The listeners, and where none of them could reach the media server, one of its family that can. */
function withWayTo(mediaServer: string, listeners: readonly SipListener[]): readonly SipListener[] {
  if (listeners.some(({ address, protocols }) => protocols.includes('udp') && isIP(address) === isIP(mediaServer))) return listeners
  return [...listeners, { address: mediaServer, port: 0, protocols: ['udp'] }]
}

/** Whether a packet came from one of these sockets. */
function isOwnPort(source: Endpoint, listeners: readonly Endpoint[]): boolean {
  return listeners.some(({ protocol, address, port }) => {
    if (protocol !== source.protocol || port !== source.port) return false
    return sameHost(source.address, address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address)
  })
}
