import type { MediaAddress } from './address.js'
import type { MediaSecurity } from './security.js'

/** What one session description (RFC 8866) says, as far as audio offers and answers (RFC 3264) need it. */
export interface SessionDescription {
  /** Every m= line in its place, whatever it is: an answer has to answer each. */
  readonly media: readonly MediaDescription[]
  /** Streams that share one path by a=group:BUNDLE (RFC 9143): their mids. */
  readonly bundle: readonly string[]
}

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface RtpFormat {
  /** 0 to 127. */
  readonly payloadType: number
  /** As in rtpmap, upper case: `PCMU`, `TELEPHONE-EVENT`. Static types are filled in without rtpmap. Empty where unknown. */
  readonly encoding: string
  /** Hz; 0 where unknown. */
  readonly clockRate: number
  readonly channels: number
  /** Value of a=fmtp; empty where there is none. */
  readonly parameters: string
}

export interface MediaDescription {
  /** `audio`, `video`, `image`, ...: lower case. */
  readonly kind: string
  /** 0 where the stream is refused, or the line cannot be read. */
  readonly port: number
  /** `RTP/AVP`, `udptl`, `TCP/MSRP`: as written. */
  readonly profile: string
  /** As written; numbers for RTP profiles. */
  readonly formatList: readonly string[]
  /** The formats of an RTP profile; empty for others. */
  readonly formats: readonly RtpFormat[]
  /** Where media is to go: its own c=, or the session's. */
  readonly address: MediaAddress
  /** Its own, or the session's, or sendrecv; an unspecified address means hold as RFC 2543 did it (RFC 3264 8.4). */
  readonly direction: Direction
  /** a=ptime, in milliseconds; undefined where there is none. */
  readonly ptimeMs: number | undefined
  /** a=maxptime, in milliseconds. */
  readonly maxPtimeMs: number | undefined
  /** a=rtcp (RFC 3605), or port + 1. */
  readonly rtcpPort: number
  /** a=rtcp-mux (RFC 5761). */
  readonly rtcpMux: boolean
  /** How it is encrypted; undefined where it is not, and where its profile says so and nothing of it can be used. */
  readonly security: MediaSecurity | undefined
  /** The first a=ssrc (RFC 5576). */
  readonly ssrc: number | undefined
  /** a=mid (RFC 5888). */
  readonly mid: string | undefined
}
