import { randomFillSync } from 'node:crypto'

/** Numbers fetched from the system at a time: each fetch costs as much as a packet. */
const POOL = 256

/** 32-bit random numbers: the system's, or a fixed series for tests (mulberry32). */
export function randomSource(seed?: number): () => number {
  if (seed === undefined) {
    const pool = new Uint32Array(POOL)
    let used = POOL
    return () => {
      if (used === POOL) {
        randomFillSync(pool)
        used = 0
      }
      return pool[used++] ?? 0
    }
  }
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
