import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { parseDecimal } from './text.js'
import { parseParams } from './params.js'

/** Session timers: RFC 4028. The rules as functions; the clockwork is in `session.ts`. */

/** The least interval that we accept, and the least that the RFC allows (RFC 4028 4). */
export const MIN_SESSION_SECONDS = 90

export interface SessionExpires {
  readonly seconds: number
  readonly refresher: 'uac' | 'uas' | undefined
}

/** Reads Session-Expires; undefined where absent or malformed. */
export function sessionExpiresOf(message: SipMessage): SessionExpires | undefined {
  const text = message.headers.get('Session-Expires')
  if (text === undefined) return undefined
  const semicolon = text.indexOf(';')
  const seconds = parseDecimal((semicolon < 0 ? text : text.slice(0, semicolon)).trim(), 2 ** 31)
  if (seconds === undefined || seconds === 0) return undefined
  const refresher = parseParams(semicolon < 0 ? '' : text.slice(semicolon))
    ?.get('refresher')
    ?.toLowerCase()
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined }
}

/** What to do with the Session-Expires of a request that we answer with 2xx (RFC 4028 9). */
export type TimerAnswer =
  | { readonly kind: 'none' }
  /** 422 with Min-SE. */
  | { readonly kind: 'tooSmall' }
  | { readonly kind: 'timed'; readonly seconds: number; readonly refresher: 'uac' | 'uas' }

export function answerSessionTimer(request: SipRequest): TimerAnswer {
  const asked = sessionExpiresOf(request)
  if (asked === undefined) return { kind: 'none' }
  const peerKnows = request.headers.lists('Supported', 'timer') || request.headers.lists('Require', 'timer')
  if (asked.seconds < MIN_SESSION_SECONDS && peerKnows) return { kind: 'tooSmall' }
  const seconds = Math.max(asked.seconds, MIN_SESSION_SECONDS)
  // RFC 4028 table 2: a UAC without support cannot refresh; one with support and no wish is made the refresher.
  return { kind: 'timed', seconds, refresher: peerKnows ? (asked.refresher ?? 'uac') : 'uas' }
}

/** When the refresher refreshes, and when the other side gives up: RFC 4028 10. In milliseconds from the last 2xx. */
export function sessionTimerDelay(seconds: number, weRefresh: boolean): number {
  return weRefresh ? (seconds / 2) * 1000 : (seconds - Math.min(32, seconds / 3)) * 1000
}

/** Session-Expires (and Require: timer where the UAC must refresh) on a 2xx: RFC 4028 9. */
export function addSessionTimer(response: SipResponse, timer: TimerAnswer): void {
  if (timer.kind !== 'timed') return
  response.headers.add('Session-Expires', `${timer.seconds};refresher=${timer.refresher}`)
  if (timer.refresher === 'uac') response.headers.add('Require', 'timer')
}
