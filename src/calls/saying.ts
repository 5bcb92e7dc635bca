import { sleep } from '../clock/clock.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { SentenceId } from '../prompts/sentences.js'
import type { Audio, Leg, Played } from '../switch/port.js'
import { raiseAlarm, type CallContext } from './call-context.js'
import { within } from './within.js'

export function sentence(id: SentenceId): SpeechPart {
  return { kind: 'sentence', id }
}

/** Names and lines' own words come from the directory; the fallback for a failed text-to-speech engine does not. */
export function name(text: string, instead: SentenceId): SpeechPart {
  return { kind: 'name', text, instead }
}

/** Calls for which the speech engine failed to answer: it is not waited for again, since each wait is silence for a party. */
const unanswered = new WeakSet<CallContext>()
const secondChanceMs = 100

/**
 * The speech parts as audio.
 * @returns a beep when speech fails or takes too long, so that there is something to hear; never rejects
 */
export async function spoken(call: CallContext, parts: readonly SpeechPart[]): Promise<readonly Audio[]> {
  if (parts.length === 0) return []
  try {
    const audio = await within(call.clock, unanswered.has(call) ? secondChanceMs : call.settings.promptTimeoutMs, call.speech.say(parts))
    if (audio !== undefined && audio.length > 0) {
      call.alarms.clear('speech.failed')
      return audio
    }
  } catch {
    // Handled below: a speech engine that throws is as silent as one that never answers.
  }
  unanswered.add(call)
  raiseAlarm(call, 'speech.failed', parts.map((part) => (part.kind === 'sentence' ? part.id : part.kind)).join(' '))
  return [{ kind: 'tone', tone: 'beep' }]
}

/** Plays something once and to its end. A play that fails is tried once more. */
export async function playThrough(call: CallContext, leg: Leg, audio: readonly Audio[], signal: AbortSignal): Promise<Played> {
  const played = await leg.play(audio, { signal })
  if (played.kind !== 'failed') return played
  await sleep(call.clock, 200, signal)
  return leg.play(audio, { signal })
}

/** Says something once and to its end. */
export async function say(call: CallContext, leg: Leg, parts: readonly SpeechPart[], signal: AbortSignal): Promise<Played> {
  return playThrough(call, leg, await spoken(call, parts), signal)
}

/** Says the last thing that this party hears, then releases the leg. */
export async function sayAndRelease(call: CallContext, leg: Leg, parts: readonly SpeechPart[]): Promise<void> {
  await say(call, leg, parts, call.scope.gone(leg))
  await call.scope.release(leg)
}
