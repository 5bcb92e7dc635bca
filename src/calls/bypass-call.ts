import { organisationByCode } from '../directory/dialled-number.js'
import type { Organisation } from '../directory/model.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import { afterTalk } from './after-talk.js'
import type { CallContext, CallEnd } from './call-context.js'
import { readCode } from './code-entry.js'
import type { Rung } from './hunt.js'
import { reach } from './reach.js'
import { Recorder } from './recorder.js'
import { name, say, sayAndRelease, sentence, spoken } from './saying.js'
import { talk } from './talk.js'

/** A desk answers within a few rings, or not at all; then its reception is waiting to be rung. */
const ringSeconds = 25

/** Asks for a practice's code, where it has not been dialled already, and puts the caller through. */
export async function bypassByCode(call: CallContext, caller: Leg, first: readonly SpeechPart[], dialled?: string): Promise<CallEnd> {
  const codes = [...call.directory.organisations.values()].flatMap(({ code }) => code ?? [])
  let lead = first
  let waiting = dialled
  for (let tries = 0; tries < call.settings.menuTries; tries++) {
    const entry = waiting === undefined ? await readCode(call, caller, await spoken(call, [...lead, sentence('bypass-key-code')]), codes) : ({ kind: 'code', code: waiting } as const)
    waiting = undefined
    if (entry.kind === 'gone') return leftEarly(caller, 'abandonedInMenu')
    const organisation = entry.kind === 'code' ? organisationByCode(call.directory, entry.code) : undefined
    if (organisation) return bypassCall(call, caller, organisation)
    lead = [sentence(entry.kind === 'nothing' ? 'menu-nothing-heard' : 'bypass-no-such-code')]
  }
  await say(call, caller, [...lead, sentence('menu-no-choice')], call.scope.gone(caller))
  return { ending: 'noChoice' }
}

/** A clinician reaches a practice: its bypass number first; its reception where that is engaged, does not answer, or is not there. */
export async function bypassCall(call: CallContext, caller: Leg, organisation: Organisation): Promise<CallEnd> {
  const { scope } = call
  scope.tell({ type: 'organisation.chosen', organisation: organisation.id })
  const telephones = telephonesOf(organisation)
  if (telephones.length === 0) {
    await sayAndRelease(call, caller, [sentence('bypass-no-number'), sentence('goodbye')])
    return { ending: 'noRota', detail: `${organisation.id} has neither a bypass nor a reception number` }
  }
  const recorder = new Recorder(call)
  const reached = await reach(call, {
    caller,
    telephones,
    ringSeconds,
    account: `bypass:${organisation.id}`,
    recorder,
    words: [sentence('ringing-line'), name(organisation.spokenName, 'generic-practice'), sentence('calls-are-recorded')],
  })
  switch (reached.kind) {
    case 'talking': {
      const parties = { caller, other: reached.called }
      const end = await talk(call, reached.bridge, parties, recorder)
      return afterTalk(call, parties, end, { of: [], outcomes: [] })
    }
    case 'notReached':
      await sayAndRelease(call, caller, [sentence('practice-not-reached'), sentence('goodbye')])
      return { ending: 'unanswered' }
    case 'callerGone':
      return leftEarly(caller, 'abandonedInHunt')
  }
}

function telephonesOf({ id, name: label, bypass, reception }: Organisation): readonly Rung[] {
  return [
    ...(bypass ? [{ key: `bypass:${id}`, label: `${label}, bypass number`, targets: [bypass] }] : []),
    ...(reception ? [{ key: `reception:${id}`, label: `${label}, reception`, targets: [reception] }] : []),
  ]
}
