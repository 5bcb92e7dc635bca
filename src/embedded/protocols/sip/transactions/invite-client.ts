import { startTimer, stopTimer, type MachineContext, type StartTimer, type Step, type StopTimer } from './timer-values.js'

/** The INVITE client transaction: RFC 3261 17.1.1 (figure 5) with the state Accepted of RFC 6026 7.2 (figure 1). */
export type InviteClientState =
  /** The INVITE is out; `intervalMs` is the present value of timer A. */
  | { readonly name: 'calling'; readonly intervalMs: number }
  | { readonly name: 'proceeding' }
  | { readonly name: 'accepted' }
  | { readonly name: 'completed' }
  | { readonly name: 'terminated' }

export type InviteClientTimer = 'A' | 'B' | 'D' | 'M'

export type InviteClientInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'response'; readonly status: number }
  | { readonly kind: 'timer'; readonly timer: InviteClientTimer }
  | { readonly kind: 'transportError' }

export type InviteClientAction =
  | { readonly do: 'sendRequest' }
  /** ACK for the 3xx-6xx just received: 17.1.1.3. */
  | { readonly do: 'sendAck' }
  /** Hand the response just received to the transaction user. */
  | { readonly do: 'passUp' }
  | { readonly do: 'reportTimeout' }
  | { readonly do: 'reportTransportError' }
  | { readonly do: 'end' }
  | StartTimer<InviteClientTimer>
  | StopTimer<InviteClientTimer>

type InviteClientStep = Step<InviteClientState, InviteClientAction>

export const INVITE_CLIENT_START: InviteClientState = { name: 'calling', intervalMs: 0 }
const TERMINATED: InviteClientState = { name: 'terminated' }

export function stepInviteClient(state: InviteClientState, input: InviteClientInput, context: MachineContext): InviteClientStep {
  switch (state.name) {
    case 'calling':
      return inCalling(state.intervalMs, input, context)
    case 'proceeding':
      return inProceeding(input, context)
    case 'accepted':
      return inAccepted(input)
    case 'completed':
      return inCompleted(input)
    case 'terminated':
      return { state, actions: [] }
  }
}

function inCalling(intervalMs: number, input: InviteClientInput, context: MachineContext): InviteClientStep {
  const { timers, reliable } = context
  switch (input.kind) {
    case 'start': {
      // 17.1.1.2: "The initial state, calling, MUST be entered when the TU initiates a new client transaction with an INVITE request. [...]
      // If an unreliable transport is being used, the client transaction MUST start timer A with a value of T1. [...] For any transport,
      // the client transaction MUST start timer B with a value of 64*T1 seconds."
      const repeat = reliable ? [] : [startTimer('A' as const, timers.t1)]
      return {
        state: { name: 'calling', intervalMs: timers.t1 },
        actions: [{ do: 'sendRequest' }, ...repeat, startTimer('B', 64 * timers.t1)],
      }
    }
    case 'timer':
      if (input.timer === 'A') {
        // 17.1.1.2: "When timer A fires, the client transaction MUST retransmit the request [...] and MUST reset the timer with a value of 2*T1."
        const doubled = intervalMs * 2
        return { state: { name: 'calling', intervalMs: doubled }, actions: [{ do: 'sendRequest' }, startTimer('A', doubled)] }
      }
      // 17.1.1.2: "If the client transaction is still in the Calling state when timer B fires, the client transaction SHOULD inform the TU that
      // a timeout has occurred."
      if (input.timer === 'B') return { state: TERMINATED, actions: [stopTimer('A'), { do: 'reportTimeout' }, { do: 'end' }] }
      return { state: { name: 'calling', intervalMs }, actions: [] }
    case 'response':
      return withFirstResponse(input.status, context)
    case 'transportError':
      // 17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred, and the client transaction SHOULD
      // transition directly to the Terminated state."
      return { state: TERMINATED, actions: [stopTimer('A'), stopTimer('B'), { do: 'reportTransportError' }, { do: 'end' }] }
  }
}

