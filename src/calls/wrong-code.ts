import { sleep } from '../clock/clock.js'
import type { Refused } from '../facts/arrangement.js'
import type { Leg } from '../switch/port.js'
import { leftEarly } from './abandoned.js'
import type { KeyedAt } from './arrangements.js'
import type { CallContext, CallEnd } from './call-context.js'
import { say, sayAndRelease, sentence } from './saying.js'

/** While a wrong guess makes the caller wait they hear something at least this often. */
const waitPieceMs = 2_000

/**
 * A PIN, a call-back code or a practice's code was wrong: the caller waits out the delay.
 * @returns how the call ends; undefined when they may try again
 */
export async function refuseCode(call: CallContext, caller: Leg, refused: Refused, digits: number): Promise<CallEnd | undefined> {
  call.scope.tell({ type: 'code.refused', digits, why: refused.kind })
  switch (refused.kind) {
    case 'locked':
    case 'wrongAndLocked':
      await sayAndRelease(call, caller, [sentence('code-locked'), sentence('goodbye')])
      return { ending: 'wrongCode', detail: 'too many wrong codes' }
    case 'wrong':
    case 'tooSoon':
      return (await waitOut(call, caller, refused.waitMs)) ? undefined : leftEarly(caller, 'abandonedInMenu')
  }
}

/** Where this caller keys codes. @param organisation whose Dial-In number was dialled */
export function keyedAt({ id, callerNumber, callerAccount, dialledNumber }: CallContext, organisation: string | undefined): KeyedAt {
  return {
    callId: id,
    callerNumber,
    ...(callerAccount === undefined ? {} : { callerAccount }),
    dialledNumber,
    ...(organisation === undefined ? {} : { organisation }),
  }
}

/** @returns false when the caller has gone meanwhile */
async function waitOut(call: CallContext, caller: Leg, waitMs: number): Promise<boolean> {
  const gone = call.scope.gone(caller)
  for (let left = waitMs; left > 0 && !gone.aborted; left -= waitPieceMs) {
    await say(call, caller, [sentence('code-please-wait')], gone)
    await sleep(call.clock, Math.min(left, waitPieceMs), gone)
  }
  return !gone.aborted
}
