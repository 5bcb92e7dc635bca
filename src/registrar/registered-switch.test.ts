import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import type { DialOptions, DialResult, DialledTarget, Leg, PlainSwitch, Switch } from '../switch/port.js'
import type { Temperament } from '../switch/virtual/temperament.js'
import { VirtualSwitch } from '../switch/virtual/virtual-switch.js'
import { Bindings } from './bindings.js'
import { reachable, registeredSwitch } from './registered-switch.js'

const user = 'okafor-desk'
const desk = 'sip:okafor-desk@10.0.0.9:5060'
const laptop = 'sip:okafor-desk@10.0.0.10:5060;ob'

let clock: VirtualClock
let world: VirtualSwitch
let bindings: Bindings
let telephone: Switch
let dialled: DialledTarget[]
let hunting: AbortController
let rang: number

beforeEach(() => {
  clock = new VirtualClock(1_800_000_000_000)
  world = new VirtualSwitch({ clock, oneWayMs: 20 })
  bindings = new Bindings(clock)
  dialled = []
  hunting = new AbortController()
  rang = 0
  telephone = registeredSwitch(innerSwitch(), bindings)
})

/** The virtual switch, and what is dialled on it. */
function innerSwitch(): PlainSwitch {
  return {
    onIncoming: (handler) => world.onIncoming(handler),
    onRegister: (handler) => world.onRegister(handler),
    dial: (target, options) => {
      dialled.push(target)
      return world.dial(target, options)
    },
    bridge: (a, b, options) => world.bridge(a, b, options),
    adopt: (handle) => world.adopt(handle),
    callOff: () => Promise.resolve(),
    reach: () => world.reach(),
    rejoin: (a, b) => world.rejoin(a, b),
    health: () => world.health(),
    hearsWords: () => world.hearsWords(),
    onHealth: () => world.onHealth(),
    leaveNewCalls: () => world.leaveNewCalls(),
    close: () => world.close(),
  }
}

let sequence = 0
function registers(contact: string, temperament: Temperament, expiresSeconds = 60): void {
  world.phone(contact, () => temperament)
  sequence += 1
  bindings.bind(user, [{ uri: contact, expiresSeconds }], {
    source: { address: '192.0.2.9', port: 40_000, protocol: 'udp' },
    callId: contact,
    sequence,
  })
}

const dial = (over: Partial<DialOptions> = {}) =>
  telephone.dial(
    { kind: 'device', user },
    { from: { number: '+441632960000' }, ringMs: 20_000, signal: hunting.signal, onRinging: () => (rang += 1), ...over },
  )

async function settled(dialling: Promise<DialResult>, withinMs: number): Promise<DialResult> {
  let done: DialResult | undefined
  void dialling.then((result) => (done = result))
  if (!(await clock.runUntil(() => done !== undefined, withinMs)) || !done) throw new Error(`not settled within ${withinMs} ms`)
  return done
}

/** Nothing rings, nothing is open, no timer of ours is left. */
async function nothingLeft(): Promise<void> {
  bindings.close()
  await clock.advance(60_000)
  expect(world.world.open).toMatchObject({ legs: 0, dials: 0, signalListeners: 0 })
  expect(clock.pending).toBe(0)
}

