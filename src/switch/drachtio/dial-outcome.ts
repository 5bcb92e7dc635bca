import type { DialResult } from '../port.js'

type Refusal = Exclude<DialResult, { kind: 'answered' | 'noAnswer' | 'cancelled' }>

/** A final answer to an INVITE that is not 2xx, as far as it matters here. */
export interface FinalAnswer {
  readonly status: number
  readonly reason: string
  /** drachtio-server made it up itself: nothing came from the network (no route, closed port, transaction timed out). */
  readonly local: boolean
  /** RFC 3326 Reason header, where there is one. */
  readonly reasonHeader?: string | undefined
  /** The call went through a trunk: a server error is the trunk's, not the phone's. */
  readonly viaTrunk: boolean
}

/**
 * What a refusal means to whoever rings somebody (RFC 3261 section 21; RFC 8197 and 8688 for 607 and 608).
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
      return answer.local ? { kind: 'failed', fault: silent(answer), status, reason: 'nothing answers there' } : { kind: 'unavailable', status, reason }
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

function faultOf(answer: FinalAnswer): 'ours' | 'trunk' | 'farEnd' | 'indeterminate' {
  const { status, viaTrunk } = answer
  // Unreachable: closed port, no route. Whose address it is decides.
  if (answer.local && status === 503) return silent(answer)
  if (answer.local) return 'ours'
  // Wrong credentials, or a message that we should not have sent so.
  if (status === 401 || status === 407 || status === 403) return viaTrunk ? 'trunk' : 'farEnd'
  if (status === 400 || status === 420 || status === 482 || status === 483) return 'ours'
  if (status === 415 || status === 488 || status === 606) return 'farEnd'
  if (status >= 500 && status < 600) return viaTrunk ? 'trunk' : 'farEnd'
  // 3xx: we do not follow redirections, a number must not lead elsewhere behind our back.
  return 'indeterminate'
}

/** May the next trunk be tried? Only when nobody can have been rung by the attempt: nothing but a refusal of the trunk itself. */
export function nextTrunkMayHelp(outcome: Refusal, rang: boolean): boolean {
  return !rang && outcome.kind === 'failed' && outcome.fault === 'trunk'
}
