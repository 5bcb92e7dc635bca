/**
 * The parts of drachtio-srf 5 and drachtio-fsmrf 5 that the adapter uses, as they behave. drachtio-srf's own types do not fit what it
 * does, drachtio-fsmrf has none; an ambient declaration takes precedence over the packages' own.
 */

declare module 'drachtio-srf' {
  import type { EventEmitter } from 'node:events'
  import type { Socket } from 'node:net'

  namespace Srf {
    /** A parsed name-addr header: `uri` without the angle brackets. */
    interface ParsedAddress {
      readonly name?: string
      readonly uri: string
      readonly params: Readonly<Record<string, string>>
    }

    interface Client {
      /** By connection. `localHostports`: what the server listens for, as `udp/10.0.0.5:5060,wss/10.0.0.5:5063`. */
      readonly mapServer: ReadonlyMap<Socket, { readonly localHostports: string | null }>
    }

    interface SipMessage {
      /** Joined by commas where the header came more than once. Undefined when absent. */
      get(header: string): string | undefined
      has(header: string): boolean
      /** @throws what its grammar does not understand */
      getParsedHeader(header: string): unknown
      readonly headers: Readonly<Record<string, string>>
      readonly body: string | undefined
    }

    /** Emits `authenticate` with the request that took its place when it had been challenged and was sent again with credentials. */
    interface Request extends SipMessage, EventEmitter {
      readonly method: string
      /** Request-URI. */
      readonly uri: string
      /** `network`, or `application` for a BYE that drachtio-server sent by itself. */
      readonly source: string
      readonly source_address: string
      readonly source_port: number
      readonly protocol: string
      /** `address:port` of the server at which the request came; not of every message, and IPv6 not always in brackets. */
      readonly receivedOn?: string
      /** Of a request from the network: the client that has the connection. */
      readonly agent?: Client
      /** Of a request of ours: drachtio-server's name for it, valid for any application. */
      readonly stackTxnId?: string
      /** The TCP connection to drachtio-server on which this dialog lives. */
      socket: Socket
      /** CANCEL of a request that we sent; also when it has been sent again with credentials. */
      cancel(callback?: (error: Error | null) => void): void
      canceled?: boolean
    }

    interface Response extends SipMessage, EventEmitter {
      readonly status: number
      readonly reason: string
      /** Where it came from; undefined for one that drachtio-server generated. */
      readonly source_address: string | undefined
      /** A final response has been sent. */
      readonly finalResponseSent: boolean
      /** Silently does nothing when a final response has been sent already. */
      send(status: number, options?: ResponseOptions, callback?: (error: unknown) => void): void
      send(status: number, reason: string, options?: ResponseOptions, callback?: (error: unknown) => void): void
    }

    interface ResponseOptions {
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }

    interface Credentials {
      readonly username: string
      readonly password: string
    }

    interface Dialog extends EventEmitter {
      readonly id: string
      /** Whether we sent the INVITE that made it. */
      readonly type?: 'uac' | 'uas'
      readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string }
      local: { uri: string; sdp: string | undefined; contact: string | undefined }
      remote: { uri: string; sdp: string | undefined }
      /** The request that made the dialog; its socket is the one on which in-dialog requests leave. */
      req: Request
      /** The 2xx that made it. */
      readonly res: Response
      /** False once either side has ended it. */
      readonly connected: boolean
      /** Every in-dialog request passes through here. Throws on a re-INVITE without SDP, which is why the adapter replaces it. */
      handle(request: Request, response: Response): void
      /** Any in-dialog request. The callback comes once for every response, provisional ones included; 2xx to INVITE is acknowledged, unless that is left to us (`noAck`, without a body). */
      request(
        options: { method: string; headers?: Readonly<Record<string, string>>; body?: string; noAck?: boolean },
        callback: (error: Error | null, response?: Response, acknowledge?: (options: AckOptions) => void) => void,
      ): void
      /** BYE. Calls back with an error when the dialog is not there any more. */
      destroy(options: { headers?: Readonly<Record<string, string>> }, callback: (error: unknown) => void): void
    }

    interface UasOptions {
      readonly localSdp: string
      readonly headers?: Readonly<Record<string, string>>
    }

    interface AckOptions {
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }

