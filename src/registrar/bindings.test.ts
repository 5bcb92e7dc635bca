import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import { Bindings, type RegisteredBy } from './bindings.js'

let clock: VirtualClock
let bindings: Bindings
let sequence: number

const desk = 'sip:okafor@10.0.0.9:5060'
const laptop = 'sip:okafor@10.0.0.10:5060'

beforeEach(() => {
  clock = new VirtualClock(1_800_000_000_000)
  bindings = new Bindings(clock)
  sequence = 0
})

function by(over: Partial<RegisteredBy> = {}): RegisteredBy {
  sequence += 1
  return { source: { address: '192.0.2.9', port: 40_000, protocol: 'udp' }, callId: 'one', sequence, ...over }
}

const bind = (uri: string, expiresSeconds: number, over: Partial<RegisteredBy> = {}) =>
  bindings.bind('okafor', [{ uri, expiresSeconds }], by(over))
const contacts = () => bindings.of('okafor').map(({ contact }) => contact)

/** How often a map is looked into or stepped through. */
function steps(work: () => unknown): number {
  let count = 0
  const counted: [object, string][] = [
    [Map.prototype, 'get'],
    [Map.prototype, 'has'],
    [Object.getPrototypeOf(new Map().values()) as object, 'next'],
  ]
  const undo = counted.map(([owner, name]) => {
    const original = Reflect.get(owner, name) as (...parameters: unknown[]) => unknown
    Reflect.set(owner, name, function (this: unknown, ...parameters: unknown[]) {
      count += 1
      return Reflect.apply(original, this, parameters)
    })
    return () => Reflect.set(owner, name, original)
  })
  try {
    work()
  } finally {
    for (const restore of undo) restore()
  }
  return count
}

describe('who is registered', () => {
  it('is so until the registration lapses, to the millisecond, and no timer is left', async () => {
    bind(desk, 60)
    await clock.advance(59_999)
    expect(contacts()).toEqual([desk])
    expect(bindings.registered()).toEqual(['okafor'])
    await clock.advance(1)
    expect(contacts()).toEqual([])
    expect(bindings.registered()).toEqual([])
    expect(clock.pending).toBe(0)
  })

  it('stays so by registering again, as one unbroken registration', async () => {
    bind(desk, 60)
    const [{ registeredAt } = { registeredAt: 0 }] = bindings.of('okafor')
    await clock.advance(50_000)
    bind(desk, 60)
    await clock.advance(50_000)
    expect(bindings.of('okafor')).toMatchObject([{ contact: desk, registeredAt, expiresAt: registeredAt + 110_000 }])
  })

  it('is cut to the longest time that is granted', async () => {
    bind(desk, 86_400)
    await clock.advance(3_600_000)
    expect(contacts()).toEqual([])
  })

  it('is told from which addresses, for as long as they are', async () => {
    bind(desk, 60)
    expect(bindings.knows('192.0.2.9')).toBe(true)
    expect(bindings.knows('192.0.2.10')).toBe(false)
    await clock.advance(60_000)
    expect(bindings.knows('192.0.2.9')).toBe(false)
  })

  it('is told from the address of the last registration, and from none where no telephone is left', async () => {
    const at = (address: string): Partial<RegisteredBy> => ({ source: { address, port: 5_060, protocol: 'udp' } })
    const known = () => ['192.0.2.1', '192.0.2.2', '192.0.2.3'].filter((address) => bindings.knows(address))
    bind(desk, 60, at('192.0.2.1'))
    bind(laptop, 90, at('192.0.2.1'))
    expect(known()).toEqual(['192.0.2.1'])
    // It moves; the other one is still there.
    bind(desk, 60, at('192.0.2.2'))
    expect(known()).toEqual(['192.0.2.1', '192.0.2.2'])
    bind(laptop, 60, at('192.0.2.2'))
    expect(known()).toEqual(['192.0.2.2'])
    bind(desk, 0)
    expect(known()).toEqual(['192.0.2.2'])
    bindings.bind('lind', [{ uri: 'sip:lind@10.0.0.1', expiresSeconds: 50 }], by(at('192.0.2.2')))
    bindings.clear('okafor')
    expect(known()).toEqual(['192.0.2.2'])
    await clock.advance(50_000)
    expect(known()).toEqual([])
    // Six telephones where five have room: the oldest is pushed out, and its address with it.
    bind(desk, 60, at('192.0.2.3'))
    for (let port = 1; port <= 5; port += 1) bind(`sip:okafor@10.0.0.11:${port}`, 60, at('192.0.2.1'))
    expect(known()).toEqual(['192.0.2.1'])
    bindings.close()
    expect(known()).toEqual([])
  })

  it('is told from which addresses in as many steps for a thousand users as for one', () => {
    const registers = (from: number, to: number) => {
      for (let n = from; n < to; n += 1)
        bindings.bind(
          `user-${n}`,
          [{ uri: `sip:user-${n}@10.0.0.1`, expiresSeconds: 60 }],
          by({ source: { address: `10.1.${n >> 8}.${n & 255}`, port: 5_060, protocol: 'udp' } }),
        )
    }
    registers(0, 1)
    const one = steps(() => bindings.knows('203.0.113.9'))
    registers(1, 1_000)
    expect(steps(() => bindings.knows('203.0.113.9'))).toBe(one)
    expect(steps(() => bindings.registered())).toBeGreaterThan(1_000)
  })

  it('is not changed by a request of the same telephone that came late', () => {
    bind(desk, 60, { sequence: 7 })
    expect(bind(desk, 0, { sequence: 6 })).toEqual({ kind: 'outOfOrder' })
    expect(bindings.clear('okafor', by({ sequence: 7 }))).toEqual({ kind: 'outOfOrder' })
    expect(contacts()).toEqual([desk])
    expect(bind(desk, 0, { sequence: 1, callId: 'after a restart' })).toEqual({ kind: 'bound' })
    expect(contacts()).toEqual([])
  })

  it('changes all together or not at all', () => {
    const wishes = [
      { uri: desk, expiresSeconds: 60 },
      { uri: laptop, expiresSeconds: 5 },
    ]
    expect(bindings.bind('okafor', wishes, by())).toEqual({ kind: 'tooBrief', minSeconds: 30 })
    expect(contacts()).toEqual([])
  })
})

