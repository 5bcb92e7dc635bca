import { describe, expect, it } from 'vitest'
import { INVITE_CLIENT_START, stepInviteClient, type InviteClientInput, type InviteClientState } from './invite-client.js'
import { INVITE_SERVER_START, stepInviteServer, type InviteServerInput, type InviteServerState } from './invite-server.js'
import { NON_INVITE_CLIENT_START, stepNonInviteClient, type NonInviteClientInput, type NonInviteClientState } from './non-invite-client.js'
import { NON_INVITE_SERVER_START, stepNonInviteServer, type NonInviteServerInput, type NonInviteServerState } from './non-invite-server.js'
import { DEFAULT_TIMERS, type MachineContext, type Step } from './timer-values.js'

const udp: MachineContext = { timers: DEFAULT_TIMERS, reliable: false }
const tcp: MachineContext = { timers: DEFAULT_TIMERS, reliable: true }
/** Within this process. */
const lossless: MachineContext = { timers: DEFAULT_TIMERS, reliable: true, lossless: true }
/** Over UDP, from a stranger. */
const stranger: MachineContext = { timers: DEFAULT_TIMERS, reliable: false, unproven: true }

/** `+A=500` a timer started, `-A` stopped, others by name. */
function inWords(actions: Step<unknown, { readonly do: string; readonly timer?: string; readonly ms?: number }>['actions']): string {
  return actions
    .map((action) =>
      action.do === 'startTimer' ? `+${action.timer}=${action.ms}` : action.do === 'stopTimer' ? `-${action.timer}` : action.do,
    )
    .join(' ')
}

type Row<State, Input> = readonly [from: State, input: Input, transport: MachineContext, to: string, actions: string]

const at = (transport: MachineContext) =>
  transport === lossless ? 'lossless' : transport === tcp ? 'TCP' : transport === udp ? 'UDP' : 'stranger'

describe('INVITE client (RFC 3261 figure 5, RFC 6026)', () => {
  const calling: InviteClientState = { name: 'calling', intervalMs: 500 }
  const proceeding: InviteClientState = { name: 'proceeding' }
  const accepted: InviteClientState = { name: 'accepted' }
  const completed: InviteClientState = { name: 'completed' }
  const terminated: InviteClientState = { name: 'terminated' }
  const table: Row<InviteClientState, InviteClientInput>[] = [
    [INVITE_CLIENT_START, { kind: 'start' }, udp, 'calling', 'sendRequest +A=500 +B=32000'],
    [INVITE_CLIENT_START, { kind: 'start' }, tcp, 'calling', 'sendRequest +B=32000'],
    [calling, { kind: 'timer', timer: 'A' }, udp, 'calling', 'sendRequest +A=1000'],
    [{ name: 'calling', intervalMs: 16000 }, { kind: 'timer', timer: 'A' }, udp, 'calling', 'sendRequest +A=32000'],
    [calling, { kind: 'timer', timer: 'B' }, udp, 'terminated', '-A reportTimeout end'],
    [calling, { kind: 'response', status: 100 }, udp, 'proceeding', '-A -B passUp'],
    [calling, { kind: 'response', status: 200 }, udp, 'accepted', '-A -B passUp +M=32000'],
    [calling, { kind: 'response', status: 200 }, tcp, 'accepted', '-A -B passUp +M=32000'],
    [calling, { kind: 'response', status: 200 }, lossless, 'terminated', '-A -B passUp end'],
    [proceeding, { kind: 'response', status: 200 }, lossless, 'terminated', 'passUp end'],
    [calling, { kind: 'response', status: 486 }, udp, 'completed', '-A -B sendAck passUp +D=32000'],
    [calling, { kind: 'response', status: 486 }, tcp, 'terminated', '-A -B sendAck passUp end'],
    [calling, { kind: 'transportError' }, udp, 'terminated', '-A -B reportTransportError end'],
    [proceeding, { kind: 'response', status: 180 }, udp, 'proceeding', 'passUp'],
    [proceeding, { kind: 'response', status: 200 }, udp, 'accepted', 'passUp +M=32000'],
    [proceeding, { kind: 'response', status: 603 }, udp, 'completed', 'sendAck passUp +D=32000'],
    [proceeding, { kind: 'response', status: 603 }, tcp, 'terminated', 'sendAck passUp end'],
    [proceeding, { kind: 'timer', timer: 'B' }, udp, 'proceeding', ''],
    [accepted, { kind: 'response', status: 200 }, udp, 'accepted', 'passUp'],
    [accepted, { kind: 'response', status: 180 }, udp, 'accepted', ''],
    [accepted, { kind: 'response', status: 486 }, udp, 'accepted', ''],
    [accepted, { kind: 'timer', timer: 'M' }, udp, 'terminated', 'end'],
    [accepted, { kind: 'transportError' }, udp, 'accepted', ''],
    [completed, { kind: 'response', status: 486 }, udp, 'completed', 'sendAck'],
    [completed, { kind: 'response', status: 180 }, udp, 'completed', ''],
    [completed, { kind: 'timer', timer: 'D' }, udp, 'terminated', 'end'],
    [completed, { kind: 'transportError' }, udp, 'terminated', '-D end'],
    [terminated, { kind: 'response', status: 200 }, udp, 'terminated', ''],
  ]
  it.each(table)('%o on %o', (from, input, transport, to, actions) => {
    const step = stepInviteClient(from, input, transport)
    expect(`${at(transport)} ${step.state.name}: ${inWords(step.actions)}`).toBe(`${at(transport)} ${to}: ${actions}`)
  })
})

