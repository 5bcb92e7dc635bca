import type { OutcomeChoice } from '../directory/model.js'
import type { Party } from '../facts/events.js'
import type { Leg } from '../switch/port.js'
import type { CallContext, CallEnd } from './call-context.js'
import { askOutcome } from './outcome.js'
import { say, sayAndRelease, sentence } from './saying.js'
import type { TalkEnd } from './talk.js'

/** Who is asked for the outcome of a call. */
export interface Inquiry {
  /** In this order; the first party still on the line is asked. */
  readonly of: readonly Party[]
  readonly outcomes: readonly OutcomeChoice[]
}

/**
 * The talk is over: asks the remaining party for the outcome if it is theirs to give, tells a party that was cut off, and releases every leg.
 * @param parties the parties that talked; one that has gone may be left out
 */
export async function afterTalk(call: CallContext, parties: readonly Leg[], end: TalkEnd, inquiry: Inquiry): Promise<CallEnd> {
  const { scope } = call
  const left = parties.filter((leg) => !leg.ended)
  const asked = inquiry.of.map((party) => left.find((leg) => scope.partyOf(leg) === party)).find((leg) => leg !== undefined)
  const broken = end.why !== 'hangup'
  for (const leg of left) if (leg !== asked) scope.alongside(sayAndRelease(call, leg, [sentence(broken ? 'connection-lost' : 'goodbye')]))
  if (asked) {
    if (broken) await say(call, asked, [sentence('connection-lost')], scope.gone(asked))
    await askOutcome(call, asked, scope.partyOf(asked), inquiry.outcomes)
  }
  return talkEnding(call, end)
}

function talkEnding(call: CallContext, end: TalkEnd): CallEnd {
  if (call.scope.stopped && end.why === 'released') return { ending: 'interrupted' }
  switch (end.why) {
    case 'hangup':
      return { ending: 'completed' }
    case 'mediaTimeout':
    case 'transport':
    case 'released':
    case 'unbridged':
      return { ending: 'completed', detail: end.why }
    case 'faulted':
    case 'mediaLost':
      return { ending: 'mediaFault', detail: end.why }
    case 'signallingLost':
      return { ending: 'engineFault', detail: end.why }
  }
}
