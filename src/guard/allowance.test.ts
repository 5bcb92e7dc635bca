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
    { raise: (alarm, detail) => raised.push(`${alarm}: ${detail}`), clear: () => undefined },
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
})
