/** The longest frame, bytes (RFC 6716 section 3.2.1), and the longest packet: 120 ms, in samples at 8 kHz. */
const LONGEST_FRAME = 1275
export const LONGEST_OPUS_SAMPLES = 960

/** Samples (8 kHz) of a frame, by the configuration in the first byte (RFC 6716 table 2). */
function frameSamples(configuration: number): number {
  if (configuration < 12) return [80, 160, 320, 480][configuration & 3] ?? 0
  return configuration < 16 ? 80 << (configuration & 1) : 20 << (configuration & 3)
}

/**
 * How long the audio of an Opus packet is, told by its frames (RFC 6716 section 3).
 * @returns samples at 8 kHz, 20 to 960; undefined where it breaks a rule by which every packet is made (R1 to R7): a decoder refuses it
 */
export function opusSamples(data: Uint8Array, from: number, to: number): number | undefined {
  if (from >= to) return undefined
  const first = data[from] ?? 0
  const each = frameSamples(first >> 3)
  const bytes = to - from - 1
  switch (first & 3) {
    case 0:
      return bytes <= LONGEST_FRAME ? each : undefined
    case 1:
      return bytes % 2 === 0 && bytes / 2 <= LONGEST_FRAME ? 2 * each : undefined
    case 2:
      return framesFit(data, from + 1, to, 1) ? 2 * each : undefined
    default:
      return severalFrames(data, from + 1, to, each)
  }
}

/** Code 3: any number of frames, of one length or of several, with padding at the end. */
function severalFrames(data: Uint8Array, from: number, to: number, each: number): number | undefined {
  if (from >= to) return undefined
  const about = data[from] ?? 0
  const frames = about & 63
  const samples = frames * each
  if (frames === 0 || samples > LONGEST_OPUS_SAMPLES) return undefined
  let at = from + 1
  let end = to
  if ((about & 0x40) !== 0) {
    let size = 255
    while (size === 255) {
      if (at >= to) return undefined
      size = data[at++] ?? 0
      // 255: as many as 254, and another byte that says how many more.
      end -= size === 255 ? 254 : size
    }
  }
  if (at > end) return undefined
  if ((about & 0x80) !== 0) return framesFit(data, at, end, frames - 1) ? samples : undefined
  const bytes = end - at
  return bytes % frames === 0 && bytes / frames <= LONGEST_FRAME ? samples : undefined
}

/** Whether `written` frames with explicit lengths, and a last one that takes the rest, fit between the two places. */
function framesFit(data: Uint8Array, from: number, to: number, written: number): boolean {
  let at = from
  let bytes = 0
  for (let frame = 0; frame < written; frame++) {
    if (at >= to) return false
    let length = data[at++] ?? 0
    if (length >= 252) {
      if (at >= to) return false
      length += 4 * (data[at++] ?? 0)
    }
    bytes += length
  }
  const last = to - at - bytes
  return last >= 0 && last <= LONGEST_FRAME
}
