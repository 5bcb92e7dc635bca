import type { Line } from '../directory/model.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import type { CallContext } from './call-context.js'
import { name, sayAndRelease, sentence } from './saying.js'

/** Nobody accepted: says so, and what to do now, in the line's own words if it has some. */
export function nobodyWords(line: Line): readonly SpeechPart[] {
  return [sentence('nobody-available'), ...lineWords(line), sentence('goodbye')]
}

export async function tellNobody(call: CallContext, caller: Leg, line: Line): Promise<void> {
  await sayAndRelease(call, caller, nobodyWords(line))
}

function lineWords(line: Line): readonly SpeechPart[] {
  const words = (line.closedMessage ?? line.blurb).trim()
  return words === '' ? [sentence('try-again-later')] : [name(words, 'try-again-later')]
}