describe('non-INVITE client (RFC 3261 figure 6)', () => {
  const trying: NonInviteClientState = { name: 'trying', intervalMs: 500 }
  const proceeding: NonInviteClientState = { name: 'proceeding' }
  const completed: NonInviteClientState = { name: 'completed' }
  const table: Row<NonInviteClientState, NonInviteClientInput>[] = [
    [NON_INVITE_CLIENT_START, { kind: 'start' }, udp, 'trying', 'sendRequest +E=500 +F=32000'],
    [NON_INVITE_CLIENT_START, { kind: 'start' }, tcp, 'trying', 'sendRequest +F=32000'],
    [trying, { kind: 'timer', timer: 'E' }, udp, 'trying', 'sendRequest +E=1000'],
    [{ name: 'trying', intervalMs: 4000 }, { kind: 'timer', timer: 'E' }, udp, 'trying', 'sendRequest +E=4000'],
    [proceeding, { kind: 'timer', timer: 'E' }, udp, 'proceeding', 'sendRequest +E=4000'],
    [trying, { kind: 'timer', timer: 'F' }, udp, 'terminated', '-E reportTimeout end'],
    [proceeding, { kind: 'timer', timer: 'F' }, udp, 'terminated', '-E reportTimeout end'],
    [trying, { kind: 'response', status: 100 }, udp, 'proceeding', 'passUp'],
    [proceeding, { kind: 'response', status: 183 }, udp, 'proceeding', 'passUp'],
    [trying, { kind: 'response', status: 200 }, udp, 'completed', '-E -F passUp +K=5000'],
    [proceeding, { kind: 'response', status: 404 }, udp, 'completed', '-E -F passUp +K=5000'],
    [trying, { kind: 'response', status: 200 }, tcp, 'terminated', '-E -F passUp end'],
    [trying, { kind: 'transportError' }, udp, 'terminated', '-E -F reportTransportError end'],
    [completed, { kind: 'response', status: 200 }, udp, 'completed', ''],
    [completed, { kind: 'timer', timer: 'K' }, udp, 'terminated', 'end'],
    [{ name: 'terminated' }, { kind: 'response', status: 200 }, udp, 'terminated', ''],
  ]
  it.each(table)('%o on %o', (from, input, transport, to, actions) => {
    const step = stepNonInviteClient(from, input, transport)
    expect(`${at(transport)} ${step.state.name}: ${inWords(step.actions)}`).toBe(`${at(transport)} ${to}: ${actions}`)
  })
})

