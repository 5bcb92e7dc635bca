import type { SipClock } from '../clock.js'
import type { Endpoint } from '../endpoint.js'
import type { SipRequest, SipResponse } from '../message.js'
import { printMessage } from '../print.js'
import { responseTo } from '../responses.js'
import {
  INVITE_SERVER_START,
  stepInviteServer,
  type InviteServerAction,
  type InviteServerInput,
  type InviteServerState,
  type InviteServerTimer,
} from './invite-server.js'
import {
  NON_INVITE_SERVER_START,
  stepNonInviteServer,
  type NonInviteServerAction,
  type NonInviteServerInput,
  type NonInviteServerState,
  type NonInviteServerTimer,
} from './non-invite-server.js'
import { TimerSet } from './timer-set.js'
import type { MachineContext } from './timer-values.js'

export interface ServerEvents {
  /** A CANCEL matched this INVITE before its final answer. The layer has answered the CANCEL, and with `answerCancelled` the INVITE. */
  cancelled?(cancel: SipRequest): void
  /** The ACK for our 2xx came (once; the layer stops repeating the 2xx). */
  acknowledged?(ack: SipRequest, source: Endpoint): void
  /** 64*T1 went by without an ACK for our final answer. After a 2xx the dialog must be ended with BYE (RFC 3261 13.3.1.4). */
  unacknowledged?(): void
  /** A response could not be sent. */
  failed?(detail: string): void
  ended?(): void
}

export interface ServerTransaction {
  readonly request: SipRequest
  readonly source: Endpoint
  readonly local: Endpoint
  /** The tag that the layer puts into To of whatever it answers itself; use it for your own answers too. */
  readonly localTag: string
  /** The final response, once sent. */
  readonly answered: SipResponse | undefined
  events: ServerEvents
  /**
   * Sends a response made with `responseTo`. A 2xx to INVITE is repeated until its ACK. Provisional responses after the final one, and
   * second final responses, are dropped.
   * @returns whether it was sent
   */
  respond(response: SipResponse): boolean
  /** Stops repeating a 2xx: the other side has shown otherwise (by a BYE, say) that it has it. */
  stopRepeating(): void
}

/** What a server transaction needs of the layer that it runs in. */
export interface ServerSurroundings {
  readonly clock: SipClock
  readonly context: MachineContext
  readonly destination: Endpoint
  readonly tryingAfterMs: number
  /** A user that has not answered by then never will. */
  readonly unansweredMs: number
  send(bytes: Buffer, to: Endpoint, failed: (error: Error) => void): void
  /** Hands the new transaction to the user. */
  passUp(): void
  /** The final answer is decided. */
  answered(status: number): void
  /** A 2xx to INVITE went out: repeat it until the ACK. */
  repeatUntilAck(response: SipResponse, repeat: () => void): void
  stopRepeating(response: SipResponse): void
  remove(): void
}

/** What both kinds share: the last response, and how it is sent. */
abstract class Answering implements ServerTransaction {
  events: ServerEvents = {}
  #answered: SipResponse | undefined
  #last: Buffer | undefined
  readonly #stopGuard: () => void

