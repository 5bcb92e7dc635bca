import { answerOffer, readOffer, type AudioAgreement, type AudioAnswer, type AudioEnd } from '../protocols/sdp/offer-answer.js'
import { isLoopback } from '../protocols/sip/address-kinds.js'
import { sameHost } from '../protocols/sip/same-host.js'
import type { ChannelMedia, MediaChannel } from '../media/media-channel.js'
import type { MediaDescription } from '../protocols/sdp/description.js'
import type { Fingerprint } from '../protocols/sdp/security.js'
import type { Channel } from './channel.js'
import { LocalSecurity } from './local-security.js'

/** Our address for c=, by address family, where it is not the address of the port. */
export type ExternalAddresses = Readonly<Partial<Record<4 | 6, string>>>

/** Our end of the audio, as SDP has it. `version` grows with every description that is sent (RFC 3264 section 8). */
export class LocalAudio {
  readonly #media: MediaChannel
  readonly #external: ExternalAddresses
  readonly #sessionId: string
  readonly #prepare: () => Promise<Fingerprint>
  readonly #decodesOpus: () => boolean
  #version: number
  #security: LocalSecurity | undefined

  /** @param prepare gets the media ready to encrypt. @param decodesOpus whether they take Opus, once they are */
  constructor(media: MediaChannel, external: ExternalAddresses, prepare: () => Promise<Fingerprint>, decodesOpus: () => boolean) {
    this.#prepare = prepare
    this.#decodesOpus = decodesOpus
    this.#media = media
    this.#external = external
    const seconds = Math.floor(Date.now() / 1000)
    this.#sessionId = `${seconds}`
    this.#version = seconds
  }

  get address(): string {
    return this.#external[this.#media.localAddress.includes(':') ? 6 : 4] ?? this.#media.localAddress
  }

  /** The basis of the next offer or answer. PCMU first, as on a server whose callers mostly offer it. */
  next(): AudioEnd {
    this.#version++
    return {
      address: this.address,
      port: this.#media.localPort,
      codecs: CODECS,
      opus: this.#decodesOpus(),
      username: 'drachtio-mrf',
      sessionName: 'drachtio-mrf',
      sessionId: this.#sessionId,
      version: this.#version,
      ...(this.#security === undefined ? {} : { security: this.#security }),
    }
  }

  /** The audio is encrypted, and stays so. */
  get isSecured(): boolean {
    return this.#security !== undefined
  }

  /** A party wants its audio encrypted. Rejects when that cannot be done here. */
  async secure(): Promise<void> {
    if (this.#security !== undefined) return
    const fingerprint = await this.#prepare()
    const media = this.#media
    this.#security = new LocalSecurity(fingerprint, media.stats.ssrcOut, () => ({
      port: media.localPort,
      addresses: [this.address, media.localAddress],
    }))
  }

  /** An agreement carries over to later ones. */
  note({ security }: AudioAgreement): void {
    if (this.#security && security?.kind === 'dtls') this.#security.role = security.role
  }

  /** Whether this is our own description come back: what drachtio-srf acknowledges a late offer with. Nothing may be sent there. */
  isMirrored(agreement: AudioAgreement): boolean {
    return agreement.remoteAddress === this.address && agreement.remotePort === this.#media.localPort
  }
}

const CODECS = ['PCMU', 'PCMA'] as const

/** Our answer to a party's offer, in the address family in which it wants its audio; 488 where we have no port there. */
export async function answerTo(offer: string, media: MediaChannel, local: LocalAudio): Promise<AudioAnswer> {
  // An encrypted session never continues in the clear.
  const read = readOffer(offer, CODECS, local.isSecured ? 'secured' : 'either')
  if (!read.ok) return read
  const { media: party } = read.stream
  const family = familyOf(party, media)
  if (family !== undefined && !((local.isSecured && party.security?.kind === 'dtls') || (await media.useFamily(family))))
    return { ok: false, status: 488, why: `no address of the party's family, IPv${family}` }
  if (party.security !== undefined) {
    try {
      await local.secure()
    } catch (error) {
      return { ok: false, status: 488, why: `nothing can be encrypted here: ${error instanceof Error ? error.message : String(error)}` }
    }
  }
  return answerOffer(read, local.next())
}

/** The address family in which a party wants its audio; undefined: it does not say. */
function familyOf({ address, security }: MediaDescription, media: MediaChannel): 4 | 6 | undefined {
  if (security?.kind !== 'dtls' || security.ice === undefined) return 'family' in address ? address.family : undefined
  const families = security.ice.candidates.map((candidate): 4 | 6 => (candidate.address.includes(':') ? 6 : 4))
  const ours = media.localAddress.includes(':') ? 6 : 4
  return families.length === 0 || families.includes(ours) ? ours : families[0]
}

/** Stands for a party that is where ICE finds it: addresses to which nothing is ever sent (RFC 7600 4, RFC 6666). */
const BY_ICE = { 4: '192.0.0.8', 6: '100::8', port: 9 } as const

/** Ports at which no party listens: discard (RFC 863), and a reserved one. A description with one of them means: nowhere yet. */
const NOBODY: ReadonlySet<number> = new Set([9, 1])