describe('INVITE server (RFC 3261 figure 7, RFC 6026)', () => {
  const silent: InviteServerState = { name: 'proceeding', responded: false }
  const proceeding: InviteServerState = { name: 'proceeding', responded: true }
  const completed: InviteServerState = { name: 'completed', intervalMs: 500 }
  const confirmed: InviteServerState = { name: 'confirmed' }
  const accepted: InviteServerState = { name: 'accepted' }
  const table: Row<InviteServerState, InviteServerInput>[] = [
    [INVITE_SERVER_START, { kind: 'start', tryingAfterMs: 200 }, udp, 'proceeding', '+trying=200 passUp'],
    [INVITE_SERVER_START, { kind: 'start', tryingAfterMs: 0 }, udp, 'proceeding', 'sendTrying passUp'],
    [silent, { kind: 'timer', timer: 'trying' }, udp, 'proceeding', 'sendTrying'],
    [silent, { kind: 'request' }, udp, 'proceeding', ''],
    [proceeding, { kind: 'timer', timer: 'trying' }, udp, 'proceeding', ''],
    [proceeding, { kind: 'request' }, udp, 'proceeding', 'repeatResponse'],
    [proceeding, { kind: 'respond', status: 180 }, udp, 'proceeding', '-trying sendResponse'],
    [proceeding, { kind: 'respond', status: 200 }, udp, 'accepted', '-trying sendResponse +L=32000'],
    [proceeding, { kind: 'respond', status: 200 }, tcp, 'accepted', '-trying sendResponse +L=32000'],
    [proceeding, { kind: 'respond', status: 200 }, lossless, 'terminated', '-trying sendResponse end'],
    [proceeding, { kind: 'respond', status: 486 }, udp, 'completed', '-trying sendResponse +G=500 +H=32000'],
    [proceeding, { kind: 'respond', status: 486 }, tcp, 'completed', '-trying sendResponse +H=32000'],
    [proceeding, { kind: 'respond', status: 403 }, stranger, 'completed', '-trying sendResponse +H=32000'],
    [{ name: 'completed', intervalMs: 500 }, { kind: 'request' }, stranger, 'completed', 'repeatResponse'],
    [proceeding, { kind: 'respond', status: 200 }, stranger, 'accepted', '-trying sendResponse +L=32000'],
    [proceeding, { kind: 'ack' }, udp, 'proceeding', ''],
    [proceeding, { kind: 'transportError' }, udp, 'proceeding', 'reportTransportError'],
    [completed, { kind: 'request' }, udp, 'completed', 'repeatResponse'],
    [completed, { kind: 'timer', timer: 'G' }, udp, 'completed', 'repeatResponse +G=1000'],
    [{ name: 'completed', intervalMs: 4000 }, { kind: 'timer', timer: 'G' }, udp, 'completed', 'repeatResponse +G=4000'],
    [completed, { kind: 'timer', timer: 'H' }, udp, 'terminated', '-G reportNoAck end'],
    [completed, { kind: 'ack' }, udp, 'confirmed', '-G -H +I=5000'],
    [completed, { kind: 'ack' }, tcp, 'terminated', '-H end'],
    [completed, { kind: 'transportError' }, udp, 'terminated', '-G -H reportTransportError end'],
    [completed, { kind: 'respond', status: 200 }, udp, 'completed', ''],
    [confirmed, { kind: 'ack' }, udp, 'confirmed', ''],
    [confirmed, { kind: 'request' }, udp, 'confirmed', ''],
    [confirmed, { kind: 'timer', timer: 'I' }, udp, 'terminated', 'end'],
    [accepted, { kind: 'request' }, udp, 'accepted', ''],
    [accepted, { kind: 'respond', status: 200 }, udp, 'accepted', 'sendResponse'],
    [accepted, { kind: 'respond', status: 486 }, udp, 'accepted', ''],
    [accepted, { kind: 'transportError' }, udp, 'accepted', 'reportTransportError'],
    [accepted, { kind: 'timer', timer: 'L' }, udp, 'terminated', 'end'],
    [{ name: 'terminated' }, { kind: 'request' }, udp, 'terminated', ''],
  ]
  it.each(table)('%o on %o', (from, input, transport, to, actions) => {
    const step = stepInviteServer(from, input, transport)
    expect(`${at(transport)} ${step.state.name}: ${inWords(step.actions)}`).toBe(`${at(transport)} ${to}: ${actions}`)
  })
})

describe('non-INVITE server (RFC 3261 figure 8)', () => {
  const table: Row<NonInviteServerState, NonInviteServerInput>[] = [
    [NON_INVITE_SERVER_START, { kind: 'start' }, udp, 'trying', 'passUp'],
    [{ name: 'trying' }, { kind: 'request' }, udp, 'trying', ''],
    [{ name: 'trying' }, { kind: 'respond', status: 100 }, udp, 'proceeding', 'sendResponse'],
    [{ name: 'proceeding' }, { kind: 'request' }, udp, 'proceeding', 'repeatResponse'],
    [{ name: 'trying' }, { kind: 'respond', status: 200 }, udp, 'completed', 'sendResponse +J=32000'],
    [{ name: 'proceeding' }, { kind: 'respond', status: 404 }, tcp, 'terminated', 'sendResponse end'],
    [{ name: 'trying' }, { kind: 'transportError' }, udp, 'terminated', 'reportTransportError end'],
    [{ name: 'completed' }, { kind: 'request' }, udp, 'completed', 'repeatResponse'],
    [{ name: 'completed' }, { kind: 'respond', status: 200 }, udp, 'completed', ''],
    [{ name: 'completed' }, { kind: 'timer', timer: 'J' }, udp, 'terminated', 'end'],
    [{ name: 'completed' }, { kind: 'transportError' }, udp, 'terminated', '-J reportTransportError end'],
    [{ name: 'terminated' }, { kind: 'request' }, udp, 'terminated', ''],
  ]
  it.each(table)('%o on %o', (from, input, transport, to, actions) => {
    const step = stepNonInviteServer(from, input, transport)
    expect(`${at(transport)} ${step.state.name}: ${inWords(step.actions)}`).toBe(`${at(transport)} ${to}: ${actions}`)
  })
})
