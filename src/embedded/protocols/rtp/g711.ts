/**
 * G.711 by table. Linear samples are 16-bit (-32768 to 32767), the law's 13 or 14 bits shifted up, as every WAV file has them.
 * Encoding picks the nearest level that the law has, so that encoding what was decoded gives the same octet back.
 */

/** mu-law octet -> linear (ITU-T G.711 table 2). */
export const MULAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, octet) => {
  const bits = ~octet & 0xff
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84
  return bits & 0x80 ? -magnitude : magnitude
})

/** A-law octet -> linear (ITU-T G.711 table 1). */
export const ALAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, octet) => {
  const bits = octet ^ 0x55
  const segment = (bits & 0x70) >> 4
  const mantissa = ((bits & 0x0f) << 4) + 8
  const magnitude = segment === 0 ? mantissa : (mantissa + 0x100) << (segment - 1)
  return bits & 0x80 ? magnitude : -magnitude
})

/** Index with `sample & 0xffff`. */
export const LINEAR_TO_MULAW = nearestLevels(MULAW_TO_LINEAR)
/** Index with `sample & 0xffff`. */
export const LINEAR_TO_ALAW = nearestLevels(ALAW_TO_LINEAR)

/** For a relay between parties of different law: one look-up an octet, in place. */
export const MULAW_TO_ALAW = Uint8Array.from(MULAW_TO_LINEAR, (sample) => LINEAR_TO_ALAW[sample & 0xffff] ?? 0)
export const ALAW_TO_MULAW = Uint8Array.from(ALAW_TO_LINEAR, (sample) => LINEAR_TO_MULAW[sample & 0xffff] ?? 0)

/** The octet that stands for silence. */
export const MULAW_SILENCE = 0xff
export const ALAW_SILENCE = 0xd5

function nearestLevels(decode: Int16Array): Uint8Array {
  // mu-law has two zeros; the positive one (0xff) is silence, so it must come last and win.
  const octets = Array.from(decode.keys()).sort((a, b) => (decode[a] ?? 0) - (decode[b] ?? 0) || a - b)
  const level = (index: number) => decode[octets[index] ?? 0] ?? 0
  const table = new Uint8Array(65536)
  let from = -32768
  for (const [index, octet] of octets.entries()) {
    // Halfway to the next level belongs to the next.
    const to =
      index + 1 === octets.length ? 32768 : level(index) === level(index + 1) ? from : Math.ceil((level(index) + level(index + 1)) / 2)
    table.fill(octet, 65536 + Math.min(from, 0), 65536 + Math.min(to, 0))
    table.fill(octet, Math.max(from, 0), Math.max(to, 0))
    from = to
  }
  return table
}

/** Decodes `count` octets from `from` at `fromAt` to `into` at `intoAt`, every `stride` samples (2: one channel of stereo). */
export function decodeG711(
  table: Int16Array,
  from: Uint8Array,
  fromAt: number,
  count: number,
  into: Int16Array,
  intoAt = 0,
  stride = 1,
): void {
  for (let index = 0; index < count; index++) into[intoAt + index * stride] = table[from[fromAt + index] ?? 0] ?? 0
}

/** Encodes `count` samples. */
export function encodeG711(table: Uint8Array, from: Int16Array, fromAt: number, count: number, into: Uint8Array, intoAt = 0): void {
  for (let index = 0; index < count; index++) into[intoAt + index] = table[(from[fromAt + index] ?? 0) & 0xffff] ?? 0
}

/** Exchanges each octet for the table's, in place. */
export function mapOctets(table: Uint8Array, data: Uint8Array, start: number, end: number): void {
  for (let index = start; index < end; index++) data[index] = table[data[index] ?? 0] ?? 0
}
