import { sleep } from '../clock/clock.js'
import type { OutcomeChoice } from '../directory/model.js'
import type { Party } from '../facts/events.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Key, Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { name, playThrough, sayAndRelease, sentence, spoken } from './saying.js'
import { Stop } from './stop.js'

const outcomeKeys: readonly Key[] = ['1', '2', '3', '4', '5', '6', '7', '8', '9']

/** The question is asked this often before it is left open. */
const askedAtMost = 3
const pauseBetweenMs = 2_000

/**
 * Asks the party left on the line for the outcome, by key, stores the answer, thanks them and releases them. Without an answer the outcome stays open
 * and can be given later.
 * @returns the outcome, or undefined if none was given
 */
export async function askOutcome(
  call: CallContext,
  leg: Leg,
  party: Party,
  choices: readonly OutcomeChoice[],
): Promise<string | undefined> {
  const { scope } = call
  const offered = choices.slice(0, outcomeKeys.length)
  if (offered.length === 0 || leg.ended) {
    await scope.release(leg)
    return undefined
  }
  // Keys pressed in the conversation were not meant for the engine.
  leg.dropKeys()
  scope.tell({ type: 'outcome.asked', of: party })
  const chosen = await ask(call, leg, offered)
  if (!chosen) {
    await sayAndRelease(call, leg, [sentence('outcome-later')])
    return undefined
  }
  const kept = await scope.keep({ type: 'outcome.left', outcome: chosen.id, by: party })
  await sayAndRelease(call, leg, [sentence(kept ? 'outcome-kept' : 'outcome-not-kept')])
  return chosen.id
}

async function ask(call: CallContext, leg: Leg, offered: readonly OutcomeChoice[]): Promise<OutcomeChoice | undefined> {
  const stop = new Stop(call.scope.gone(leg))
  const cancelDeadline = call.clock.after(call.settings.outcomeMs, () => stop.done())
  const keys = outcomeKeys.slice(0, offered.length)
  const question: readonly SpeechPart[] = [
    sentence('outcome-ask'),
    ...offered.flatMap((choice, index): SpeechPart[] => [
      sentence('menu-for'),
      name(choice.label, 'generic-outcome'),
      sentence('menu-press'),
      { kind: 'digits', digits: String(index + 1) },
    ]),
  ]
  try {
    let lead: readonly SpeechPart[] = []
    for (let asked = 0; asked < askedAtMost && !stop.stopped; asked++) {
      const round = new Stop(stop.signal)
      const audio = await spoken(call, [...lead, ...question])
      // The question is over when it has been spoken and a little has passed, or at once when it cannot be played.
      void playThrough(call, leg, audio, round.signal)
        .then(() => sleep(call.clock, pauseBetweenMs, round.signal))
        .catch(() => undefined)
        .then(() => round.done())
      const heard = await leg.listenFor({ keys, signal: round.signal })
      round.done()
      if (heard.kind === 'key') return offered[keys.indexOf(heard.key)]
      if (heard.kind === 'hungUp') return undefined
      lead = heard.kind === 'otherKey' ? [sentence('outcome-wrong-key')] : []
    }
    return undefined
  } finally {
    cancelDeadline()
    stop.done()
  }
}
