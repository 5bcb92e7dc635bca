import type { CallBackCodeRequest, CallBackCodeWithCode } from '../arrangements/arranged-calls.js'
import { toE164, readNumber } from '../directory/telephone-number.js'
import type { Actor } from '../facts/actor.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { Store } from '../store/store.js'
import type { Target } from '../switch/port.js'
import { cancel, find, usedUp, type ArrangementParts } from './arrangements.js'
import { clinicianId, dialableNumber, lineId } from './read-input.js'
import { asked, bad, done, readAll, refused, type Result } from './result.js'

/** For a past call, or for a thread elsewhere and its clinician. `number`: where the code is keyed; default: one of the directory. */
export interface NewCallBackCode {
  readonly call?: string
  readonly thread?: string
  /** The id of a clinician, or a telephone number. */
  readonly to?: string
  readonly line?: string
  readonly number?: string
  readonly validMinutes: number
}

type Wanted = Pick<CallBackCodeRequest, 'about' | 'asked' | 'line' | 'organisation'>

/** What can be done with call-back codes. */
export function callBackCodeOperations(parts: ArrangementParts & { readonly store: Pick<Store, 'events'> }) {
  const { arranged, directory, store } = parts

  return {
    /** Makes a code, valid once, on one number. On disk when it resolves. */
    async make(
      actor: Actor,
      given: NewCallBackCode,
    ): Promise<
      Result<CallBackCodeWithCode, 'badInput' | 'callNotFound' | 'noAdviceCall' | 'notDialable' | 'codesUsedUp' | 'storeUnavailable'>
    > {
      const wanted = given.call === undefined ? ofThread(given) : await ofCall(given.call, given)
      if (wanted.kind === 'refused') return wanted
      const number = given.number === undefined ? leastUsed() : numberForCodes(given.number)
      if (number.kind === 'refused') return number
      const made = await asked(
        arranged.makeCallBackCode({ ...wanted.value, number: number.value, validMs: given.validMinutes * 60_000 }, actor),
      )
      if (made.kind === 'refused') return made
      return made.value.kind === 'usedUp' ? usedUp(`codes of ${number.value}`) : done(made.value.arrangement)
    },

    find: (id: string) => find(parts, 'callBackCode', id),
    cancel: (actor: Actor, id: string) => cancel(parts, 'callBackCode', actor, id),
  }

  /** The clinician who asked for advice in a past call, on the telephone they rang from. */
  async function ofCall(
    callId: string,
    { thread, to, line }: NewCallBackCode,
  ): Promise<Result<Wanted, 'badInput' | 'callNotFound' | 'noAdviceCall' | 'notDialable' | 'storeUnavailable'>> {
    if (thread !== undefined || to !== undefined || line !== undefined)
      return bad('`call` says by itself who is reached; `thread`, `to` and `line` belong to a thread elsewhere.', 'call')
    const events = await asked(store.events(callId))
    if (events.kind === 'refused') return events
    const record = callRecord(events.value)
    if (!record) return refused('callNotFound', `There is no call ${callId}.`, 'call')
    if (record.ending === undefined) return bad(`Call ${callId} is still on the line.`, 'call')
    const asker = askerOf(record)
    if (asker.kind === 'refused') return asker
    return done({
      about: { call: callId },
      asked: { target: asker.value },
      ...(record.line === undefined ? {} : { line: record.line }),
      ...(record.organisation === undefined ? {} : { organisation: record.organisation }),
    })
  }

  /** The telephone of the clinician who asked for advice. */
  function askerOf({ callId, kind, line, lineChosenAt, device, callerNumber }: CallRecord): Result<Target, 'noAdviceCall' | 'notDialable'> {
    const patients =
      (kind !== 'dialIn' && kind !== 'line') || (line !== undefined && (directory().lines.get(line)?.kind ?? 'advice') !== 'advice')
    if (patients)
      return refused(
        'noAdviceCall',
        `Call ${callId} was not a call to an advice line; codes are for the clinician who asked for advice. For a patient, make a call-back.`,
      )
    if (lineChosenAt === undefined)
      return refused('noAdviceCall', `Call ${callId} reached no line: it was refused, or ended before; nobody asked for advice in it.`)
    if (device !== undefined) return done({ kind: 'device', user: device })
    const reading = readNumber(toE164(callerNumber))
    if (!reading.ok)
      return refused(
        'notDialable',
        callerNumber === ''
          ? 'The caller of that call withheld their number; nobody can be reached there.'
          : `The caller's number "${callerNumber}" of that call is no telephone number; nobody can be reached there.`,
      )
    if (!arranged.mayDial(reading.number))
      return refused(
        'notDialable',
        "The caller's number of that call lies outside the ranges that may be dialled (setting calls.dialable).",
      )
    return done({ kind: 'number', number: reading.number })
  }

  function ofThread({ thread, to, line }: NewCallBackCode): Result<Wanted, 'badInput'> {
    if (thread === undefined || to === undefined)
      return bad(
        'What is the code for? Either `call` (a past call), or `thread` and `to` (id of a clinician, or a telephone number).',
        'call',
      )
    return readAll({
      about: done({ thread }),
      asked: directory().clinicians.has(to) ? clinicianAsked(to) : numberAsked(to),
      line: line === undefined ? undefined : lineId(directory(), line),
    })
  }

  function clinicianAsked(id: string): Result<Wanted['asked'], 'badInput'> {
    const clinician = clinicianId(directory(), id, 'to')
    return clinician.kind === 'done' ? done({ clinician: clinician.value }) : clinician
  }

  function numberAsked(text: string): Result<Wanted['asked'], 'badInput'> {
    const number = dialableNumber(text, 'to', (one) => arranged.mayDial(one))
    return number.kind === 'done' ? done({ target: { kind: 'number', number: number.value } }) : number
  }

  /** A number of the directory to key codes on. */
  function numberForCodes(text: string): Result<string, 'badInput'> {
    for (const { number, use } of directory().numbers.values())
      if ((use.kind === 'callBackCode' || use.kind === 'dialIn') && toE164(number) === toE164(text)) return done(number)
    return bad(
      `No code can be keyed on "${text}": in the directory it is neither a number for call-back codes nor a Dial-In number.`,
      'number',
    )
  }

  /** Codes are spread over the numbers for them: the fewer there are on one, the harder it is to guess one. */
  function leastUsed(): Result<string, 'badInput'> {
    const numbers = [...directory().numbers.values()]
      .filter(({ use }) => use.kind === 'callBackCode')
      .map(({ number }) => ({ number, used: arranged.codesInUse(number) }))
    const best = numbers.reduce<(typeof numbers)[number] | undefined>(
      (least, one) => (least === undefined || one.used < least.used ? one : least),
      undefined,
    )
    return best
      ? done(best.number)
      : bad(
          'The directory has no number for call-back codes (`numbers:` with the use `callBackCode`); name a Dial-In number in `number`.',
          'number',
        )
  }
}

export type CallBackCodeOperations = ReturnType<typeof callBackCodeOperations>
