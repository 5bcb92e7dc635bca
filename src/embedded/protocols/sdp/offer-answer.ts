import { parse, write } from 'sdp-transform'
import type { MediaAddress } from './address.js'
import { answerDirection, chooseAudio, opusBeside, type AudioStream, type OpusBeside, type Wanted } from './choose-audio.js'
import { isEventsFor } from './codecs.js'
import type { Direction, RtpFormat, SessionDescription } from './description.js'
import { readDescription } from './read.js'
import { answerSecurity, type AgreedSecurity, type OurSecurity } from './secured-answer.js'
import { answerSections, audioSection, writeDescription, type AudioSection, type Origin } from './write.js'

/** The codecs of the telephone network: what every phone and trunk speaks. */
export type AudioCodec = 'PCMU' | 'PCMA'

/** What both sides agreed on for the one audio stream. */
export interface AudioAgreement {
  readonly codec: AudioCodec
  /** The payload type of the codec that we send. */
  readonly payloadType: number
  /** Payload type of the telephone-event at 8 kHz that we send; undefined where the two do not share it. */
  readonly telephoneEvent: number | undefined
  /**
   * Payload types of the telephone-events that are taken: theirs, and that of our offer, with which they should send (RFC 3264 6.1) and by far
   * not all do.
   */
  readonly telephoneEventsTaken: readonly number[]
  /** IP literal. Unspecified (`0.0.0.0`, `::`) where the party names no place: audio goes to where its own comes from. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteRtcpPort: number
  readonly rtcpMux: boolean
  /** What WE may do: `recvonly` when the other side holds us with sendonly. */
  readonly direction: Direction
  /** How much audio the other side wants in a packet: 10, 20, 30, 40 or 60; 20 where it does not say. */
  readonly ptimeMs: number
  /** Undefined: it is not encrypted. */
  readonly security?: AgreedSecurity
  /** Opus, which either side may send as well. */
  readonly opus?: OpusBeside
}

/** Our end of the audio stream. */
export interface AudioEnd {
  /** IP literal. */
  readonly address: string
  readonly port: number
  /** Default port + 1, and then not written. */
  readonly rtcpPort?: number
  /** RTCP on the RTP port can be told apart here (RFC 5761): taken where it is offered. Default false. */
  readonly rtcpMux?: boolean
  /** In order of preference. Default PCMA, PCMU. */
  readonly codecs?: readonly AudioCodec[]
  /** Opus is taken beside them, where a browser offers it: before them, so that it sends Opus. Default false. */
  readonly opus?: boolean
  /** Default true. */
  readonly telephoneEvent?: boolean
  readonly direction?: Direction
  /** Absent: encrypted streams are not ours to take. */
  readonly security?: OurSecurity
  /** Default 20. */
  readonly ptimeMs?: number
  /** o= and s= of our side. The version must grow with each change (RFC 3264 8). */
  readonly sessionId?: string
  readonly version?: number
  readonly username?: string
  readonly sessionName?: string
}

/** 488 for no common codec or no audio, 400 for a text that is no session description. */
export type OfferRefusal = { readonly ok: false; readonly status: 400 | 488; readonly why: string }
export type AudioAnswer = { readonly ok: true; readonly answer: string; readonly agreement: AudioAgreement } | OfferRefusal
/** An offer whose audio can be taken. */
export interface ReadOffer {
  readonly ok: true
  readonly description: SessionDescription
  readonly stream: AudioStream<AudioCodec>
}

const PAYLOAD_TYPE: Readonly<Record<AudioCodec, number>> = { PCMU: 0, PCMA: 8 }
const OUR_TELEPHONE_EVENT = 101
const DEFAULT_CODECS: readonly AudioCodec[] = ['PCMA', 'PCMU']

/** An offer of one audio stream. */
export function audioOffer(end: AudioEnd): string {
  const { codecs = DEFAULT_CODECS, telephoneEvent = true } = end
  return ourDescription(end, [
    audioSection({
      port: end.port,
      codecs: codecs.map((codec) => ({ codec, payloadType: PAYLOAD_TYPE[codec] })),
      events: telephoneEvent ? [{ payloadType: OUR_TELEPHONE_EVENT, clockRate: 8000 }] : [],
      ptimeMs: end.ptimeMs ?? 20,
      direction: end.direction ?? 'sendrecv',
      rtcpPort: end.rtcpPort,
    }),
  ])
}

/** Reads an offer: the first audio stream with a codec of ours is the one to take. */
export function readOffer(
  offer: string,
  codecs: readonly AudioCodec[] = DEFAULT_CODECS,
  wanted: Wanted = 'plain',
): ReadOffer | OfferRefusal {
  const description = readDescription(offer)
  if (description === undefined) return { ok: false, status: 400, why: 'not a session description' }
  const stream = chooseAudio(description, codecs, 'ours', wanted)
  if (stream !== undefined) return { ok: true, description, stream }
  return { ok: false, status: 488, why: description.media.length === 0 ? 'the offer has no media' : 'no audio stream with a codec of ours' }
}

