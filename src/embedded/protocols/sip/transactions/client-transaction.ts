import type { Endpoint } from '../endpoint.js'
import { SipRequest, type SipResponse } from '../message.js'
import { printMessage } from '../print.js'
import { ackForRefusal } from './client-requests.js'
import {
  INVITE_CLIENT_START,
  stepInviteClient,
  type InviteClientAction,
  type InviteClientInput,
  type InviteClientState,
  type InviteClientTimer,
} from './invite-client.js'
import {
  NON_INVITE_CLIENT_START,
  stepNonInviteClient,
  type NonInviteClientAction,
  type NonInviteClientInput,
  type NonInviteClientState,
  type NonInviteClientTimer,
} from './non-invite-client.js'
import { ResponseGate } from './response-gate.js'
import { TimerSet } from './timer-set.js'
import type { MachineContext } from './timer-values.js'
import type { SipClock } from '../clock.js'

/** Why a client transaction ended without a final response: no answer in time, or the message could not be sent. */
export type ClientFailure = 'timeout' | 'transport'

export interface ClientEvents {
  provisional?(response: SipResponse): void
  /**
   * A final response. Once, but for INVITE: there each 2xx with a new To tag is handed up (forking), each to be acknowledged with
   * `acknowledge`; repeated 2xx are then acknowledged by the layer. 3xx-6xx are acknowledged by the layer.
   */
  final(response: SipResponse): void
  failed(why: ClientFailure, detail: string): void
  /** The transaction is gone from the layer. */
  ended?(): void
}

export interface ClientTransaction {
  readonly request: SipRequest
  readonly destination: Endpoint
  /** INVITE only: sends CANCEL as soon as RFC 3261 9.1 allows (after the first provisional); nothing once a final response came. */
  cancel(headers?: Readonly<Record<string, string>>): void
  /** INVITE only: sends the ACK for a 2xx, and again whenever that 2xx is repeated. `ack` needs no Via. */
  acknowledge(ack: SipRequest, destination?: Endpoint): void
}

/** What a client transaction needs of the layer that it runs in. */
export interface ClientSurroundings {
  readonly clock: SipClock
  readonly context: MachineContext
  send(bytes: Buffer, to: Endpoint, failed: (error: Error) => void): void
  /** Whether a peer sends from another port than it listens on. */
  isAsymmetric(peer: Endpoint): boolean
  /** Puts the Via of a new transaction on an ACK for 2xx. */
  withVia(request: SipRequest, to: Endpoint): SipRequest
  remove(): void
}

/** A non-INVITE client transaction at work. */
export class NonInviteClientTransaction implements ClientTransaction {
  #state: NonInviteClientState = NON_INVITE_CLIENT_START
  readonly gate: ResponseGate
  readonly #timers: TimerSet<NonInviteClientTimer>
  readonly #bytes: Buffer
  #error = ''

  constructor(
    readonly request: SipRequest,
    readonly destination: Endpoint,
    readonly events: ClientEvents,
    readonly surroundings: ClientSurroundings,
  ) {
    this.gate = new ResponseGate(request, destination, (peer) => surroundings.isAsymmetric(peer))
    this.#timers = new TimerSet(surroundings.clock)
    this.#bytes = printMessage(request)
  }

  start(): void {
    this.#step({ kind: 'start' })
  }

  receive(response: SipResponse): void {
    this.#step({ kind: 'response', status: response.status }, response)
  }

  cancel(): void {
    // Only INVITE can be cancelled to any purpose (RFC 3261 9.1).
  }

  acknowledge(): void {
    throw new Error(`a ${this.request.method} is not acknowledged`)
  }

  drop(): void {
    this.#timers.stopAll()
    this.#state = { name: 'terminated' }
  }

  #step(input: NonInviteClientInput, response?: SipResponse): void {
    const { state, actions } = stepNonInviteClient(this.#state, input, this.surroundings.context)
    this.#state = state
    for (const action of actions) this.#perform(action, response)
  }

  #perform(action: NonInviteClientAction, response: SipResponse | undefined): void {
    switch (action.do) {
      case 'sendRequest':
        this.surroundings.send(this.#bytes, this.destination, (error) => {
          this.#error = error.message
          this.#step({ kind: 'transportError' })
        })
        break
      case 'passUp':
        if (response === undefined) break
        if (response.status < 200) this.events.provisional?.(response)
        else this.events.final(response)
        break
      case 'reportTimeout':
        this.events.failed('timeout', `no answer to ${this.request.method} within ${(64 * this.surroundings.context.timers.t1) / 1000} s`)
        break
      case 'reportTransportError':
        this.events.failed('transport', this.#error)
        break
      case 'end':
        this.#timers.stopAll()
        this.surroundings.remove()
        this.events.ended?.()
        break
      case 'startTimer':
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: 'timer', timer: action.timer }))
        break
      case 'stopTimer':
        this.#timers.stop(action.timer)
    }
  }
}

/** What an INVITE client transaction needs besides. */
export interface InviteClientSurroundings extends ClientSurroundings {
  /** How long the other side may ring at most without a new provisional response; then CANCEL (RFC 3261 16.6, timer C). */
  readonly proceedingMs: number
  /** Sends a CANCEL in a transaction of its own. */
  sendCancel(invite: SipRequest, destination: Endpoint, headers: Readonly<Record<string, string>>): void
}

