import { parse, type MediaDescription as ParsedMedia } from 'sdp-transform'
import { readConnection, type MediaAddress } from './address.js'
import type { Direction, MediaDescription, RtpFormat, SessionDescription } from './description.js'
import { sectionsOf, type Section } from './lines.js'
import { readSecurity } from './security.js'

/** RFC 3551 tables 4 and 5: static payload types of audio, which need no rtpmap. */
const STATIC_FORMATS: Readonly<Record<number, readonly [encoding: string, clockRate: number]>> = {
  0: ['PCMU', 8000],
  3: ['GSM', 8000],
  4: ['G723', 8000],
  5: ['DVI4', 8000],
  6: ['DVI4', 16000],
  7: ['LPC', 8000],
  8: ['PCMA', 8000],
  9: ['G722', 8000],
  10: ['L16', 44100],
  11: ['L16', 44100],
  12: ['QCELP', 8000],
  13: ['CN', 8000],
  14: ['MPA', 90000],
  15: ['G728', 8000],
  16: ['DVI4', 11025],
  17: ['DVI4', 22050],
  18: ['G729', 8000],
}

/** The attributes that are read, by their lower-case names: nothing else of a stranger's text reaches the parser's grammar. */
const READ = new Set(['rtpmap', 'fmtp', 'ptime', 'maxptime', 'rtcp', 'rtcp-mux', 'sendrecv', 'sendonly', 'recvonly', 'inactive'])
const RTP_PROFILE = /^(?:RTP|UDP\/TLS\/RTP|TCP\/(?:TLS\/)?RTP)\//i

/** What was read last, by its text: an offer is read again when it is answered, and when the media server is told. */
const lastRead = new Map<string, SessionDescription | undefined>()
const MOST_KEPT = 64

/**
 * Reads a session description (RFC 8866). What is harmless is forgiven: case and spacing of attributes, missing o=, s= and t= lines, malformed
 * lines. `a=rtpmap` and directions that stand before the first m= hold for every stream.
 * @param beside the description that this one answers: its dynamic payload types hold where the answer does not map them again
 * @returns undefined where the text is no description at all
 */
export function readDescription(text: string, beside?: SessionDescription): SessionDescription | undefined {
  if (beside !== undefined) return read(text, beside)
  if (!lastRead.has(text)) {
    if (lastRead.size >= MOST_KEPT) lastRead.delete(lastRead.keys().next().value ?? '')
    lastRead.set(text, read(text, undefined))
  }
  return lastRead.get(text)
}

function read(text: string, beside: SessionDescription | undefined): SessionDescription | undefined {
  const [session, ...media] = sectionsOf(text) ?? []
  if (session === undefined) return undefined
  const bundle = session.lines
    .map(({ type, value }) => (type === 'a' ? /^group: ?BUNDLE (.+)$/i.exec(value)?.[1] : undefined))
    .find((each) => each !== undefined)
  return {
    media: media.map((section, index) => readMedia(section, session, beside?.media[index] ?? beside?.media[0])),
    bundle: bundle?.split(' ') ?? [],
  }
}

function readMedia(section: Section, session: Section, beside: MediaDescription | undefined): MediaDescription {
  const [kind = '', portText = '', profile = '', ...formatList] = section.head.split(' ').filter((field) => field !== '')
  const port = readPort(portText)
  const attributes = parsedAttributes(section, session)
  const address = addressOf(section) ?? addressOf(session) ?? ({ kind: 'unknown', text: '' } as const)
  const rtcpPort = attributes.rtcp?.port
  const security = readSecurity(profile, section, session)
  const direction = directionOf(section) ?? directionOf(session) ?? 'sendrecv'
  return {
    kind: kind.toLowerCase(),
    port,
    profile,
    formatList,
    formats: RTP_PROFILE.test(profile) ? readFormats(formatList, attributes, beside) : [],
    address,
    // With ICE the address says nothing: candidates do, and checks.
    direction: security?.kind === 'dtls' && security.ice ? direction : held(address, direction),
    ptimeMs: milliseconds(attributes.ptime),
    maxPtimeMs: milliseconds(attributes.maxptime),
    rtcpPort: isPort(rtcpPort) ? rtcpPort : port + 1,
    rtcpMux: attributes.rtcpMux !== undefined,
    security,
    mid: midOf(section),
    ssrc: ssrcOf(section),
  }
}

/** `5004`, `5004/2` (RFC 8866 5.14): the first port of them. */
function readPort(text: string): number {
  const port = /^(\d{1,5})(?:\/\d+)?$/.exec(text)?.[1]
  return port === undefined || Number(port) > 65535 ? 0 : Number(port)
}

