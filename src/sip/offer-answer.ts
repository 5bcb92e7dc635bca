import { connectionText, parseSdp, printSdp, type Direction, type SdpFormat, type SdpMedia } from './sdp.js'

/** The codecs of the telephone network that this stack negotiates. */
export type AudioCodec = 'PCMU' | 'PCMA'

/** What both sides agreed on for the one audio stream. */
export interface AudioAgreement {
  readonly codec: AudioCodec
  /** The payload type of the codec, the same in both directions. */
  readonly payloadType: number
  /** Payload type of telephone-event at 8 kHz; undefined where the two do not share it. */
  readonly telephoneEvent: number | undefined
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteRtcpPort: number
  readonly rtcpMux: boolean
  /** What WE may do: `recvonly` when the other side holds us with sendonly. */
  readonly direction: Direction
  /** How much audio the other side wants in a packet; 20 where it does not say. */
  readonly ptimeMs: number
}

/** Our end of the audio stream. */
export interface AudioEnd {
  readonly address: string
  readonly port: number
  /** Default port + 1, and then not written. */
  readonly rtcpPort?: number
  /** In order of preference. Default PCMA, PCMU. */
  readonly codecs?: readonly AudioCodec[]
  /** Default true. */
  readonly telephoneEvent?: boolean
  readonly direction?: Direction
  /** Default 20. */
  readonly ptimeMs?: number
  /** o= and s= of our side. The version must grow with each change (RFC 3264 8). */
  readonly sessionId?: string
  readonly version?: number
  readonly username?: string
  readonly sessionName?: string
}

export type AudioAnswer =
  | { readonly ok: true; readonly answer: string; readonly agreement: AudioAgreement }
  /** 488 for no common codec or no audio, 400 for SDP that cannot be read. */
  | { readonly ok: false; readonly status: 400 | 488; readonly why: string }

const PAYLOAD_TYPE: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8 }
const OUR_TELEPHONE_EVENT = 101
const DEFAULT_CODECS: readonly AudioCodec[] = ['PCMA', 'PCMU']
// RTP/AVPF is offered by phones that would take AVP as well; SRTP profiles need keys that we do not have.
const PLAIN_PROFILES: ReadonlySet<string> = new Set(['RTP/AVP', 'RTP/AVPF'])

/** An offer of one audio stream. */
export function audioOffer(end: AudioEnd): string {
  const codecs = end.codecs ?? DEFAULT_CODECS
  const formats = codecs.map((codec): [number, AudioCodec] => [PAYLOAD_TYPE[codec], codec])
  return ourSdp(end, [audioSection(end, formats, end.telephoneEvent === false ? undefined : OUR_TELEPHONE_EVENT, end.direction ?? 'sendrecv', 'RTP/AVP')])
}

/**
 * Answers an offer: the first audio stream with a codec of ours is taken, every other stream is refused with port 0 in the offer's
 * order (RFC 3264 6). The offer's payload type numbers are used.
 */
export function answerAudio(offer: string, end: AudioEnd): AudioAnswer {
  const parsed = parseSdp(offer)
  if (!parsed.ok) return { ok: false, status: 400, why: `line ${parsed.line}: ${parsed.what}` }
  const { media } = parsed.sdp
  let agreement: AudioAgreement | undefined
  const sections: string[][] = []
  for (const stream of media) {
    const common = agreement === undefined ? agree(stream, end, end.codecs ?? DEFAULT_CODECS) : undefined
    if (common === undefined) {
      sections.push([`m=${stream.kind} 0 ${stream.profile} ${stream.formatList.join(' ')}`])
      continue
    }
    agreement = common
    sections.push(audioSection(end, [[common.payloadType, common.codec]], common.telephoneEvent, common.direction, stream.profile, stream.rtcpMux))
  }
  if (agreement === undefined) return { ok: false, status: 488, why: media.length === 0 ? 'the offer has no media' : 'no audio stream with a codec of ours' }
  return { ok: true, answer: ourSdp(end, sections), agreement }
}

/** Reads the answer to our offer. */
export function readAudioAnswer(answer: string, end: AudioEnd): { readonly ok: true; readonly agreement: AudioAgreement } | { readonly ok: false; readonly why: string } {
  const parsed = parseSdp(answer)
  if (!parsed.ok) return { ok: false, why: `line ${parsed.line}: ${parsed.what}` }
  const stream = parsed.sdp.media[0]
  if (stream === undefined) return { ok: false, why: 'the answer has no media' }
  if (stream.port === 0) return { ok: false, why: 'the answer refuses the audio stream' }
  // The answerer's order counts now: its first codec is what it will send.
  const codecs = stream.formats.flatMap((format) => codecOf(format) ?? []).filter((codec) => (end.codecs ?? DEFAULT_CODECS).includes(codec))
  const agreement = agree(stream, end, codecs)
  return agreement === undefined ? { ok: false, why: 'the answer has no codec of ours' } : { ok: true, agreement }
}

