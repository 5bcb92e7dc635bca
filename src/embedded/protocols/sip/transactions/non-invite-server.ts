import { startTimer, stopTimer, type MachineContext, type StartTimer, type Step, type StopTimer } from './timer-values.js'

/** The non-INVITE server transaction: RFC 3261 17.2.2, figure 8. */
export type NonInviteServerState =
  { readonly name: 'trying' } | { readonly name: 'proceeding' } | { readonly name: 'completed' } | { readonly name: 'terminated' }

export type NonInviteServerTimer = 'J'

export type NonInviteServerInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'request' }
  | { readonly kind: 'respond'; readonly status: number }
  | { readonly kind: 'timer'; readonly timer: NonInviteServerTimer }
  | { readonly kind: 'transportError' }

export type NonInviteServerAction =
  | { readonly do: 'passUp' }
  | { readonly do: 'sendResponse' }
  | { readonly do: 'repeatResponse' }
  | { readonly do: 'reportTransportError' }
  | { readonly do: 'end' }
  | StartTimer<NonInviteServerTimer>
  | StopTimer<NonInviteServerTimer>

type NonInviteServerStep = Step<NonInviteServerState, NonInviteServerAction>

export const NON_INVITE_SERVER_START: NonInviteServerState = { name: 'trying' }
const TERMINATED: NonInviteServerState = { name: 'terminated' }

export function stepNonInviteServer(
  state: NonInviteServerState,
  input: NonInviteServerInput,
  { timers, reliable }: MachineContext,
): NonInviteServerStep {
  switch (state.name) {
    case 'trying':
    case 'proceeding':
      switch (input.kind) {
        case 'start':
          return { state, actions: [{ do: 'passUp' }] }
        case 'request':
          // 17.2.2: "Once in the 'Trying' state, any further request retransmissions are discarded." In 'Proceeding': "the most recently sent
          // provisional response MUST be passed to the transport layer for retransmission".
          return { state, actions: state.name === 'proceeding' ? [{ do: 'repeatResponse' }] : [] }
        case 'respond':
          if (input.status < 200) return { state: { name: 'proceeding' }, actions: [{ do: 'sendResponse' }] }
          // 17.2.2: "When the server transaction enters the 'Completed' state, it MUST set Timer J to fire in 64*T1 seconds for unreliable
          // transports, and zero seconds for reliable transports."
          if (reliable) return { state: TERMINATED, actions: [{ do: 'sendResponse' }, { do: 'end' }] }
          return { state: { name: 'completed' }, actions: [{ do: 'sendResponse' }, startTimer('J', 64 * timers.t1)] }
        case 'transportError':
          return { state: TERMINATED, actions: [{ do: 'reportTransportError' }, { do: 'end' }] }
        case 'timer':
          return { state, actions: [] }
      }
      break
    case 'completed':
      switch (input.kind) {
        case 'request':
          // 17.2.2: "While in the 'Completed' state, the server transaction MUST pass the final response to the transport layer for
          // retransmission whenever a retransmission of the request is received. Any other final responses passed by the TU [...] MUST be
          // discarded."
          return { state, actions: [{ do: 'repeatResponse' }] }
        case 'timer':
          return { state: TERMINATED, actions: [{ do: 'end' }] }
        case 'transportError':
          // 17.2.4 / figure 8.
          return { state: TERMINATED, actions: [stopTimer('J'), { do: 'reportTransportError' }, { do: 'end' }] }
        case 'respond':
        case 'start':
          return { state, actions: [] }
      }
      break
    case 'terminated':
      break
  }
  return { state, actions: [] }
}
