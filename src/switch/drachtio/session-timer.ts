/**
 * Session timers (RFC 4028): the answer to a party that wants one. drachtio-server runs the clock: it refreshes where that is our task, and ends
 * the call where the party should have refreshed and did not.
 */

/** Shortest interval that we grant, and that is allowed (RFC 4028 section 4). */
const minSeconds = 90

export type Refresher = 'us' | 'them'

/** A timer that is in force. */
export interface Refreshing {
  readonly refresher: Refresher
  readonly seconds: number
}

export type SessionTimerAnswer =
  /** The request asks for none: neither side refreshes any more. */
  | { readonly kind: 'none' }
  /** 422 with these headers. */
  | { readonly kind: 'tooShort'; readonly headers: Readonly<Record<string, string>> }
  /** 2xx with these headers. */
  | ({ readonly kind: 'timed'; readonly headers: Readonly<Record<string, string>> } & Refreshing)

/** The headers of an INVITE, an UPDATE, or a 2xx to ours. */
interface Headers {
  get(header: string): string | undefined
}

/**
 * The requested refresher is kept. A party that asks for a timer without naming a refresher refreshes itself, unless it did not until now:
 * that is how drachtio-server reads an UPDATE. A party without timers (a proxy asked) cannot.
 * @param request INVITE or UPDATE
 * @param before who refreshed until now; undefined at the beginning of a call
 */
export function answerSessionTimer(request: Headers, before?: Refresher): SessionTimerAnswer {
  const asked = sessionExpires(request)
  if (asked === undefined) return { kind: 'none' }
  const knows = [request.get('Supported'), request.get('Require')].some((options) => /(?:^|[,\s])timer(?:$|[,\s])/i.test(options ?? ''))
  if (knows && asked.seconds < minSeconds) return { kind: 'tooShort', headers: { 'Min-SE': String(minSeconds) } }
  const seconds = Math.max(asked.seconds, minSeconds, decimal(request.get('Min-SE')) ?? 0)
  const refresher = knows ? (asked.refresher ?? (before === 'them' ? 'uas' : 'uac')) : 'uas'
  return {
    kind: 'timed',
    refresher: refresher === 'uas' ? 'us' : 'them',
    seconds,
    headers: { 'Session-Expires': `${seconds};refresher=${refresher}`, ...(refresher === 'uac' ? { Require: 'timer' } : {}) },
  }
}

/** Which side refreshes by the 2xx to our own request; undefined: neither. */
export function refreshedBy(answer: Headers): Refreshing | undefined {
  const said = sessionExpires(answer)
  return said && { refresher: said.refresher === 'uas' ? 'them' : 'us', seconds: said.seconds }
}

/** Headers of our re-INVITE, so that the timer in force goes on: without them it would end (RFC 4028 section 7.4). */
export function timerOfOffer(refreshing: Refreshing | undefined): Readonly<Record<string, string>> {
  if (refreshing === undefined) return {}
  return {
    'Session-Expires': `${refreshing.seconds};refresher=${refreshing.refresher === 'us' ? 'uac' : 'uas'}`,
    'Min-SE': String(minSeconds),
  }
}

/** The interval that a 422 to our INVITE requires (RFC 4028 section 7.4). @returns undefined where it names no plausible one */
export function intervalWanted(refusal: Headers): number | undefined {
  const seconds = decimal(refusal.get('Min-SE'))
  return seconds !== undefined && seconds >= minSeconds && seconds <= 86_400 ? seconds : undefined
}

function sessionExpires(message: Headers): { readonly seconds: number; readonly refresher: 'uac' | 'uas' | undefined } | undefined {
  const text = message.get('Session-Expires')
  const seconds = decimal(text)
  if (text === undefined || seconds === undefined || seconds === 0) return undefined
  const refresher = /;\s*refresher\s*=\s*"?(uac|uas)\b/i.exec(text)?.[1]?.toLowerCase()
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined }
}

function decimal(text: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,9})(?!\d)/.exec(text ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