describe('a registered telephone that is rung', () => {
  it('is dialled by its own contact, by way of where its packets came from', () => {
    const source = { address: '192.0.2.9', port: 40_000, protocol: 'udp' }
    const binding = { contact: 'sip:a@10.0.0.9:5060;ob?X-Evil=1', source, registeredAt: 0, expiresAt: 0 }
    expect(reachable(binding)).toEqual({ kind: 'uri', uri: 'sip:a@10.0.0.9:5060;ob', via: 'sip:192.0.2.9:40000;transport=udp' })
    expect(reachable({ ...binding, source: { address: '2001:db8::9', port: 5060, protocol: 'tcp' } })).toMatchObject({
      via: 'sip:[2001:db8::9]:5060;transport=tcp',
    })
  })

  it.each([
    ['tls', undefined, 'optional'],
    ['TLS', 'optional', 'optional'],
    ['tls', 'required', 'required'],
    ['tls', 'off', undefined],
    // Its keys could be read on the way.
    ['udp', 'optional', undefined],
    ['tcp', 'optional', undefined],
    // One that registered before it was required is never rung in the clear.
    ['udp', 'required', 'required'],
    // Encrypted by DTLS.
    ['ws', 'required', undefined],
    ['wss', 'optional', undefined],
  ] as const)('registered over %s, where SRTP is %s: it is offered as %s', (protocol, setting, offered) => {
    const binding = { contact: desk, source: { address: '192.0.2.9', port: 40_000, protocol }, registeredAt: 0, expiresAt: 0 }
    expect(reachable(binding, setting)).toEqual({
      kind: 'uri',
      uri: desk,
      via: `sip:192.0.2.9:40000;transport=${protocol}`,
      ...(offered === undefined ? {} : { srtp: offered }),
    })
  })

  it('is offered SRTP as the setting has it', async () => {
    telephone = registeredSwitch(innerSwitch(), bindings, undefined, 'required')
    registers(desk, { kind: 'answers', afterMs: 1_000, then: [] })
    const result = await settled(dial(), 5_000)
    expect(dialled).toMatchObject([{ srtp: 'required' }])
    if (result.kind === 'answered') void result.leg.close()
    await nothingLeft()
  })

  it('answers as any other', async () => {
    registers(desk, { kind: 'answers', afterMs: 3_000, then: [] })
    const result = await settled(dial(), 5_000)
    expect(result).toMatchObject({ kind: 'answered' })
    expect(rang).toBe(1)
    if (result.kind === 'answered') void result.leg.close()
    await nothingLeft()
  })

  it('gives way at once when it is not registered: nothing is dialled, no time passes', async () => {
    expect(await settled(dial(), 0)).toEqual({ kind: 'unavailable', status: 480, reason: 'not registered' })
    expect(dialled).toEqual([])
  })

  it('gives way at once when its registration lapses while it rings', async () => {
    registers(desk, { kind: 'neverAnswers' }, 30)
    await clock.advance(25_000)
    const began = clock.monotonic()
    expect(await settled(dial(), 10_000)).toEqual({ kind: 'unavailable', status: 480, reason: 'not registered' })
    expect(clock.monotonic() - began).toBe(5_000)
    await nothingLeft()
  })

  it('gives way at once when it is taken away while it rings, and is left alone from then on', async () => {
    registers(desk, { kind: 'answers', afterMs: 10_000, then: [] })
    const dialling = dial()
    await clock.advance(5_000)
    bindings.clear(user)
    expect(await settled(dialling, 0)).toMatchObject({ kind: 'unavailable', reason: 'not registered' })
    await nothingLeft()
  })

  it('rings on while it registers again', async () => {
    registers(desk, { kind: 'answers', afterMs: 40_000, then: [] }, 30)
    const dialling = dial({ ringMs: 60_000 })
    await clock.advance(20_000)
    registers(desk, { kind: 'neverAnswers' }, 30)
    await clock.advance(15_000)
    registers(desk, { kind: 'neverAnswers' }, 30)
    const result = await settled(dialling, 10_000)
    expect(result.kind).toBe('answered')
    if (result.kind === 'answered') void result.leg.close()
    await nothingLeft()
  })

  it('stops when the hunt is called off, and is not begun when it was before', async () => {
    registers(desk, { kind: 'neverAnswers' })
    const dialling = dial()
    await clock.advance(1_000)
    hunting.abort()
    expect(await settled(dialling, 0)).toEqual({ kind: 'cancelled' })
    expect(await dial()).toEqual({ kind: 'cancelled' })
    expect(dialled).toHaveLength(1)
    await nothingLeft()
  })
})