    /** A 200 with an offer, not yet acknowledged. */
    interface LateOffer {
      readonly sdp: string
      ack(answer: string): Promise<Dialog>
      /** Acknowledges and ends it. */
      destroy(): Promise<unknown>
    }

    interface UacOptions {
      readonly localSdp?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly auth?: Credentials
      /** SIP URI of the next hop: where the packets go, whatever the request URI says. No Route header is written. */
      readonly proxy?: string
    }

    interface UacProgress {
      /** The request has left; or the error that kept it from leaving. */
      cbRequest?(error: Error | null, request?: Request): void
      /** 1xx responses. */
      cbProvisional?(response: Response): void
    }

    interface SipError extends Error {
      readonly status: number
      readonly reason: string
      readonly res?: Response
    }

    interface ConnectOptions {
      readonly host: string
      readonly port: number
      readonly secret: string
      readonly reconnect?: { readonly retryMaxDelay: number }
    }
  }

  class Srf extends EventEmitter {
    connect(options: Srf.ConnectOptions): void
    /** Ends the given connection, by default the first one; throws when there is none. From then on it does not reconnect. */
    disconnect(socket?: Socket): void
    /** `app` holds the client; `wp.socket` is the current connection after a reconnect. */
    readonly app: { readonly client?: Srf.Client }
    invite(handler: (request: Srf.Request, response: Srf.Response) => void): void
    register(handler: (request: Srf.Request, response: Srf.Response) => void): void
    options(handler: (request: Srf.Request, response: Srf.Response) => void): void
    createUAS(
      request: Srf.Request,
      response: Srf.Response,
      options: Srf.UasOptions,
      callback: (error: unknown, dialog?: Srf.Dialog) => void,
    ): void
    /** A request outside any dialog. Calls back when it has left; its responses come as `response` events. */
    request(
      uri: string,
      options: { readonly method: string; readonly headers?: Readonly<Record<string, string>> },
      callback: (error: Error | null, request?: Srf.Request) => void,
    ): void
    /** Without a description of ours and with `noAck`: the far end offers, and is answered in the ACK. */
    createUAC(
      uri: string,
      options: Srf.UacOptions & { readonly noAck: true; readonly localSdp?: undefined },
      progress: Srf.UacProgress,
      callback: (error: unknown, offered?: Srf.LateOffer) => void,
    ): void
    createUAC(
      uri: string,
      options: Srf.UacOptions,
      progress: Srf.UacProgress,
      callback: (error: unknown, dialog?: Srf.Dialog) => void,
    ): void
    static parseUri(uri: string): { readonly user?: string; readonly host?: string } | undefined
  }

  export default Srf
}

declare module 'drachtio-fsmrf' {
  import type { EventEmitter } from 'node:events'
  import type * as EventSocket from 'drachtio-modesl'
  import type Srf from 'drachtio-srf'

  namespace Mrf {
    /** An event of FreeSWITCH's event socket. */
    type SocketEvent = Pick<EventSocket.SocketEvent, 'getHeader' | 'getBody'>

    type Connection = EventSocket.Connection

    interface Endpoint extends EventEmitter {
      readonly uuid: string
      /** Null once the outbound connection has ended. */
      readonly conn: Connection | null
      readonly dialog: Srf.Dialog | null
      readonly local: { readonly sdp: string }
    }

    /** Emits `channel::open` when the event socket of a channel has come. */
    interface MediaServer extends EventEmitter {
      readonly conn: Connection
      /** Channels that are being made, by its own names of them; `conn`: the event socket is there, and the dialog not yet. */
      readonly pendingConnections: ReadonlyMap<string, { readonly conn?: Connection }>
      createEndpoint(
        options: { readonly headers?: Readonly<Record<string, string>> },
        callback: (error: unknown, endpoint?: Endpoint) => void,
      ): void
      disconnect(): void
    }

    interface ConnectOptions {
      readonly address: string
      readonly port: number
      readonly secret: string
      readonly listenAddress: string
      readonly advertisedAddress: string
      readonly profile: string
    }
  }

  class Mrf {
    constructor(srf: Srf)
    /** Calls back once for every failed attempt, and again when a later attempt succeeds. */
    connect(options: Mrf.ConnectOptions, callback: (error: unknown, server?: Mrf.MediaServer) => void): void
  }

  export default Mrf
}
