import { expect, it } from 'vitest'
import { VirtualNetwork, VirtualTime } from '../../../../test/kit/virtual-network.js'
import { randomBelow, randomHex } from './secure-random.js'
import { TransactionLayer } from './transaction-layer.js'

it('text has two digits for each byte, and never comes twice, over many fetches', () => {
  const seen = new Set<string>()
  for (let n = 0; n < 10_000; n++) seen.add(randomHex(16))
  expect(seen.size).toBe(10_000)
  expect([...seen].every((text) => /^[0-9a-f]{32}$/.test(text))).toBe(true)
  expect(randomHex(64)).toMatch(/^[0-9a-f]{128}$/)
})

it('numbers lie below the limit, the ends included', () => {
  const seen = new Set(Array.from({ length: 2_000 }, () => randomBelow(5)))
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4])
})

it('tags have 80 random bits, branches and Call-IDs 128', () => {
  const time = new VirtualTime()
  const layer = new TransactionLayer({
    transport: new VirtualNetwork(time, () => 0.5).join({ protocol: 'udp', address: '192.0.2.1', port: 5060 }),
    clock: time,
  })
  expect(layer.newTag()).toMatch(/^[0-9a-f]{20}$/)
  expect(layer.newBranch()).toMatch(/^z9hG4bK[0-9a-f]{32}$/)
  expect(layer.newCallId()).toMatch(/^[0-9a-f]{32}$/)
})
