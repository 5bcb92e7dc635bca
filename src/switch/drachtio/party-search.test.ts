import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ChannelGone } from './channel-socket.js'
import type { Place } from './own-ports.js'
import { PartySearch } from './party-search.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

const party: Place = { address: '198.51.100.7', port: 6000 }
const stranger: Place = { address: '203.0.113.9', port: 6666 }
const supposed: Place = { address: '198.51.100.7', port: 4000 }

/** A media server that tells whom it has found; a look forgets that. */
function search(options: {
  readonly supposed: Place | undefined
  readonly comes: (looks: number, ms: number) => Place | undefined
  readonly packets?: (ms: number) => number
}) {
  const did: string[] = []
  const told: string[] = []
  const text = (place: Place | undefined) => (place === undefined ? 'nowhere' : `${place.address}:${place.port}`)
  const began = performance.now()
  let looks = 1
  let shut = false
  const found = new PartySearch(
    () => {
      const ms = performance.now() - began
      return Promise.resolve({ packets: options.packets?.(ms) ?? 1, reports: 0, found: shut ? undefined : options.comes(looks, ms) })
    },
    {
      key: '',
      supposed: options.supposed,
      isAt: (place) => place === party,
      look: () => {
        did.push('look')
        looks++
        shut = false
        return Promise.resolve()
      },
      settle: (at) => {
        did.push(text(at))
        shut = true
        return Promise.resolve()
      },
    },
    {
      found: (place) => told.push(`found ${text(place)}`),
      supposed: () => told.push('supposed'),
      stranger: (address) => told.push(`stranger ${address}`),
    },
  )
  return { found, did, told }
}

describe('a party yet to be found', () => {
  it('is where the media server found it, from then on alone', async () => {
    const { found, did, told } = search({ supposed, comes: () => party })
    expect(found.over).toBe(false)
    await vi.advanceTimersByTimeAsync(100)
    expect([did, told, found.over]).toEqual([['198.51.100.7:6000'], ['found 198.51.100.7:6000'], true])
    await found.ended
  })

  it('is where it was supposed to be when voice comes and nobody is elsewhere', async () => {
    const { did, told } = search({ supposed, comes: () => undefined, packets: (ms) => ms / 20 })
    await vi.advanceTimersByTimeAsync(1_000)
    expect([did, told]).toEqual([['198.51.100.7:4000'], ['found 198.51.100.7:4000']])
  })

  it('is looked for again after a stranger, with a pause in which nobody comes in', async () => {
    const { did, told } = search({ supposed: undefined, comes: (looks) => (looks === 1 ? stranger : party) })
    await vi.advanceTimersByTimeAsync(2_000)
    expect(did).toEqual(['nowhere', 'look', '198.51.100.7:6000'])
    expect(told).toEqual(['stranger 203.0.113.9', 'found 198.51.100.7:6000'])
  })

  it.each([
    ['where it was supposed to be', supposed, '198.51.100.7:4000'],
    ['nowhere', undefined, 'nowhere'],
  ])('is left %s after the third stranger', async (_what, place, shut) => {
    const { found, did, told } = search({ supposed: place, comes: () => stranger })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(did).toEqual([shut, 'look', shut, 'look', shut])
    expect(told.at(-1)).toBe('supposed')
    expect(found.over).toBe(true)
  })

  it('is taken to be where it was supposed to be after five seconds without a packet', async () => {
    const { did, told } = search({ supposed, comes: () => undefined })
    await vi.advanceTimersByTimeAsync(4_000)
    expect(told).toEqual([])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(did.at(-1)).toBe('198.51.100.7:4000')
    expect(told).toEqual(['supposed'])
  })

  it('that is nowhere yet is waited for, however long it takes', async () => {
    const { did, told } = search({ supposed: undefined, comes: (_looks, ms) => (ms > 600_000 ? party : undefined) })
    await vi.advanceTimersByTimeAsync(599_000)
    expect(told).toEqual([])
    expect(new Set(did)).toEqual(new Set(['look']))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(told).toEqual(['found 198.51.100.7:6000'])
  })

  it('is looked for no more when its channel has gone', async () => {
    const arrived = vi.fn(() => Promise.reject(new ChannelGone('uuid_getvar on a channel that is gone')))
    const look = () => Promise.resolve()
    const nothing = () => undefined
    const gone = new PartySearch(
      arrived,
      { key: '', supposed: undefined, isAt: () => false, look, settle: look },
      { found: nothing, supposed: nothing, stranger: nothing },
    )
    await vi.advanceTimersByTimeAsync(10_000)
    expect(gone.over).toBe(true)
    expect(arrived).toHaveBeenCalledOnce()
  })

  it('is looked for no more when the leg is over', async () => {
    const { found, did, told } = search({ supposed, comes: () => party })
    found.stop()
    await found.ended
    await vi.advanceTimersByTimeAsync(10_000)
    expect([did, told]).toEqual([[], []])
  })
})
