import { type SipMessage } from './message.js'
import { parseCSeq } from './cseq.js'
import { parseNameAddr } from './name-addr.js'
import type { Fault } from './parse.js'
import { splitOutside } from './text.js'
import { parseUri } from './uri.js'
import { parseVia } from './via.js'

const COMMA = 44

/** Headers that may stand only once, as one value (RFC 3261 7.3.1; RFC 4475 3.3.8 `multi01`), each with a bit of its own. */
const SINGLE = new Map(
  ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'content-type'].map((key, index) => [key, 1 << index]),
)
const MANDATORY = ['from', 'to', 'call-id', 'cseq'] as const

/**
 * What a message must have before any layer works with it: RFC 3261 8.1.1 and 16.3.1, and the cases of RFC 4475 3.1.2. The mandatory
 * headers are present, single where they may be only single, and can be read.
 * @returns the first fault found
 */
export function checkMessage(message: SipMessage): Fault | undefined {
  let seen = 0
  let hasVia = false
  for (const key of message.headers.keys()) {
    const bit = SINGLE.get(key) ?? 0
    if ((seen & bit) !== 0) return { what: 'the header stands more than once', where: `header ${key}` }
    seen |= bit
    hasVia ||= key === 'via'
  }
  if (!hasVia) return { what: 'the header is missing', where: 'header via' }
  for (const key of MANDATORY) if ((seen & (SINGLE.get(key) ?? 0)) === 0) return { what: 'the header is missing', where: `header ${key}` }
  return checkVias(message) ?? checkAddresses(message) ?? checkCSeq(message) ?? checkNumbers(message) ?? checkRequestUri(message)
}

function checkVias(message: SipMessage): Fault | undefined {
  for (const line of message.headers.lines('via')) {
    for (const value of line.includes(',') ? splitOutside(line, COMMA) : [line]) {
      if (parseVia(value) === undefined) return { what: 'a Via value is malformed', where: 'header Via' }
    }
  }
  return undefined
}

function checkAddresses(message: SipMessage): Fault | undefined {
  const { headers } = message
  for (const name of ['From', 'To'] as const) {
    if (parseNameAddr(headers.get(name) ?? '') === undefined) return { what: 'the address is malformed', where: `header ${name}` }
  }
  if (headers.get('Call-ID') === '') return { what: 'Call-ID is empty', where: 'header Call-ID' }
  for (const line of headers.lines('contact')) {
    for (const value of line.includes(',') ? splitOutside(line, COMMA) : [line]) {
      // An empty item between commas is noise which RFC 3261 25.1 does not forbid by `#rule` descent; the rest must be addresses.
      if (value !== '' && parseNameAddr(value) === undefined) return { what: 'the address is malformed', where: 'header Contact' }
    }
  }
  return undefined
}

function checkCSeq(message: SipMessage): Fault | undefined {
  const cseq = parseCSeq(message.headers.get('CSeq') ?? '')
  if (cseq === undefined) return { what: 'sequence number or method is malformed', where: 'header CSeq' }
  // RFC 3261 8.1.1.5: the method must match (RFC 4475 3.1.2.17-18).
  if (message.kind === 'request' && cseq.method !== message.method)
    return { what: `CSeq says ${cseq.method}, the request is ${message.method}`, where: 'header CSeq' }
  return undefined
}

/** Scalars out of their range (RFC 4475 3.1.2.4): Max-Forwards up to 255. Expires beyond 2^32 is capped by its readers instead. */
function checkNumbers(message: SipMessage): Fault | undefined {
  const maxForwards = message.headers.get('Max-Forwards')
  if (message.kind === 'request' && maxForwards !== undefined && message.maxForwards === undefined) {
    return { what: 'Max-Forwards is no number from 0 to 255', where: 'header Max-Forwards' }
  }
  return undefined
}

function checkRequestUri(message: SipMessage): Fault | undefined {
  if (message.kind !== 'request') return undefined
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/.test(message.uri)) return { what: 'the Request-URI is malformed', where: 'start line' }
  if (!/^sips?:/i.test(message.uri)) return undefined
  // Headers may not stand in a Request-URI (RFC 3261 19.1.1), and some carriers send them: they are ignored, which RFC 4475 3.1.2.11 allows.
  return parseUri(message.uri) === undefined ? { what: 'the Request-URI is malformed', where: 'start line' } : undefined
}
