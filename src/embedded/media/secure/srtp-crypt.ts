import type { RtpHeader } from 'werift'
import { RTP_HEADER_BYTES } from '../../protocols/rtp/packet.js'
import { ReplayWindow } from './replay-window.js'
import type { Werift } from './werift.js'

/** Master keys and salts of both directions, and how they are used. */
export interface SrtpKeys {
  /** 1: AES_CM_128_HMAC_SHA1_80; 7: AEAD_AES_128_GCM (the numbers of RFC 5764 and RFC 7714). */
  readonly profile: number
  readonly localKey: Buffer
  readonly localSalt: Buffer
  readonly remoteKey: Buffer
  readonly remoteSalt: Buffer
}

/** Streams of one party that are told apart: a telephone has one, or a second one after a change of its network. */
const MOST_STREAMS = 8
/** E flag and index at the end of an SRTCP packet, before its tag (RFC 3711 3.4). */
const SRTCP_INDEX_BYTES = 4
const TAG_BYTES: Readonly<Record<number, number>> = { 1: 10, 7: 16 }

/** SRTP and SRTCP in both directions, by werift; replayed packets are detected here, which werift leaves to its user. */
export class SrtpCrypt {
  readonly #rtp: InstanceType<Werift['SrtpSession']>
  readonly #rtcp: InstanceType<Werift['SrtcpSession']>
  readonly #profile: number
  readonly #streams = new Map<number, ReplayWindow>()
  readonly #reports = new Map<number, number>()
  // One header object for all packets: each is printed before the next is begun.
  readonly #header = { sequenceNumber: 0, ssrc: 0, serializeSize: RTP_HEADER_BYTES, serialize: (): Buffer => this.#headBytes }
  #headBytes: Buffer = Buffer.alloc(0)

  constructor({ SrtpSession, SrtcpSession }: Werift, keys: SrtpKeys) {
    const config = {
      profile: keys.profile,
      keys: {
        localMasterKey: keys.localKey,
        localMasterSalt: keys.localSalt,
        remoteMasterKey: keys.remoteKey,
        remoteMasterSalt: keys.remoteSalt,
      },
    }
    this.#rtp = new SrtpSession(config)
    this.#rtcp = new SrtcpSession(config)
    this.#profile = keys.profile
  }

  /** @param packet RTP with a plain header of 12 bytes: what we make and relay has no other */
  protect(packet: Buffer): Buffer {
    this.#headBytes = packet.subarray(0, RTP_HEADER_BYTES)
    this.#header.sequenceNumber = packet.readUInt16BE(2)
    this.#header.ssrc = packet.readUInt32BE(8)
    return this.#rtp.encrypt(packet.subarray(RTP_HEADER_BYTES), this.#header as unknown as RtpHeader)
  }

  protectReport(packet: Buffer): Buffer {
    return this.#rtcp.encrypt(packet)
  }

  /** @returns undefined for what is not genuine, and for what has come before */
  unprotect(data: Buffer): Buffer | undefined {
    if (data.length < RTP_HEADER_BYTES + (TAG_BYTES[this.#profile] ?? 0)) return undefined
    const ssrc = data.readUInt32BE(8)
    const known = this.#streams.get(ssrc)
    const window = known ?? new ReplayWindow()
    const index = window.indexOf(data.readUInt16BE(2))
    if (!window.isNew(index)) return undefined
    try {
      const packet = this.#rtp.decrypt(data)
      window.took(index)
      if (known === undefined) remember(this.#streams, ssrc, window)
      return packet
    } catch {
      return undefined
    }
  }

  unprotectReport(data: Buffer): Buffer | undefined {
    const end = data.length - (this.#profile === 1 ? (TAG_BYTES[1] ?? 0) : 0)
    if (end < 8 + SRTCP_INDEX_BYTES) return undefined
    const ssrc = data.readUInt32BE(4)
    const index = data.readUInt32BE(end - SRTCP_INDEX_BYTES) & 0x7fff_ffff
    // Reports are few: one that is overtaken by the next is not missed.
    if (index <= (this.#reports.get(ssrc) ?? -1)) return undefined
    try {
      const packet = this.#rtcp.decrypt(data)
      remember(this.#reports, ssrc, index)
      return packet
    } catch {
      return undefined
    }
  }
}

function remember<T>(map: Map<number, T>, ssrc: number, value: T): void {
  map.delete(ssrc)
  map.set(ssrc, value)
  if (map.size <= MOST_STREAMS) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
