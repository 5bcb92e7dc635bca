import { startTimer, stopTimer, type MachineContext, type StartTimer, type Step, type StopTimer } from './timer-values.js'

/** The INVITE server transaction: RFC 3261 17.2.1 (figure 7) with the state Accepted of RFC 6026 7.1 (figure 2). */
export type InviteServerState =
  /** `responded`: some response went out, so that a repeated INVITE has something to be answered with. */
  | { readonly name: 'proceeding'; readonly responded: boolean }
  /** `intervalMs` is the present value of timer G. */
  | { readonly name: 'completed'; readonly intervalMs: number }
  | { readonly name: 'confirmed' }
  | { readonly name: 'accepted' }
  | { readonly name: 'terminated' }

/** `trying` is the 200 ms after which the transaction says 100 by itself. */
export type InviteServerTimer = 'trying' | 'G' | 'H' | 'I' | 'L'

export type InviteServerInput =
  | { readonly kind: 'start'; readonly tryingAfterMs: number }
  /** The INVITE came again. */
  | { readonly kind: 'request' }
  | { readonly kind: 'ack' }
  /** The transaction user answers. */
  | { readonly kind: 'respond'; readonly status: number }
  | { readonly kind: 'timer'; readonly timer: InviteServerTimer }
  | { readonly kind: 'transportError' }

export type InviteServerAction =
  | { readonly do: 'passUp' }
  | { readonly do: 'sendTrying' }
  /** Send the response that the user has just given. */
  | { readonly do: 'sendResponse' }
  /** Send the last response again. */
  | { readonly do: 'repeatResponse' }
  /** No ACK for a 3xx-6xx. */
  | { readonly do: 'reportNoAck' }
  | { readonly do: 'reportTransportError' }
  | { readonly do: 'end' }
  | StartTimer<InviteServerTimer>
  | StopTimer<InviteServerTimer>

type InviteServerStep = Step<InviteServerState, InviteServerAction>

export const INVITE_SERVER_START: InviteServerState = { name: 'proceeding', responded: false }
const TERMINATED: InviteServerState = { name: 'terminated' }

export function stepInviteServer(state: InviteServerState, input: InviteServerInput, context: MachineContext): InviteServerStep {
  switch (state.name) {
    case 'proceeding':
      return inProceeding(state, input, context)
    case 'completed':
      return inCompleted(state, input, context)
    case 'confirmed':
      // 17.2.1: "The purpose of the 'Confirmed' state is to absorb any additional ACK messages that arrive [...] Once timer I fires, the server
      // MUST transition to the 'Terminated' state."
      return input.kind === 'timer' && input.timer === 'I' ? { state: TERMINATED, actions: [{ do: 'end' }] } : { state, actions: [] }
    case 'accepted':
      return inAccepted(state, input)
    case 'terminated':
      return { state, actions: [] }
  }
}

function inProceeding(
  state: Extract<InviteServerState, { name: 'proceeding' }>,
  input: InviteServerInput,
  { timers, reliable, unproven, lossless }: MachineContext,
): InviteServerStep {
  switch (input.kind) {
    case 'start':
      // 17.2.1: "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will generate a provisional or final
      // response within 200 ms, in which case it MAY generate a 100 (Trying) response."
      if (input.tryingAfterMs > 0) return { state, actions: [startTimer('trying', input.tryingAfterMs), { do: 'passUp' }] }
      return { state: { name: 'proceeding', responded: true }, actions: [{ do: 'sendTrying' }, { do: 'passUp' }] }
    case 'request':
      // 17.2.1: "If a request retransmission is received while in the 'Proceeding' state, the most recent provisional response that was
      // received from the TU MUST be passed to the transport layer for retransmission."
      return { state, actions: state.responded ? [{ do: 'repeatResponse' }] : [] }
    case 'timer':
      return input.timer === 'trying' && !state.responded
        ? { state: { name: 'proceeding', responded: true }, actions: [{ do: 'sendTrying' }] }
        : { state, actions: [] }
    case 'respond': {
      const settle: InviteServerAction[] = [stopTimer('trying'), { do: 'sendResponse' }]
      if (input.status < 200) return { state: { name: 'proceeding', responded: true }, actions: settle }
      // RFC 6026 7.1: "If [...] the TU passes a 2xx response to the server transaction, the server transaction MUST pass this response to the
      // transport layer for transmission. [...] The server transaction MUST then transition to the 'Accepted' state", timer L = 64*T1 (8.7).
      if (input.status < 300 && lossless === true) return { state: TERMINATED, actions: [...settle, { do: 'end' }] }
      if (input.status < 300) return { state: { name: 'accepted' }, actions: [...settle, startTimer('L', 64 * timers.t1)] }
      // 17.2.1: "[...] status code from 300 to 699 [...] the state machine MUST enter the 'Completed' state. For unreliable transports, timer G is
      // set to fire in T1 seconds [...] timer H MUST be set to fire in 64*T1 seconds for all transports."
      const repeat = reliable || unproven === true ? [] : [startTimer('G' as const, timers.t1)]
      return { state: { name: 'completed', intervalMs: timers.t1 }, actions: [...settle, ...repeat, startTimer('H', 64 * timers.t1)] }
    }
    case 'transportError':
      // 17.2.4: the TU is told; a provisional that was lost does not end the transaction, since the final one may take another way.
      return { state, actions: [{ do: 'reportTransportError' }] }
    case 'ack':
      return { state, actions: [] }
  }
}

