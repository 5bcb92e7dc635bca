import { describe, expect, it } from 'vitest'
import type { CallEvent, CallFact } from '../calls/events.js'
import { spentToday } from './spent-today.js'

const minute = 60_000

/** Facts of one call, each with the minute at which it happened. */
function call(callId: string, ...facts: readonly (readonly [number, CallFact])[]): CallEvent[] {
  return facts.map(([at, fact], index) => ({ callId, seq: index + 1, at: at * minute, ...fact }))
}

const rung = (attempt: string, account = 'cardiology', target = '+447700900123'): CallFact => ({ type: 'attempt.started', attempt, candidate: 'x', label: 'x', pool: 'local', target, account })
const answered = (attempt: string, legId: string): CallFact => ({ type: 'attempt.answered', attempt, legId })
const over = (legId: string): CallFact => ({ type: 'leg.ended', legId, party: 'specialist', hangUp: { ending: 'hangup', at: 0 } })
const ended: CallFact = { type: 'call.ended', ending: 'completed' }

describe('what was spent today', () => {
  it.each<[string, CallEvent[], Record<string, number>]>([
    ['nothing when nobody was rung', [], {}],
    ['nothing when nobody answered', call('c', [0, rung('a')], [1, { type: 'attempt.ended', attempt: 'a', result: 'noAnswer' }], [2, ended]), {}],
    ['from the answer to the end of the leg', call('c', [0, rung('a')], [1, answered('a', 'l')], [4, over('l')], [9, ended]), { cardiology: 3 }],
    ['to the end of the call when the leg has none', call('c', [0, rung('a')], [1, answered('a', 'l')], [9, ended]), { cardiology: 8 }],
    ['to the last fact when the call has no end', call('c', [0, rung('a')], [1, answered('a', 'l')], [2, rung('b')]), { cardiology: 1 }],
    ['leg by leg', call('c', [0, rung('a')], [1, answered('a', 'l')], [2, over('l')], [2, rung('b')], [3, answered('b', 'm')], [7, over('m')], [8, ended]), { cardiology: 5 }],
    ['by account', [...call('c', [0, rung('a')], [1, answered('a', 'l')], [2, over('l')]), ...call('d', [0, rung('b', 'ent')], [1, answered('b', 'l')], [6, over('l')])], { cardiology: 1, ent: 5 }],
    ['not for addresses of the house', call('c', [0, rung('a', 'cardiology', 'sip:ward@192.0.2.1')], [1, answered('a', 'l')], [9, ended]), {}],
    ['not for registered telephones', call('c', [0, rung('a', 'cardiology', 'device:ward')], [1, answered('a', 'l')], [9, ended]), {}],
    ['not for the caller', call('c', [0, over('caller')], [9, ended]), {}],
    ['not for a call of which the day saw only the end', call('c', [1, answered('a', 'l')], [4, over('l')]), {}],
  ])('%s', (_name, events, expected) => {
    expect(Object.fromEntries([...spentToday(events)].map(([account, ms]) => [account, ms / minute]))).toEqual(expected)
  })

  it('by the monotonic clock, where the facts have it', () => {
    const minutes = [0, 1, 26 * 60 + 4, 26 * 60 + 9]
    const events = call('c', [0, rung('a')], [1, answered('a', 'l')], [4, over('l')], [9, ended]).map((event, index) => ({ ...event, elapsedMs: event.at, at: minutes[index]! * minute }))
    expect(Object.fromEntries(spentToday(events))).toEqual({ cardiology: 3 * minute })
  })
})
