/** A full-scale sine is +3.14 dBm0 in G.711 A-law (ITU-T G.711; mu-law +3.17). */
const FULL_SCALE_DBM0 = 3.14

/** Peak amplitude, in 16-bit sample units, of a sine at this level. */
export function amplitudeOf(dbm0: number): number {
  return 32767 * 10 ** ((dbm0 - FULL_SCALE_DBM0) / 20)
}