function inCompleted(
  state: Extract<InviteServerState, { name: 'completed' }>,
  input: InviteServerInput,
  { timers, reliable }: MachineContext,
): InviteServerStep {
  switch (input.kind) {
    case 'request':
      // 17.2.1: "[...] while in the 'Completed' state, if a request retransmission is received, the server SHOULD pass the response to the
      // transport for retransmission."
      return { state, actions: [{ do: 'repeatResponse' }] }
    case 'ack':
      // 17.2.1: "If an ACK is received while the server transaction is in the 'Completed' state, the server transaction MUST transition to the
      // 'Confirmed' state. [...] timer I is set to fire in T4 seconds for unreliable transports, and zero seconds for reliable transports."
      if (reliable) return { state: TERMINATED, actions: [stopTimer('H'), { do: 'end' }] }
      return { state: { name: 'confirmed' }, actions: [stopTimer('G'), stopTimer('H'), startTimer('I', timers.t4)] }
    case 'timer':
      if (input.timer === 'G') {
        // 17.2.1: "If timer G fires, the response is passed to the transport layer once more for retransmission, and timer G is set to fire in
        // MIN(2*T1, T2) seconds. From then on, when timer G fires, the response is passed [...] again, and timer G is reset with a value that
        // doubles, unless that value exceeds T2, in which case it is reset with the value of T2."
        const intervalMs = Math.min(state.intervalMs * 2, timers.t2)
        return { state: { name: 'completed', intervalMs }, actions: [{ do: 'repeatResponse' }, startTimer('G', intervalMs)] }
      }
      // 17.2.1: "If timer H fires while in the 'Completed' state, it implies that the ACK was never received. In this case, the server
      // transaction MUST transition to the 'Terminated' state, and MUST indicate to the TU that a transaction failure has occurred."
      if (input.timer === 'H') return { state: TERMINATED, actions: [stopTimer('G'), { do: 'reportNoAck' }, { do: 'end' }] }
      return { state, actions: [] }
    case 'transportError':
      // 17.2.4: "[...] the transaction SHOULD transition to the terminated state", and the TU is told.
      return { state: TERMINATED, actions: [stopTimer('G'), stopTimer('H'), { do: 'reportTransportError' }, { do: 'end' }] }
    case 'respond':
    case 'start':
      return { state, actions: [] }
  }
}

function inAccepted(state: Extract<InviteServerState, { name: 'accepted' }>, input: InviteServerInput): InviteServerStep {
  switch (input.kind) {
    case 'respond':
      // RFC 6026 7.1: "If the TU passes a 2xx response to the server transaction in this state, [it] MUST pass this response to the transport."
      return { state, actions: input.status >= 200 && input.status < 300 ? [{ do: 'sendResponse' }] : [] }
    case 'timer':
      // RFC 6026 7.1: "When Timer L fires and the state machine is in the 'Accepted' state, the machine MUST transition to the 'Terminated' state."
      return input.timer === 'L' ? { state: TERMINATED, actions: [{ do: 'end' }] } : { state, actions: [] }
    case 'transportError':
      // RFC 6026 7.1: "[...] it MUST remain in the 'Accepted' state" (the TU repeats the 2xx).
      return { state, actions: [{ do: 'reportTransportError' }] }
    case 'request':
      // RFC 6026 7.1: "[...] any retransmissions of the INVITE received will match this transaction state machine and will be absorbed by the
      // machine without changing its state."
      return { state, actions: [] }
    case 'ack':
    case 'start':
      return { state, actions: [] }
  }
}
