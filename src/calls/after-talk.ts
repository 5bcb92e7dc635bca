import type { OutcomeChoice } from '../directory/model.js'
import type { Leg } from '../switch/port.js'
import type { CallContext, CallEnd } from './call-context.js'
import { askOutcome } from './outcome.js'
import { say, sayAndRelease, sentence } from './saying.js'
import type { Parties, TalkEnd } from './talk.js'

/** The talk is over: whoever is left on the line is asked for the outcome, the caller first; who was cut off is told so. */
export async function afterTalk(call: CallContext, { caller, specialist }: Parties, end: TalkEnd, outcomes: readonly OutcomeChoice[]): Promise<CallEnd> {
  const { scope } = call
  const asked: Leg = caller.ended ? specialist : caller
  const broken = end.why !== 'hangup'
  // Only a bridge that broke by itself leaves both on the line: the specialist is told and let go, the caller is asked.
  if (asked === caller && !specialist.ended) scope.alongside(sayAndRelease(call, specialist, [sentence('connection-lost')]))
  if (broken) await say(call, asked, [sentence('connection-lost')], scope.gone(asked))
  await askOutcome(call, asked, asked === caller ? 'caller' : 'specialist', outcomes)
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
