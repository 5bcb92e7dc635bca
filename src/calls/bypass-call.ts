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
import { keyedAt, refuseCode } from './wrong-code.js'

/** A desk answers within a few rings or not at all; reception is rung next. */
const ringSeconds = 25

export interface BypassRequest {
  /** Said first. */
  readonly first: readonly SpeechPart[]
  /** Who calls, if the number dialled or the telephone tells. */
  readonly organisation: Organisation | undefined
  /** Keys dialled with the number: the question is skipped. */
  readonly dialled?: string
}

/**
 * Asks for a practice's code, and puts the caller through. Codes are few and anybody may know the number, so wrong ones are limited like
 * wrong PINs.
 */
export async function bypassByCode(call: CallContext, caller: Leg, request: BypassRequest): Promise<CallEnd> {
  const codes = [...call.directory.organisations.values()].flatMap(({ code }) => code ?? [])
  let lead = request.first
  let dialled = request.dialled
  for (let tries = 0; tries < call.settings.menuTries; tries++) {
    const entry =
      dialled === undefined
        ? await readCode(call, caller, await spoken(call, [...lead, sentence('bypass-key-code')]), codes)
        : ({ kind: 'code', code: dialled } as const)
    dialled = undefined
    if (entry.kind === 'gone') return leftEarly(caller, 'abandonedInMenu')
    if (entry.kind !== 'code' && entry.kind !== 'unknown') {
      lead = entry.kind === 'nothing' ? [sentence('menu-nothing-heard')] : []
      continue
    }
    const keys = entry.kind === 'code' ? entry.code : entry.keys
    const organisation = organisationByCode(call.directory, keys)
    const guess = call.arrangements.guess(keyedAt(call, request.organisation?.id), () => organisation !== undefined)
    if (guess.kind === 'right' && organisation) return bypassCall(call, caller, organisation)
    const end = guess.kind === 'right' ? undefined : await refuseCode(call, caller, guess, keys.length)
    if (end) return end
    lead = [sentence('bypass-no-such-code')]
  }
  await say(call, caller, [...lead, sentence('menu-no-choice')], call.scope.gone(caller))
  return { ending: 'noChoice' }
}

/** A clinician reaches a practice: its bypass number first; its reception if that is engaged, not answered or missing. */
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
    account: 'bypass',
    recorder,
    reserved: false,
    words: [sentence('ringing-line'), name(organisation.spokenName, 'generic-practice'), sentence('calls-are-recorded')],
  })
  switch (reached.kind) {
    case 'talking': {
      const parties = { caller, other: reached.called }
      const end = await talk(call, reached.bridge, parties, recorder)
      return afterTalk(call, end.legs, end, { of: [], outcomes: [] })
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
