/** What SDP (RFC 8866) says, as far as audio offers and answers (RFC 3264) go. */
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
  /** `RTP/AVP`, `RTP/SAVP`, ... */
  readonly profile: string
  readonly formats: readonly SdpFormat[]
  /** Where media is to go: the media's own c= or the session's. Empty where neither is there. */
  readonly address: string
  /** Its own, or the session's, or sendrecv; `0.0.0.0` counts as hold (RFC 3264 8.4: sendonly). */
  readonly direction: Direction
  readonly ptimeMs: number | undefined
  /** a=rtcp (RFC 3605) or port + 1. */
  readonly rtcpPort: number
  /** a=rtcp-mux. */
  readonly rtcpMux: boolean
  /** All lines of the media section but m= and c=, as written: `a=sendrecv`. */
  readonly lines: readonly string[]
}

export interface SessionDescription {
  readonly username: string
  readonly sessionId: string
  readonly version: string
  readonly originAddress: string
  readonly sessionName: string
  /** The session's c=; empty where there is none. */
  readonly address: string
  readonly media: readonly SdpMedia[]
  /** Session lines other than v= o= s= c= t=. */
  readonly lines: readonly string[]
}

export type SdpParse = { readonly ok: true; readonly sdp: SessionDescription } | { readonly ok: false; readonly what: string; readonly line: number }

export declare function parseSdp(text: string): SdpParse
export declare function printSdp(sdp: SessionDescription): string

/** What both sides agreed on for the one audio stream. */
export interface AudioAgreement {
  readonly codec: 'PCMU' | 'PCMA'
  /** The payload type in which we send and expect the codec (0, 8, or whatever the offer mapped). */
  readonly payloadType: number
  /** Payload type of telephone-event at 8 kHz; undefined where the two do not share it. */
  readonly telephoneEvent: number | undefined
  readonly remoteAddress: string
  readonly remotePort: number
  readonly remoteRtcpPort: number
  readonly rtcpMux: boolean
  /** What WE may do: `sendonly` means that the other side listens only. */
  readonly direction: Direction
  readonly ptimeMs: number
}

/** Our end of the audio stream. */
export interface AudioEnd {
  readonly address: string
  readonly port: number
  readonly rtcpPort?: number
  /** In order of preference. Default PCMA, PCMU. */
  readonly codecs?: readonly ('PCMU' | 'PCMA')[]
  /** Default true. */
  readonly telephoneEvent?: boolean
  readonly direction?: Direction
  readonly ptimeMs?: number
  /** o= and s= of our side. The version must grow by one with each change (RFC 3264 8). */
  readonly sessionId?: string
  readonly version?: number
  readonly username?: string
  readonly sessionName?: string
}

/** An offer for one audio stream. */
export declare function audioOffer(end: AudioEnd): string

export type AudioAnswer =
  | { readonly ok: true; readonly answer: string; readonly agreement: AudioAgreement }
  /** 488 for no common codec or no audio, 400 for SDP that cannot be read. */
  | { readonly ok: false; readonly status: 400 | 488; readonly why: string }

/** Answers an offer: first acceptable audio stream taken, every other stream refused with port 0, in the offer's order (RFC 3264 6). */
export declare function answerAudio(offer: string, end: AudioEnd): AudioAnswer

/** Reads the answer to our offer. */
export declare function readAudioAnswer(answer: string, end: AudioEnd): { readonly ok: true; readonly agreement: AudioAgreement } | { readonly ok: false; readonly why: string }
