import { expect, test } from 'vitest'
import { id3Tag } from './id3.js'

/** Reads the tag as a player does: frame by frame, by the sizes that it states. */
function frames(tag: Buffer): Record<string, string> {
  expect(tag.subarray(0, 5).toString('latin1')).toBe('ID3\x04\x00')
  const size = (at: number) => tag.subarray(at, at + 4).reduce((sum, byte) => sum * 128 + byte, 0)
  expect(size(6)).toBe(tag.length - 10)
  const found: Record<string, string> = {}
  for (let at = 10; at < tag.length; at += 10 + size(at + 4)) {
    const body = tag.subarray(at + 10, at + 10 + size(at + 4))
    expect(body[0]).toBe(3)
    found[tag.toString('latin1', at, at + 4)] = body.subarray(1).toString('utf8')
  }
  return found
}

test('the tag names line, time and call, in UTF-8', () => {
  const startedAt = Date.parse('2026-03-02T09:04:05Z')
  expect(frames(id3Tag({ title: 'Paediatrics – Urgent', startedAt, callId: 'a-1' }))).toEqual({
    TIT2: 'Paediatrics – Urgent',
    TDRC: '2026-03-02T09:04:05',
    TSSE: 'Ringround',
    TXXX: 'Call id\0a-1',
  })
})

test('a long title keeps its sizes right, and no byte of them looks like sound', () => {
  const tag = id3Tag({ title: 'x'.repeat(300), startedAt: 0, callId: 'c' })
  expect(frames(tag)['TIT2']).toHaveLength(300)
  expect([...tag.subarray(6, 10)].every((byte) => byte < 128)).toBe(true)
})