/** The direction that the answerer is left with (RFC 3264 6.1): what the other side does not receive, we need not send. */
export function answerDirection(offered: Direction, wanted: Direction = 'sendrecv'): Direction {
  const send = (offered === 'sendrecv' || offered === 'recvonly') && (wanted === 'sendrecv' || wanted === 'sendonly')
  const receive = (offered === 'sendrecv' || offered === 'sendonly') && (wanted === 'sendrecv' || wanted === 'recvonly')
  return send ? (receive ? 'sendrecv' : 'sendonly') : receive ? 'recvonly' : 'inactive'
}

/** The same session description with another direction and the next version: an offer that holds or resumes. */
export function withDirection(sdp: string, direction: Direction, version: number): string {
  const parsed = parseSdp(sdp)
  if (!parsed.ok) return sdp
  const media = parsed.sdp.media.map((stream) =>
    stream.port === 0 ? stream : { ...stream, lines: [...stream.lines.filter((line) => !/^a=(sendrecv|sendonly|recvonly|inactive)$/.test(line)), `a=${direction}`] },
  )
  return printSdp({ ...parsed.sdp, version: String(version), media })
}

function codecOf(format: SdpFormat): AudioCodec | undefined {
  if (format.clockRate !== 8000 || format.channels > 1) return undefined
  return format.encoding === 'PCMU' || format.encoding === 'PCMA' ? format.encoding : undefined
}

/** The first of `codecs` that the stream has. */
function agree(stream: SdpMedia, end: AudioEnd, codecs: readonly AudioCodec[]): AudioAgreement | undefined {
  if (stream.kind !== 'audio' || stream.port === 0 || !PLAIN_PROFILES.has(stream.profile.toUpperCase()) || stream.address === '') return undefined
  for (const codec of codecs) {
    const format = stream.formats.find((candidate) => codecOf(candidate) === codec)
    if (format === undefined) continue
    const event = end.telephoneEvent === false ? undefined : stream.formats.find((candidate) => candidate.encoding === 'TELEPHONE-EVENT' && candidate.clockRate === 8000)
    return {
      codec,
      payloadType: format.payloadType,
      telephoneEvent: event?.payloadType,
      remoteAddress: stream.address,
      remotePort: stream.port,
      remoteRtcpPort: stream.rtcpMux ? stream.port : stream.rtcpPort,
      rtcpMux: stream.rtcpMux,
      direction: answerDirection(stream.direction, end.direction),
      ptimeMs: stream.ptimeMs ?? 20,
    }
  }
  return undefined
}

function audioSection(
  end: AudioEnd,
  formats: readonly (readonly [payloadType: number, codec: AudioCodec])[],
  telephoneEvent: number | undefined,
  direction: Direction,
  profile: string,
  rtcpMux = false,
): string[] {
  const numbers = [...formats.map(([payloadType]) => payloadType), ...(telephoneEvent === undefined ? [] : [telephoneEvent])]
  return [
    `m=audio ${end.port} ${profile} ${numbers.join(' ')}`,
    ...formats.map(([payloadType, codec]) => `a=rtpmap:${payloadType} ${codec}/8000`),
    ...(telephoneEvent === undefined ? [] : [`a=rtpmap:${telephoneEvent} telephone-event/8000`, `a=fmtp:${telephoneEvent} 0-16`]),
    ...(end.rtcpPort === undefined || rtcpMux ? [] : [`a=rtcp:${end.rtcpPort}`]),
    ...(rtcpMux ? ['a=rtcp-mux'] : []),
    `a=ptime:${end.ptimeMs ?? 20}`,
    `a=${direction}`,
  ]
}

function ourSdp(end: AudioEnd, sections: readonly (readonly string[])[]): string {
  const id = end.sessionId ?? '1'
  const lines = [
    'v=0',
    `o=${end.username ?? '-'} ${id} ${end.version ?? 1} ${connectionText(end.address)}`,
    `s=${end.sessionName ?? '-'}`,
    `c=${connectionText(end.address)}`,
    't=0 0',
    ...sections.flat(),
  ]
  return `${lines.join('\r\n')}\r\n`
}
