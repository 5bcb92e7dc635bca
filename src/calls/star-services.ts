import type { Organisation } from '../directory/model.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import { arrangedKinds, codeCall, patientCall } from './arranged-call.js'
import type { ArrangedCall, Redeemed } from './arrangements.js'
import { bypassByCode } from './bypass-call.js'
import type { CallContext, CallEnd } from './call-context.js'
import { readDigits } from './code-entry.js'
import { holdClinician } from './hold-clinician.js'
import { say, sayAndRelease, sentence, spoken } from './saying.js'
import { Stop } from './stop.js'
import { within } from './within.js'
import { keyedAt, refuseCode } from './wrong-code.js'

/** Digits of a call-back code, and of a PIN of Patient Connect. */
const codeDigits = 4
const pinDigits = 6

export interface CodeRequest {
  /** Said first. */
  readonly first: readonly SpeechPart[]
  /** The organisation whose Dial-In number was dialled: PINs are good there. Undefined: a number for call-back codes only. */
  readonly organisation?: Organisation
  /** Keys dialled with the number: the question is skipped. */
  readonly dialled?: string
  /** Whether `*` leads on to practices. */
  readonly practices: boolean
}

/** Asks for the PIN or code of an arranged call, and carries that call. Each wrong guess waits longer, and then no more are checked. */
export async function codeService(call: CallContext, caller: Leg, request: CodeRequest): Promise<CallEnd> {
  const { scope, settings } = call
  const question = [
    sentence(request.organisation ? 'code-ask-pin' : 'code-ask'),
    ...(request.practices ? [sentence('code-or-practice')] : []),
  ]
  let lead = request.first
  let guessed = false
  let dialled = request.dialled
  for (let tries = 0; tries < settings.menuTries; tries++) {
    const entry =
      dialled === undefined
        ? await readDigits(
            call,
            caller,
            await spoken(call, [...lead, ...question]),
            request.organisation ? [codeDigits, pinDigits] : [codeDigits],
          )
        : ({ kind: 'code', code: dialled } as const)
    dialled = undefined
    if (entry.kind === 'gone') return leftEarly(caller, 'abandonedInMenu')
    if (entry.kind === 'star' && request.practices) return bypassByCode(call, caller, { first: [], organisation: request.organisation })
    if (entry.kind === 'nothing' || entry.kind === 'hash' || entry.kind === 'star') {
      lead = entry.kind === 'nothing' ? [sentence('menu-nothing-heard')] : []
      continue
    }
    const keys = entry.kind === 'code' ? entry.code : entry.keys
    guessed = true
    const redeemed = await redeem(call, caller, keys, request.organisation)
    if (redeemed === undefined) {
      await sayAndRelease(call, caller, [sentence('technical-fault')])
      return { ending: 'engineFault', detail: 'a code could not be looked up' }
    }
    if (redeemed.kind === 'granted') return carry(call, caller, redeemed.arranged)
    const end = await refuseCode(call, caller, redeemed, keys.length)
    if (end) return end
    lead = [sentence('code-wrong')]
  }
  await say(call, caller, [...lead, sentence('menu-no-choice')], scope.gone(caller))
  return { ending: guessed ? 'wrongCode' : 'noChoice' }
}

/** @returns undefined when the keys cannot be checked: then they count as wrong, now and later */
async function redeem(call: CallContext, caller: Leg, keys: string, organisation: Organisation | undefined): Promise<Redeemed | undefined> {
  const waiting = new Stop(call.scope.gone(caller))
  const redeemed = await within(
    call.clock,
    call.settings.promptTimeoutMs,
    call.arrangements.redeem(keys, keyedAt(call, organisation?.id), waiting.signal),
  )
  waiting.done()
  return redeemed
}

function carry(call: CallContext, caller: Leg, arranged: ArrangedCall): Promise<CallEnd> {
  call.scope.tell({
    type: 'arrangement.taken',
    arrangement: arranged.id,
    kind: arrangedKinds[arranged.kind],
    ...(arranged.organisation === undefined ? {} : { organisation: arranged.organisation }),
  })
  const line = arranged.line === undefined ? undefined : call.directory.lines.get(arranged.line)
  if (line) call.scope.tell({ type: 'line.chosen', line: line.id, by: 'arrangement' })
  if (arranged.kind === 'patientConnect' && arranged.clinician !== undefined) holdClinician(call, caller, arranged.clinician)
  return arranged.kind === 'callBackCode' ? codeCall(call, caller, arranged) : patientCall(call, caller, arranged)
}
