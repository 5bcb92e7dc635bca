import { describe, expect, it } from 'vitest'
import { LEARN_MS, SourceLatch, type ExpectedSource } from './source-latch.js'

const HOUR = 3_600_000

function latch(source: ExpectedSource, now = 0): SourceLatch {
  const made = new SourceLatch()
  made.expect(source, now)
  return made
}

describe('a party that is where it says', () => {
  const signalled = { address: '192.0.2.1', port: 4000 }

  it('is sent to there, and nobody else is taken for it: not before its first packet, not in its silence, ever', () => {
    const party = latch(signalled)
    expect(party.remote).toEqual(signalled)
    const strangers = [
      ['203.0.113.9', 4000],
      ['203.0.113.9', 6000],
      ['192.0.2.1', 4002],
    ] as const
    for (const now of [0, 1, LEARN_MS, HOUR]) for (const [address, port] of strangers) expect(party.accepts(address, port, now)).toBe(false)
    expect(party.accepts('192.0.2.1', 4000, HOUR)).toBe(true)
    for (const now of [HOUR + 1, 2 * HOUR]) for (const [address, port] of strangers) expect(party.accepts(address, port, now)).toBe(false)
    expect(party.remote).toEqual(signalled)
  })

  it('is nowhere before there is a party, or where it names no address: nothing is sent, nobody is taken', () => {
    const none = [
      new SourceLatch(),
      latch({ address: '0.0.0.0', port: 0 }),
      latch({ address: '0.0.0.0', port: 4000 }),
      latch({ address: '192.0.2.1', port: 0 }),
      latch({ address: '::', port: 4000 }),
    ]
    for (const party of none) {
      expect(party.accepts('203.0.113.9', 6000, 0)).toBe(false)
      expect(party.accepts('192.0.2.1', 4000, 0)).toBe(false)
      expect(party.acceptsReport('192.0.2.1', 4001, 4001)).toBe(false)
      expect(party.remote).toBeUndefined()
    }
  })
})

describe('a party behind NAT', () => {
  const behind = { address: '10.0.0.7', port: 4000, learnFrom: ['198.51.100.7'] }

  it('is learned from the host that is given, on any port, once', () => {
    const party = latch(behind)
    expect(party.accepts('203.0.113.9', 6000, 0)).toBe(false)
    expect(party.accepts('198.51.100.7', 6000, 100)).toBe(true)
    expect(party.remote).toEqual({ address: '198.51.100.7', port: 6000 })
    expect(party.accepts('198.51.100.7', 6002, 101)).toBe(false)
    expect(party.accepts('203.0.113.9', 6000, HOUR)).toBe(false)
    expect(party.accepts('198.51.100.7', 6002, HOUR)).toBe(false)
    expect(party.accepts('198.51.100.7', 6000, HOUR)).toBe(true)
  })

  it('is learned within the first seconds only', () => {
    const party = latch(behind, 1000)
    expect(party.accepts('198.51.100.7', 6000, 1000 + LEARN_MS)).toBe(false)
    expect(latch(behind, 1000).accepts('198.51.100.7', 6000, 999 + LEARN_MS)).toBe(true)
  })

  it.each([
    ['the port that it named, which the NAT has kept', '198.51.100.7'],
    ['the address that it named, where that can be reached after all', '10.0.0.7'],
  ])('takes its place back from the source that came first, with %s, at any time, for good', (_what, address) => {
    const party = latch(behind)
    expect(party.accepts('198.51.100.7', 6666, 0)).toBe(true)
    expect(party.accepts(address, 4000, HOUR)).toBe(true)
    expect(party.remote).toEqual({ address, port: 4000 })
    expect(party.accepts('198.51.100.7', 6666, HOUR)).toBe(false)
    expect(party.accepts(address === '10.0.0.7' ? '198.51.100.7' : '10.0.0.7', 4000, HOUR)).toBe(false)
  })

  it('keeps what was learned when it says the same again, and may then be learned again, once', () => {
    const party = latch(behind)
    party.accepts('198.51.100.7', 6000, 0)
    party.expect(behind, HOUR)
    expect(party.remote?.port).toBe(6000)
    expect(party.accepts('198.51.100.7', 7000, HOUR + 1)).toBe(true)
    expect(party.accepts('198.51.100.7', 6000, HOUR + 2)).toBe(false)
    party.expect(behind, 2 * HOUR)
    expect(party.accepts('198.51.100.7', 7000, 2 * HOUR + LEARN_MS)).toBe(true)
    expect(party.accepts('198.51.100.7', 6000, 2 * HOUR + LEARN_MS)).toBe(false)
  })

  it('may be at one of several hosts', () => {
    const several = { address: '0.0.0.0', port: 0, learnFrom: ['10.0.0.7', '198.51.100.7'] }
    for (const address of several.learnFrom) {
      const party = latch(several)
      expect([party.remote, party.found]).toEqual([undefined, undefined])
      expect(party.accepts('203.0.113.9', 6000, 0)).toBe(false)
      expect(party.accepts(address, 6000, 0)).toBe(true)
      expect([party.remote, party.found]).toEqual([
        { address, port: 6000 },
        { address, port: 6000 },
      ])
    }
  })

  it('is forgotten when something else is signalled', () => {
    for (const change of [{ address: '10.0.0.8' }, { port: 4002 }, { learnFrom: ['198.51.100.8'] }, { learnFrom: undefined }]) {
      const party = latch(behind)
      party.accepts('198.51.100.7', 6000, 0)
      party.expect({ ...behind, ...change }, HOUR)
      expect(party.remote).toEqual({ address: change.address ?? '10.0.0.7', port: change.port ?? 4000 })
    }
  })
})

describe('a party with another address of the same host', () => {
  it('is heard from there at the signalled port, however late, and nowhere else', () => {
    const latch = new SourceLatch()
    latch.expect({ address: '2001:db8::5', port: 4000, alias: '::1' }, 0)
    expect(latch.accepts('::1', 4002, 10)).toBe(false)
    expect(latch.accepts('::1', 4000, 60_000)).toBe(true)
    expect(latch.remote).toEqual({ address: '::1', port: 4000 })
    expect(latch.accepts('2001:db8::5', 4000, 60_010)).toBe(false)
    // A party that is nowhere has none.
    latch.expect({ address: '::', port: 4000, alias: '::1' }, 60_020)
    expect(latch.accepts('::1', 4000, 60_030)).toBe(false)
  })
})

describe('reports', () => {
  it('are taken from where they were signalled to come, or from beside the audio, and show nothing', () => {
    const party = latch({ address: '192.0.2.1', port: 4000 })
    expect(party.acceptsReport('192.0.2.1', 4001, 4001)).toBe(true)
    expect(party.acceptsReport('192.0.2.1', 4321, 4321)).toBe(true)
    expect(party.acceptsReport('192.0.2.1', 4002, 4001)).toBe(false)
    expect(party.acceptsReport('203.0.113.9', 4001, 4001)).toBe(false)
  })

  it('of a party behind NAT come from its host, once its audio has shown it', () => {
    const party = latch({ address: '10.0.0.7', port: 4000, learnFrom: ['198.51.100.7'] })
    expect(party.acceptsReport('198.51.100.7', 5555, 4001)).toBe(false)
    expect(party.remote).toEqual({ address: '10.0.0.7', port: 4000 })
    party.accepts('198.51.100.7', 6000, 0)
    expect(party.acceptsReport('198.51.100.7', 5555, 4001)).toBe(true)
    expect(party.acceptsReport('203.0.113.9', 5555, 4001)).toBe(false)
  })
})
