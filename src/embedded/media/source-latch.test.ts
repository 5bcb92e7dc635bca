import { expect, it } from 'vitest'
import { SourceLatch } from './source-latch.js'

it('sends to the signalled address until a packet shows another, and keeps to that', () => {
  const latch = new SourceLatch()
  expect(latch.remote).toBeUndefined()
  latch.signal('192.0.2.1', 4000)
  expect(latch.remote).toEqual({ address: '192.0.2.1', port: 4000 })
  expect(latch.accepts('198.51.100.7', 5000, 0)).toBe(true)
  expect(latch.remote).toEqual({ address: '198.51.100.7', port: 5000 })
  expect(latch.accepts('203.0.113.9', 6000, 100)).toBe(false)
  expect(latch.accepts('198.51.100.7', 5001, 100)).toBe(false)
})

it('lets another source in only after a second of silence', () => {
  const latch = new SourceLatch()
  latch.signal('192.0.2.1', 4000)
  latch.accepts('192.0.2.1', 4000, 0)
  latch.accepts('192.0.2.1', 4000, 500)
  expect(latch.accepts('192.0.2.1', 4002, 1499)).toBe(false)
  expect(latch.accepts('192.0.2.1', 4002, 1500)).toBe(true)
})

it('gives the signalled address its place back at once', () => {
  const latch = new SourceLatch()
  latch.signal('192.0.2.1', 4000)
  latch.accepts('203.0.113.9', 6000, 0)
  expect(latch.accepts('192.0.2.1', 4000, 10)).toBe(true)
  expect(latch.accepts('203.0.113.9', 6000, 20)).toBe(false)
})

it('forgets what it learned when another address is signalled, and only then', () => {
  const latch = new SourceLatch()
  latch.signal('192.0.2.1', 4000)
  latch.accepts('198.51.100.7', 5000, 0)
  latch.signal('192.0.2.1', 4000)
  expect(latch.remote?.port).toBe(5000)
  latch.signal('192.0.2.1', 4010)
  expect(latch.remote?.port).toBe(4010)
  for (const [address, port] of [['0.0.0.0', 4000], ['192.0.2.1', 0]] as const) {
    latch.signal(address, port)
    expect(latch.remote).toBeUndefined()
  }
})