describe('two telephones of one device', () => {
  it('ring at the same time; the first answer wins and the other one stops', async () => {
    registers(desk, { kind: 'answers', afterMs: 3_000, then: [] })
    registers(laptop, { kind: 'neverAnswers' })
    const result = await settled(dial(), 5_000)
    expect(result.kind).toBe('answered')
    expect(rang).toBe(1)
    expect(dialled.map((target) => target.kind === 'uri' && target.uri)).toEqual([desk, laptop])
    await clock.advance(100)
    expect(world.phones.get(laptop)?.ringing).toBeUndefined()
    expect(world.phones.get(desk)?.leg?.ended).toBeUndefined()
    if (result.kind === 'answered') void result.leg.close()
    await nothingLeft()
  })

  it('that are both picked up in the same moment: one is connected, the other is released', async () => {
    registers(desk, { kind: 'answers', afterMs: 3_000, then: [] })
    registers(laptop, { kind: 'answers', afterMs: 3_000, then: [] })
    const result = await settled(dial(), 5_000)
    expect(result.kind).toBe('answered')
    await clock.advance(100)
    const legs = [...world.phones.values()].flatMap((phone) => phone.legs)
    expect(legs.filter((leg) => leg.ended === undefined)).toHaveLength(1)
    if (result.kind === 'answered') void result.leg.close()
    await nothingLeft()
  })

  it('one engaged, one rings on and is answered', async () => {
    registers(desk, { kind: 'refuses', afterMs: 0, how: 'busy' })
    registers(laptop, { kind: 'answers', afterMs: 3_000, then: [] })
    const result = await settled(dial(), 5_000)
    expect(result.kind).toBe('answered')
    if (result.kind === 'answered') void result.leg.close()
    await nothingLeft()
  })

  it('a person who declines on one has declined on both', async () => {
    registers(desk, { kind: 'refuses', afterMs: 2_000, how: 'declined' })
    registers(laptop, { kind: 'neverAnswers' })
    expect(await settled(dial(), 3_000)).toMatchObject({ kind: 'declined', status: 603 })
    await nothingLeft()
  })

  it.each([
    ['busy', 'unavailable', 'busy'],
    ['badNumber', 'failed', 'failed'],
    ['badNumber', 'badNumber', 'badNumber'],
    ['unavailable', 'badNumber', 'unavailable'],
  ] as const)('that refuse with %s and %s: %s', async (one, other, expected) => {
    registers(desk, { kind: 'refuses', afterMs: 0, how: one })
    registers(laptop, { kind: 'refuses', afterMs: 1_000, how: other })
    expect((await settled(dial(), 2_000)).kind).toBe(expected)
    await nothingLeft()
  })

  it('one engaged and one that nobody picks up: nobody answered', async () => {
    registers(desk, { kind: 'refuses', afterMs: 0, how: 'busy' })
    registers(laptop, { kind: 'neverAnswers' })
    expect((await settled(dial(), 21_000)).kind).toBe('noAnswer')
    await nothingLeft()
  })

  it('one is taken away: the other rings on; that one too: the ringing is over', async () => {
    registers(desk, { kind: 'neverAnswers' })
    registers(laptop, { kind: 'neverAnswers' }, 30)
    const dialling = dial({ ringMs: 60_000 })
    await clock.advance(5_000)
    sequence += 1
    bindings.bind(user, [{ uri: desk, expiresSeconds: 0 }], {
      source: { address: '192.0.2.9', port: 40_000, protocol: 'udp' },
      callId: desk,
      sequence,
    })
    await clock.advance(1_000)
    expect(world.phones.get(desk)?.ringing).toBeUndefined()
    expect(world.phones.get(laptop)?.ringing).toBeDefined()
    const began = clock.monotonic()
    expect(await settled(dialling, 30_000)).toMatchObject({ kind: 'unavailable', reason: 'not registered' })
    expect(clock.monotonic() - began).toBe(24_000)
    await nothingLeft()
  })
})

it('everything else goes through as it is', async () => {
  world.phone('+441632960123', () => ({ kind: 'refuses', afterMs: 0, how: 'busy' }))
  const dialling = telephone.dial(
    { kind: 'number', number: '+441632960123' },
    { from: { number: '+441632960000' }, ringMs: 1_000, signal: hunting.signal },
  )
  expect((await settled(dialling, 1_000)).kind).toBe('busy')
})

it.each([
  ['two answers that arrive together: the second one is released', (): void => undefined, 'answered', ['second']],
  ['answers that arrive when the hunt has been called off are released', (): void => hunting.abort(), 'cancelled', ['first', 'second']],
  [
    'answers that arrive when nobody is registered any more are released',
    (): void => void bindings.clear(user),
    'unavailable',
    ['first', 'second'],
  ],
] as const)('%s', async (_what, meanwhile, expected, released) => {
  registers(desk, { kind: 'neverAnswers' })
  registers(laptop, { kind: 'neverAnswers' })
  const closed: string[] = []
  const answer: ((result: DialResult) => void)[] = []
  const inner: Pick<PlainSwitch, 'dial'> = { dial: () => new Promise<DialResult>((resolve) => void answer.push(resolve)) }
  const dialling = registeredSwitch(inner as PlainSwitch, bindings).dial(
    { kind: 'device', user },
    { from: { number: '+441632960000' }, ringMs: 1_000, signal: hunting.signal },
  )
  meanwhile()
  for (const [index, resolve] of answer.entries()) {
    const leg = { close: () => Promise.resolve(void closed.push(index === 0 ? 'first' : 'second')) } as Leg
    resolve({ kind: 'answered', leg, at: 0, rangMs: 0 })
  }
  expect((await dialling).kind).toBe(expected)
  await clock.advance(0)
  expect(closed).toEqual(released)
})

it('a fault in the switch is a fault here, and leaves nothing ringing', async () => {
  registers(desk, { kind: 'neverAnswers' })
  registers(laptop, { kind: 'neverAnswers' })
  const signals: AbortSignal[] = []
  const broken: Pick<PlainSwitch, 'dial'> = {
    dial: (target, options) => {
      signals.push(options.signal)
      return target.kind === 'uri' && target.uri === desk ? Promise.reject(new Error('bug')) : new Promise(() => undefined)
    },
  }
  const faulty = registeredSwitch(broken as PlainSwitch, bindings)
  await expect(
    faulty.dial({ kind: 'device', user }, { from: { number: '+441632960000' }, ringMs: 1_000, signal: hunting.signal }),
  ).rejects.toThrow('bug')
  expect(signals.map((signal) => signal.aborted)).toEqual([true, true])
})
