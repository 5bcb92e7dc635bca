import { describe, expect, it } from 'vitest'
import { leastCallsForUsual, usualConnections, type ConnectionsAsked } from './usual-connection.js'

/** A Tuesday, 9:40 in London. */
const now = Date.UTC(2026, 10, 24, 9, 40)

async function usual(rows: Awaited<ReturnType<Parameters<typeof usualConnections>[0]['connectionsAtHours']>>, at = now) {
  const asked: ConnectionsAsked[] = []
  const found = await usualConnections({ connectionsAtHours: (one) => (asked.push(one), Promise.resolve(rows)) }, ['cardiology', 'ent'], at)
  return { asked, found }
}

describe('how long it usually takes at this hour', () => {
  it('is the mean of the answered calls of that hour on working days, in twelve months', async () => {
    const { asked, found } = await usual([
      { id: 'cardiology', figure: 'answeredAt', amount: 30 },
      { id: 'cardiology', figure: 'answeredAt', amount: 10 },
      { id: 'cardiology', figure: 'connectionAt', amount: 1_010_000 },
    ])
    expect(found).toEqual(new Map([['cardiology', { calls: 40, seconds: 25 }]]))
    expect(asked).toEqual([
      {
        lines: ['cardiology', 'ent'],
        months: ['2025-12', ...Array.from({ length: 11 }, (_, index) => `2026-${String(index + 1).padStart(2, '0')}`)],
        hours: [9, 33, 57, 81, 105],
      },
    ])
  })

  it('at a weekend, of the weekend', async () => expect((await usual([], Date.UTC(2026, 10, 28, 23))).asked[0]?.hours).toEqual([143, 167]))

  it('is undefined for too few calls', async () => {
    const few = leastCallsForUsual - 1
    const { found } = await usual([
      { id: 'ent', figure: 'answeredAt', amount: few },
      { id: 'ent', figure: 'connectionAt', amount: 900_000 },
    ])
    expect(found).toEqual(new Map([['ent', { calls: few }]]))
  })
})