/** Answers an offer that was read: with its payload type numbers and its profile, every other stream refused. */
export function answerOffer(
  { description, stream }: ReadOffer,
  end: AudioEnd,
): { readonly ok: true; readonly answer: string; readonly agreement: AudioAgreement } | OfferRefusal {
  const secured = end.security && answerSecurity(stream.media, end.security)
  if (stream.media.security !== undefined && secured === undefined)
    return { ok: false, status: 488, why: 'the offer is encrypted in a way that is not ours' }
  const opus = end.opus === true ? opusBeside(stream.media) : undefined
  const agreement = { ...agreementOn(stream, end), ...(secured ? { security: secured.agreed } : {}), ...(opus ? { opus } : {}) }
  const { codec, payloadType, telephoneEvent, direction, rtcpMux } = agreement
  const { mid } = stream.media
  const section = audioSection({
    port: end.port,
    profile: stream.media.profile,
    codecs: [...ourOpus(opus), { codec, payloadType }],
    events: [
      ...(opus?.events.slice(-1) ?? []),
      ...(telephoneEvent === undefined ? [] : [{ payloadType: telephoneEvent, clockRate: 8000 }]),
    ],
    ptimeMs: end.ptimeMs ?? 20,
    direction,
    rtcpPort: end.rtcpPort,
    rtcpMux,
    mid,
    ...(secured?.written.kind === 'dtls' ? { ssrc: end.security?.ssrc } : {}),
    ...(secured ? { security: secured.written } : {}),
  })
  const bundle = mid !== undefined && description.bundle.includes(mid) ? [mid] : []
  return { ok: true, answer: ourDescription(end, answerSections(description, stream.index, section), bundle), agreement }
}

/** What we say of the Opus that we take (RFC 7587 section 6.1): each packet with what mends the loss of the one before. */
function ourOpus(opus: OpusBeside | undefined): AudioSection['codecs'] {
  return opus === undefined ? [] : [{ codec: 'OPUS', payloadType: opus.format.payloadType, parameters: 'minptime=10;useinbandfec=1' }]
}

/** `readOffer` and `answerOffer` in one, where our end does not depend on the offer. */
export function answerAudio(offer: string, end: AudioEnd): AudioAnswer {
  const read = readOffer(offer, end.codecs, end.security === undefined ? 'plain' : 'either')
  return read.ok ? answerOffer(read, end) : read
}

/**
 * Reads the answer to our offer.
 * @param offer ours: its payload types hold where the answer does not map them again (RFC 3264 6.1)
 */
export function readAudioAnswer(
  answer: string,
  end: AudioEnd,
  offer = audioOffer(end),
): { readonly ok: true; readonly agreement: AudioAgreement } | { readonly ok: false; readonly why: string } {
  const ours = readDescription(offer)
  const description = readDescription(answer, ours)
  if (description === undefined) return { ok: false, why: 'not a session description' }
  if (description.media.length === 0) return { ok: false, why: 'the answer has no media' }
  if (description.media.every(({ port }) => port === 0)) return { ok: false, why: 'the answer refuses the audio stream' }
  // The answerer's order counts now: its first codec is what it will send.
  const stream = chooseAudio(description, end.codecs ?? DEFAULT_CODECS, 'theirs')
  return stream === undefined
    ? { ok: false, why: 'the answer has no codec of ours' }
    : {
        ok: true,
        agreement: agreementOn(
          stream,
          end,
          ours?.media[0]?.formats.filter((format) => isEventsFor(format, stream.codec)),
        ),
      }
}

/** A description of our own with another direction and the next version: an offer that holds or resumes. */
export function withDirection(ours: string, direction: Direction, version: number): string {
  const { origin, ...rest } = parse(ours)
  return write({
    ...rest,
    origin: { ...origin, sessionVersion: version },
    media: rest.media.map((media) => (media.port === 0 ? media : { ...media, direction })),
  })
}

/** Where packets go: an IP literal; unspecified, in our family, where the party names no place. */
export function sendingAddress(address: MediaAddress, ours: string): string {
  if (address.kind === 'unicast') return address.address
  return ours.includes(':') ? '::' : '0.0.0.0'
}

function agreementOn(stream: AudioStream<AudioCodec>, end: AudioEnd, offeredEvents: readonly RtpFormat[] = []): AudioAgreement {
  const { media, codec, format, events, allEvents, ptimeMs } = stream
  const taken = events === undefined || end.telephoneEvent === false ? [] : [...allEvents, ...offeredEvents].map((each) => each.payloadType)
  const rtcpMux = media.rtcpMux && (end.rtcpMux === true || media.security !== undefined)
  return {
    codec,
    payloadType: format.payloadType,
    telephoneEvent: end.telephoneEvent === false ? undefined : events?.payloadType,
    telephoneEventsTaken: [...new Set(taken)],
    remoteAddress: sendingAddress(media.address, end.address),
    remotePort: media.port,
    remoteRtcpPort: rtcpMux ? media.port : media.rtcpPort,
    rtcpMux,
    direction: answerDirection(media.direction, end.direction),
    ptimeMs,
  }
}

function ourDescription(end: AudioEnd, media: Parameters<typeof writeDescription>[0]['media'], bundle: readonly string[] = []): string {
  const origin: Origin = {
    username: end.username ?? '-',
    sessionName: end.sessionName ?? '-',
    sessionId: end.sessionId ?? '1',
    version: end.version ?? 1,
  }
  return writeDescription({ origin, address: end.address, media, bundle })
}
