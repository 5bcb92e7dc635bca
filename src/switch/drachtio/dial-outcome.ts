import type { DialFault, DialResult } from '../port.js'
import type { TrunkSign } from './trunk-board.js'

type Refusal = Exclude<DialResult, { kind: 'answered' | 'noAnswer' | 'cancelled' }>

/** For the record, where an INVITE timed out in its own transaction. */
const nothingAnswers = 'nothing answers there'

/** A final answer to an INVITE that is not 2xx, as far as it matters here. */
export interface FinalAnswer {
  readonly status: number
  readonly reason: string
  /** drachtio-server generated it: nothing came from the network (no route, closed port, transaction timed out). */
  readonly local: boolean
  /** RFC 3326 Reason header, where there is one. */
  readonly reasonHeader?: string | undefined
  /** The call went through a trunk: a server error is the trunk's, not the phone's. */
  readonly viaTrunk: boolean
  /** The far end had taken the call in hand (18x): whatever comes after is not the trunk's doing. */
  readonly rang?: boolean
}

/**
 * What a refusal means to the caller (RFC 3261 section 21; RFC 8197 and 8688 for 607 and 608).
 * 480 is `declined` when its Reason header says that a person rejected the call (Q.850 cause 21), else `unavailable`.
 */
export function refusalOf(answer: FinalAnswer): Refusal {
  const { status, reason } = answer
  switch (status) {
    case 486:
    case 600:
      return { kind: 'busy', status, reason }
    case 603:
    case 607:
    case 608:
    case 433:
      return { kind: 'declined', status, reason }
    case 480:
      return { kind: rejectedByPerson(answer.reasonHeader) ? 'declined' : 'unavailable', status, reason }
    case 408:
      if (answer.local) return { kind: 'failed', fault: silent(answer), status, reason: nothingAnswers }
      // A trunk whose own next hop is silent, and which says so before a telephone rang, could not carry the call.
      return answer.viaTrunk && !answer.rang ? { kind: 'failed', fault: 'trunk', status, reason } : { kind: 'unavailable', status, reason }
    case 404:
    case 410:
    case 484:
    case 604:
      return { kind: 'badNumber', status, reason }
    default:
      return { kind: 'failed', fault: faultOf(answer), status, reason }
  }
}

function rejectedByPerson(header: string | undefined): boolean {
  return header !== undefined && /Q\.850\s*;[^,]*cause\s*=\s*21\b/i.test(header)
}

function silent(answer: FinalAnswer): 'trunk' | 'farEnd' {
  return answer.viaTrunk ? 'trunk' : 'farEnd'
}

function faultOf(answer: FinalAnswer): DialFault {
  const { status, viaTrunk } = answer
  // Unreachable: closed port, no route. The owner of the address is at fault.
  if (answer.local && status === 503) return silent(answer)
  if (answer.local) return 'ours'
  // Wrong credentials, or a message that we should not have sent in this form.
  if (status === 401 || status === 407 || status === 403) return viaTrunk ? 'trunk' : 'farEnd'
  if (status === 400 || status === 420 || status === 482 || status === 483) return 'ours'
  if (status === 415 || status === 488 || status === 606) return 'farEnd'
  if (status >= 500 && status < 600) return viaTrunk ? 'trunk' : 'farEnd'
  // 3xx: we do not follow redirections, which could lead past the guard.
  return 'indeterminate'
}

/**
 * What an attempt says about its trunk; undefined: nothing.
 * @param rang an 18x has come
 */
export function trunkSignOf(result: DialResult, rang: boolean, retryAfterSeconds?: number): TrunkSign | undefined {
  if (rang) return { kind: 'carried' }
  switch (result.kind) {
    case 'answered':
    case 'busy':
    case 'declined':
    case 'unavailable':
    case 'badNumber':
      return { kind: 'carried' }
    case 'noAnswer':
    case 'cancelled':
      return undefined
    case 'failed': {
      if (result.fault !== 'trunk') return undefined
      const { status, reason } = result
      const why = status === undefined ? reason : `${status} ${reason}`.trim()
      // 401 and 407 come here only when our credentials were refused.
      const everyCall = status === undefined || status === 503 || status === 401 || status === 407 || reason === nothingAnswers
      if (!everyCall) return { kind: 'refused', why }
      return { kind: 'down', why, ...(retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1_000 }) }
    }
  }
}

/** May the next trunk be tried? Only when the attempt cannot have rung a telephone: nothing but a refusal of the trunk itself. */
export function nextTrunkMayHelp(outcome: Refusal, rang: boolean): boolean {
  return !rang && outcome.kind === 'failed' && outcome.fault === 'trunk'
}

export function failed(fault: DialFault, reason: string): DialResult {
  return { kind: 'failed', fault, reason }
}
