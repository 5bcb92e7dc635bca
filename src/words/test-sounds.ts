/** Sounds for the tests of this room, 8 kHz, the same every time. */

let state = 1
function next(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return state / 2 ** 31 - 1
}

/** A quiet line. */
export function quiet(ms: number, loudness = 12): Int16Array {
  return noise(ms, loudness)
}

export function noise(ms: number, loudness = 4_000): Int16Array {
  return Int16Array.from({ length: ms * 8 }, () => Math.round(next() * loudness))
}

/** The same with syllables: sound of constant loudness is no speech. */
export function speech(ms: number, loudness = 4_000): Int16Array {
  return noise(ms, loudness).map((sample, index) => sample * (0.55 + 0.45 * Math.sin((2 * Math.PI * 5 * index) / 8_000 + 1)))
}

export function tone(ms: number, hz: number, loudness = 6_000): Int16Array {
  return Int16Array.from({ length: ms * 8 }, (_, index) => Math.round(loudness * Math.sin((2 * Math.PI * hz * index) / 8_000)))
}

export function sound(...parts: readonly Int16Array[]): Int16Array {
  const result = new Int16Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    result.set(part, at)
    at += part.length
  }
  return result
}
