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

const bind = (uri: string, expiresSeconds: number, over: Partial<RegisteredBy> = {}) => bindings.bind('okafor', [{ uri, expiresSeconds }], by(over))
const contacts = () => bindings.of('okafor').map(({ contact }) => contact)

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
    expect(bindings.bind('okafor', wishes, by())).toEqual({ kind: 'tooBrief', leastSeconds: 30 })
    expect(contacts()).toEqual([])
  })
})

describe('whoever waits for the end of a registration', () => {
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
