/** What SDP (RFC 8866) says, as far as audio offers and answers go. Negotiation is in `offer-answer.ts`. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface SdpFormat {
  readonly payloadType: number
  /** As in rtpmap, upper case: `PCMU`, `PCMA`, `TELEPHONE-EVENT`. Static types are filled in without rtpmap. Empty where unknown. */
  readonly encoding: string
  readonly clockRate: number
  readonly channels: number
  /** Value of a=fmtp; empty where there is none. */
  readonly parameters: string
}

export interface SdpMedia {
  /** `audio`, `video`, ... */
  readonly kind: string
  readonly port: number
  /** `RTP/AVP`, `RTP/SAVP`, ...: as written. */
  readonly profile: string
  /** The format list as written; numbers for RTP profiles. */
  readonly formatList: readonly string[]
  /** The formats of an RTP profile; empty for others. */
  readonly formats: readonly SdpFormat[]
  /** Where media is to go: the media's own c= or the session's. Empty where neither is there. */
  readonly address: string
  /** Its own, or the session's, or sendrecv. The address 0.0.0.0 means hold as RFC 2543 did it: sendonly (RFC 3264 8.4). */
  readonly direction: Direction
  readonly ptimeMs: number | undefined
  /** a=rtcp (RFC 3605) or port + 1. */
  readonly rtcpPort: number
  /** a=rtcp-mux (RFC 5761). */
  readonly rtcpMux: boolean
  /** The c= line's own value where the media has one: `IN IP4 192.0.2.1`. */
  readonly connection: string | undefined
  /** The lines behind m= other than c=, as written: `a=sendrecv`. */
  readonly lines: readonly string[]
}

export interface SessionDescription {
  readonly username: string
  readonly sessionId: string
  readonly version: string
  readonly originAddress: string
  readonly sessionName: string
  /** The address of the session's c=; empty where there is none. */
  readonly address: string
  readonly timing: string
  readonly media: readonly SdpMedia[]
  /** Session lines other than v= o= s= c= t=, as written. */
  readonly lines: readonly string[]
}

export type SdpParse = { readonly ok: true; readonly sdp: SessionDescription } | { readonly ok: false; readonly what: string; readonly line: number }

/** RFC 3551 table 4: static payload types of audio that phones still offer without rtpmap. */
const STATIC_FORMATS: Readonly<Record<number, readonly [encoding: string, clockRate: number]>> = {
  0: ['PCMU', 8000], 3: ['GSM', 8000], 4: ['G723', 8000], 8: ['PCMA', 8000], 9: ['G722', 8000], 13: ['CN', 8000], 15: ['G728', 8000], 18: ['G729', 8000],
}

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive'])

interface MediaText {
  readonly line: number
  readonly head: readonly string[]
  connection: string | undefined
  readonly lines: string[]
}

/** Reads a session description; unknown lines are kept. @returns what is wrong, and on which line (from 1) */
export function parseSdp(text: string): SdpParse {
  const lines = text.split(/\r\n|\n|\r/)
  let origin: readonly string[] | undefined
  let sessionName = '-'
  let connection: string | undefined
  let timing = '0 0'
  const sessionLines: string[] = []
  const media: MediaText[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') continue
    const fail = (what: string): SdpParse => ({ ok: false, what, line: index + 1 })
    if (line.charAt(1) !== '=') return fail('every line must be <letter>=<value>')
    const value = line.slice(2).trim()
    const current = media.at(-1)
    switch (line.charAt(0)) {
      case 'v':
        if (value !== '0') return fail('the version must be 0')
        break
      case 'o':
        origin = value.split(/\s+/)
        if (origin.length !== 6) return fail('o= must have six fields')
        break
      case 's':
        sessionName = value
        break
      case 't':
        timing = value
        break
      case 'c':
        if (addressOf(value) === undefined) return fail('c= must be IN IP4|IP6 <address>')
        if (current === undefined) connection = value
        else current.connection ??= value
        break
      case 'm': {
        const head = value.split(/\s+/)
        if (head.length < 4) return fail('m= must have kind, port, profile and formats')
        if (!/^\d+(\/\d+)?$/.test(head[1] ?? '') || Number.parseInt(head[1] ?? '', 10) > 65535) return fail('the port of m= is malformed')
        media.push({ line: index + 1, head, connection: undefined, lines: [] })
        break
      }
      default:
        ;(current?.lines ?? sessionLines).push(line.trim())
    }
  }
  if (origin === undefined) return { ok: false, what: 'there is no o= line', line: 1 }
  const sessionDirection = directionOf(sessionLines) ?? 'sendrecv'
  const session = addressOf(connection ?? '') ?? ''
  return {
    ok: true,
    sdp: {
      username: origin[0] ?? '-',
      sessionId: origin[1] ?? '0',
      version: origin[2] ?? '0',
      originAddress: origin[5] ?? '',
      sessionName,
      address: session,
      timing,
      lines: sessionLines,
      media: media.map((section) => readMedia(section, session, sessionDirection)),
    },
  }
}

