import type { LineChoice } from '../directory/access.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import type { CallContext, CallEnd } from './call-context.js'
import { readCode } from './code-entry.js'
import { name, say, sentence, spoken } from './saying.js'
import { openingWords } from './spoken-time.js'

export type MenuResult =
  | { readonly kind: 'chosen'; readonly choice: LineChoice }
  /** `*`: the caller wants something other than a line. */
  | { readonly kind: 'star' }
  | { readonly kind: 'ended'; readonly end: CallEnd }

/**
 * Offers the open lines by key or code. A closed line, keyed by its code, says when it opens. `#` repeats; `*` leads to PINs and practices
 * (`star-services.ts`). A polite end when the tries are used up.
 * @param greeting said before the first offer, in one piece with it
 */
export async function menu(
  call: CallContext,
  caller: Leg,
  choices: readonly LineChoice[],
  greeting: readonly SpeechPart[],
): Promise<MenuResult> {
  const { scope, settings } = call
  const open = choices.filter(({ opening }) => opening.open)
  const offer = open.length === 0 ? [sentence('menu-all-closed')] : offerWords(open)
  const codes = choices.map(({ line }) => line.code)
  let tries = 0
  let repeats = 0
  let closedLineChosen = false
  let lead = greeting
  while (tries < settings.menuTries) {
    scope.tell({ type: 'menu.offered', lines: open.map(({ line }) => line.id), attempt: tries + 1 })
    const entry = await readCode(call, caller, await spoken(call, [...lead, ...offer]), codes)
    lead = []
    switch (entry.kind) {
      case 'gone':
        return { kind: 'ended', end: leftEarly(caller, 'abandonedInMenu') }
      case 'hash':
        if (++repeats > settings.menuRepeats) tries++
        break
      case 'star':
        scope.tell({ type: 'menu.keyed', keys: '*', understood: true })
        return { kind: 'star' }
      case 'nothing':
        lead = [sentence('menu-nothing-heard')]
        tries++
        break
      case 'unknown':
        scope.tell({ type: 'menu.keyed', keys: harmless(entry.keys), understood: false })
        lead = [sentence('menu-not-understood')]
        tries++
        break
      case 'code': {
        scope.tell({ type: 'menu.keyed', keys: entry.code, understood: true })
        const choice = choices.find(({ line }) => line.code === entry.code)
        if (choice?.opening.open === true) return { kind: 'chosen', choice }
        if (choice) {
          scope.tell({ type: 'line.refused', line: choice.line.id, why: 'closed' })
          lead = closedWords(choice, call.arrivedAt)
          closedLineChosen = true
        }
        tries++
        break
      }
    }
  }
  // Keys pressed meanwhile were meant for a menu that is over.
  await say(call, caller, [...lead, sentence('menu-no-choice')], scope.gone(caller))
  return { kind: 'ended', end: { ending: closedLineChosen ? 'lineClosed' : 'noChoice' } }
}

/** "Cardiology is closed at the moment. It opens tomorrow at nine o'clock in the morning." */
export function closedWords({ line, opening }: LineChoice, now: number): readonly SpeechPart[] {
  return [
    name(line.spokenName, 'generic-line'),
    sentence('line-closed'),
    ...openingWords(opening.open ? now : opening.opensAt, now, line.timeZone),
  ]
}

/** Longer than any line's code: it may be a PIN whose star was forgotten. Facts keep only its beginning. */
function harmless(keys: string): string {
  return keys.length >= 4 ? `${keys.slice(0, 2)}…` : keys
}

function offerWords(open: readonly LineChoice[]): readonly SpeechPart[] {
  const lines = open.flatMap(({ line }): SpeechPart[] => [
    sentence('menu-for'),
    name(line.spokenName, 'generic-line'),
    sentence('menu-press'),
    { kind: 'digits', digits: line.code },
  ])
  return [...lines, sentence('menu-repeat')]
}
