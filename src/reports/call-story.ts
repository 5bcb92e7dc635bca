import { alarmList } from '../alarms/alarm-list.js'
import type { Directory } from '../directory/model.js'
import { showNumber } from '../directory/telephone-number.js'
import type { Actor } from '../facts/actor.js'
import { callRecord } from '../facts/call-record.js'
import { attemptResults, callEndings, legEndings } from '../facts/endings.js'
import type { AttemptId, CallEvent, CallKind, HuntEnd, Party } from '../facts/events.js'
import { outcomeLabel } from './report-row.js'

/** What a moment is about; each kind has a mark of its own beside it. */
export type MomentKind = 'caller' | 'menu' | 'hunt' | 'ring' | 'accepted' | 'missed' | 'talk' | 'recording' | 'later' | 'trouble' | 'end'

/** One thing that happened in a call, in plain words. */
export interface Moment {
  readonly seq: number
  readonly kind: MomentKind
  /** Wall-clock ms. */
  readonly at: number
  /** Time into the call; undefined for what was added later. */
  readonly afterMs?: number
  readonly what: string
  /** Why, and how. */
  readonly detail?: string
  /** Its duration; undefined for a moment, or while it runs. */
  readonly lastsMs?: number
  readonly by: Actor
}

export const callKinds: Readonly<Record<CallKind, string>> = {
  dialIn: 'Call from a Dial-In number',
  line: 'Call to a line on its own number',
  pifuAnswer: 'Patient’s call to a follow-up line',
  pifuCallBack: 'Call back to a patient',
  patientConnect: 'Patient Connect',
  callBackCode: 'Call back with a code',
  bypass: 'Call to a practice',
}

export const parties: Readonly<Record<Party | 'system' | 'staff', string>> = {
  caller: 'the caller',
  specialist: 'the specialist',
  called: 'the person called',
  system: 'the service',
  staff: 'staff',
}

const huntEnds: Readonly<Record<HuntEnd, string>> = {
  accepted: 'The hunt ended: a specialist accepted',
  connected: 'The hunt ended: a person answered',
  nobody: 'The hunt ended: nobody accepted',
  callerGone: 'The hunt ended: the caller had hung up',
  calledOff: 'The hunt was called off: the caller wanted something else',
  timeUp: 'The hunt ended: its time was up',
}

const keyOnlyWhys = {
  talking: 'they spoke at length at once, as voicemail greetings do',
  stretch: 'they spoke for longer than a word takes',
  beep: 'a tone sounded',
  goesOn: 'they talked on after the word',
} as const
const keyForms = {
  rfc4733: 'as a telephone event (RFC 4733)',
  inband: 'as a tone in the speech',
  info: 'in a SIP INFO',
  unknown: 'in a form that is not known',
} as const

/** A call as a story: everything that happened, in order, without any number of a specialist and without an NHS number. */
export function storyOf(events: readonly CallEvent[], directory: Directory): readonly Moment[] {
  const record = callRecord(events)
  if (!record) return []
  const told = new Teller(events, directory)
  const endedAt = events.find(({ type }) => type === 'call.ended')?.seq ?? Infinity
  return events.flatMap((event) => {
    const said = told.tell(event)
    if (!said) return []
    const afterMs = event.elapsedMs ?? event.at - record.arrivedAt
    return [
      {
        seq: event.seq,
        at: event.at,
        by: event.actor,
        ...(event.seq > endedAt ? {} : { afterMs: Math.max(0, Math.round(afterMs)) }),
        ...said,
      },
    ]
  })
}

type Said = Omit<Moment, 'seq' | 'at' | 'by' | 'afterMs'>

/** Resolves the names in a call, and the order of its events. */
class Teller {
  readonly #labels = new Map<AttemptId, string>()

  constructor(
    private readonly events: readonly CallEvent[],
    private readonly directory: Directory,
  ) {
    for (const event of events) if (event.type === 'attempt.started') this.#labels.set(event.attempt, event.label)
  }

