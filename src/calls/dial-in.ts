import { lineChoices } from '../directory/access.js'
import type { Organisation } from '../directory/model.js'
import type { Leg } from '../switch/port.js'
import type { CallContext, CallEnd } from './call-context.js'
import { lineCall } from './line-call.js'
import { greeting } from './line-manner.js'
import { menu } from './menu.js'
import { readCode } from './code-entry.js'
import { sayAndRelease, sentence, spoken } from './saying.js'
import { codeService } from './star-services.js'

/** An organisation's own number, which tells who calls. One line is rung at once; several are offered; `*` leads to PINs, codes and practices. */
export async function dialIn(call: CallContext, caller: Leg, organisation: Organisation): Promise<CallEnd> {
  const choices = lineChoices(call.directory, organisation.id, call.arrivedAt)
  const [only, ...others] = choices
  const star = (): Promise<CallEnd> => codeService(call, caller, { first: [], organisation, practices: true })
  if (only === undefined) return noLines(call, caller, star)
  if (others.length === 0) return lineCall(call, caller, { line: only.line, organisation, chosenBy: 'only', greeting, onStar: star })
  const chosen = await menu(call, caller, choices, greeting)
  switch (chosen.kind) {
    case 'ended':
      return chosen.end
    case 'star':
      return star()
    case 'chosen':
      return lineCall(call, caller, { line: chosen.choice.line, organisation, chosenBy: 'code', greeting: [] })
  }
}

/** An organisation that may use no line may still have arranged calls: `*` works while it is told so. */
async function noLines(call: CallContext, caller: Leg, star: () => Promise<CallEnd>): Promise<CallEnd> {
  const entry = await readCode(call, caller, await spoken(call, [...greeting, sentence('no-lines')]), [])
  if (entry.kind === 'star') return star()
  await sayAndRelease(call, caller, [sentence('goodbye')])
  return { ending: 'notAllowed' }
}
