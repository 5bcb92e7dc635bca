import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import type { Admission } from '../switch/admission.js'
import type { AdoptResult, DialOptions, DialResult, HangUp, IncomingCall, Leg, Switch, Target } from '../switch/port.js'
import { Allowance } from './allowance.js'
import { defaultDialable } from './dial-plan.js'
import { guardedSwitch } from './guarded-switch.js'
import { networks, RateLimit } from './source-gate.js'

const clock = new VirtualClock(Date.UTC(2026, 10, 21))
const mobile: Target = { kind: 'number', number: '+447700900123' }

let dialled: Target[]
let through: DialOptions['trunks'][]
let answer: DialResult
let refused: string[]
let incoming: ((call: IncomingCall) => Promise<void>) | undefined
let guarded: Switch
let admission: Admission
let asked: number
let adopted: AdoptResult

beforeEach(() => {
  dialled = []
  through = []
  refused = []
  admission = { kind: 'unknown' }
  asked = 0
  adopted = { kind: 'gone', why: '' }
  answer = { kind: 'busy', status: 486, reason: 'Busy Here' }
  const inner: Switch = {
    onIncoming: (handler) => (incoming = handler),
    onRegister: () => undefined,
    dial: (target, options) => {
      dialled.push(target)
      through.push(options.trunks)
      return Promise.resolve(answer)
    },
    bridge: () => Promise.resolve({ kind: 'cancelled' }),
    leaveNewCalls: () => Promise.resolve(),
    adopt: () => Promise.resolve(adopted),
    callOff: () => Promise.resolve(),
    reach: () => 'there',
    rejoin: () => ({ kind: 'cancelled' }),
    hearsWords: () => false,
    health: () => ({ ready: true, signalling: { up: true, detail: '' }, media: { up: true, detail: '' }, legs: 0 }),
    onHealth: () => () => undefined,
    close: () => Promise.resolve(),
  }
  const alarms = { raise: () => undefined, clear: () => undefined }
  guarded = guardedSwitch(inner, {
    ranges: defaultDialable,
    trunks: [
      { name: 'landlines', address: '192.0.2.1', ranges: ['uk-geographic'] },
      { name: 'all', address: 'sip.trunk.example:5080' },
    ],
    allowance: new Allowance(clock, alarms, {
      concurrent: 2,
      concurrentPerAccount: 1,
      minutesPerAccountPerDay: 10,
      timeZone: 'Europe/London',
    }),
    trusted: networks(['127.0.0.0/8']),
    believed: (address) => (address === '127.0.0.9' ? ['P-Asserted-Identity', 'From'] : ['From']),
    accountOf: (number) => `account of ${number}`,
    strangers: new RateLimit(clock, { burst: 2, refillMs: 1_000, remembered: 10 }),
    known: { has: (address) => address === '192.0.2.50' },
    admit: () => {
      asked += 1
      return Promise.resolve(admission)
    },
    onRefused: (what, detail) => refused.push(`${what} ${detail}`),
  })
})

function dial(target: Target, account = 'cardiology') {
  return guarded.dial(target, { from: { number: '+441632960000' }, ringMs: 1_000, signal: new AbortController().signal, account })
}

describe('dialling out', () => {
  it.each([
    '+449098790000',
    '+12125550123',
    '+441534123456',
    '999',
    '112',
    '118118',
    '',
    '+447700900123;ext=1',
    '+447700900123@example.net',
    '+447700900123\r\nX: y',
    '${system(id)}',
    '+44770090012３',
  ])('never lets the number %j reach the switch', async (number) => {
    expect(await dial({ kind: 'number', number })).toMatchObject({ kind: 'failed', fault: 'ours' })
    expect(dialled).toEqual([])
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatch(/^[\x20-\x7e]*$/)
  })

  it.each([
    'sip:999@192.0.2.1',
    'sip:09098790000@sip.trunk.example',
    'sip:ward@192.0.2.9?Replaces=x',
    'sip:ward@192.0.2.9;maddr=192.0.2.1',
    'sip:ward@192.0.2.9\r\nRoute: <sip:x>',
    'tel:999',
    'sofia/external/999@x',
  ])('never lets the address %j reach the switch', async (uri) => {
    expect(await dial({ kind: 'uri', uri })).toMatchObject({ kind: 'failed', fault: 'ours' })
    expect(dialled).toEqual([])
    expect(refused[0]).toMatch(/^[\x20-\x7e]*$/)
  })

  it('says of a refused number only as much as a reader who knows the directory needs', async () => {
    await dial({ kind: 'number', number: '+449098790000' })
    expect(refused).toEqual([expect.stringMatching(/^dial \+4490\.\.\.00 for "cardiology": outside the ranges/)])
  })

  it('names the trunks whose ranges hold the number', async () => {
    await dial(mobile)
    await dial({ kind: 'number', number: '+441632960123' })
    expect(through).toEqual([['all'], ['landlines', 'all']])
  })

  it('gives back what a call took that was not answered', async () => {
    for (let times = 0; times < 5; times += 1) expect((await dial(mobile)).kind).toBe('busy')
  })

  it('counts an answered call until it has ended', async () => {
    let hangUp: (end: HangUp) => void = () => undefined
    const leg = { hungUp: new Promise<HangUp>((resolve) => (hangUp = resolve)) } as Leg
    answer = { kind: 'answered', leg, at: 0, rangMs: 0 }
    expect((await dial(mobile)).kind).toBe('answered')
    expect(await dial(mobile)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('limit') as string })
    hangUp({ ending: 'hangup', at: 0 })
    await leg.hungUp
    expect((await dial(mobile)).kind).toBe('answered')
  })

  it('counts a leg that is taken over until it has ended, whatever the limit; one of the house costs nothing', async () => {
    let hangUp: (end: HangUp) => void = () => undefined
    const leg = { hungUp: new Promise<HangUp>((resolve) => (hangUp = resolve)) } as Leg
    expect(await guarded.adopt('gone', { account: 'cardiology', answeredAt: clock.now() })).toMatchObject({ kind: 'gone' })
    expect((await dial(mobile)).kind).toBe('busy')
    adopted = { kind: 'adopted', leg }
    await guarded.adopt('of the house')
    expect((await dial(mobile)).kind).toBe('busy')
    await guarded.adopt('one', { account: 'cardiology', answeredAt: clock.now() })
    await guarded.adopt('two', { account: 'cardiology', answeredAt: clock.now() })
    expect(await dial(mobile)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('limit') as string })
    hangUp({ ending: 'hangup', at: 0 })
    await leg.hungUp
    expect((await dial(mobile)).kind).toBe('busy')
  })

  it('leaves sip: addresses of the house alone: they cost nothing', async () => {
    const phone: Target = { kind: 'uri', uri: 'sip:ward@127.0.0.1:5071' }
    await dial(phone)
    await dial(phone)
    expect(dialled).toEqual([phone, phone])
  })
})

