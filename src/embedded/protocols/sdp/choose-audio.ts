import { isCodec, isEventsFor, type CodecName } from './codecs.js'
import type { Direction, MediaDescription, RtpFormat, SessionDescription } from './description.js'

/** The audio stream of a party's description that is taken, and what is used of it. */
export interface AudioStream<C extends CodecName = CodecName> {
  /** Which m= line it is, from 0. */
  readonly index: number
  readonly media: MediaDescription
  readonly codec: C
  readonly format: RtpFormat
  /** Telephone events in the codec's clock; undefined where the party has none. Of several the last, as FreeSWITCH takes it. */
  readonly events: RtpFormat | undefined
  /** Every format of them: the party may send with any. */
  readonly allEvents: readonly RtpFormat[]
  /** How much audio the party wants in a packet: 10, 20, 30, 40 or 60. */
  readonly ptimeMs: number
}

/** Opus that a party has beside the codec that is taken. */
export interface OpusBeside {
  readonly format: RtpFormat
  /** Every format of telephone events in its clock; the last is the one to send. */
  readonly events: readonly RtpFormat[]
}

/** AVPF (RFC 4585) is AVP with more RTCP, which is optional to send. */
const PLAIN_PROFILES: ReadonlySet<string> = new Set(['RTP/AVP', 'RTP/AVPF'])
const PACKET_TIMES = [60, 40, 30, 20, 10]

/** What of a description is taken: streams over plain RTP; encrypted ones; or either, an encrypted one first. */
export type Wanted = 'plain' | 'secured' | 'either'

/**
 * The first audio stream that is wanted and has a codec of ours.
 * @param codecs ours, in order of preference
 * @param prefer whose order decides between several common codecs: ours for an offer, theirs for an answer (RFC 3264 6.1)
 */
export function chooseAudio<C extends CodecName>(
  description: SessionDescription,
  codecs: readonly C[],
  prefer: 'ours' | 'theirs',
  wanted: Wanted = 'plain',
): AudioStream<C> | undefined {
  if (wanted === 'either') return chooseAudio(description, codecs, prefer, 'secured') ?? chooseAudio(description, codecs, prefer, 'plain')
  const isWanted = wanted === 'secured' ? isSecuredAudio : isPlainAudio
  for (const [index, media] of description.media.entries()) {
    if (!isWanted(media)) continue
    const common =
      prefer === 'ours' ? first(codecs, (codec) => media.formats.find((format) => isCodec(format, codec))) : firstOfTheirs(media, codecs)
    if (common === undefined) continue
    const [codec, format] = common
    const allEvents = media.formats.filter((each) => isEventsFor(each, codec))
    return { index, media, codec, format, events: allEvents.at(-1), allEvents, ptimeMs: packetTime(media) }
  }
  return undefined
}

/** Opus of a party whose way is found by ICE, as browsers describe themselves: they take each packet as its payload type says, whatever codec came before. */
export function opusBeside({ formats, security }: MediaDescription): OpusBeside | undefined {
  const format = security?.kind === 'dtls' && security.ice ? formats.find((each) => isCodec(each, 'OPUS')) : undefined
  return format && { format, events: formats.filter((each) => isEventsFor(each, 'OPUS')) }
}

/** @returns whether packets could be exchanged: audio, plain RTP, not refused, not a group's address */
export function isPlainAudio(media: MediaDescription): boolean {
  return media.kind === 'audio' && media.port !== 0 && PLAIN_PROFILES.has(media.profile.toUpperCase()) && media.address.kind !== 'multicast'
}

/** @returns whether it is audio, encrypted in a way that we speak */
export function isSecuredAudio(media: MediaDescription): boolean {
  return media.kind === 'audio' && media.port !== 0 && media.security !== undefined && media.address.kind !== 'multicast'
}

function first<C, F>(codecs: readonly C[], find: (codec: C) => F | undefined): readonly [C, F] | undefined {
  for (const codec of codecs) {
    const found = find(codec)
    if (found !== undefined) return [codec, found]
  }
  return undefined
}

function firstOfTheirs<C extends CodecName>(media: MediaDescription, codecs: readonly C[]): readonly [C, RtpFormat] | undefined {
  for (const format of media.formats) {
    const codec = codecs.find((each) => isCodec(format, each))
    if (codec !== undefined) return [codec, format]
  }
  return undefined
}

/** What the party wants, within what it can take, rounded down to a common packet time. */
function packetTime({ ptimeMs = 20, maxPtimeMs = 60 }: MediaDescription): number {
  return PACKET_TIMES.find((ms) => ms <= Math.min(ptimeMs, maxPtimeMs)) ?? 10
}

/** The direction that the answerer is left with (RFC 3264 6.1): what the other side does not receive, we need not send. */
export function answerDirection(offered: Direction, wanted: Direction = 'sendrecv'): Direction {
  const send = (offered === 'sendrecv' || offered === 'recvonly') && (wanted === 'sendrecv' || wanted === 'sendonly')
  const receive = (offered === 'sendrecv' || offered === 'sendonly') && (wanted === 'sendrecv' || wanted === 'recvonly')
  return send ? (receive ? 'sendrecv' : 'sendonly') : receive ? 'recvonly' : 'inactive'
}
