/**
 * Settings of the embedded switch, and its answer once it listens. Plain data, so that it travels as
 * JSON between the engine and the child process (`main.ts`), and as an object to `EmbeddedSwitch` in tests.
 */

import type { Protocol } from './protocols/sip/endpoint.js'
import type { TlsFiles } from './protocols/sip/tls-identity.js'

/** One SIP address of the drachtio role. UDP and TCP share the port number, as `Via` and `Contact` do in practice; `tls`, `ws` and `wss` have one each. */
export interface SipListener {
  readonly address: string
  /** 0: a free port is chosen (the same one for every protocol named). */
  readonly port: number
  readonly protocols: readonly Protocol[]
  /** The address that the outside world must use (behind NAT); goes into Contact and Via. Default: `address`. */
  readonly externalAddress?: string
}

export interface SocketAddress {
  readonly address: string
  /** 0: a free port is chosen. */
  readonly port: number
}

/** The role that drachtio-server plays: SIP towards the world, the application protocol towards the engine. */
export interface DrachtioSettings {
  readonly sip: readonly SipListener[]
  /** Our certificate, for listeners with `tls` and `wss` and for calls to others over TLS. Files that change are read again. */
  readonly tls?: TlsFiles
  /** Where applications connect (drachtio's `admin` port, 9022). */
  readonly app: SocketAddress
  readonly secret: string
  /**
   * Outbound connections: for every new request from the network the server connects to the application here and hands it
   * over that connection. Absent: requests go to applications that have connected and asked for the method by `route`.
   */
  readonly outbound?: SocketAddress
  /**
   * Networks whose requests are taken without limit (`192.0.2.0/24`, `2001:db8::1`). Any other source is a stranger until an application has accepted a
   * REGISTER or INVITE of its own, or we have called it: few requests, few connections, nothing repeated. Absent: no source is a stranger.
   */
  readonly callers?: readonly string[]
  /** File into which every SIP message to and from the world is written, as pcap. Absent: none. */
  readonly traceFile?: string
  /** RFC 3261 T1 in ms, for tests; default 500. */
  readonly t1Ms?: number
  /**
   * What an application that has gone leaves behind is kept for another one for this long: dialogs, which pass to the application that next sends a request
   * within them, and unanswered calls. Then it is ended. Absent: as the real server, which keeps dialogs for good and answers their requests with 481.
   */
  readonly keptSeconds?: number
}

/** The role that FreeSWITCH plays: media, the event socket, and the SIP profile by which endpoints are made. */
export interface FreeswitchSettings {
  /** SIP (UDP) address of the profile. */
  readonly sip: SocketAddress
  /** SIP (UDP) addresses of other drachtio-servers that may ask for channels, besides the one next door. Default: none. */
  readonly signalling?: readonly SocketAddress[]
  /** Name of the profile in `sofia status`. Default `drachtio_mrf`. */
  readonly profile?: string
  readonly eventSocket: SocketAddress
  readonly password: string
  /** UDP addresses for audio: even ports from `firstPort` to `lastPort`, both included. */
  readonly rtp: {
    readonly address: string
    /** Address of the other family, for parties that want their audio there. Default: the other loopback where `address` is one, else none. */
    readonly otherAddress?: string
    /** Our external address in place of `address` (behind NAT). */
    readonly externalAddress?: string
    /** The same in place of `otherAddress`. */
    readonly otherExternalAddress?: string
    readonly firstPort: number
    readonly lastPort: number
    /** How audio is sent and received: by system calls, which takes less (`native`), by Node's own sockets (`node`, default), or `auto`: native where available. */
    readonly sockets?: 'auto' | 'native' | 'node'
    /** Browsers may speak Opus, which goes through untouched from one to the other, and is decoded for all other parties. Default false. */
    readonly opus?: boolean
  }
  /** `max-sessions`: more than these get 503. Default 1000. */
  readonly maxSessions?: number
  /** Hang up (`MEDIA_TIMEOUT`) when no RTP has come for this long. 0 (default): never, unless the channel variable `rtp_timeout_sec` says so. */
  readonly mediaTimeoutSeconds?: number
  /** Seconds between HEARTBEAT events. Default 20. */
  readonly heartbeatSeconds?: number
}

/** How the program outlives the engine that started it (`outliving.ts`). */
export interface OutlivingSettings {
  /** How long it stays when its engine has gone without a word while calls run. */
  readonly seconds: number
  /** An engine that knows it may take the program over, and recognises the program by it. */
  readonly secret: string
  /** Where it can be taken over: loopback. */
  readonly control: SocketAddress
}

export interface EmbeddedSwitchSettings {
  readonly drachtio: DrachtioSettings
  readonly freeswitch: FreeswitchSettings
  /** Absent: it ends with its parent. */
  readonly outliving?: OutlivingSettings
}

/** Where it listens, with the ports that were chosen. */
export interface EmbeddedSwitchAddresses {
  readonly drachtio: {
    readonly sip: readonly { readonly protocol: Protocol; readonly address: string; readonly port: number }[]
    readonly app: { readonly address: string; readonly port: number }
  }
  readonly freeswitch: {
    readonly sip: { readonly address: string; readonly port: number }
    readonly eventSocket: { readonly address: string; readonly port: number }
  }
}

/** First line on stdout of the child process once everything listens. */
export interface ReadyLine {
  readonly ready: EmbeddedSwitchAddresses
  /** Where it can be taken over, with `outliving`. */
  readonly control?: { readonly address: string; readonly port: number }
}

/** What is open now: a test asserts that all of it is zero after its calls. */
export interface EmbeddedSwitchLoad {
  /** Media channels of the FreeSWITCH role. */
  readonly channels: number
  /** SIP dialogs of the drachtio role. */
  readonly dialogs: number
  /** SIP transactions of both roles (they linger for their timers, at most 64*T1). */
  readonly transactions: number
  /** Connected applications, event-socket connections (inbound and outbound). */
  readonly apps: number
  readonly eventSockets: number
}
