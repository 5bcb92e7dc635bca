import { randomBytes, randomInt } from 'node:crypto'
import { readAddress, type MediaAddress } from '../../embedded/protocols/sdp/address.js'
import {
  chooseAudio,
  isPlainAudio,
  isSecuredAudio,
  opusBeside,
  type AudioStream,
  type OpusBeside,
  type Wanted,
} from '../../embedded/protocols/sdp/choose-audio.js'
import { isCodec, isEventsFor, type CodecName } from '../../embedded/protocols/sdp/codecs.js'
import type { Direction, MediaDescription, RtpFormat, SessionDescription } from '../../embedded/protocols/sdp/description.js'
import { readDescription } from '../../embedded/protocols/sdp/read.js'
import { sdesKeyBytes, type MediaSecurity, type SdesSuite } from '../../embedded/protocols/sdp/security.js'
import { answerSections, audioSection, writeDescription, type AudioSection, type Writing } from '../../embedded/protocols/sdp/write.js'
import type { Secured } from './handle.js'

/**
 * The descriptions on both sides. A party's description is never passed on: the media server gets its codecs and one address, the party gets
 * what the media server has chosen, under our own origin line. So nothing in one party's description (user name, host,
 * software) can reach another. Reading and writing of descriptions: `src/embedded/protocols/sdp`.
 */

/** A party's description, and the audio stream of it that is taken. */
export interface PartyAudio {
  readonly description: SessionDescription
  readonly stream: AudioStream
  /** Opus, which the party may also speak where the media server takes it. */
  readonly opus?: OpusBeside
  /** Payload types under which we offered telephone events, where this is an answer: the party may send with them (RFC 3264 6.1). */
  readonly offeredEvents?: readonly RtpFormat[]
  /** The key of our offer (RFC 4568), where this is an answer to it. */
  readonly offeredKey?: string
}

/** The origin of one session's descriptions; the version rises with every change (RFC 3264 section 8). */
export class Origin {
  readonly id: string
  #version: number
  #last = ''

  /** @param id of a session that another engine began: its versions are behind the seconds since 1970 (RFC 8866 section 5.2) */
  constructor(id?: string) {
    this.id = id ?? String(randomInt(2 ** 40))
    this.#version = id === undefined ? 0 : Math.floor(Date.now() / 1_000)
  }

