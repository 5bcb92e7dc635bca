import { expect, it } from 'vitest'
import { layers, readNet, weightCount } from './net.js'
import { oneNet } from './one-net.js'

it('reads the weights that were trained, and no others', () => {
  expect(readNet(oneNet)).toHaveLength(weightCount)
  const bytes = Buffer.from(oneNet.weights, 'base64')
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100)
  expect(() => readNet({ ...oneNet, weights: bytes.toString('base64') })).toThrow(/damaged/)
})

it('multiplies less than a million times for a word', () => {
  let frames = 100
  let count = 0
  for (const { from, to, width, stride } of layers) {
    frames = Math.floor((frames - width) / stride) + 1
    count += frames * to * from * width
  }
  expect(count + frames * (layers.at(-1)?.to ?? 0)).toBeLessThan(1_000_000)
})