/** An INVITE client transaction at work, with its CANCEL and its ACKs. */
export class InviteClientTransaction implements ClientTransaction {
  #state: InviteClientState = INVITE_CLIENT_START
  readonly gate: ResponseGate
  readonly #timers: TimerSet<InviteClientTimer | 'C' | 'cancelled'>
  readonly #bytes: Buffer
  /** ACKs for 2xx by To tag; undefined while the transaction user has not given one. */
  readonly #acknowledged = new Map<string, { readonly bytes: Buffer; readonly to: Endpoint } | undefined>()
  #cancel: 'no' | 'wanted' | 'sent' = 'no'
  #cancelHeaders: Readonly<Record<string, string>> = {}
  #error = ''

  constructor(
    readonly request: SipRequest,
    readonly destination: Endpoint,
    readonly events: ClientEvents,
    readonly surroundings: InviteClientSurroundings,
  ) {
    this.gate = new ResponseGate(request, destination, (peer) => surroundings.isAsymmetric(peer))
    this.#timers = new TimerSet(surroundings.clock)
    this.#bytes = printMessage(request)
  }

  start(): void {
    this.#step({ kind: 'start' })
  }

  receive(response: SipResponse): void {
    this.#step({ kind: 'response', status: response.status }, response)
    if (this.#state.name !== 'proceeding') return
    if (this.#cancel === 'wanted') this.#sendCancel()
    else if (this.#cancel === 'no') this.#timers.start('C', this.surroundings.proceedingMs, () => this.cancel())
  }

  cancel(headers: Readonly<Record<string, string>> = {}): void {
    if (this.#cancel !== 'no' || (this.#state.name !== 'calling' && this.#state.name !== 'proceeding')) return
    this.#cancel = 'wanted'
    this.#cancelHeaders = headers
    if (this.#state.name === 'proceeding') this.#sendCancel()
  }

  #sendCancel(): void {
    this.#cancel = 'sent'
    this.#timers.stop('C')
    this.surroundings.sendCancel(this.request, this.destination, this.#cancelHeaders)
    // RFC 3261 9.1: without a final response within 64*T1 the client SHOULD consider the original transaction cancelled.
    this.#timers.start('cancelled', 64 * this.surroundings.context.timers.t1, () => {
      this.#state = { name: 'terminated' }
      this.events.failed('timeout', 'no final answer after CANCEL')
      this.#end()
    })
  }

  acknowledge(ack: SipRequest, destination: Endpoint = this.destination): void {
    const bytes = printMessage(this.surroundings.withVia(ack, destination))
    this.#acknowledged.set(ack.toTag ?? '', { bytes, to: destination })
    this.#sendAck(ack.toTag ?? '')
  }

  drop(): void {
    this.#timers.stopAll()
    this.#state = { name: 'terminated' }
  }

  #sendAck(toTag: string): void {
    const ack = this.#acknowledged.get(toTag)
    // A lost ACK shows itself by the repeated 2xx.
    if (ack !== undefined) this.surroundings.send(ack.bytes, ack.to, () => undefined)
  }

  #step(input: InviteClientInput, response?: SipResponse): void {
    const { state, actions } = stepInviteClient(this.#state, input, this.surroundings.context)
    this.#state = state
    if (state.name !== 'calling' && state.name !== 'proceeding') {
      this.#timers.stop('C')
      this.#timers.stop('cancelled')
    }
    for (const action of actions) this.#perform(action, response)
  }

  #perform(action: InviteClientAction, response: SipResponse | undefined): void {
    switch (action.do) {
      case 'sendRequest':
        this.#send(this.#bytes)
        break
      case 'sendAck':
        if (response !== undefined) this.#send(printMessage(ackForRefusal(this.request, response)))
        break
      case 'passUp':
        if (response !== undefined) this.#passUp(response)
        break
      case 'reportTimeout':
        this.events.failed('timeout', `no answer to INVITE within ${(64 * this.surroundings.context.timers.t1) / 1000} s`)
        break
      case 'reportTransportError':
        this.events.failed('transport', this.#error)
        break
      case 'end':
        this.#end()
        break
      case 'startTimer':
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: 'timer', timer: action.timer }))
        break
      case 'stopTimer':
        this.#timers.stop(action.timer)
    }
  }

  #passUp(response: SipResponse): void {
    if (response.status < 200) {
      this.events.provisional?.(response)
      return
    }
    if (response.status >= 300) {
      this.events.final(response)
      return
    }
    const toTag = response.toTag ?? ''
    if (this.#acknowledged.has(toTag)) {
      this.#sendAck(toTag)
      return
    }
    this.#acknowledged.set(toTag, undefined)
    this.events.final(response)
  }

  #send(bytes: Buffer): void {
    this.surroundings.send(bytes, this.destination, (error) => {
      this.#error = error.message
      this.#step({ kind: 'transportError' })
    })
  }

  #end(): void {
    this.#timers.stopAll()
    this.surroundings.remove()
    this.events.ended?.()
  }
}