describe('calls that come in', () => {
  function callFrom(address: string, headers: Readonly<Record<string, string>> = {}) {
    const statuses: number[] = []
    const call = {
      callerNumber: 'as sent',
      header: (name: string) => headers[name],
      source: { address, port: 5060, protocol: 'udp' },
      reject: (status: number) => Promise.resolve(void statuses.push(status)),
    } as unknown as IncomingCall
    return { call, statuses }
  }

  it('are taken from the known networks', async () => {
    const taken: IncomingCall[] = []
    guarded.onIncoming((call) => Promise.resolve(void taken.push(call)))
    const { call } = callFrom('127.0.0.1')
    await incoming?.(call)
    expect(taken).toEqual([call])
  })

  it('name the caller by the headers believed from their network, and a caller who withholds it by an account alone', async () => {
    const taken: IncomingCall[] = []
    guarded.onIncoming((call) => Promise.resolve(void taken.push(call)))
    const headers = { From: '"\u202eElm" <sip:01632960101@h>', 'P-Asserted-Identity': '<tel:+441632960202>' }
    await incoming?.(callFrom('127.0.0.1', headers).call)
    await incoming?.(callFrom('127.0.0.9', headers).call)
    await incoming?.(callFrom('127.0.0.9', { ...headers, Privacy: 'id' }).call)
    await incoming?.(callFrom('127.0.0.9', { From: '<sip:anonymous@anonymous.invalid>' }).call)
    expect(taken.map(({ callerNumber, callerDisplayName, callerAccount }) => [callerNumber, callerDisplayName, callerAccount])).toEqual([
      ['01632960101', 'Elm', undefined],
      ['+441632960202', 'Elm', undefined],
      ['', '', 'account of +441632960202'],
      ['', '', undefined],
    ])
  })

  it('are refused from anywhere else, and more and more shortly', async () => {
    guarded.onIncoming(() => Promise.reject(new Error('must not be asked')))
    const { call, statuses } = callFrom('192.0.2.66')
    for (let times = 0; times < 3; times += 1) await incoming?.(call)
    expect(statuses).toEqual([403, 403, 503])
    expect(asked).toBe(2)
  })

  it('are taken from anywhere when a telephone has proved itself, as the call that says so', async () => {
    const taken: IncomingCall[] = []
    guarded.onIncoming((call) => Promise.resolve(void taken.push(call)))
    const { call, statuses } = callFrom('192.0.2.66')
    const proven = { ...call, device: 'okafor-desk' }
    admission = { kind: 'device', call: proven }
    await incoming?.(call)
    expect(taken).toEqual([proven])
    expect(statuses).toEqual([])
  })

  it('are asked for proof at a known address too, and go no further when they have been answered', async () => {
    guarded.onIncoming(() => Promise.reject(new Error('must not be asked')))
    admission = { kind: 'answered' }
    for (const address of ['127.0.0.1', '192.0.2.66']) await incoming?.(callFrom(address).call)
    expect(asked).toBe(2)
    expect(refused).toEqual([])
  })

  it('are counted at no address from which a telephone is registered; being there lets no call in', async () => {
    guarded.onIncoming(() => Promise.reject(new Error('must not be asked')))
    const { call, statuses } = callFrom('192.0.2.50')
    for (let times = 0; times < 5; times += 1) await incoming?.(call)
    expect(statuses).toEqual([403, 403, 403, 403, 403])
  })
})
