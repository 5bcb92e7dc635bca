import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent } from '../facts/events.js'
import { inOrder } from './in-order.js'

const fact = (callId: string, seq: number, at: number): CallEvent => ({
  ...unknownOrigin,
  callId,
  seq,
  at,
  type: 'attempt.ringing',
  attempt: 'a',
})
const byInstant = (events: readonly CallEvent[]) =>
  [...events].sort((a, b) => a.at - b.at || (a.callId < b.callId ? -1 : 1) || a.seq - b.seq)
const places = (events: readonly CallEvent[]) => events.map(({ callId, seq }) => `${callId}${seq}`)

it('is that of the instants, on a machine whose clock nobody sets', () => {
  expect(places(inOrder([fact('a', 1, 10), fact('b', 1, 11), fact('a', 2, 12), fact('b', 2, 12)]))).toEqual(['a1', 'b1', 'a2', 'b2'])
})

it('is that of each call, where the clock was set back while it ran; other calls keep their place', () => {
  expect(
    places(inOrder(byInstant([fact('a', 1, 1_000), fact('a', 2, 400), fact('a', 3, 410), fact('b', 1, 300), fact('b', 2, 1_100)]))),
  ).toEqual(['b1', 'a1', 'a2', 'a3', 'b2'])
})

it('never puts a fact of a call before an earlier one, and loses none', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ call: fc.constantFrom('a', 'b', 'c'), at: fc.nat(50) }), { maxLength: 30 }), (list) => {
      const seqs = new Map<string, number>()
      const events = list.map(({ call, at }) => {
        seqs.set(call, (seqs.get(call) ?? 0) + 1)
        return fact(call, seqs.get(call)!, at)
      })
      const ordered = inOrder(byInstant(events))
      expect(places(ordered).toSorted()).toEqual(places(events).toSorted())
      for (const call of seqs.keys()) {
        const own = ordered.filter(({ callId }) => callId === call).map(({ seq }) => seq)
        expect(own).toEqual(own.toSorted((a, b) => a - b))
      }
    }),
  )
})