function withFirstResponse(status: number, context: MachineContext): InviteClientStep {
  const settle = [stopTimer('A' as const), stopTimer('B' as const)]
  // 17.1.1.2: "If the client transaction receives a provisional response while in the Calling state, it transitions to the Proceeding
  // state. In the Proceeding state, the client transaction SHOULD NOT retransmit the request any longer."
  if (status < 200) return { state: { name: 'proceeding' }, actions: [...settle, { do: 'passUp' }] }
  const final = withFinal(status, context)
  return { state: final.state, actions: [...settle, ...final.actions] }
}

function withFinal(status: number, { timers: { t1 }, reliable, lossless }: MachineContext): InviteClientStep {
  // RFC 6026 7.2: "When a 2xx response is received while in either the Calling or Proceeding states, the client transaction transitions to
  // the 'Accepted' state, and Timer M is started [...] 64*T1."
  if (status < 300 && lossless === true) return { state: TERMINATED, actions: [{ do: 'passUp' }, { do: 'end' }] }
  if (status < 300) return { state: { name: 'accepted' }, actions: [{ do: 'passUp' }, startTimer('M', 64 * t1)] }
  // 17.1.1.2: "reception of a response with status code from 300-699 MUST cause the client transaction to transition to Completed [...] and
  // the client transaction MUST generate an ACK request [...] start timer D [...] of at least 32 seconds for unreliable transports, and a
  // value of zero seconds for reliable transports."
  const answer: InviteClientAction[] = [{ do: 'sendAck' }, { do: 'passUp' }]
  if (reliable) return { state: TERMINATED, actions: [...answer, { do: 'end' }] }
  return { state: { name: 'completed' }, actions: [...answer, startTimer('D', 64 * t1)] }
}

function inProceeding(input: InviteClientInput, context: MachineContext): InviteClientStep {
  switch (input.kind) {
    case 'response':
      // 17.1.1.2: "Any further provisional responses MUST be passed up to the TU while in the Proceeding state."
      if (input.status < 200) return { state: { name: 'proceeding' }, actions: [{ do: 'passUp' }] }
      return withFinal(input.status, context)
    case 'transportError':
    case 'start':
    case 'timer':
      return { state: { name: 'proceeding' }, actions: [] }
  }
}

function inAccepted(input: InviteClientInput): InviteClientStep {
  switch (input.kind) {
    case 'response':
      // RFC 6026 7.2: "[...] any 2xx responses received while in the 'Accepted' state are passed up to the TU"; others are dropped.
      return { state: { name: 'accepted' }, actions: input.status >= 200 && input.status < 300 ? [{ do: 'passUp' }] : [] }
    case 'timer':
      // RFC 6026 7.2: "When Timer M fires and the state machine is in the 'Accepted' state, the machine MUST transition to 'Terminated'."
      return input.timer === 'M' ? { state: TERMINATED, actions: [{ do: 'end' }] } : { state: { name: 'accepted' }, actions: [] }
    case 'transportError':
    case 'start':
      return { state: { name: 'accepted' }, actions: [] }
  }
}

function inCompleted(input: InviteClientInput): InviteClientStep {
  switch (input.kind) {
    case 'response':
      // 17.1.1.2: "Any retransmissions of the final response that are received while in the Completed state MUST cause the ACK to be
      // re-passed to the transport layer [...], but the newly received response MUST NOT be passed up to the TU."
      return { state: { name: 'completed' }, actions: input.status >= 300 ? [{ do: 'sendAck' }] : [] }
    case 'timer':
      // 17.1.1.2: "If timer D fires while the client transaction is in the Completed state, [it] MUST move to the Terminated state."
      return input.timer === 'D' ? { state: TERMINATED, actions: [{ do: 'end' }] } : { state: { name: 'completed' }, actions: [] }
    case 'transportError':
      // 17.1.1.2 (figure 5): a transport error while the ACK is sent. The TU has its final response already and is not told again.
      return { state: TERMINATED, actions: [stopTimer('D'), { do: 'end' }] }
    case 'start':
      return { state: { name: 'completed' }, actions: [] }
  }
}