  constructor(
    readonly request: SipRequest,
    readonly source: Endpoint,
    readonly local: Endpoint,
    readonly localTag: string,
    readonly surroundings: ServerSurroundings,
  ) {
    this.#stopGuard = surroundings.clock.after(surroundings.unansweredMs, () => {
      this.neverAnswered()
    })
  }

  get answered(): SipResponse | undefined {
    return this.#answered
  }

  respond(response: SipResponse): boolean {
    if (this.#answered !== undefined || this.isTerminated) return false
    if (response.status >= 200) {
      this.#answered = response
      this.#stopGuard()
      this.surroundings.answered(response.status)
    }
    this.#last = printMessage(response)
    this.stepRespond(response)
    return true
  }

  stopRepeating(): void {
    if (this.#answered !== undefined) this.surroundings.stopRepeating(this.#answered)
  }

  abstract get isTerminated(): boolean
  abstract start(): void
  abstract repeated(): void
  drop(): void {
    this.#stopGuard()
    this.forget()
  }
  /** Stops the timers and ends the state, silently. */
  protected abstract forget(): void
  protected abstract neverAnswered(): void
  protected abstract stepRespond(response: SipResponse): void
  protected abstract transportError(error: Error): void

  protected sendLast(): void {
    if (this.#last === undefined) return
    this.surroundings.send(this.#last, this.surroundings.destination, (error) => {
      this.transportError(error)
    })
  }

  protected sendTrying(): void {
    this.#last = printMessage(responseTo(this.request, 100))
    this.sendLast()
  }

  protected end(): void {
    this.#stopGuard()
    this.surroundings.remove()
    this.events.ended?.()
  }
}

/** A non-INVITE server transaction at work. */
export class NonInviteServerTransaction extends Answering {
  #state: NonInviteServerState = NON_INVITE_SERVER_START
  readonly #timers = new TimerSet<NonInviteServerTimer>(this.surroundings.clock)
  #error = ''

  get isTerminated(): boolean {
    return this.#state.name === 'terminated'
  }
  start(): void {
    this.#step({ kind: 'start' })
  }
  repeated(): void {
    this.#step({ kind: 'request' })
  }
  protected forget(): void {
    this.#timers.stopAll()
    this.#state = { name: 'terminated' }
  }
  /** RFC 4320 4.1: no 408 here; the other side has given up by its own timer F. */
  protected neverAnswered(): void {
    this.drop()
    this.end()
  }
  protected stepRespond(response: SipResponse): void {
    this.#step({ kind: 'respond', status: response.status })
  }
  protected transportError(error: Error): void {
    this.#error = error.message
    this.#step({ kind: 'transportError' })
  }

  #step(input: NonInviteServerInput): void {
    const { state, actions } = stepNonInviteServer(this.#state, input, this.surroundings.context)
    this.#state = state
    for (const action of actions) this.#perform(action)
  }

  #perform(action: NonInviteServerAction): void {
    switch (action.do) {
      case 'passUp':
        this.surroundings.passUp()
        break
      case 'sendResponse':
      case 'repeatResponse':
        this.sendLast()
        break
      case 'reportTransportError':
        this.events.failed?.(this.#error)
        break
      case 'end':
        this.#timers.stopAll()
        this.end()
        break
      case 'startTimer':
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: 'timer', timer: action.timer }))
        break
      case 'stopTimer':
        this.#timers.stop(action.timer)
    }
  }
}

/** An INVITE server transaction at work. */
export class InviteServerTransaction extends Answering {
  #state: InviteServerState = INVITE_SERVER_START
  readonly #timers = new TimerSet<InviteServerTimer>(this.surroundings.clock)
  #error = ''

  get isTerminated(): boolean {
    return this.#state.name === 'terminated'
  }
  start(): void {
    this.#step({ kind: 'start', tryingAfterMs: this.surroundings.tryingAfterMs })
  }
  repeated(): void {
    this.#step({ kind: 'request' })
  }
  /** An ACK within this transaction: for a refusal. */
  acknowledged(): void {
    this.#step({ kind: 'ack' })
  }
  protected forget(): void {
    this.#timers.stopAll()
    this.#state = { name: 'terminated' }
  }
  protected neverAnswered(): void {
    this.respond(responseTo(this.request, 480, { toTag: this.localTag }))
    this.events.failed?.('never answered')
  }
  protected stepRespond(response: SipResponse): void {
    this.#step({ kind: 'respond', status: response.status })
    if (response.status >= 200 && response.status < 300) {
      this.surroundings.repeatUntilAck(response, () => {
        this.sendLast()
      })
    }
  }
  protected transportError(error: Error): void {
    this.#error = error.message
    this.#step({ kind: 'transportError' })
  }

  #step(input: InviteServerInput): void {
    const { state, actions } = stepInviteServer(this.#state, input, this.surroundings.context)
    this.#state = state
    for (const action of actions) this.#perform(action)
  }

  #perform(action: InviteServerAction): void {
    switch (action.do) {
      case 'passUp':
        this.surroundings.passUp()
        break
      case 'sendTrying':
        this.sendTrying()
        break
      case 'sendResponse':
      case 'repeatResponse':
        this.sendLast()
        break
      case 'reportNoAck':
        this.events.unacknowledged?.()
        break
      case 'reportTransportError':
        this.events.failed?.(this.#error)
        break
      case 'end':
        this.#timers.stopAll()
        this.end()
        break
      case 'startTimer':
        this.#timers.start(action.timer, action.ms, () => this.#step({ kind: 'timer', timer: action.timer }))
        break
      case 'stopTimer':
        this.#timers.stop(action.timer)
    }
  }
}