describe('a listener for the end of a registration', () => {
  let gone: string[]
  beforeEach(() => {
    gone = []
    bind(desk, 60)
    bind(laptop, 90)
    for (const contact of [desk, laptop]) bindings.onGone('okafor', contact, () => gone.push(contact))
  })

  it('is told when it lapses, each at its time', async () => {
    await clock.advance(60_000)
    expect(gone).toEqual([desk])
    await clock.advance(30_000)
    expect(gone).toEqual([desk, laptop])
  })

  it('is told when it is taken away, and when all are', () => {
    bind(laptop, 0)
    expect(gone).toEqual([laptop])
    bindings.clear('okafor')
    expect(gone).toEqual([laptop, desk])
  })

  it('is told when newer telephones push it out', () => {
    for (let port = 1; port <= 4; port += 1) bind(`sip:okafor@10.0.0.11:${port}`, 60)
    expect(gone).toEqual([desk])
  })

  it('is not told while it is registered again and again', async () => {
    for (let times = 0; times < 5; times += 1) {
      await clock.advance(50_000)
      bind(desk, 60)
    }
    expect(gone).toEqual([laptop])
  })

  it('is told at once when there is none', () => {
    bindings.onGone('okafor', 'sip:okafor@10.0.0.99', () => gone.push('none'))
    bindings.onGone('nobody', desk, () => gone.push('nobody'))
    expect(gone).toEqual(['none', 'nobody'])
  })

  it('is not told when it does not care any more', async () => {
    const forget = bindings.onGone('okafor', laptop, () => gone.push('twice'))
    forget()
    forget()
    await clock.advance(90_000)
    expect(gone).toEqual([desk, laptop])
    expect(clock.pending).toBe(0)
  })
})