function isPort(value: number | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65536
}

function addressOf(section: Section): MediaAddress | undefined {
  const line = section.lines.find(({ type }) => type === 'c')
  return line === undefined ? undefined : readConnection(line.value)
}

/** RFC 2543 held by the address: what cannot be sent to receives nothing. */
function held(address: MediaAddress, direction: Direction): Direction {
  if (address.kind !== 'unspecified') return direction
  return direction === 'sendrecv' ? 'sendonly' : direction === 'recvonly' ? 'inactive' : direction
}

function directionOf(section: Section): Direction | undefined {
  for (const { type, value } of section.lines) {
    const name = type === 'a' ? value.toLowerCase() : ''
    if (name === 'sendrecv' || name === 'sendonly' || name === 'recvonly' || name === 'inactive') return name
  }
  return undefined
}

function midOf(section: Section): string | undefined {
  return section.lines
    .map(({ type, value }) => (type === 'a' ? /^mid: ?([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32})$/i.exec(value)?.[1] : undefined))
    .find((each) => each !== undefined)
}

function ssrcOf(section: Section): number | undefined {
  const written = section.lines
    .map(({ type, value }) => (type === 'a' ? /^ssrc: ?(\d{1,10}) /i.exec(value)?.[1] : undefined))
    .find((each) => each !== undefined)
  return written === undefined || Number(written) > 0xffff_ffff ? undefined : Number(written)
}

function milliseconds(value: number | undefined): number | undefined {
  return typeof value === 'number' && value > 0 && value <= 1000 ? value : undefined
}

/** The attributes of one stream, and those of the session, as the parser's grammar wants them written. */
function parsedAttributes(section: Section, session: Section): ParsedMedia {
  const lines = [...section.lines, ...session.lines.filter(({ value }) => /^rtpmap|^fmtp/i.test(value))].flatMap(({ type, value }) =>
    type === 'a' ? canonical(value) : [],
  )
  const [parsed] = parse(['v=0', 'm=audio 9 RTP/AVP 0', ...lines.map((line) => `a=${line}`)].join('\r\n')).media
  return parsed ?? { type: '', port: 0, protocol: '', rtp: [], fmtp: [] }
}

/** `RTPMAP: 0 pcmu / 8000` -> `rtpmap:0 pcmu/8000`. @returns nothing for attributes that are not read */
function canonical(attribute: string): string[] {
  const colon = attribute.indexOf(':')
  const name = (colon < 0 ? attribute : attribute.slice(0, colon)).trim().toLowerCase()
  if (!READ.has(name)) return []
  if (colon < 0) return [name]
  const value = attribute.slice(colon + 1).trim()
  return [`${name}:${name === 'rtpmap' ? value.replace(/\s*\/\s*/g, '/') : value}`]
}

function readFormats(formatList: readonly string[], attributes: ParsedMedia, beside: MediaDescription | undefined): RtpFormat[] {
  const seen = new Set<number>()
  return formatList.flatMap((text) => {
    const payloadType = Number(text)
    if (!/^\d{1,3}$/.test(text) || payloadType > 127 || seen.has(payloadType)) return []
    seen.add(payloadType)
    const map = attributes.rtp.find(({ payload }) => payload === payloadType)
    const [encoding, clockRate] = STATIC_FORMATS[payloadType] ?? ['', 0]
    const parameters = asText(attributes.fmtp.find(({ payload }) => payload === payloadType)?.config)
    if (map === undefined) {
      const offered = encoding === '' ? beside?.formats.find((format) => format.payloadType === payloadType) : undefined
      return [
        offered === undefined
          ? { payloadType, encoding, clockRate, channels: 1, parameters }
          : { ...offered, parameters: parameters === '' ? offered.parameters : parameters },
      ]
    }
    const name = asText(map.codec).toUpperCase()
    return [
      { payloadType, encoding: name, clockRate: asCount(map.rate) ?? defaultClock(name), channels: asCount(map.encoding) ?? 1, parameters },
    ]
  })
}

/** The clock of an rtpmap that gives none. */
function defaultClock(encoding: string): number {
  return ['PCMU', 'PCMA', 'G722', 'G729', 'TELEPHONE-EVENT'].includes(encoding) ? 8000 : 0
}

/** The parser makes numbers of what looks like one, and leaves as text what does not, whatever its types say. */
function asText(value: string | number | undefined): string {
  return `${value ?? ''}`
}

function asCount(value: string | number | undefined): number | undefined {
  const count = Number(value)
  return Number.isInteger(count) && count > 0 ? count : undefined
}
