import { expect, it } from 'vitest'
import { readNet } from '../../src/words/net.js'
import { Chance } from './chance.js'
import { examplesOf } from './examples.js'
import { each } from './speak.js'
import { source, trained } from './trained.js'
import type { Kind, Utterance } from './utterances.js'

/** A voice of formulas: syllables of some tones, the same every time. */
function utterance(kind: Kind, hz: readonly number[]): Utterance {
  const sound = new Float32Array(3_200).map((_, index) => {
    const swell = Math.sin((Math.PI * index) / 3_200)
    return (swell * hz.reduce((sum, tone) => sum + Math.sin((2 * Math.PI * tone * index) / 8_000), 0)) / (2 * hz.length)
  })
  return { sound, kind, text: kind, voice: 'formula', british: true, natural: false }
}

const said = [utterance('word', [430, 900, 2_300]), utterance('near', [300, 2_100, 2_700]), utterance('other', [700, 1_800, 3_100])]

/** The whole way, from what is said to the file of the weights. */
function run(seed: string): string {
  const examples = (part: string) =>
    examplesOf(
      said,
      () => 6,
      new Chance(`${seed}/${part}`),
      () => ({ least: 10, most: 40 }),
    ).examples
  return source(trained(examples('lines'), examples('tuning'), { seed, epochs: 2, most: { near: 0.2, other: 0.004 } }))
}

it('gives the same bytes for the same seed, and others for another', () => {
  const first = run('a')
  expect(run('a')).toBe(first)
  expect(run('b')).not.toBe(first)
})

it('learns from what the gate lets through, and gives a file that can be read', () => {
  const { examples } = examplesOf(
    said,
    () => 6,
    new Chance('lines'),
    () => ({ least: 10, most: 40 }),
  )
  expect(new Set(examples.map(({ of }) => of.kind))).toEqual(new Set(['word', 'near', 'other']))
  const file = trained(examples, examples, { seed: 'c', epochs: 1, most: { near: 1, other: 1 } })
  expect(readNet(file).some((weight) => weight !== 0)).toBe(true)
  expect(file.made).toContain('seed c, 1 epochs')
})

it('keeps what voices say in the order in which it was asked for, whichever is done first', async () => {
  const { done } = await each(
    [30, 5, 20, 0],
    3,
    (ms, index) => new Promise<{ index: number }>((resolve) => setTimeout(resolve, ms, { index })),
  )
  expect(done.map(({ index }) => index)).toEqual([0, 1, 2, 3])
})