/** `IN IP4 192.0.2.1/127` -> `192.0.2.1` */
function addressOf(connection: string): string | undefined {
  const match = /^IN\s+IP[46]\s+([^\s/]+)/i.exec(connection)
  return match?.[1]
}

function directionOf(lines: readonly string[]): Direction | undefined {
  for (const line of lines) {
    const name = line.slice(2)
    if (line.startsWith('a=') && DIRECTIONS.has(name)) return name as Direction
  }
  return undefined
}

function attribute(lines: readonly string[], name: string): string | undefined {
  const prefix = `a=${name}:`
  return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length).trim()
}

function readMedia(section: MediaText, sessionAddress: string, sessionDirection: Direction): SdpMedia {
  const [kind = '', port = '0', profile = '', ...formatList] = section.head
  const { lines } = section
  const address = addressOf(section.connection ?? '') ?? sessionAddress
  const direction = directionOf(lines) ?? sessionDirection
  const portNumber = Number.parseInt(port, 10)
  const ptime = Number(attribute(lines, 'ptime'))
  const rtcp = Number.parseInt(attribute(lines, 'rtcp') ?? '', 10)
  return {
    kind: kind.toLowerCase(),
    port: portNumber,
    profile,
    formatList,
    formats: /^(?:RTP|UDP\/TLS\/RTP)\//i.test(profile) ? readFormats(formatList, lines) : [],
    address,
    direction: address === '0.0.0.0' && direction === 'sendrecv' ? 'sendonly' : address === '0.0.0.0' && direction === 'recvonly' ? 'inactive' : direction,
    ptimeMs: Number.isFinite(ptime) && ptime > 0 ? ptime : undefined,
    rtcpPort: Number.isInteger(rtcp) && rtcp > 0 && rtcp < 65536 ? rtcp : portNumber + 1,
    rtcpMux: lines.includes('a=rtcp-mux'),
    connection: section.connection,
    lines,
  }
}

function readFormats(formatList: readonly string[], lines: readonly string[]): SdpFormat[] {
  const maps = new Map<number, readonly [string, number, number]>()
  const parameters = new Map<number, string>()
  for (const line of lines) {
    const map = /^a=rtpmap:(\d+)\s+([^/\s]+)\/(\d+)(?:\/(\d+))?/i.exec(line)
    if (map !== null) maps.set(Number(map[1]), [(map[2] ?? '').toUpperCase(), Number(map[3]), Number(map[4] ?? 1)])
    const fmtp = /^a=fmtp:(\d+)\s+(.*)$/i.exec(line)
    if (fmtp !== null) parameters.set(Number(fmtp[1]), fmtp[2] ?? '')
  }
  return formatList.flatMap((text) => {
    if (!/^\d{1,3}$/.test(text) || Number(text) > 127) return []
    const payloadType = Number(text)
    const fallback = STATIC_FORMATS[payloadType]
    const [encoding, clockRate, channels] = maps.get(payloadType) ?? [fallback?.[0] ?? '', fallback?.[1] ?? 0, 1]
    return [{ payloadType, encoding, clockRate, channels, parameters: parameters.get(payloadType) ?? '' }]
  })
}

/** `IN IP4 192.0.2.1`: the value of c= and the tail of o=. */
export function connectionText(address: string): string {
  return `IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`
}

export function printSdp(sdp: SessionDescription): string {
  const lines = [
    'v=0',
    `o=${sdp.username} ${sdp.sessionId} ${sdp.version} ${connectionText(sdp.originAddress)}`,
    `s=${sdp.sessionName}`,
    ...(sdp.address === '' ? [] : [`c=${connectionText(sdp.address)}`]),
    `t=${sdp.timing}`,
    ...sdp.lines,
  ]
  for (const media of sdp.media) {
    lines.push(`m=${media.kind} ${media.port} ${media.profile} ${media.formatList.join(' ')}`)
    if (media.connection !== undefined) lines.push(`c=${media.connection}`)
    lines.push(...media.lines)
  }
  return `${lines.join('\r\n')}\r\n`
}
