import { expect, it } from 'vitest'
import { layers, multiplications, readNet, score, shapes, sizeOf, weightCount, weightsOf } from './net.js'
import { oneNet } from './one-net.js'

it('reads the weights that were trained, and no others', () => {
  expect(readNet(oneNet)).toHaveLength(weightCount)
  const bytes = Buffer.from(oneNet.weights, 'base64')
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
  expect(() => readNet({ ...oneNet, weights: bytes.toString('base64') })).toThrow(/damaged/)
})

it('multiplies less than a million times for a word, with less than 40 kB of weights', () => {
  expect(multiplications).toBeLessThan(1_000_000)
  expect(weightCount * 2).toBeLessThan(40_000)
})

it('has layers that four outputs at once are taken of', () => {
  for (const { to } of layers) expect(to % 4).toBe(0)
})

/** The same number by number, as slowly as it is defined. */
function slowly(weights: Float32Array, input: Float32Array): number {
  let values = [...input]
  let at = 0
  for (const [nth, layer] of layers.entries()) {
    const { from, to, width, height, stride, step } = layer
    const { rows } = shapes[nth]!
    const after = shapes[nth + 1]!
    values = Array.from({ length: sizeOf(after) }, (_, place) => {
      const output = place % to
      const row = Math.floor(place / to) % after.rows
      const frame = Math.floor(place / to / after.rows)
      let sum = weights[at + to * width * height * from + output]!
      for (let x = 0; x < width; x++)
        for (let y = 0; y < height; y++)
          for (let channel = 0; channel < from; channel++)
            sum +=
              weights[at + ((output * width + x) * height + y) * from + channel]! *
              values[((frame * stride + x) * rows + row * step + y) * from + channel]!
      return Math.max(0, sum)
    })
    at += weightsOf(layer)
  }
  const sum = values.reduce((total, value, index) => total + value * weights[at + index]!, weights[weightCount - 1]!)
  return 1 / (1 + Math.exp(-sum))
}

it('is what its layers are defined to be', () => {
  const weights = readNet(oneNet)
  for (const seed of [1, 2, 3]) {
    const input = Float32Array.from(
      { length: sizeOf(shapes[0]!) },
      (_, index) => Math.sin(seed * index * 0.37) + Math.cos(index / 24 + seed),
    )
    expect(score(weights, input)).toBeCloseTo(slowly(weights, input), 5)
  }
})