  tell(event: CallEvent): Said | undefined {
    switch (event.type) {
      case 'call.arrived': {
        const who = event.organisation === undefined ? undefined : this.#organisation(event.organisation)
        return {
          kind: 'caller',
          what: `A call came in${who === undefined ? '' : ` from ${who}`}`,
          detail: `${callKinds[event.kind]}: ${showNumber(event.dialledNumber)} was dialled`,
        }
      }
      case 'call.placed':
        return { kind: 'caller', what: `The service began the call for ${this.#clinician(event.clinician)}`, detail: callKinds[event.kind] }
      case 'arrangement.taken':
        return { kind: 'menu', what: 'The right PIN or code was keyed', detail: callKinds[event.kind] }
      case 'code.refused':
        return { kind: 'missed', what: `A PIN or code of ${event.digits} digits was keyed that is not good here and now` }
      case 'organisation.chosen':
        return { kind: 'menu', what: `The caller asked for ${this.#organisation(event.organisation)}` }
      case 'callBack.requested':
        return { kind: 'caller', what: 'The patient asked to be called back', detail: this.#line(event.line) }
      case 'call.answered':
        return { kind: 'caller', what: 'The service answered' }
      case 'call.takenOver':
        return { kind: 'trouble', what: `The engine ${event.from} had stopped; another went on with the call` }
      case 'leg.moved':
        return {
          kind: 'trouble',
          what: `The media server failed, and ${parties[event.party]} was taken to another one`,
          ...(event.silentMs === undefined ? {} : { detail: `${seconds(event.silentMs)} without sound` }),
        }
      case 'talk.resumed':
        return { kind: 'talk', what: 'Connected again', detail: `the two did not hear each other for ${seconds(event.apartMs)}` }
      case 'menu.offered':
        return {
          kind: 'menu',
          what: `The menu offered ${event.lines.length} ${event.lines.length === 1 ? 'line' : 'lines'}`,
          ...(event.attempt > 1 ? { detail: `for the ${ordinal(event.attempt)} time` } : {}),
        }
      case 'menu.keyed':
        return event.understood
          ? { kind: 'menu', what: `The caller keyed ${event.keys}` }
          : { kind: 'missed', what: `The caller keyed ${event.keys || 'nothing'}`, detail: 'no line has this code here' }
      case 'line.chosen':
        return {
          kind: 'menu',
          what: `${this.#line(event.line)} was chosen; the wait begins`,
          detail: {
            only: 'the only line that may be called',
            code: 'by its code',
            number: 'by the number that was dialled',
            arrangement: 'it stands in what was arranged',
            press: 'the clinician pressed it on their page',
          }[event.by],
        }
      case 'line.refused':
        return {
          kind: 'missed',
          what: `${this.#line(event.line)} could not be called`,
          detail: { closed: 'it was closed', notAllowed: 'this organisation may not use it', noRota: 'nobody was on its rota' }[event.why],
        }
      case 'hunt.started':
        return {
          kind: 'hunt',
          what: {
            local: `The hunt began: ${counted(event.candidates, 'place')} on the rota`,
            ncn: `The hunt went on in the National Consultant Network: ${counted(event.candidates, 'place')}`,
            direct: 'The person asked for is rung',
          }[event.pool],
          ...this.#lasting(event, 'hunt.ended'),
        }
      case 'candidate.passedOver':
        return {
          kind: 'missed',
          what: `${this.#candidate(event.candidate)} was passed over`,
          detail: {
            beingRung: 'another call was ringing there',
            onACall: 'they were on a call',
            notNow: 'they had said "not now", and are rung when nobody else accepts',
          }[event.why],
        }
      case 'attempt.started':
        return { kind: 'ring', what: `${event.label} was rung`, ...this.#ringing(event.attempt, event) }
      case 'attempt.sent':
        return event.plainAfter === undefined
          ? undefined
          : {
              kind: 'ring',
              what: `${this.#label(event.attempt)} was rung without encryption`,
              detail: `SRTP was not possible: ${event.plainAfter}`,
            }
      case 'attempt.ringing':
        return undefined
      case 'attempt.answered':
        return { kind: 'ring', what: `${this.#label(event.attempt)} answered` }
      case 'whisper.started':
        return {
          kind: 'ring',
          what: `${this.#label(event.attempt)} heard who is calling, and was asked to press 1`,
          ...(event.repetition > 1 ? { detail: `for the ${ordinal(event.repetition)} time` } : {}),
        }
      case 'whisper.wrongKey':
        return { kind: 'missed', what: `${this.#label(event.attempt)} pressed ${event.key}`, detail: 'only 1 accepts' }
      case 'whisper.word':
        return {
          kind: 'ring',
          what: `${this.#label(event.attempt)} said “${event.word}”`,
          detail: `heard at ${percent(event.confidence)}; asked to confirm it`,
        }
      case 'whisper.keyOnly':
        return { kind: 'ring', what: `From ${this.#label(event.attempt)} only the key counts`, detail: keyOnlyWhys[event.why] }
      case 'attempt.accepted': {
        const { heard } = event.proof
        return {
          kind: 'accepted',
          what: `${this.#label(event.attempt)} accepted`,
          detail:
            heard.kind === 'key'
              ? `pressed ${heard.key}, heard ${keyForms[heard.source]}`
              : `said “${heard.word}” twice, heard at ${percent(heard.confidence)}`,
        }
      }
      case 'attempt.ended':
        if (event.result === 'accepted' || event.result === 'connected') return undefined
        return {
          kind: 'missed',
          what: `${this.#label(event.attempt)}: ${attemptResults[event.result].why}`,
          ...(event.status === undefined ? {} : { detail: `status ${event.status}` }),
        }
      case 'hunt.ended':
        return { kind: 'hunt', what: huntEnds[event.result] }
      case 'recording.started':
        return { kind: 'recording', what: 'Recording began', ...this.#lasting(event, 'recording.stopped') }
      case 'recording.failed':
        return { kind: 'trouble', what: 'The recording failed', detail: event.stage }
      case 'recording.stopped':
        return undefined
      case 'recording.ready':
        return {
          kind: 'recording',
          what: 'The MP3 was ready',
          detail: `${Math.round(event.seconds)} seconds${event.lostSeconds === undefined ? '' : `, ${Math.round(event.lostSeconds)} are missing`}`,
        }
      case 'recording.deleted':
        return { kind: 'later', what: 'The recording was deleted', detail: `${event.rule}; certificate ${event.certificate}` }
      case 'talk.started':
        return {
          kind: 'talk',
          what: `Connected: the caller and ${this.#label(event.attempt)} talked`,
          ...this.#lasting(event, 'talk.ended'),
        }
      case 'talk.ended':
        return {
          kind: 'talk',
          what: event.why === 'hangup' ? `The conversation ended: ${parties[event.by]} hung up` : 'The conversation ended',
          ...(event.why === 'hangup'
            ? {}
            : { detail: { unbridged: 'the two were separated', faulted: 'the connection failed', ...legWhys }[event.why] }),
        }
      case 'outcome.asked':
        return { kind: 'talk', what: `${capital(parties[event.of])} was asked for the outcome` }
      case 'outcome.left':
        return {
          kind: event.by === 'staff' ? 'later' : 'talk',
          what: `Outcome: ${outcomeLabel(this.directory, this.#lineOfCall(), event.outcome) ?? event.outcome}`,
          detail: `left by ${parties[event.by]}`,
        }
      case 'call.assigned':
        return {
          kind: 'later',
          what:
            event.clinician === undefined
              ? 'The call was assigned to nobody any more'
              : `The call was assigned to ${this.#clinician(event.clinician)}`,
        }
      case 'nhsNumber.left':
        return {
          kind: 'later',
          what: event.nhsNumber === undefined ? 'The NHS number was taken away' : 'The NHS number of the patient was left',
        }
      case 'leg.returned':
        return { kind: 'talk', what: `${capital(parties[event.party])} came back after the page was loaded again` }
      case 'leg.ended':
        return event.hangUp.ending === 'hangup' || event.hangUp.ending === 'released'
          ? undefined
          : { kind: 'trouble', what: `${capital(parties[event.party])} was lost`, detail: legEndings[event.hangUp.ending].why }
      case 'alarm.raised': {
        const kind = /^[^:]*/.exec(event.alarm)?.[0] ?? ''
        // It may hold an alarm of an earlier version.
        return { kind: 'trouble', what: Object.hasOwn(alarmList, kind) ? alarmList[kind as keyof typeof alarmList].meaning : event.alarm }
      }
      case 'call.ended':
        return { kind: 'end', what: 'The call was over', detail: callEndings[event.ending].why }
    }
  }

  #label(attempt: AttemptId): string {
    return this.#labels.get(attempt) ?? 'The person rung'
  }

  #line(id: string): string {
    return this.directory.lines.get(id)?.name ?? id
  }

  #organisation(id: string): string {
    return this.directory.organisations.get(id)?.name ?? id
  }

