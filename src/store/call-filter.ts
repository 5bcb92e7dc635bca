import type { CallEnding } from '../facts/events.js'

/** The order of a list of calls, whole, however long it is. `AZ`, `ZA`: by names, those without one last. */
export const callOrders = [
  'newest',
  'oldest',
  'longestWait',
  'shortestWait',
  'longestTalk',
  'shortestTalk',
  'mostRefs',
  'fewestRefs',
  'surgeryAZ',
  'surgeryZA',
  'areaAZ',
  'areaZA',
  'operationAZ',
  'operationZA',
  'consultantAZ',
  'consultantZA',
  'trustAZ',
  'trustZA',
  'outcomeAZ',
  'outcomeZA',
] as const
export type CallOrder = (typeof callOrders)[number]

/** Names come from the directory: the ids of a column in the order of their names. */
export interface NameOrder {
  readonly column: 'organisation' | 'line' | 'clinician' | 'outcome'
  /** Each once. Calls with none of them come last. */
  readonly values: readonly string[]
}

/** Calls that meet all of these conditions. */
export interface CallPart {
  readonly organisation?: string
  readonly line?: string
  /** Who accepted. */
  readonly clinician?: string
  /** Whose call it was, as staff have said it. */
  readonly assigned?: string
}

/** Which calls a list shows, newest arrival first where no other order is asked for. */
export interface CallFilter {
  /** Wall-clock ms; arrival at or after `from`, before `to`. */
  readonly from?: number
  readonly to?: number
  readonly line?: string
  readonly organisation?: string
  readonly ending?: CallEnding
  /** Id of the outcome that was left last; `open`: two people talked, and none was left yet. */
  readonly outcome?: string
  /** Who accepted. */
  readonly clinician?: string
  /** Two people talked; false: the call ended without that. */
  readonly answered?: boolean
  /** The number that the call came from, in each form in which it may have been told. */
  readonly callerNumbers?: readonly string[]
  /** Ten digits. */
  readonly nhsNumber?: string
  /** Call-ID of the caller's INVITE, or of an outgoing one. */
  readonly sipCallId?: string
  /** The parts of the list that may be seen: a call is listed if it is in one of them. Absent: all of it. */
  readonly within?: readonly CallPart[] | undefined
  /** Default: newest. */
  readonly order?: CallOrder
  /** With an order by names: which. */
  readonly names?: NameOrder
  /** 1 to 1000; default 50. */
  readonly limit?: number
  /** `nextCursor` of the page before. */
  readonly cursor?: string
}

/** One row of the calls list. `ending` is null while the call runs. */
export interface CallSummary {
  readonly callId: string
  readonly kind: string
  readonly arrivedAt: number
  readonly callerNumber: string
  readonly dialledNumber: string
  readonly organisation: string | null
  readonly line: string | null
  readonly waitMs: number | null
  readonly talkMs: number | null
  readonly refs: number
  readonly attempts: number
  /** Label of the specialist or place that accepted, and id of the clinician, where it was one. */
  readonly acceptedBy: string | null
  readonly clinician: string | null
  /** Two people talked. */
  readonly talked: boolean
  /** Whose call it was, as staff have said it. */
  readonly assigned: string | null
  /** Patient data: shown only to people who may see it. */
  readonly nhsNumber: string | null
  /** The arrangement that the call carries out. */
  readonly arrangement: string | null
  readonly outcome: string | null
  readonly ending: string | null
  readonly endedAt: number | null
  /** Of the latest recording. */
  readonly recording: { readonly state: string; readonly seconds: number | null; readonly bytes: number | null } | null
}

export interface CallPage {
  readonly calls: readonly CallSummary[]
  /**
   * Undefined on the last page. Where few calls have what is asked for, a page may have less than its limit, or none at all, and others follow: so far
   * was looked for this answer.
   */
  readonly nextCursor?: string
}

/** A place in the list: after this call. `callId` empty: after all that arrived in a later millisecond. Of a list that is not in the order of time see `questions/sorted-calls.ts`. */
export interface Place {
  readonly arrivedAt: number
  readonly callId: string
}

export function cursorOf(place: Place): string {
  return Buffer.from(`${place.arrivedAt}.${place.callId}`).toString('base64url')
}

/** @returns undefined for a text that is no cursor of ours */
export function placeOf(cursor: string): Place | undefined {
  const text = Buffer.from(cursor, 'base64url').toString()
  const match = /^(\d{1,15})\.(.*)$/s.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { arrivedAt: Number(match[1]), callId: match[2] }
}
