import { isIP } from 'node:net'
import { write, type MediaDescription as WrittenMedia } from 'sdp-transform'
import { codecMap, type CodecName } from './codecs.js'
import type { Direction, MediaDescription, SessionDescription } from './description.js'
import type { MediaSecurity } from './security.js'

/** Who describes, and how often it has: the version grows with every change (RFC 3264 8). */
export interface Origin {
  readonly username: string
  readonly sessionName: string
  readonly sessionId: string
  readonly version: number
}

/** One audio stream of ours. */
export interface AudioSection {
  readonly port: number
  /** Default RTP/AVP. An answer repeats the profile of the offer. */
  readonly profile?: string
  readonly codecs: readonly { readonly codec: CodecName; readonly payloadType: number; readonly parameters?: string }[]
  readonly events: readonly { readonly payloadType: number; readonly clockRate: number }[]
  readonly ptimeMs: number
  readonly direction: Direction
  /** Written where it is not port + 1. */
  readonly rtcpPort?: number | undefined
  readonly rtcpMux?: boolean
  readonly security?: MediaSecurity | undefined
  readonly mid?: string | undefined
  /** Source of the RTP that is sent (RFC 5576), by which it is told from that of other streams on the same path. */
  readonly ssrc?: number | undefined
}

export interface Writing {
  readonly origin: Origin
  /** Ours, for o= and c=. */
  readonly address: string
  readonly media: readonly WrittenMedia[]
  /** The mids that share one path. */
  readonly bundle?: readonly string[]
  /** Who describes answers the checks of ICE, and makes none. */
  readonly iceLite?: boolean
}

/** Name of a stream and its track (RFC 8830), by which browsers give it to their page. */
const STREAM = 'voice'
/** Keys 0 to 9, *, #, A to D (RFC 4733 3.2). */
const EVENTS = '0-15'

/** Writes a description: CRLF line ends, the order of RFC 8866, one c= for all. @throws TypeError where the address is no IP literal */
export function writeDescription({ origin, address, media, bundle = [], iceLite = false }: Writing): string {
  const family = isIP(address)
  if (family === 0) throw new TypeError(`not an IP address: ${address}`)
  return write({
    version: 0,
    origin: {
      username: origin.username,
      sessionId: origin.sessionId,
      sessionVersion: origin.version,
      netType: 'IN',
      ipVer: family,
      address,
    },
    name: origin.sessionName,
    connection: { version: family, ip: address },
    timing: { start: 0, stop: 0 },
    ...(iceLite ? { icelite: 'ice-lite' as const } : {}),
    ...(bundle.length === 0 ? {} : { groups: [{ type: 'BUNDLE', mids: bundle.join(' ') }] }),
    media: [...media],
  })
}

export function audioSection(section: AudioSection): WrittenMedia {
  const { codecs, events, rtcpPort, rtcpMux = false } = section
  const maps = codecs.map(({ codec, payloadType }) => {
    const { name, clockRate, channels } = codecMap(codec)
    return { payload: payloadType, codec: name, rate: clockRate, ...(channels === undefined ? {} : { encoding: channels }) }
  })
  const parameters = codecs.flatMap(({ payloadType, parameters: config = '' }) => (config === '' ? [] : [{ payload: payloadType, config }]))
  return {
    type: 'audio',
    port: section.port,
    protocol: section.profile ?? 'RTP/AVP',
    payloads: [...codecs, ...events].map(({ payloadType }) => payloadType).join(' '),
    rtp: [...maps, ...events.map(({ payloadType, clockRate }) => ({ payload: payloadType, codec: 'telephone-event', rate: clockRate }))],
    fmtp: [...parameters, ...events.map(({ payloadType }) => ({ payload: payloadType, config: EVENTS }))],
    ...(rtcpPort === undefined || rtcpMux || rtcpPort === section.port + 1 ? {} : { rtcp: { port: rtcpPort } }),
    ptime: section.ptimeMs,
    direction: section.direction,
    ...(rtcpMux ? { rtcpMux: 'rtcp-mux' as const } : {}),
    ...(section.mid === undefined ? {} : { mid: section.mid }),
    ...(section.ssrc === undefined ? {} : { ssrcs: [{ id: section.ssrc, attribute: 'cname', value: STREAM }] }),
    ...(section.security === undefined ? {} : securityLines(section.security)),
  }
}

function securityLines(security: MediaSecurity): Partial<WrittenMedia> {
  if (security.kind === 'sdes') return { crypto: security.keys.map(({ tag, suite, key }) => ({ id: tag, suite, config: `inline:${key}` })) }
  const {
    fingerprints: [first],
    setup,
    ice,
  } = security
  return {
    ...(first === undefined ? {} : { fingerprint: { type: first.algorithm, hash: first.value } }),
    setup,
    ...(ice === undefined
      ? {}
      : {
          msid: [{ id: STREAM, appdata: STREAM }],
          iceUfrag: ice.usernameFragment,
          icePwd: ice.password,
          candidates: ice.candidates.map(({ foundation, component, priority, address, port, type }) => ({
            foundation,
            component,
            transport: 'udp',
            priority,
            ip: address,
            port,
            type,
          })),
        }),
  }
}

/** An answer takes one stream and refuses every other with port 0, in the offer's order (RFC 3264 6). */
export function answerSections(offer: SessionDescription, index: number, taken: WrittenMedia): WrittenMedia[] {
  return offer.media.map((media, at) => (at === index ? taken : refused(media)))
}

/** Kind, profile and formats as offered; a format list must not be empty, and what could not be read still gets its place. */
function refused({ kind, profile, formatList }: MediaDescription): WrittenMedia {
  return {
    type: kind === '' ? 'audio' : kind,
    port: 0,
    protocol: profile === '' ? 'RTP/AVP' : profile,
    payloads: formatList.length === 0 ? '0' : formatList.join(' '),
    rtp: [],
    fmtp: [],
  }
}
