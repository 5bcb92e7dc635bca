import { expect, it } from 'vitest'
import { bands } from '../../src/words/mel-frames.js'
import { inputFrames, layers, score, weightCount, weightsOf } from '../../src/words/net.js'
import { Chance } from './chance.js'
import { Learning } from './learning.js'

/** A second in which some bands are loud for a while. */
function loudIn(from: number): Float32Array {
  const input = new Float32Array(inputFrames * bands).fill(-1)
  for (let frame = 35; frame < 65; frame++) input.fill(0.8, frame * bands + from, frame * bands + from + 6)
  return input
}

const of = { sound: new Float32Array(0), text: '', voice: '', british: true, natural: false }

it('comes to tell two sounds apart', () => {
  const low = { input: loudIn(3), isWord: true, of: { ...of, kind: 'word' as const } }
  const high = { input: loudIn(14), isWord: false, of: { ...of, kind: 'other' as const } }
  const learning = new Learning(new Chance('learning'))
  const examples = Array.from({ length: 64 }, () => [low, high]).flat()
  const losses = Array.from({ length: 6 }, () => learning.epoch(examples, 0.002, 1))
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2)
  expect(score(learning.weights, low.input)).toBeGreaterThan(0.9)
  expect(score(learning.weights, high.input)).toBeLessThan(0.1)
})

it('knows how the loss changes with the weights of each layer', () => {
  const learning = new Learning(new Chance('gradient'))
  const input = loudIn(6).map((value, index) => value + 0.3 * Math.sin(index))
  const { gradient } = learning.gradientOf(input, 0.98)
  const tried = (index: number, by: number): number => {
    const before = learning.weights[index]!
    learning.weights[index] = before + by
    const { loss } = learning.gradientOf(input, 0.98)
    learning.weights[index] = before
    return loss
  }
  let from = 0
  for (const count of [...layers.map(weightsOf), 0]) {
    const to = count === 0 ? weightCount : from + count
    const indices = Array.from({ length: to - from }, (_, index) => from + index)
    const steepest = indices.sort((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!)).slice(0, 12)
    for (const index of steepest) {
      const measured = (tried(index, 0.001) - tried(index, -0.001)) / 0.002
      expect(measured / gradient[index]!).toBeGreaterThan(0.9)
      expect(measured / gradient[index]!).toBeLessThan(1.1)
    }
    from = to
  }
})
