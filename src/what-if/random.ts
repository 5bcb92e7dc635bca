/** Numbers in [0, 1), the same ones for the same keys. */
export type RandomStream = () => number

/**
 * A separate stream of pseudo-random numbers for each combination of keys. One call's draws do not depend on the number of
 * draws for others, so two replays differ only where the change makes them differ. Mulberry32 over mixed keys; not for secrets.
 * @param keys whole numbers
 */
export function randomStream(...keys: readonly number[]): RandomStream {
  let state = 0x2545f491
  for (const key of keys) state = mixed(state ^ mixed(key + 0x9e3779b9))
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A text as a key. FNV-1a, 32 bits. */
export function keyOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** The finaliser of MurmurHash3: every bit of the key moves every bit of the result. */
function mixed(key: number): number {
  let hash = key | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
