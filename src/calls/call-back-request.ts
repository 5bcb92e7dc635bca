import type { Line } from '../directory/model.js'
import { readSentNumber } from '../directory/telephone-number.js'
import type { SentenceId } from '../prompts/sentences.js'
import type { SpeechPart } from '../prompts/speech.js'
import type { Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import { raiseAlarm, type CallContext, type CallEnd } from './call-context.js'
import { readCode, readDigits } from './code-entry.js'
import { say, sayAndRelease, sentence, spoken } from './saying.js'

/** National numbers have up to 11 digits here, and their international forms up to 15 (E.164). */
const numberLengths = [10, 11, 12, 13, 14, 15]
const triesAtMost = 3

/**
 * Nobody was free for a patient: they press one key to be called back, on the number they ring from or another one. The request is
 * on disk before they are thanked for it.
 * @param first what they are told before that
 * @param otherwise how the call ends when they ask for nothing
 */
export async function offerCallBack(
  call: CallContext,
  caller: Leg,
  line: Line,
  first: readonly SpeechPart[],
  otherwise: CallEnd,
): Promise<CallEnd> {
  const reading = readSentNumber(call.callerNumber)
  // A number that cannot be rung back (withheld, abroad, premium) is not offered.
  const own = reading.ok && call.mayDial(reading.number) ? reading.number : undefined
  let lead = first
  let silent = 0
  // Keys pressed while waiting were not an answer to this question.
  caller.dropKeys()
  for (let tries = 0; tries < triesAtMost; tries++) {
    const question =
      own !== undefined ? [sentence('call-back-offer'), sentence('call-back-other-number')] : [sentence('call-back-offer-number')]
    const entry = await readCode(call, caller, await spoken(call, [...lead, ...question]), own !== undefined ? ['1', '2'] : ['1'])
    if (entry.kind === 'gone') return leftEarly(caller, 'abandonedInHunt')
    if (entry.kind === 'nothing') {
      // A patient still looking for the key hears the offer once more.
      if (++silent === 2) break
      lead = []
      continue
    }
    if (entry.kind === 'code') {
      const keyed: KeyedNumber = own !== undefined && entry.code === '1' ? { kind: 'number', number: own } : await askNumber(call, caller)
      if (keyed.kind === 'gone') return leftEarly(caller, 'abandonedInHunt')
      if (keyed.kind === 'number') return keepRequest(call, caller, line, keyed.number, 'call-back-kept')
      // They want a call-back; only the other number did not come across.
      if (own !== undefined) return keepRequest(call, caller, line, own, 'call-back-kept-own', [sentence('call-back-no-number')])
      break
    }
    lead = [sentence('menu-not-understood')]
  }
  await sayAndRelease(call, caller, [sentence('try-again-later'), sentence('goodbye')])
  return otherwise
}

type KeyedNumber = { readonly kind: 'number'; readonly number: string } | { readonly kind: 'none' } | { readonly kind: 'gone' }

async function askNumber(call: CallContext, caller: Leg): Promise<KeyedNumber> {
  let lead: readonly SpeechPart[] = []
  for (let tries = 0; tries < triesAtMost; tries++) {
    const entry = await readDigits(call, caller, await spoken(call, [...lead, sentence('call-back-key-number')]), numberLengths)
    if (entry.kind === 'gone') return { kind: 'gone' }
    const reading = readSentNumber(entry.kind === 'code' ? entry.code : '')
    if (reading.ok && call.mayDial(reading.number)) return { kind: 'number', number: reading.number }
    lead = [sentence('call-back-no-number')]
  }
  return { kind: 'none' }
}

async function keepRequest(
  call: CallContext,
  caller: Leg,
  line: Line,
  number: string,
  words: SentenceId,
  meanwhile: readonly SpeechPart[] = [],
): Promise<CallEnd> {
  const keeping = call.scope.keep({ type: 'callBack.requested', line: line.id, number })
  // They have waited for a while already: no silence while the disk is written.
  if (meanwhile.length > 0) await say(call, caller, meanwhile, call.scope.gone(caller))
  const kept = await keeping
  // It is in memory and is written as soon as possible; but no call-back is promised until it is on disk.
  if (!kept) raiseAlarm(call, 'callBack.notStored', `a patient's request on ${line.id} is not on disk yet`)
  await sayAndRelease(call, caller, [sentence(kept ? words : 'call-back-not-kept'), sentence('goodbye')])
  return { ending: 'callBackRequested', ...(kept ? {} : { detail: 'the request was not on disk when the patient was told' }) }
}
