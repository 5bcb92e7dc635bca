import { expect, it } from 'vitest'
import { PartyStream } from './party-stream.js'

it('is the one that is under way, whatever is slipped in between', () => {
  const stream = new PartyStream()
  for (let index = 0; index < 50; index++) {
    expect(stream.packet(1, index, index * 20)).toBe(true)
    for (const burst of [0, 1, 2]) expect(stream.packet(2, index * 3 + burst, index * 20 + burst)).toBe(false)
  }
})

it('is the first that comes, audio or key', () => {
  const stream = new PartyStream()
  expect(stream.packet(2, 7, 0)).toBe(true)
  expect(stream.packet(3, 7, 10)).toBe(false)
})

it('is another one when that before has ended and the other has brought two packets in sequence', () => {
  const stream = new PartyStream()
  stream.packet(1, 10, 0)
  expect(
    [
      [0xfffe, 20],
      [0xffff, 40],
      [0, 60],
      [1, 80],
    ].map(([sequence, now]) => stream.packet(2, sequence!, now!)),
  ).toEqual([false, false, false, true])
  expect(stream.packet(1, 11, 90)).toBe(false)
  expect(stream.packet(2, 2, 100)).toBe(true)
})

it('is not another one for single packets, or ones out of sequence', () => {
  const stream = new PartyStream()
  stream.packet(1, 10, 0)
  for (const [ssrc, sequence] of [
    [2, 5],
    [3, 6],
    [2, 6],
    [2, 8],
    [2, 10],
  ] as const)
    expect(stream.packet(ssrc, sequence, 1_000)).toBe(false)
  expect(stream.packet(1, 11, 1_001)).toBe(true)
})

it('begins again with a new description', () => {
  const stream = new PartyStream()
  stream.packet(1, 10, 0)
  stream.restart()
  expect(stream.packet(2, 10, 1)).toBe(true)
})
