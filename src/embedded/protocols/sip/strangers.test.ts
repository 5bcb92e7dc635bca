import { describe, expect, it } from 'vitest'
import { VirtualTime } from '../../../../test/kit/virtual-network.js'
import { networks } from './networks.js'
import { Strangers, type StrangerLimits } from './strangers.js'

const limits: StrangerLimits = {
  perSource: { burst: 3, refillMs: 1_000, remembered: 100 },
  inAll: { burst: 5, refillMs: 500 },
  read: { perSource: { burst: 4, refillMs: 100 }, inAll: { burst: 6, refillMs: 50 } },
  knownForMs: 60_000,
  remembered: 2,
}

function among(trusted: readonly string[] = ['192.0.2.0/24', '2001:db8:1::/48']) {
  const time = new VirtualTime()
  return { time, strangers: new Strangers(networks(trusted), time, limits) }
}

describe('a stranger', () => {
  it.each([
    ['192.0.2.7', false],
    ['::ffff:192.0.2.7', false],
    ['192.0.3.7', true],
    ['2001:db8:1:2::3', false],
    ['2001:DB8:0001:2:0::3', false],
    ['2001:db8:2::3', true],
    ['nonsense', true],
    ['', true],
  ])('%s: %s', (address, stranger) => {
    expect(among().strangers.has(address)).toBe(stranger)
  })

  it('is one no longer when accepted, for as long as that holds, and only a limited number are remembered', async () => {
    const { time, strangers } = among()
    strangers.accepted('198.51.100.1')
    expect(strangers.has('198.51.100.1')).toBe(false)
    expect(strangers.has('::ffff:198.51.100.1')).toBe(false)
    await time.pass(60_000)
    expect(strangers.has('198.51.100.1')).toBe(false)
    await time.pass(1)
    expect(strangers.has('198.51.100.1')).toBe(true)
    for (const last of [1, 2, 3]) strangers.accepted(`198.51.100.${last}`)
    expect([1, 2, 3].map((last) => strangers.has(`198.51.100.${last}`))).toEqual([true, false, false])
  })

  it('has the whole /64 for a neighbour: accepted and counted together', () => {
    const { strangers } = among()
    strangers.accepted('2001:db8:2:1::1')
    expect(strangers.has('2001:db8:2:1:ffff::9')).toBe(false)
    expect(strangers.has('2001:db8:2:2::1')).toBe(true)
    expect([1, 2, 3, 4].map((host) => strangers.admits(`2001:db8:3:1::${host}`))).toEqual([true, true, true, false])
  })

  it('may send a burst and more with time; one that sends too much takes nothing from the others', async () => {
    const { time, strangers } = among()
    expect(Array.from({ length: 100 }, () => strangers.admits('198.51.100.1')).filter(Boolean)).toHaveLength(3)
    expect(strangers.admits('198.51.100.2')).toBe(true)
    expect(strangers.admits('198.51.100.2')).toBe(true)
    // All together have had five.
    expect(strangers.admits('198.51.100.3')).toBe(false)
    await time.pass(1_000)
    expect(strangers.admits('198.51.100.1')).toBe(true)
    expect(strangers.dropped).toBe(98)
  })

  it('is not even read beyond a limit of its own, and of all together; a known source always is', async () => {
    const { time, strangers } = among()
    expect(Array.from({ length: 50 }, () => strangers.isReadFrom('198.51.100.1')).filter(Boolean)).toHaveLength(4)
    expect(Array.from({ length: 50 }, () => strangers.isReadFrom('198.51.100.2')).filter(Boolean)).toHaveLength(2)
    expect(Array.from({ length: 50 }, () => strangers.isReadFrom('192.0.2.7')).filter(Boolean)).toHaveLength(50)
    await time.pass(100)
    expect(strangers.isReadFrom('198.51.100.1')).toBe(true)
  })
})
