import { checkMessage } from './check-message.js'
import { Headers } from './headers.js'
import { SipRequest, SipResponse, type SipMessage } from './message.js'
import { isToken, parseDecimal } from './text.js'

/** Why a message was refused. */
export interface ParseProblem {
  /** In words: "the quoted string never ends". */
  readonly what: string
  /** `start line`, `header To`, `body`. */
  readonly where: string
  /** The status to answer a request with: 400, or 505 for another SIP version. */
  readonly status: number
  /** The request as far as it could be read, when it has a Via to answer to; undefined for responses and for noise. */
  readonly request: SipRequest | undefined
}

export type ParseResult = { readonly ok: true; readonly message: SipMessage } | { readonly ok: false; readonly problem: ParseProblem }

/** What is wrong, where, and the status for it. */
export interface Fault {
  readonly what: string
  readonly where: string
  readonly status?: number
}

/**
 * Reads one message of a datagram, or one cut out of a stream by `StreamFramer`. Bytes behind Content-Length are dropped (RFC 3261
 * 18.3). Accepts what RFC 4475 3.1.1 calls valid and refuses what its 3.1.2 says to refuse. Never throws.
 */
export function parseMessage(data: Buffer | string): ParseResult {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  // Empty lines before the start line are ignored (RFC 3261 7.5).
  let start = 0
  while (bytes[start] === 13 || bytes[start] === 10) start++
  const end = headEnd(bytes, start)
  if (end === undefined) return refuse({ what: 'the headers do not end with an empty line', where: 'headers' }, undefined)

  const text = bytes.toString('utf8', start, end.headers)
  const firstBreak = text.indexOf('\n')
  const startLine = stripReturn(firstBreak < 0 ? text : text.slice(0, firstBreak))
  const message = readStartLine(startLine)
  const headerFault = firstBreak < 0 ? undefined : readHeaders(text, firstBreak + 1, message.message.headers)
  const bodyFault = cutBody(message.message, bytes.subarray(end.body))
  const fault = message.fault ?? headerFault ?? bodyFault ?? checkMessage(message.message)
  if (fault !== undefined) return refuse(fault, message.message)
  return { ok: true, message: message.message }
}

function refuse(fault: Fault, message: SipMessage | undefined): ParseResult {
  const request = message?.kind === 'request' && message.method !== '' && message.headers.has('Via') ? message : undefined
  return { ok: false, problem: { what: fault.what, where: fault.where, status: fault.status ?? 400, request } }
}

const CRLF_CRLF = Buffer.from('\r\n\r\n')
const LF_LF = Buffer.from('\n\n')

function headEnd(bytes: Buffer, start: number): { readonly headers: number; readonly body: number } | undefined {
  const crlf = bytes.indexOf(CRLF_CRLF, start)
  if (crlf >= 0) return { headers: crlf, body: crlf + 4 }
  // Hand-made messages come with bare line feeds.
  const lf = bytes.indexOf(LF_LF, start)
  return lf >= 0 ? { headers: lf, body: lf + 2 } : undefined
}

function stripReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}

function readStartLine(line: string): { readonly message: SipMessage; readonly fault?: Fault } {
  if (/^SIP\/\S* /i.test(line)) return readStatusLine(line)
  const parts = line.split(' ')
  const [method = '', uri = '', version = ''] = parts
  const message = new SipRequest(isToken(method) ? method : '', uri)
  const fault = (what: string, status?: number) => ({
    message,
    fault: { what, where: 'start line', ...(status === undefined ? {} : { status }) },
  })
  if (!isToken(method)) return fault('the method is no token')
  if (parts.length !== 3) {
    // The method and the version can still be told, so that the request can be answered (RFC 4475 3.1.2.8-10).
    return fault('method, Request-URI and version must be apart by exactly one space, with none behind')
  }
  if (!/^SIP\/\d+\.\d+$/i.test(version)) return fault('the version is malformed')
  if (version.toUpperCase() !== 'SIP/2.0') return fault(`SIP version ${version.slice(4)} is not served`, 505)
  return { message }
}

function readStatusLine(line: string): { readonly message: SipMessage; readonly fault?: Fault } {
  const match = /^SIP\/2\.0 (\d{3})(?: (.*))?$/i.exec(line)
  const status = parseDecimal(match?.[1] ?? '', 699)
  if (match === null || status === undefined || status < 100) {
    return { message: new SipResponse(0, ''), fault: { what: 'the status line is malformed', where: 'start line' } }
  }
  return { message: new SipResponse(status, match[2] ?? '') }
}

/** Adds the header lines of `text` from `at` on, folded lines joined (RFC 3261 7.3.1). */
function readHeaders(text: string, at: number, headers: Headers): Fault | undefined {
  let fault: Fault | undefined
  while (at < text.length) {
    let end = text.indexOf('\n', at)
    if (end < 0) end = text.length
    let line = stripReturn(text.slice(at, end))
    at = end + 1
    while (at < text.length && (text.charCodeAt(at) === 32 || text.charCodeAt(at) === 9)) {
      let foldEnd = text.indexOf('\n', at)
      if (foldEnd < 0) foldEnd = text.length
      line = `${line.trimEnd()} ${stripReturn(text.slice(at, foldEnd)).trim()}`
      at = foldEnd + 1
    }
    const colon = line.indexOf(':')
    const name = colon < 0 ? '' : line.slice(0, colon).trimEnd()
    if (!isToken(name)) fault ??= { what: 'a header line without a proper name', where: `header line "${line.slice(0, 60)}"` }
    else headers.add(name, line.slice(colon + 1).trim())
  }
  return fault
}

function cutBody(message: SipMessage, rest: Buffer): Fault | undefined {
  const lengths = message.headers.lines('Content-Length')
  if (lengths.length === 0) {
    message.body = rest
    return undefined
  }
  const length = parseDecimal(lengths[0] ?? '', Number.MAX_SAFE_INTEGER)
  if (length === undefined) return { what: 'Content-Length is no number', where: 'header Content-Length' }
  message.body = rest.subarray(0, length)
  if (length > rest.length) return { what: `Content-Length is ${length}, but only ${rest.length} bytes came`, where: 'body' }
  return undefined
}
