import type { CallEnding, CallKind } from '../facts/events.js'

/**
 * What the service counts, defined once: the wallboard, the reports and the roll-ups of the store all read these (`docs/figures.md` is this list; a
 * test holds the two together). Durations are ms of the monotonic clock.
 */
export const figureDefinitions = {
  placed: 'Calls of any kind that arrived; not those that the engine places itself (arranged calls).',
  offered: "Calls to an advice or patients' line that was open when it was chosen. Answered, unanswered or abandoned.",
  answered: 'Of those: two people talked.',
  unanswered: 'Of those: nobody accepted, nobody was on the rota, or the engine failed before anyone accepted.',
  abandoned: 'Of those: the caller hung up after 5 seconds or more, before anyone accepted.',
  abandonedEarly:
    'The caller hung up within 5 seconds of choosing the line: a wrong key, a second thought. Counted separately, and not offered.',
  answerRate: 'Answered, as a share of those offered.',
  closed: 'The line was closed. Not offered.',
  notOffered: 'The call never reached a line: hung up in the menu, no choice, no access, an unknown number, no code.',
  connectionTime: 'From choosing the line to two people talking; on a direct number from the arrival of the call. Answered calls only.',
  dialToVoice: 'From the INVITE to two people talking, menu included. Answered calls only.',
  within60: 'Answered calls that were connected within 60 seconds.',
  waitTime: 'From choosing the line to acceptance. Accepted calls only.',
  talkTime: 'From acceptance (where nobody has to accept: from connection) to the end of the conversation.',
  refs: 'Specialists tried for a call; a person rung twice counts once.',
  ncn: 'Answered by the National Consultant Network.',
  callBackRequested: 'Nobody was free, and the patient asked to be called back. Unanswered; the call-back is a call of its own.',
  arranged: 'Call-backs, Patient Connect, call-back codes and calls to practices: no hunt on a line.',
  arrangedConnected: 'Of those: two people talked.',
} as const

/** What the wallboard says of this moment and of today, beside the figures above. */
export const nowDefinitions = {
  today: 'Calls that arrived since midnight (Europe/London) and have ended.',
  waitingNow: 'Calls for which a line was chosen and someone is being found. The wait runs from choosing the line.',
  nobodyOn:
    'Lines that are open, or will be within the hour, and have nobody on their rota to ring then. The National Consultant Network does not count.',
  overdue: 'Call-backs that are open and were due before now.',
  alarms: 'Active alarms, on every engine.',
} as const

export type FigureName = keyof typeof figureDefinitions

/** A caller who hangs up sooner has not waited, ms. */
export const abandonedEarlyMs = 5_000
/** Answered within it counts as `within60`, ms. */
export const serviceLevelMs = 60_000

/** Kinds of calls that hunt on a line. */
const lineKinds: ReadonlySet<CallKind> = new Set<CallKind>(['dialIn', 'line', 'pifuAnswer'])

/** The class of a call: each call is in exactly one. `again`: a beginning of a call that has a record elsewhere; it counts for nothing. */
export type CallClass = 'answered' | 'unanswered' | 'abandoned' | 'abandonedEarly' | 'closed' | 'notOffered' | 'arranged' | 'again'

/** The parts of an ended call that figures use. */
export interface EndedCall {
  readonly kind: CallKind
  readonly ending: CallEnding
  /** The line that was chosen, or refused. */
  readonly line?: string | undefined
  /** ms after the call's first fact */
  readonly lineChosenAfterMs?: number | undefined
  readonly talkStartedAfterMs?: number | undefined
  readonly endedAfterMs: number
}

const classOfEnding: Readonly<Record<CallEnding, 'unanswered' | 'abandoned' | 'closed' | 'notOffered' | 'again'>> = {
  // Without a talk: the other party hung up just as they were being connected.
  completed: 'unanswered',
  abandonedInMenu: 'notOffered',
  abandonedInHunt: 'abandoned',
  abandonedBeforeAnswer: 'notOffered',
  unanswered: 'unanswered',
  noChoice: 'notOffered',
  lineClosed: 'closed',
  noRota: 'unanswered',
  notAllowed: 'notOffered',
  callBackRequested: 'unanswered',
  wrongCode: 'notOffered',
  unknownNumber: 'notOffered',
  noCommonCodec: 'notOffered',
  engineFault: 'unanswered',
  mediaFault: 'unanswered',
  overloaded: 'notOffered',
  interrupted: 'unanswered',
  cameAgain: 'again',
}

/** The class of an ended call. */
export function classOf(call: EndedCall): CallClass {
  if (call.ending === 'cameAgain' && call.talkStartedAfterMs === undefined) return 'again'
  if (!lineKinds.has(call.kind)) return 'arranged'
  if (call.talkStartedAfterMs !== undefined) return 'answered'
  const found = classOfEnding[call.ending]
  if (found === 'closed') return 'closed'
  if (call.line === undefined) return 'notOffered'
  if (found === 'abandoned' && call.endedAfterMs - (call.lineChosenAfterMs ?? 0) < abandonedEarlyMs) return 'abandonedEarly'
  return found
}

/** Whether the call was offered. */
export function isOffered(what: CallClass): boolean {
  return what === 'answered' || what === 'unanswered' || what === 'abandoned'
}

/** From the choice of the line to two people talking, ms. */
export function connectionMs({ lineChosenAfterMs = 0, talkStartedAfterMs }: EndedCall): number | undefined {
  return talkStartedAfterMs === undefined ? undefined : Math.max(0, Math.round(talkStartedAfterMs - lineChosenAfterMs))
}

/** Answered calls as a share of those offered. @returns 0 to 1; undefined without calls */
export function answerRate({
  answered,
  unanswered,
  abandoned,
}: {
  readonly answered: number
  readonly unanswered: number
  readonly abandoned: number
}): number | undefined {
  const offered = answered + unanswered + abandoned
  return offered === 0 ? undefined : answered / offered
}
