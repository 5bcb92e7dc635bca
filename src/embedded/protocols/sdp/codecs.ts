import type { RtpFormat } from './description.js'

/** Codecs that can be negotiated. */
export type CodecName = 'PCMA' | 'PCMU' | 'G722' | 'OPUS'

/** rtpmap of each (RFC 3551, RFC 7587). G.722 says 8000 although it samples at 16 kHz (RFC 3551 4.5.2). */
const CODECS: Readonly<Record<CodecName, { readonly clockRate: number; readonly channels: number }>> = {
  PCMA: { clockRate: 8000, channels: 1 },
  PCMU: { clockRate: 8000, channels: 1 },
  G722: { clockRate: 8000, channels: 1 },
  OPUS: { clockRate: 48_000, channels: 2 },
}

/** @returns whether a format is this codec. One channel may be written or not; Opus is always written with two. */
export function isCodec(format: RtpFormat, codec: CodecName): boolean {
  const { clockRate, channels } = CODECS[codec]
  return format.encoding === codec && format.clockRate === clockRate && (format.channels === 1 || format.channels === channels)
}

/** Telephone events (RFC 4733) count in the clock of the audio that they stand for (section 2.1). */
export function isEventsFor(format: RtpFormat, codec: CodecName): boolean {
  return format.encoding === 'TELEPHONE-EVENT' && format.clockRate === CODECS[codec].clockRate
}

/** `PCMA/8000`, `OPUS/48000/2`: as rtpmap has it. */
export function codecMap(codec: CodecName): { readonly name: string; readonly clockRate: number; readonly channels: number | undefined } {
  const { clockRate, channels } = CODECS[codec]
  return { name: codec === 'OPUS' ? 'opus' : codec, clockRate, channels: channels === 1 ? undefined : channels }
}
