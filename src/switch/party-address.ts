import { cleanUser } from './clean-text.js'

/** A `name-addr` or `addr-spec` (RFC 3261 section 20.10), from From, P-Asserted-Identity, Remote-Party-ID. */
export interface PartyAddress {
  /** Without its quotes; not cleaned. */
  readonly name: string
  readonly uri: string
  /** Parameters of the header, names in lower case; without a value: the empty string. */
  readonly params: ReadonlyMap<string, string>
}

/** The party that a SIP or tel URI names. */
export interface PartyUri {
  /**
   * User part of a SIP URI, or the number of a tel URI: escapes read, without parameters and password, of a telephone number without visual
   * separators, and with the country (or area) that `phone-context` gives. Empty where there is none.
   */
  readonly user: string
  /** Lower case, without port; empty in a tel URI. */
  readonly host: string
}

/** Every address of a header that came once or several times (joined by commas). Anything else is left out. */
export function readAddresses(text: string): readonly PartyAddress[] {
  return splitHeader(text, ',').flatMap((entry) => readAddress(entry) ?? [])
}

/** No regular expressions over whole headers: strangers' text is read in one pass, however long it is. */
function readAddress(text: string): PartyAddress | undefined {
  const written = text.trim()
  const nameEnds = written.startsWith('"') ? closingQuote(written) + 1 : written.indexOf('<')
  if (nameEnds > 0 || written.startsWith('<')) {
    const behind = written.slice(nameEnds).trimStart()
    const close = behind.indexOf('>')
    if (!behind.startsWith('<') || close < 0) return undefined
    const name = written.slice(0, nameEnds).trim()
    const uri = behind.slice(1, close).trim()
    if (uri.includes('<') || (!name.startsWith('"') && name.includes('"'))) return undefined
    return {
      name: name.startsWith('"') ? name.slice(1, -1).replace(/\\(.)/gs, '$1') : name,
      uri,
      params: paramsOf(behind.slice(close + 1)),
    }
  }
  // Without brackets the parameters are the header's (RFC 3261 section 20).
  const [uri = '', ...rest] = written.split(';')
  return /^[a-z][a-z0-9+.-]*:\S+$/i.test(uri) ? { name: '', uri, params: paramsOf(rest.join(';')) } : undefined
}

/** Where the quoted string that begins the text ends. @returns -1 where it does not */
function closingQuote(text: string): number {
  for (let index = 1; index < text.length; index++) {
    if (text.charAt(index) === '\\') index++
    else if (text.charAt(index) === '"') return index
  }
  return -1
}

/** The user that a URI names. A scheme without users (`http:`, `urn:`) names none. */
export function readPartyUri(text: string): PartyUri {
  const plain = text.trim().replace(/^</, '').trimStart().replace(/>.*$/s, '')
  const colon = plain.indexOf(':')
  const rest = plain.slice(colon + 1)
  switch (plain.slice(0, Math.max(0, colon)).toLowerCase()) {
    case 'tel':
      return { user: telephoneUser(rest.split('?')[0] ?? '', ''), host: '' }
    case 'sip':
    case 'sips':
      return sipParty(rest)
    default:
      return { user: '', host: '' }
  }
}

function sipParty(rest: string): PartyUri {
  const at = rest.indexOf('@')
  const [userInfo, place] = at < 0 ? ['', rest] : [rest.slice(0, at), rest.slice(at + 1)]
  const [hostPort = '', ...params] = (place.split('?')[0] ?? '').split(';')
  const host = (/^\[[^\]]*\]/.exec(hostPort)?.[0] ?? hostPort.split(':')[0] ?? '').toLowerCase().replace(/\.$/, '')
  // Some telephones leave the host out; digits alone are no host.
  if (at < 0 && /^\+?\d{3,}$/.test(host)) return { user: telephoneUser(host, params.join(';')), host: '' }
  return { user: telephoneUser(userInfo, params.join(';')), host }
}

/** @param more parameters of the URI itself: some carriers write there what belongs after the number */
function telephoneUser(userInfo: string, more: string): string {
  const [plain = '', ...params] = userInfo.split(';')
  const user = cleanUser(unescaped(plain.split(':')[0] ?? ''))
  // Some escape the semicolon as well.
  const number = /^[+\d(][\d\s().-]*(?=;|$)/.exec(user)?.[0]
  if (number === undefined) return user
  const digits = number.replace(/[\s().-]/g, '')
  const context = paramsOf(`;${params.join(';')};${more};${user.slice(number.length)}`).get('phone-context')
  return context === undefined ? digits : inContext(digits, unescaped(context))
}

/** RFC 3966 section 5.1.5: a local number is completed by a context that is itself the beginning of a global one. Extensions and short codes stay as they are. */
function inContext(digits: string, context: string): string {
  const prefix = /^\+[\d().-]+$/.test(context) ? context.replace(/[().-]/g, '') : undefined
  if (prefix === undefined || digits.startsWith('+')) return digits
  const whole = `${prefix}${digits.replace(/^0/, '')}`
  return /^\+\d{10,15}$/.test(whole) && !digits.startsWith('00') ? whole : digits
}

/** `;a=b;c;d="e"`, names in lower case. The first of a name counts. */
function paramsOf(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>()
  for (const part of splitHeader(text, ';')) {
    const equals = part.indexOf('=')
    const key = (equals < 0 ? part : part.slice(0, equals)).trim().toLowerCase()
    const value = equals < 0 ? '' : part.slice(equals + 1).trim()
    if (key !== '' && !params.has(key)) params.set(key, value.replace(/^"(.*)"$/s, '$1'))
  }
  return params
}

/** Reads percent escapes; invalid ones, and those that are no UTF-8, stay as they are. */
function unescaped(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes)
    } catch {
      return escapes
    }
  })
}

/** Splits a header; not within quotes and angle brackets. */
export function splitHeader(text: string, separator: ',' | ';'): readonly string[] {
  const parts: string[] = []
  let part = ''
  let quoted = false
  let bracketed = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (quoted && character === '\\') {
      part += character + text.charAt(++index)
      continue
    }
    if (character === '"' && !bracketed) quoted = !quoted
    else if (!quoted && character === '<') bracketed = true
    else if (!quoted && character === '>') bracketed = false
    if (character === separator && !quoted && !bracketed) {
      parts.push(part)
      part = ''
    } else part += character
  }
  return [...parts, part].filter((each) => each.trim() !== '')
}
