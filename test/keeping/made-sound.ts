/** Two people who speak at once, interleaved: noise in syllables, another on each channel, a little hiss in between. The same for the same numbers. */
export function noisySpeech(frames: number, rate: number, who = 0): Int16Array {
  const left = voice(42 + 2 * who)
  const right = voice(43 + 2 * who)
  const stereo = new Int16Array(frames * 2)
  for (let frame = 0; frame < frames; frame++) {
    const second = frame / rate
    stereo[2 * frame] = left(syllable(second, 0.11))
    stereo[2 * frame + 1] = right(syllable(second, 0.17))
  }
  return stereo
}

function syllable(second: number, length: number): number {
  return second % 3 < 2.4 ? Math.abs(Math.sin((Math.PI * second) / length)) : 0.02
}

function voice(seed: number): (loudness: number) => number {
  let state = seed
  let low = 0
  return (loudness) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    low += 0.25 * (state / 2 ** 31 - 1 - low)
    return Math.round(16_000 * loudness * low)
  }
}
