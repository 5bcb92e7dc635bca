import { expect, it } from 'vitest'
import { MelFrames } from './mel-frames.js'
import { NoiseFloor } from './noise-floor.js'
import { quiet, sound, speech, tone } from './test-sounds.js'

/** How far each frame stands out of the noise, and where the floor was at the end. */
function above(samples: Int16Array): { readonly formants: number[]; readonly voiced: number[]; readonly levelDb: number } {
  const floor = new NoiseFloor()
  const [formants, voiced]: [number[], number[]] = [[], []]
  new MelFrames().push(samples, (frame) => {
    const { formantsDb, voicedDb } = floor.push(frame)
    formants.push(formantsDb)
    voiced.push(voicedDb)
  })
  return { formants, voiced, levelDb: floor.level() }
}
const most = (values: readonly number[]): number => Math.max(...values)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

it('lets nothing stand out of a steady noise, however loud', () => {
  for (const loudness of [50, 500, 5_000]) expect(most(above(quiet(3_000, loudness)).formants.slice(50))).toBeLessThan(8)
})

it('knows the level of the noise', () => {
  const loud = above(quiet(3_000, 2_000)).levelDb
  expect(Math.abs(loud - above(quiet(3_000, 200)).levelDb - 20)).toBeLessThan(1)
})

it('takes a noise that grows louder in all bands alike for less than a voice that is as loud in some', () => {
  const louder = above(sound(quiet(2_000, 200), quiet(300, 1_200)))
  const voice = above(
    sound(
      quiet(2_000, 200),
      quiet(300, 200).map((value, index) => value + (tone(300, 700, 900)[index] ?? 0)),
    ),
  )
  const during = (values: readonly number[]): number => mean(values.slice(205, 225))
  expect(during(louder.formants)).toBeGreaterThan(during(voice.formants))
  expect(during(louder.voiced)).toBeLessThan(during(louder.formants) * 0.6)
  expect(during(voice.voiced)).toBeGreaterThan(during(voice.formants) * 0.9)
})

it('does not take a voice without a pause for the noise', () => {
  const { formants } = above(sound(quiet(1_000), speech(3_000)))
  expect(mean(formants.slice(340, 390))).toBeGreaterThan(15)
})

it('takes a noise that begins and stays for the noise within a second', () => {
  expect(most(above(sound(quiet(3_000), quiet(2_000, 600))).formants.slice(400))).toBeLessThan(8)
})
