import { expect, it } from 'vitest'
import { IsolationGate, type Utterance } from './isolation-gate.js'
import { MelFrames } from './mel-frames.js'
import { noise, quiet, sound, speech, tone } from './test-sounds.js'

/** What a gate finds in a sound, and whether it may be one word alone. */
function found(samples: Int16Array): readonly { readonly ms: number; readonly isolated: boolean }[] {
  const gate = new IsolationGate()
  const result: { readonly ms: number; readonly isolated: boolean }[] = []
  const length = ({ from, to }: Utterance): number => (to - from) * 10
  new MelFrames().push(samples, (frame) => {
    const noticed = gate.push(frame)
    if (noticed.kind === 'spoken') result.push({ ms: length(noticed.utterance), isolated: noticed.isolated })
  })
  return result
}

it('lets one short sound between two silences through, as long as it was', () => {
  const [word, ...more] = found(sound(quiet(800), speech(400), quiet(700)))
  expect(more).toEqual([])
  expect(word?.isolated).toBe(true)
  expect(Math.abs((word?.ms ?? 0) - 400)).toBeLessThanOrEqual(60)
})

it.each([
  ['too short', sound(quiet(800), speech(80), quiet(700))],
  ['too long', sound(quiet(800), speech(1_400), quiet(700))],
  ['two with less than 0.45 s between them, too long together', sound(quiet(800), speech(500), quiet(300), speech(500), quiet(700))],
])('lets nothing through that is %s', (_what, samples) => {
  expect(found(samples).map(({ isolated }) => isolated)).toEqual([false])
})

it('finds no end as long as the silence behind it is not long enough', () => {
  expect(found(sound(quiet(800), speech(400), quiet(350)))).toEqual([])
})

it('takes a click for no word', () => {
  expect(found(sound(quiet(800), noise(15), quiet(700))).map(({ isolated }) => isolated)).not.toContain(true)
})

it('finds a word above the noise of a ward as in silence', () => {
  const samples = sound(quiet(1_500, 400), speech(400, 6_000), quiet(900, 400))
  expect(found(samples).map(({ isolated }) => isolated)).toEqual([true])
})

it('finds a word whose edges are lost in the noise, as short as it is then, and in silence takes the same for none', () => {
  const spoken = (ms: number): Int16Array =>
    tone(ms, 400, 900).map((value, index) => value + (tone(ms, 900, 700)[index] ?? 0) + (tone(ms, 1_900, 500)[index] ?? 0))
  const above = (loudness: number): Int16Array =>
    sound(
      quiet(2_000, loudness),
      spoken(70).map((value, index) => value + (quiet(70, loudness)[index] ?? 0)),
      quiet(700, loudness),
    )
  expect(found(above(700)).map(({ isolated }) => isolated)).toEqual([true])
  expect(found(above(20)).map(({ isolated }) => isolated)).toEqual([false])
})

it('finds a word after a small sound that is nothing beside it', () => {
  expect(found(sound(quiet(1_500, 40), speech(120, 500), quiet(150, 40), speech(400, 8_000), quiet(900, 40))).at(-1)).toMatchObject({
    isolated: true,
  })
  expect(found(sound(quiet(1_500, 40), speech(200, 8_000), quiet(150, 40), speech(400, 8_000), quiet(900, 40))).at(-1)?.ms).toBeGreaterThan(
    600,
  )
})

it('finds a word on a line that sends nothing at all between words', () => {
  expect(found(sound(new Int16Array(24_000), speech(700), new Int16Array(5_600))).map(({ isolated }) => isolated)).toEqual([true])
})

it('takes noise for no word, which begins when the first packet comes, and hears words above it', () => {
  expect(
    found(sound(new Int16Array(4_000), quiet(3_000, 600), speech(400, 9_000), quiet(800, 600))).filter(({ isolated }) => isolated),
  ).toHaveLength(1)
  expect(found(sound(new Int16Array(4_000), quiet(6_000, 600))).map(({ isolated }) => isolated)).not.toContain(true)
})
