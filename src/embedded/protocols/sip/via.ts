import { hostForSocket, hostForUri, type Endpoint } from './endpoint.js'
import { parseParams, printParams, withParam, type Params } from './params.js'
import { plainAddress } from './same-host.js'
import { parseHostPort } from './uri.js'

/** One value of Via: RFC 3261 20.42. */
export interface Via {
  /** `UDP`, `TCP`, ...: upper case. */
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly params: Params
}

/** Branches that begin so are unique by promise of RFC 3261 8.1.1.7; others are matched as RFC 2543 did. */
export const BRANCH_COOKIE = 'z9hG4bK'

const SENT_PROTOCOL = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+/i

export function parseVia(text: string): Via | undefined {
  const match = SENT_PROTOCOL.exec(text.trimStart())
  if (match?.[1] === undefined) return undefined
  const rest = text.trimStart().slice(match[0].length)
  const semicolon = rest.indexOf(';')
  const place = parseHostPort(semicolon < 0 ? rest : rest.slice(0, semicolon))
  const params = parseParams(semicolon < 0 ? '' : rest.slice(semicolon))
  if (place === undefined || params === undefined) return undefined
  return { transport: match[1].toUpperCase(), host: place.host, port: place.port, params }
}

export function printVia(via: Via): string {
  return `SIP/2.0/${via.transport} ${hostForUri(via.host)}${via.port === undefined ? '' : `:${via.port}`}${printParams(via.params)}`
}

/** The sent-by value with its default port: part of the key of a server transaction (RFC 3261 17.2.3). */
export function sentBy(via: Via): string {
  return `${via.host}:${via.port ?? 5060}`
}

export function branchOf(via: Via): string | undefined {
  return via.params.get('branch') ?? undefined
}

/**
 * The top Via of a request as the receiving transport leaves it: `received` where the sender's address is not what it
 * wrote (RFC 3261 18.2.1), or where it asked for `rport` (RFC 3581 4), which is then filled in.
 */
export function stampSource(via: Via, source: Endpoint): Via {
  let params = via.params
  // Without a zone, which means something on our own machine only.
  const address = plainAddress(source.address)
  if (params.has('rport')) params = withParam(withParam(params, 'rport', String(source.port)), 'received', address)
  else if (plainAddress(hostForSocket(via.host)) !== address) params = withParam(params, 'received', address)
  return params === via.params ? via : { ...via, params }
}

/** Puts the source of a request into its top Via (`stampSource`). */
export function stampRequest(
  request: { readonly via: Via; readonly headers: { replaceFirstValue(name: string, value: string): unknown } },
  source: Endpoint,
): void {
  const stamped = stampSource(request.via, source)
  if (stamped !== request.via) request.headers.replaceFirstValue('Via', printVia(stamped))
}
