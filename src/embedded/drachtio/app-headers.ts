import { hostForUri } from '../protocols/sip/endpoint.js'
import type { SipMessage } from '../protocols/sip/message.js'
import { parseNameAddr, printNameAddr } from '../protocols/sip/name-addr.js'
import { parseUri, printUri } from '../protocols/sip/uri.js'

/** Headers that belong to the server: an application's values are left out. */
const SERVERS_OWN = new Set(['via', 'route', 'rseq', 'record-route', 'content-length'])
/** Headers that the server makes itself and into which an application's wishes are worked elsewhere. */
const DIALOG_HEADERS = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards'])
/** In these `localhost` means: the address by which the other side reaches this server. */
const LOCALHOST_HEADERS = new Set(['from', 'to', 'contact', 'p-asserted-identity'])

export type AppHeaders = readonly (readonly [name: string, value: string])[]

export function appHeader(headers: AppHeaders, name: string): string | undefined {
  return headers.find(([other]) => other.toLowerCase() === name)?.[1]
}

/** Puts the server's address where an application wrote `@localhost`. */
export function withRealHost(value: string, host: string, port: number): string {
  if (!value.includes('@localhost')) return value
  const address = parseNameAddr(value)
  const uri = address && parseUri(address.uri)
  if (!address || uri?.host !== 'localhost') return value
  return printNameAddr({ ...address, uri: printUri({ ...uri, host: hostForUri(host), port }) })
}

/** Copies onto a message all headers that an application may set: every one except the server's own. */
export function copyAppHeaders(headers: AppHeaders, message: SipMessage, at: { readonly host: string; readonly port: number }): void {
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (SERVERS_OWN.has(key) || DIALOG_HEADERS.has(key) || value === '') continue
    const shown = CANONICAL.get(key) ?? name
    message.headers.add(shown, LOCALHOST_HEADERS.has(key) ? withRealHost(value, at.host, at.port) : value)
  }
}

/** Gives a message its body; SDP is recognised by its first line. @returns false when the type of the body is unknown */
export function setAppBody(message: SipMessage, headers: AppHeaders, body: string): boolean {
  if (body === '') return true
  const type = appHeader(headers, 'content-type') ?? (body.startsWith('v=0') ? 'application/sdp' : undefined)
  if (type === undefined) return false
  message.setBody(type, body)
  return true
}

/** Header names as SIP writes them, for those that applications write in lower case. */
const CANONICAL = new Map(
  [
    'Accept',
    'Alert-Info',
    'Allow',
    'Allow-Events',
    'Authorization',
    'Call-Info',
    'Contact',
    'Content-Disposition',
    'Content-Encoding',
    'Content-Language',
    'Content-Type',
    'Date',
    'Diversion',
    'Error-Info',
    'Event',
    'Expires',
    'Min-Expires',
    'Min-SE',
    'Organization',
    'P-Asserted-Identity',
    'P-Preferred-Identity',
    'Privacy',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Proxy-Require',
    'RAck',
    'Reason',
    'Refer-To',
    'Referred-By',
    'Remote-Party-ID',
    'Replaces',
    'Require',
    'Retry-After',
    'Server',
    'Session-Expires',
    'Subject',
    'Subscription-State',
    'Supported',
    'Unsupported',
    'User-Agent',
    'WWW-Authenticate',
    'Warning',
  ].map((name) => [name.toLowerCase(), name]),
)
