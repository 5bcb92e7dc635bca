import { expect, it } from 'vitest'
import { PartyStream } from './party-stream.js'

it('takes keys of the stream that brings the audio, and of no other', () => {
  const stream = new PartyStream()
  stream.audio(1, 10)
  expect(stream.mayPress(2)).toBe(false)
  expect(stream.mayPress(1)).toBe(true)
})

it('takes the first key of a phone that has sent no audio, and then only its own', () => {
  const stream = new PartyStream()
  expect(stream.mayPress(2)).toBe(true)
  expect(stream.mayPress(3)).toBe(false)
})

it('follows a phone that changes its stream, when the new one has brought two packets in sequence', () => {
  const stream = new PartyStream()
  stream.audio(1, 10)
  stream.audio(2, 0xffff)
  expect(stream.mayPress(2)).toBe(false)
  stream.audio(2, 0)
  expect(stream.mayPress(2)).toBe(true)
  expect(stream.mayPress(1)).toBe(false)
})

it('is not moved by single packets of other streams, nor by ones out of sequence', () => {
  const stream = new PartyStream()
  stream.audio(1, 10)
  for (const [ssrc, sequence] of [[2, 5], [3, 6], [2, 6], [2, 8], [2, 10]] as const) stream.audio(ssrc, sequence)
  expect(stream.mayPress(2)).toBe(false)
  expect(stream.mayPress(1)).toBe(true)
})

it('begins again with a new description', () => {
  const stream = new PartyStream()
  stream.audio(1, 10)
  stream.restart()
  stream.audio(2, 10)
  expect(stream.mayPress(2)).toBe(true)
})
