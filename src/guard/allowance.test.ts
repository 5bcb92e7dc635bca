import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../clock/virtual-clock.js'
import { Allowance, type Charge } from './allowance.js'

const minute = 60_000
/** 21 November 2026, 23:00 in London. */
const lateEvening = Date.UTC(2026, 10, 21, 23)

let clock: VirtualClock
let raised: string[]
let allowance: Allowance

beforeEach(() => {
  clock = new VirtualClock(lateEvening)
  raised = []
  allowance = new Allowance(
    clock,
    { raise: (alarm, detail) => raised.push(`${alarm}: ${detail}`), clear: (alarm) => raised.push(`${alarm} over`) },
    { concurrent: 3, concurrentPerAccount: 2, minutesPerAccountPerDay: 10, timeZone: 'Europe/London' },
  )
})

function granted(account: string): Charge {
  const verdict = allowance.begin(account)
  if (verdict.kind !== 'granted') throw new Error(verdict.why)
  return verdict.charge
}

describe('outgoing calls', () => {
  it('of one account are limited at the same time, and free again when one ends', () => {
    const first = granted('cardiology')
    granted('cardiology')
    expect(allowance.begin('cardiology')).toMatchObject({ kind: 'refused', why: expect.stringContaining('"cardiology"') as string })
    expect(raised).toEqual([expect.stringContaining('calls.limitReached')])
    first.end()
    first.end()
    expect(raised.slice(1)).toEqual(['calls.limitReached over'])
    expect(allowance.running).toBe(1)
    granted('cardiology')
  })

  it('of all accounts together are limited too', () => {
    granted('a')
    granted('b')
    granted('c')
    expect(allowance.begin('d').kind).toBe('refused')
  })

  it('cost minutes from the answer on, running ones included, and not while they ring', async () => {
    const ringing = granted('a')
    await clock.advance(30 * minute)
    ringing.end()
    const talk = granted('a')
    talk.answered()
    await clock.advance(9 * minute)
    granted('a').end()
    await clock.advance(1 * minute)
    expect(allowance.begin('a').kind).toBe('refused')
    expect(allowance.begin('b').kind).toBe('granted')
  })

  it('have new minutes on a new local day', async () => {
    const talk = granted('a')
    talk.answered()
    await clock.advance(10 * minute)
    talk.end()
    expect(allowance.begin('a').kind).toBe('refused')
    await clock.advance(50 * minute)
    expect(allowance.begin('a').kind).toBe('granted')
  })

  it('get no new minutes by a clock that is set back, and a running call costs what it lasted', async () => {
    const talk = granted('a')
    talk.answered()
    await clock.advance(4 * minute)
    clock.setBy(-26 * 60 * minute)
    await clock.advance(5 * minute)
    expect(allowance.begin('a').kind).toBe('granted')
    await clock.advance(1 * minute)
    talk.end()
    expect(allowance.begin('a').kind).toBe('refused')
  })

  it('of other days are forgotten with their accounts, but for those that are still running', async () => {
    const [talk, ...over] = [granted('a'), granted('b'), granted('c')]
    talk.answered()
    for (const charge of over) charge.end()
    await clock.advance(61 * minute)
    expect(allowance.accounts).toBe(3)
    granted('d').end()
    expect(allowance.accounts).toBe(2)
    // It counts where it runs, with all its minutes.
    expect(allowance.begin('a').kind).toBe('refused')
    talk.end()
    expect(allowance.begin('a').kind).toBe('refused')
    expect(allowance.running).toBe(0)
    await clock.advance(24 * 60 * minute)
    granted('a')
    expect(allowance.accounts).toBe(1)
  })

  it('are in alarm until every limit has room again', async () => {
    const [a, b, c] = [granted('a'), granted('b'), granted('b')]
    a.answered()
    expect(allowance.begin('c').kind).toBe('refused')
    await clock.advance(10 * minute)
    c.end()
    expect(raised.at(-1)).toBe('calls.limitReached over')
    expect(allowance.begin('a').kind).toBe('refused')
    granted('b')
    expect(allowance.begin('b').kind).toBe('refused')
    expect(raised.at(-1)).toMatch(/10 minutes a day for "a", and that of 3 outgoing calls/)
    b.end()
    expect(raised.at(-1)).not.toMatch(/over/)
    await clock.advance(60 * minute)
    granted('c')
    expect(raised.at(-1)).toBe('calls.limitReached over')
  })

  it('that an engine which died had begun count from their answer on, beyond any limit', async () => {
    granted('cardiology').answered()
    granted('cardiology').answered()
    const taken = allowance.goOn('cardiology', clock.now() - 6 * minute)
    expect(allowance.running).toBe(3)
    expect(allowance.begin('renal')).toMatchObject({ kind: 'refused', why: expect.stringContaining('3 outgoing calls') as string })
    await clock.advance(2 * minute)
    taken.end()
    taken.end()
    expect(allowance.running).toBe(2)
    // Eight minutes of its own, and two of each of the others that run.
    allowance.goOn('renal', clock.now() - 10 * minute).end()
    expect(allowance.begin('renal')).toMatchObject({ kind: 'refused', why: expect.stringContaining('10 minutes a day') as string })
    // A clock that was set back cannot make it negative.
    allowance.goOn('ent', clock.now() + 60 * minute).end()
    expect(allowance.begin('ent').kind).toBe('granted')
  })

  it('that were made before the engine started again count', () => {
    allowance.spend('a', 9 * minute)
    granted('a').end()
    allowance.spend('a', minute)
    expect(allowance.begin('a').kind).toBe('refused')
    expect(allowance.begin('b').kind).toBe('granted')
  })

  it.each([
    ['2026-11-21T23:00:00Z', '2026-11-21T00:00:00Z'],
    ['2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z'],
    ['2026-07-01T22:59:59Z', '2026-06-30T23:00:00Z'],
    ['2026-07-01T23:00:00Z', '2026-07-01T23:00:00Z'],
    ['2026-03-29T12:00:00Z', '2026-03-29T00:00:00Z'],
    ['2026-10-25T23:59:00Z', '2026-10-24T23:00:00Z'],
  ])('at %s the day had begun at %s', (now, began) => {
    const at = new Allowance(new VirtualClock(Date.parse(now)), { raise: () => undefined, clear: () => undefined })
    expect(new Date(at.dayBegan()).toISOString()).toBe(new Date(began).toISOString())
  })
})