  describe(address: string, media: Writing['media'], more: Pick<Writing, 'bundle' | 'iceLite'> = {}): string {
    const written = (version: number): string =>
      writeDescription({ origin: { username: '-', sessionName: '-', sessionId: this.id, version }, address, media, ...more })
    const described = written(0)
    if (described !== this.#last) this.#version++
    this.#last = described
    return written(this.#version)
  }
}

/**
 * @param codecs by preference; `OPUS` is not chosen, but accompanies the one that is
 * @param wanted `secured`: a session that was encrypted never continues in the clear
 * @returns undefined where it offers no audio that we take: 488
 */
export function readPartyOffer(sdp: string, codecs: readonly CodecName[], wanted: Wanted = 'either'): PartyAudio | undefined {
  const party = partyAudio(
    readDescription(sdp),
    codecs.filter((codec) => codec !== 'OPUS'),
    'ours',
    wanted,
  )
  const opus = party && codecs.includes('OPUS') ? opusBeside(party.stream.media) : undefined
  return party && opus ? { ...party, opus } : party
}

/** How the audio between the party and us is encrypted. */
export function securedBy({
  stream: {
    media: { security },
  },
}: PartyAudio): Secured | undefined {
  return security && (security.kind === 'sdes' ? 'keys' : 'dtls')
}

/** Whether our description contains our key (RFC 4568). */
export function tellsKey(ours: string): boolean {
  return keyOf(ourAudio(readDescription(ours))) !== undefined
}

/** Whether a party with this description begins with a DTLS handshake (RFC 5763): FreeSWITCH goes on with its channel only after it. */
export function beginsWithHandshake(sdp: string): boolean {
  return /^a=fingerprint:/im.test(sdp)
}

/** Whether ICE finds the path to the party, whatever address is given. */
export function isFoundByIce({
  stream: {
    media: { security },
  },
}: PartyAudio): boolean {
  return security?.kind === 'dtls' && security.ice !== undefined
}

/** @param offer ours, needed to read the answer @returns undefined where it takes no audio of ours */
export function readPartyAnswer(sdp: string, offer: string, codecs: readonly CodecName[]): PartyAudio | undefined {
  const ours = readDescription(offer)
  const offered = ourAudio(ours)
  const offeredKey = keyOf(offered)
  const party = partyAudio(readDescription(sdp, ours), codecs, 'theirs', offeredKey === undefined ? 'plain' : 'secured')
  return (
    party && {
      ...party,
      offeredEvents: offered?.formats.filter((format) => isEventsFor(format, party.stream.codec)) ?? [],
      ...(offeredKey === undefined ? {} : { offeredKey }),
    }
  )
}

function keyOf(media: MediaDescription | undefined): string | undefined {
  return media?.security?.kind === 'sdes' ? media.security.keys[0]?.key : undefined
}

function partyAudio(
  description: SessionDescription | undefined,
  codecs: readonly CodecName[],
  prefer: 'ours' | 'theirs',
  wanted: Wanted,
): PartyAudio | undefined {
  const stream = description && chooseAudio(description, codecs, prefer, wanted)
  return description && stream && { description, stream }
}

/** The description for the media server of a party that ICE finds. Where that names no address, one of its candidates is used: FreeSWITCH takes an unspecified address for hold. */
export function describeByIce(party: PartyAudio, origin: Origin): string {
  const { security, address, port } = party.stream.media
  const candidate =
    address.kind === 'unicast' || security?.kind !== 'dtls' ? undefined : security.ice?.candidates.find(({ component }) => component === 1)
  return describeToMediaServer(party, candidate?.address ?? addressFor(party, undefined), origin, candidate?.port ?? port)
}

/**
 * Where the media server sends a party's audio.
 * @param source where the party's signalling comes from: the best guess when the description names no address
 */
export function addressFor({ stream }: PartyAudio, source: string | undefined): string {
  const { address } = stream.media
  if (address.kind === 'unicast') return address.address
  if (address.kind === 'unspecified') return address.family === 6 ? '::' : '0.0.0.0'
  const guess: MediaAddress = readAddress(source ?? '')
  return guess.kind === 'unicast' ? guess.address : '0.0.0.0'
}

/** The description for the media server when its address in a family is needed before there is a party: silence, nowhere. */
export function askForFamily(family: 4 | 6, codec: CodecName, origin: Origin): string {
  return origin.describe(family === 6 ? '::' : '0.0.0.0', [audioSection(nobody(codec))])
}

/** The suite that every telephone and trunk with SRTP speaks. */
const SUITE: SdesSuite = 'AES_CM_128_HMAC_SHA1_80'

/**
 * The description for the media server when its key is needed before there is a party: the same as for its address, encrypted with a key that no party has. Its own key
 * then serves for the party that comes, for nothing has been encrypted with it.
 */
export function askForKey(family: 4 | 6, codecs: readonly CodecName[], origin: Origin): string {
  const keys = [{ tag: 1, suite: SUITE, key: randomBytes(sdesKeyBytes(SUITE)).toString('base64') }]
  return describeNobody(family, codecs, { kind: 'sdes', keys }, origin)
}

/** The first description for the media server of a party that encrypts with its own keys: these keys, and no address yet. */
export function announceKeys({ stream: { codec, media } }: PartyAudio, origin: Origin): string {
  return describeNobody(media.address.kind === 'unicast' ? media.address.family : 4, [codec], media.security, origin)
}

/** On loopback, where nothing listens at that port, and not on hold: FreeSWITCH would not go on from that when it makes an offer itself. */
function describeNobody(family: 4 | 6, codecs: readonly CodecName[], security: MediaSecurity | undefined, origin: Origin): string {
  const section = audioSection({ ...nobody(...codecs), direction: 'sendrecv', profile: 'RTP/SAVP', security })
  return origin.describe(family === 6 ? '::1' : '127.0.0.1', [section])
}

function nobody(...codecs: readonly CodecName[]): AudioSection {
  return {
    port: 9,
    codecs: codecs.map((codec) => ({ codec, payloadType: codec === 'PCMU' ? 0 : 8 })),
    events: [{ payloadType: 101, clockRate: 8000 }],
    ptimeMs: 20,
    direction: 'inactive',
  }
}

/**
 * The description of a party for the media server: one codec, and Opus beside it where it takes both; one address.
 * @param port where that differs from the one in the party's description
 */
export function describeToMediaServer(
  { stream, opus, offeredEvents = [] }: PartyAudio,
  address: string,
  origin: Origin,
  port?: number,
): string {
  const { media, events: sent, allEvents } = stream
  // The party's own last: FreeSWITCH keeps to the last one, the embedded switch takes all.
  const events =
    sent === undefined
      ? []
      : [...offeredEvents.filter(({ payloadType }) => !allEvents.some((each) => each.payloadType === payloadType)), ...allEvents]
  const rtcp = port === undefined || port === media.port ? { rtcpPort: media.rtcpPort } : {}
  const { security, profile, rtcpMux, mid } = media
  const secured = security === undefined ? {} : { security, profile, rtcpMux, mid }
  return origin.describe(
    address,
    [
      audioSection({
        ...ourSection(stream, opus),
        events: [...(opus?.events ?? []), ...events],
        port: port ?? media.port,
        direction: media.direction,
        ...rtcp,
        ...secured,
      }),
    ],
    {
      bundle: security !== undefined && mid !== undefined ? [mid] : [],
      iceLite: security?.kind === 'dtls' && security.ice?.lite === true,
    },
  )
}

/** Whether we would send anything to a party. */
export function hears({ stream }: PartyAudio): boolean {
  return stream.media.direction === 'sendrecv' || stream.media.direction === 'recvonly'
}

/**
 * Our offer to a party.
 * @param mediaServerOffer what the media server offers on its endpoint: address and port are taken, the codecs are ours
 * @param moved the media server's later answer, where it has moved to another address since
 * @throws Error when the media server offers no plain RTP audio
 */
export function offerToParty(mediaServerOffer: string, codecs: readonly CodecName[], origin: Origin, moved = mediaServerOffer): string {
  const media = readDescription(mediaServerOffer)?.media.find(isPlainAudio)
  const place = ourAudio(readDescription(moved))
  if (media === undefined || place?.address.kind !== 'unicast') throw new Error('the media server offers no audio over plain RTP')
  const common = codecs.flatMap((codec) => {
    const format = media.formats.find((each) => isCodec(each, codec))
    return format === undefined ? [] : [{ codec, payloadType: format.payloadType, parameters: format.parameters }]
  })
  if (common.length === 0) throw new Error(`the media server offers none of ${codecs.join(', ')}`)
  const events = media.formats.filter((format) => common.some(({ codec }) => isEventsFor(format, codec)))
  return origin.describe(place.address.address, [
    audioSection({
      port: place.port,
      codecs: common,
      events,
      ptimeMs: 20,
      direction: 'sendrecv',
    }),
  ])
}

/** Our offer to a party, encrypted (RFC 4568) and in no other way. @param answered by the media server to `askForKey` @returns undefined where it does not encrypt */
export function encryptedOffer(answered: string, codecs: readonly CodecName[], origin: Origin): string | undefined {
  const place = ourAudio(readDescription(answered))
  if (place?.address.kind !== 'unicast' || keyOf(place) === undefined) return undefined
  const section = { ...nobody(...codecs), port: place.port, direction: 'sendrecv', profile: 'RTP/SAVP', security: place.security } as const
  return origin.describe(place.address.address, [audioSection(section)])
}

/** The address of the audio in a media server's description. */
export function placeOf(description: string): { readonly address: string; readonly port: number } | undefined {
  const media = ourAudio(readDescription(description))
  return media?.address.kind === 'unicast' ? { address: media.address.address, port: media.port } : undefined
}

/** Of a FreeSWITCH that offers both, the plain one. */
function ourAudio(description: SessionDescription | undefined): MediaDescription | undefined {
  return description?.media.find(isPlainAudio) ?? description?.media.find(isSecuredAudio)
}

/** @returns whether a media server's answer takes the party's codec, at an address of its own of that family, with the key that the party was given */
export function answersTo(party: PartyAudio, mediaServerAnswer: string, family: 4 | 6): boolean {
  const answered = answeredAudio(party, mediaServerAnswer)
  return answered?.address.family === family && (party.offeredKey === undefined || keyOf(answered.media) === party.offeredKey)
}

/**
 * Our answer to a party's offer, media line by media line.
 * @param mediaServerAnswer what the media server answered to `describeToMediaServer`
 * @returns undefined when the media server did not take the codec
 */
export function answerToParty(party: PartyAudio, mediaServerAnswer: string, origin: Origin): string | undefined {
  const { description, stream } = party
  const answered = answeredAudio(party, mediaServerAnswer)
  if (answered === undefined) return undefined
  const { media, address } = answered
  const { security, profile, mid } = stream.media
  const bundled = mid !== undefined && description.bundle.includes(mid)
  // FreeSWITCH takes the party's number for events in both directions, and may say its own in the answer.
  const keepsEvents = media.formats.some((format) => isEventsFor(format, stream.codec))
  // A media server that takes Opus gives its parameters.
  const opus = party.opus && media.formats.find((format) => isCodec(format, 'OPUS'))
  const section = audioSection({
    ...ourSection(keepsEvents ? stream : { ...stream, events: undefined }, opus && { format: opus, events: party.opus.events }),
    port: media.port,
    profile,
    direction: within(media.direction, stream.media.direction),
    ...(security === undefined ? {} : { security: media.security, rtcpMux: media.rtcpMux, mid, ssrc: media.ssrc }),
  })
  return origin.describe(address.address, answerSections(description, stream.index, section), { bundle: bundled ? [mid] : [] })
}

function answeredAudio(
  { description, stream }: PartyAudio,
  answer: string,
): { readonly media: MediaDescription; readonly address: Extract<MediaAddress, { kind: 'unicast' }> } | undefined {
  const { security } = stream.media
  const media = readDescription(answer, description)?.media.find((each) =>
    security === undefined ? isPlainAudio(each) : isSecuredAudio(each) && each.security?.kind === security.kind,
  )
  const address = media?.address
  if (media === undefined || address?.kind !== 'unicast' || !media.formats.some((format) => isCodec(format, stream.codec))) return undefined
  return { media, address }
}

/** @returns the address family in which the media server answers */
export function familyOf(mediaServerAnswer: string): 4 | 6 | undefined {
  const address = ourAudio(readDescription(mediaServerAnswer))?.address
  return address?.kind === 'unicast' ? address.family : undefined
}

const MIRRORED: Readonly<Record<Direction, Direction>> = {
  sendrecv: 'sendrecv',
  sendonly: 'recvonly',
  recvonly: 'sendonly',
  inactive: 'inactive',
}

/** An answer without a direction, or with more than was offered, means the mirror of the offer. */
function within(answered: Direction, offered: Direction): Direction {
  return answered === 'sendrecv' ? MIRRORED[offered] : answered
}

/** Opus first: a party so answered speaks it. */
function ourSection(
  { codec, format, events, ptimeMs }: AudioStream,
  opus: OpusBeside | undefined,
): Pick<AudioSection, 'codecs' | 'events' | 'ptimeMs'> {
  return {
    codecs: [
      ...(opus ? [{ codec: 'OPUS' as const, payloadType: opus.format.payloadType, parameters: opus.format.parameters }] : []),
      { codec, payloadType: format.payloadType, parameters: format.parameters },
    ],
    events: [...(opus?.events.slice(-1) ?? []), ...(events === undefined ? [] : [events])],
    ptimeMs,
  }
}