  #clinician(id: string): string {
    return this.directory.clinicians.get(id)?.name ?? id
  }

  /** A plain telephone's key is its number, which stays private. */
  #candidate(key: string): string {
    const id = /^clinician:(.+)$/s.exec(key)?.[1]
    return id === undefined ? 'A telephone on the rota' : this.#clinician(id)
  }

  #lineOfCall(): string | null {
    return this.events.findLast((event) => event.type === 'line.chosen')?.line ?? null
  }

  /** From this fact to the next one of that kind. */
  #lasting(from: CallEvent, type: CallEvent['type']): { readonly lastsMs?: number } {
    return between(
      from,
      this.events.find((event) => event.seq > from.seq && event.type === type),
    )
  }

  /** How long it rang: until the answer, or until it stopped. */
  #ringing(attempt: AttemptId, from: CallEvent): { readonly lastsMs?: number } {
    return between(
      from,
      this.events.find((event) => (event.type === 'attempt.answered' || event.type === 'attempt.ended') && event.attempt === attempt),
    )
  }
}

function between(from: CallEvent, to: CallEvent | undefined): { readonly lastsMs?: number } {
  if (!to) return {}
  const ms = from.elapsedMs === undefined || to.elapsedMs === undefined ? to.at - from.at : to.elapsedMs - from.elapsedMs
  return { lastsMs: Math.max(0, Math.round(ms)) }
}

const legWhys = Object.fromEntries(Object.entries(legEndings).map(([ending, { why }]) => [ending, why])) as {
  readonly [K in keyof typeof legEndings]: string
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} seconds`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function ordinal(count: number): string {
  return ['', 'first', 'second', 'third', 'fourth', 'fifth'][count] ?? `${count}th`
}
