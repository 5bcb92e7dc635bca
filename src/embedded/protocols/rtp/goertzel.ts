/** The Goertzel algorithm: how strong one frequency is in a stretch of audio. */

/**
 * Amplitude of the component of `frequencyHz` in the samples, in sample units (a full-scale sine gives 32767). The frequency need not lie
 * on a bin; the resolution is about `rate / count` Hz.
 */
export function toneAmplitude(
  samples: ArrayLike<number>,
  frequencyHz: number,
  rate = 8000,
  from = 0,
  count = samples.length - from,
): number {
  if (count <= 0) return 0
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / rate)
  let s1 = 0
  let s2 = 0
  for (let index = from; index < from + count; index++) {
    const s0 = (samples[index] ?? 0) + coefficient * s1 - s2
    s2 = s1
    s1 = s0
  }
  return (2 * Math.sqrt(Math.max(0, s1 * s1 + s2 * s2 - coefficient * s1 * s2))) / count
}

/** Root mean square of the samples. */
export function rootMeanSquare(samples: ArrayLike<number>, from = 0, count = samples.length - from): number {
  if (count <= 0) return 0
  let sum = 0
  for (let index = from; index < from + count; index++) sum += (samples[index] ?? 0) ** 2
  return Math.sqrt(sum / count)
}

/**
 * Share (0..1) of the samples' energy that lies at `frequencyHz`: near 1 for a pure tone, near 0 where it is absent or drowned. 0 for
 * silence (below an amplitude of about -60 dBFS).
 */
export function toneShare(samples: ArrayLike<number>, frequencyHz: number, rate = 8000, from = 0, count = samples.length - from): number {
  const rms = rootMeanSquare(samples, from, count)
  if (rms < 20) return 0
  return Math.min(1, toneAmplitude(samples, frequencyHz, rate, from, count) ** 2 / 2 / rms ** 2)
}
