/** Compact header forms (RFC 3261 7.3.3 and the RFCs that define the others) and the long names that they stand for. */
const COMPACT: Readonly<Record<string, string>> = {
  a: 'accept-contact', // RFC 3841
  b: 'referred-by', // RFC 3892
  c: 'content-type',
  d: 'request-disposition', // RFC 3841
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact', // RFC 3841
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info', // RFC 4474
  o: 'event', // RFC 6665
  r: 'refer-to', // RFC 3515
  s: 'subject',
  t: 'to',
  u: 'allow-events', // RFC 6665
  v: 'via',
  x: 'session-expires', // RFC 4028
  y: 'identity', // RFC 8224
}

/** How names are commonly written. Serves as the spelling for new headers and as a quick table from spelling to key. */
const SPELLINGS = [
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Max-Forwards',
  'Route',
  'Record-Route',
  'Content-Type',
  'Content-Length',
  'Content-Encoding',
  'Content-Disposition',
  'Content-Language',
  'Allow',
  'Allow-Events',
  'Supported',
  'Require',
  'Proxy-Require',
  'Unsupported',
  'User-Agent',
  'Server',
  'Expires',
  'Min-Expires',
  'Date',
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Proxy-Authorization',
  'WWW-Authenticate',
  'Proxy-Authenticate',
  'Authentication-Info',
  'Event',
  'Subscription-State',
  'Refer-To',
  'Referred-By',
  'Replaces',
  'RSeq',
  'RAck',
  'Session-Expires',
  'Min-SE',
  'P-Asserted-Identity',
  'P-Preferred-Identity',
  'Privacy',
  'Remote-Party-ID',
  'Path',
  'Service-Route',
  'Reason',
  'Retry-After',
  'Subject',
  'Timestamp',
  'Warning',
  'Organization',
  'Priority',
  'In-Reply-To',
  'Reply-To',
  'Error-Info',
  'Alert-Info',
  'Call-Info',
  'MIME-Version',
  'Diversion',
  'History-Info',
  'Identity',
  'Identity-Info',
  'Request-Disposition',
  'Accept-Contact',
  'Reject-Contact',
  'Geolocation',
  'User-to-User',
] as const

const KEY_BY_SPELLING = new Map<string, string>()
for (const spelling of SPELLINGS) {
  KEY_BY_SPELLING.set(spelling, spelling.toLowerCase())
  KEY_BY_SPELLING.set(spelling.toLowerCase(), spelling.toLowerCase())
}
for (const [compact, key] of Object.entries(COMPACT)) {
  const interned = KEY_BY_SPELLING.get(key) ?? key
  KEY_BY_SPELLING.set(compact, interned)
  KEY_BY_SPELLING.set(compact.toUpperCase(), interned)
}

/** The key under which a header is compared: lower case, compact forms expanded. */
export function headerKey(name: string): string {
  const known = KEY_BY_SPELLING.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  return KEY_BY_SPELLING.get(lower) ?? lower
}

/**
 * Headers whose grammar is a comma-separated list (RFC 3261 7.3.1), so that one line may hold several values.
 * WWW-Authenticate and its kin look like lists and are not; Date and Subject contain commas that mean nothing.
 */
export const LIST_HEADERS: ReadonlySet<string> = new Set([
  'via',
  'route',
  'record-route',
  'contact',
  'allow',
  'supported',
  'require',
  'proxy-require',
  'unsupported',
  'accept',
  'accept-encoding',
  'accept-language',
  'allow-events',
  'content-encoding',
  'path',
  'service-route',
  'p-asserted-identity',
  'p-preferred-identity',
  'diversion',
  'history-info',
  'warning',
  'in-reply-to',
  'alert-info',
  'call-info',
  'error-info',
  'content-language',
  'accept-contact',
  'reject-contact',
  'reason',
])
