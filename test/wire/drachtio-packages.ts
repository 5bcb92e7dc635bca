/**
 * The two packages that production talks through, unmodified, with as much of a type as these tests use. (The shipped types of the one do not fit
 * its behaviour; the other ships none.)
 */
import { once, type EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { EmbeddedSwitchAddresses } from '../../src/embedded/settings.js'

const require = createRequire(import.meta.url)

export interface SrfDialog extends EventEmitter {
  readonly id: string
  readonly local: { readonly sdp: string; readonly uri: string }
  readonly remote: { readonly sdp: string; readonly uri: string }
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string }
  readonly connected: boolean
  destroy(options?: { headers?: Record<string, string> }): Promise<unknown>
  modify(sdp: string): Promise<string>
  request(options: { method: string; headers?: Record<string, string>; body?: string }): Promise<SrfResponse>
}

export interface SrfResponse {
  readonly status: number
  readonly reason: string
  readonly body: string
  readonly source_address: string
  readonly source_port: number
  get(name: string): string
  has(name: string): boolean
}

export interface SrfRequest extends EventEmitter {
  readonly method: string
  readonly uri: string
  readonly body: string
  readonly source_address: string
  readonly source_port: number
  readonly protocol: string
  readonly callingNumber: string
  readonly calledNumber: string
  readonly stackTxnId: string
  get(name: string): string
  has(name: string): boolean
  cancel(callback?: (error: unknown) => void): void
}

export interface SrfReply {
  send(status: number, reasonOrOptions?: unknown, options?: unknown, callback?: unknown): void
  readonly finalResponseSent: boolean
}

export interface Srf extends EventEmitter {
  connect(options: { host: string; port: number; secret: string }): void
  listen(options: { host: string; port: number; secret: string }): { address(): { port: number }; close(): void }
  disconnect(): void
  invite(handler: (request: SrfRequest, response: SrfReply) => void): void
  use(method: string, handler: (request: SrfRequest, response: SrfReply) => void): void
  register(handler: (request: SrfRequest, response: SrfReply) => void): void
  options(handler: (request: SrfRequest, response: SrfReply) => void): void
  createUAS(request: SrfRequest, response: SrfReply, options: { localSdp: string; headers?: Record<string, string> }): Promise<SrfDialog>
  createUAC(
    uri: string,
    options: {
      localSdp?: string
      headers?: Record<string, string>
      callingNumber?: string
      noAck?: boolean
      proxy?: string
      auth?: { username: string; password: string }
    },
    callbacks?: { cbRequest?: (error: unknown, request: SrfRequest) => void; cbProvisional?: (response: SrfResponse) => void },
  ): Promise<SrfDialog>
  request(
    uri: string,
    options: { method: string; headers?: Record<string, string>; body?: string },
    callback?: (error: Error | null, request: SrfRequest) => void,
  ): void
}

export interface PlayResult {
  readonly playbackSeconds: string
  readonly playbackMilliseconds: string
  readonly playbackLastOffsetPos: string
}

export interface EslEvent {
  getHeader(name: string): string | undefined
  getBody(): string
}

export interface Endpoint extends EventEmitter {
  readonly uuid: string
  readonly local: { readonly sdp: string; readonly mediaPort: string }
  readonly remote: { readonly sdp: string }
  readonly connected: boolean
  readonly dialog: SrfDialog
  readonly dtmfType: string
  readonly conn: {
    readonly socket: Socket | null
    subscribe(events: string[]): void
    on(event: string, handler: (event: EslEvent) => void): void
  }
  play(file: string | string[] | { file: string; timeoutSecs?: number }): Promise<PlayResult>
  playCollect(
    options: Record<string, unknown>,
  ): Promise<{ digits?: string; invalidDigits?: string; terminatorUsed?: string; playbackMilliseconds: string }>
  bridge(other: Endpoint | string): Promise<void>
  unbridge(): Promise<void>
  modify(sdp: string): Promise<string>
  execute(application: string, argument?: string): Promise<EslEvent>
  api(command: string, args?: string | string[]): Promise<EslEvent & { headers: { name: string; value: string }[]; body: string }>
  set(variables: Record<string, string>): Promise<void>
  set(name: string, value: string): Promise<void>
  export(name: string, value: string): Promise<void>
  recordSession(path: string): Promise<EslEvent>
  record(path: string, options?: { timeLimitSecs?: number }): Promise<Record<string, string>>
  getChannelVariables(includeMedia?: boolean): Promise<Record<string, string>>
  destroy(): Promise<void>
}

export interface MediaServer extends EventEmitter {
  readonly maxSessions: number
  readonly currentSessions: number
  readonly fsVersion: string
  readonly conn: { readonly socket: Socket }
  readonly sip: { ipv4: { udp: { address?: string } } }
  connected(): boolean
  createEndpoint(options?: { remoteSdp?: string; codecs?: string | string[] }): Promise<Endpoint>
  connectCaller(
    request: SrfRequest,
    response: SrfReply,
    options?: Record<string, unknown>,
  ): Promise<{ endpoint: Endpoint; dialog: SrfDialog }>
  api(command: string): Promise<string>
  disconnect(): void
}

const SrfClass = require('drachtio-srf') as new (tags?: string | string[]) => Srf
const MrfClass = require('drachtio-fsmrf') as new (srf: Srf) => {
  connect(options: { address: string; port: number; secret: string; listenAddress: string; profile?: string }): Promise<MediaServer>
}

/** drachtio-srf, connected. */
export async function connectSrf(where: EmbeddedSwitchAddresses, secret = 'cymru'): Promise<Srf> {
  const srf = new SrfClass()
  srf.on('error', () => undefined)
  const connected = once(srf, 'connect')
  srf.connect({ host: where.drachtio.app.address, port: where.drachtio.app.port, secret })
  const [error] = (await connected) as [Error | null]
  if (error) throw error
  return srf
}

/** drachtio-srf, waiting for the server to dial. */
export function listenSrf(): Srf {
  const srf = new SrfClass()
  srf.on('error', () => undefined)
  return srf
}

/** drachtio-fsmrf, connected. Its sockets do not wait to fill packets, as in production. */
export async function connectMrf(
  srf: Srf,
  where: EmbeddedSwitchAddresses,
  options: { secret?: string; profile?: string } = {},
): Promise<MediaServer> {
  const mrf = new MrfClass(srf)
  const { address, port } = where.freeswitch.eventSocket
  const server = await mrf.connect({
    address,
    port,
    secret: options.secret ?? 'ClueCon',
    listenAddress: '127.0.0.1',
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  })
  server.conn.socket.setNoDelay(true)
  return server
}

/** Takes delays off an endpoint's socket. */
export function quick(endpoint: Endpoint): Endpoint {
  endpoint.conn.socket?.setNoDelay(true)
  return endpoint
}