/**
 * Sets the audio going as agreed. A mirrored description is that of a channel without a party: nothing is sent, and nothing taken.
 *
 * Two variables say from where the party's audio may come, beside the address and port that were agreed:
 * - `disable_rtp_auto_adjust` (FreeSWITCH's own): true, from nowhere else. Otherwise a packet from the agreed address may show another port
 *   (FreeSWITCH would take one from any address);
 * - `rtp_learn_from` (ours; FreeSWITCH has no such thing): the addresses from which it may, with commas, if it is not the agreed one.
 */
export function applyAgreement(channel: Channel, agreement: AudioAgreement, local: LocalAudio): void {
  local.note(agreement)
  const { security } = agreement
  if (security?.kind === 'dtls' && security.ice) {
    channel.media.configure({
      ...audioOf(agreement),
      remoteAddress: BY_ICE[channel.media.localAddress.includes(':') ? 6 : 4],
      remotePort: BY_ICE.port,
      remoteRtcpPort: BY_ICE.port,
      direction: agreement.direction,
      security,
    })
    return
  }
  const mirrored = local.isMirrored(agreement)
  const nowhere = mirrored || NOBODY.has(agreement.remotePort)
  const learnFrom =
    channel.variable('disable_rtp_auto_adjust') === 'true'
      ? []
      : (channel.variable('rtp_learn_from')?.split(',') ?? [agreement.remoteAddress])
  channel.media.configure({
    remoteAddress: nowhere ? (local.address.includes(':') ? '::' : '0.0.0.0') : agreement.remoteAddress,
    remotePort: nowhere ? 0 : agreement.remotePort,
    remoteRtcpPort: agreement.remoteRtcpPort,
    remoteAlias: loopbackOf(agreement.remoteAddress, channel.media.localAddress),
    learnFrom: mirrored ? [] : learnFrom,
    ...audioOf(agreement),
    // Nor is audio expected: the channel would be hung up after the media time-out, while it rings.
    direction: mirrored ? 'inactive' : agreement.direction,
    ...(security === undefined ? {} : { security }),
  })
}

function audioOf({
  codec,
  payloadType,
  telephoneEvent,
  telephoneEventsTaken,
  ptimeMs,
  opus,
}: AudioAgreement): Pick<
  ChannelMedia,
  'codec' | 'payloadType' | 'telephoneEventPayloadType' | 'takenEventPayloadTypes' | 'ptimeMs' | 'opus'
> {
  const wideEvents = opus?.events.map((each) => each.payloadType) ?? []
  const wideEvent = wideEvents.at(-1)
  return {
    ...(opus === undefined
      ? {}
      : {
          opus: {
            payloadType: opus.format.payloadType,
            ...(wideEvent === undefined ? {} : { telephoneEventPayloadType: wideEvent }),
            takenEventPayloadTypes: wideEvents,
          },
        }),
    codec,
    payloadType,
    ...(telephoneEvent === undefined ? {} : { telephoneEventPayloadType: telephoneEvent, takenEventPayloadTypes: telephoneEventsTaken }),
    ptimeMs,
  }
}

/** A program of this machine that names another of the machine's addresses sends to our loopback address from loopback. */
function loopbackOf(signalled: string, local: string): string | undefined {
  return signalled !== local && isLoopback(local) && sameHost(signalled, local) ? local : undefined
}

const MIRROR = { sendrecv: 'sendrecv', sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' } as const

/** What is assumed of a party before its answer (an INVITE without SDP): our first choice. */
export function noteOffer(channel: Channel): void {
  noteCodec(channel, { codec: 'PCMU', payloadType: 0, ptimeMs: 20 })
  channel.data.setUp({ dtmf_type: 'rfc2833', rtp_2833_send_payload: '101', rtp_2833_recv_payload: '101' })
}

function noteCodec(channel: Channel, { codec, payloadType, ptimeMs }: Pick<AudioAgreement, 'codec' | 'payloadType' | 'ptimeMs'>): void {
  channel.data.setCodec(codec)
  channel.data.setUp({
    rtp_audio_recv_pt: `${payloadType}`,
    rtp_use_codec_name: codec,
    rtp_use_codec_rate: '8000',
    rtp_use_codec_ptime: `${ptimeMs}`,
    rtp_use_codec_channels: '1',
    rtp_last_audio_codec_string: `${codec}@8000h@${ptimeMs}i@1c`,
    read_codec: codec,
    original_read_codec: codec,
    read_rate: '8000',
    original_read_rate: '8000',
    write_codec: codec,
    write_rate: '8000',
    rtp_use_pt: `${payloadType}`,
    rtp_use_ssrc: `${channel.media.stats.ssrcOut}`,
    ep_codec_string: `CORE_PCM_MODULE.${codec}@8000h@${ptimeMs}i@64000b`,
  })
}

/** The channel variables that describe the audio, under FreeSWITCH's names. */
export function noteAgreement(channel: Channel, agreement: AudioAgreement): void {
  noteCodec(channel, agreement)
  channel.data.setUp({
    remote_audio_media_flow: MIRROR[agreement.direction],
    audio_media_flow: agreement.direction,
    dtmf_type: agreement.telephoneEvent === undefined ? 'none' : 'rfc2833',
    rtp_2833_send_payload: agreement.telephoneEvent === undefined ? undefined : `${agreement.telephoneEvent}`,
    rtp_2833_recv_payload: agreement.telephoneEvent === undefined ? undefined : `${agreement.telephoneEvent}`,
    remote_media_ip: agreement.remoteAddress,
    remote_media_port: `${agreement.remotePort}`,
    rtp_secure_media_confirmed: agreement.security === undefined ? undefined : 'true',
  })
}
