import { hostname } from 'node:os'
import type { Settings } from '../config/settings.js'
import { reachableAt, type EmbeddedServers } from '../embedded-servers.js'
import { hostForUri } from '../embedded/protocols/sip/endpoint.js'

/** Where a switch takes SIP over WebSocket, as engines share it. */
export interface BrowserListener {
  /** `ws://host:port` */
  readonly sip: string
  /** Name of the machine, where the address is valid there alone. */
  readonly machine?: string
}

/** Where our own switch takes browsers, as its engine reaches it: `ws://host:port`. Undefined: it takes none. */
export function browserSip(settings: Settings, embedded: EmbeddedServers | undefined): string | undefined {
  return settings.browserSip ?? (embedded && urlOf(embedded.webSocket.address, embedded.webSocket.port))
}

/** The same address, as other engines reach it. */
export function browserListener(settings: Settings, embedded: EmbeddedServers | undefined): BrowserListener | undefined {
  const sip = settings.browserSip ?? (embedded && urlOf(reachableAt(settings, embedded.webSocket.address), embedded.webSocket.port))
  return sip === undefined ? undefined : { sip, ...(isLoopback(sip) ? { machine: hostname() } : {}) }
}

/** Whether a listener of another engine can be reached from this machine, judging by its address. */
export function isReachable({ machine }: BrowserListener, here = hostname()): boolean {
  return machine === undefined || machine === here
}

function urlOf(address: string, port: number): string {
  return `ws://${hostForUri(address)}:${port}`
}

function isLoopback(sip: string): boolean {
  return /^wss?:\/\/(?:127\.|localhost[:/]|localhost$|\[::1\])/i.test(sip)
}
