import { lineChoices } from '../directory/access.js'
import type { Organisation } from '../directory/model.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import { adviceCall } from './advice-call.js'
import type { CallContext, CallEnd } from './call-context.js'
import { menu } from './menu.js'
import { sayAndRelease, sentence } from './saying.js'

/** What every caller hears first. */
export const greeting: readonly SpeechPart[] = [sentence('welcome'), sentence('calls-are-recorded')]

/** An organisation's own number: it tells who calls. One line is rung at once; several are offered. */
export async function dialIn(call: CallContext, caller: Leg, organisation: Organisation): Promise<CallEnd> {
  const choices = lineChoices(call.directory, organisation.id, call.arrivedAt)
  const [only, ...others] = choices
  if (only === undefined) {
    await sayAndRelease(call, caller, [...greeting, sentence('no-lines')])
    return { ending: 'notAllowed' }
  }
  if (others.length === 0) return adviceCall(call, caller, { line: only.line, organisation, chosenBy: 'only', greeting })
  const chosen = await menu(call, caller, choices, greeting)
  if (chosen.kind === 'ended') return chosen.end
  return adviceCall(call, caller, { line: chosen.choice.line, organisation, chosenBy: 'code', greeting: [] })
}
