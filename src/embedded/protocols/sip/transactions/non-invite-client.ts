import { startTimer, stopTimer, type MachineContext, type StartTimer, type Step, type StopTimer } from './timer-values.js'

/** The non-INVITE client transaction: RFC 3261 17.1.2, figure 6. */
export type NonInviteClientState =
  /** `intervalMs` is the present value of timer E. */
  | { readonly name: 'trying'; readonly intervalMs: number }
  | { readonly name: 'proceeding' }
  | { readonly name: 'completed' }
  | { readonly name: 'terminated' }

export type NonInviteClientTimer = 'E' | 'F' | 'K'

export type NonInviteClientInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'timer'; readonly timer: NonInviteClientTimer }
  | { readonly kind: 'transportError' }

export type NonInviteClientAction =
  | { readonly do: 'sendRequest' }
  | { readonly do: 'passUp' }
  | { readonly do: 'reportTimeout' }
  | { readonly do: 'reportTransportError' }
  | { readonly do: 'end' }
  | StartTimer<NonInviteClientTimer>
  | StopTimer<NonInviteClientTimer>

type NonInviteClientStep = Step<NonInviteClientState, NonInviteClientAction>

export const NON_INVITE_CLIENT_START: NonInviteClientState = { name: 'trying', intervalMs: 0 }
const TERMINATED: NonInviteClientState = { name: 'terminated' }

export function stepNonInviteClient(
  state: NonInviteClientState,
  input: NonInviteClientInput,
  context: MachineContext,
): NonInviteClientStep {
  switch (state.name) {
    case 'trying':
    case 'proceeding':
      return beforeFinal(state, input, context)
    case 'completed':
      // 17.1.2.2: "If Timer K fires while in this state, the client transaction MUST transition to the Terminated state." Repeated responses
      // are absorbed here.
      return input.kind === 'timer' && input.timer === 'K' ? { state: TERMINATED, actions: [{ do: 'end' }] } : { state, actions: [] }
    case 'terminated':
      return { state, actions: [] }
  }
}

function beforeFinal(
  state: Extract<NonInviteClientState, { name: 'trying' | 'proceeding' }>,
  input: NonInviteClientInput,
  { timers, reliable }: MachineContext,
): NonInviteClientStep {
  switch (input.kind) {
    case 'start': {
      // 17.1.2.2: "The 'Trying' state is entered when the TU initiates a new client transaction [...] the client transaction SHOULD set timer
      // F to fire in 64*T1 seconds. [...] If an unreliable transport is in use, [it] MUST set timer E to fire in T1 seconds."
      const repeat = reliable ? [] : [startTimer('E' as const, timers.t1)]
      return {
        state: { name: 'trying', intervalMs: timers.t1 },
        actions: [{ do: 'sendRequest' }, ...repeat, startTimer('F', 64 * timers.t1)],
      }
    }
    case 'timer':
      if (input.timer === 'E') {
        // 17.1.2.2, Trying: "the timer is reset, but this time with a value of MIN(2*T1, T2)"; Proceeding: "timer E MUST be reset with a value of
        // T2 seconds".
        const intervalMs = state.name === 'trying' ? Math.min(state.intervalMs * 2, timers.t2) : timers.t2
        return {
          state: state.name === 'trying' ? { name: 'trying', intervalMs } : state,
          actions: [{ do: 'sendRequest' }, startTimer('E', intervalMs)],
        }
      }
      // 17.1.2.2: "If Timer F fires while the client transaction is still in the 'Trying' [or 'Proceeding'] state, the client transaction
      // SHOULD inform the TU about the timeout, and then it SHOULD enter the 'Terminated' state."
      if (input.timer === 'F') return { state: TERMINATED, actions: [stopTimer('E'), { do: 'reportTimeout' }, { do: 'end' }] }
      return { state, actions: [] }
    case 'response': {
      // 17.1.2.2: "If a provisional response is received while in the 'Trying' state, the response MUST be passed to the TU, and then the
      // client transaction SHOULD move to the 'Proceeding' state."
      if (input.status < 200) return { state: { name: 'proceeding' }, actions: [{ do: 'passUp' }] }
      // "If a final response (status codes 200-699) is received [...] the response MUST be passed to the TU, and the client transaction MUST
      // transition to the 'Completed' state. [...] it MUST set Timer K to fire in T4 seconds for unreliable transports, and zero seconds for
      // reliable transports."
      const settle: NonInviteClientAction[] = [stopTimer('E'), stopTimer('F'), { do: 'passUp' }]
      if (reliable) return { state: TERMINATED, actions: [...settle, { do: 'end' }] }
      return { state: { name: 'completed' }, actions: [...settle, startTimer('K', timers.t4)] }
    }
    case 'transportError':
      // 17.1.4, as for INVITE.
      return { state: TERMINATED, actions: [stopTimer('E'), stopTimer('F'), { do: 'reportTransportError' }, { do: 'end' }] }
  }
}
