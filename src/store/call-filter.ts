import type { CallEnding } from '../facts/events.js'

/** Which calls a list shows, newest arrival first. */
export interface CallFilter {
  /** Wall-clock ms; arrival at or after `from`, before `to`. */
  readonly from?: number
  readonly to?: number
  readonly line?: string
  readonly organisation?: string
  readonly ending?: CallEnding
  /** Call-ID of the caller's INVITE, or of one that rang somebody. */
  readonly sipCallId?: string
  /** The parts of the list that may be seen; a call is in it that is in one of them. Absent: all of it. */
  readonly within?: readonly ({ readonly organisation: string } | { readonly line: string } | { readonly clinician: string })[] | undefined
  /** 1 to 200; default 50. */
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
  /** Label of whoever accepted. */
  readonly acceptedBy: string | null
  readonly outcome: string | null
  readonly ending: string | null
  readonly endedAt: number | null
  /** Of the latest recording. */
  readonly recording: { readonly state: string; readonly seconds: number | null; readonly bytes: number | null } | null
}

export interface CallPage {
  readonly calls: readonly CallSummary[]
  /** Undefined on the last page. */
  readonly nextCursor?: string
}

/** A place in the list: after this call. */
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
  const match = /^(\d{1,15})\.(.+)$/s.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { arrivedAt: Number(match[1]), callId: match[2] }
}
