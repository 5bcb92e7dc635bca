import { machineClock, type SipClock } from './clock.js'
import type { Endpoint } from './endpoint.js'
import type { SipRequest, SipResponse } from './message.js'
import type { ParseProblem } from './parse.js'
import { printMessage } from './print.js'
import { responseDestination, responseTo } from './responses.js'
import { cancelFor } from './transactions/client-requests.js'
import {
  InviteClientTransaction,
  NonInviteClientTransaction,
  type ClientEvents,
  type ClientSurroundings,
  type ClientTransaction,
} from './transactions/client-transaction.js'
import { InviteServerTransaction, NonInviteServerTransaction, type ServerSurroundings, type ServerTransaction } from './transactions/server-transaction.js'
import { DEFAULT_TIMERS, type MachineContext, type TimerValues } from './transactions/timer-values.js'
import { ackKey, clientKey, clientKeyOf, serverKey } from './transactions/transaction-key.js'
import { UnacknowledgedAnswers } from './transactions/unacknowledged-answers.js'
import type { ReceivedMessage, Transport, TransportUser } from './transport.js'
import { BRANCH_COOKIE, printVia } from './via.js'

export type { ClientEvents, ClientFailure, ClientTransaction } from './transactions/client-transaction.js'
export type { ServerEvents, ServerTransaction } from './transactions/server-transaction.js'
export type { TimerValues } from './transactions/timer-values.js'
export { responseDestination, responseTo } from './responses.js'

export interface TransactionLayerOptions {
  readonly transport: Transport
  readonly clock?: SipClock
  readonly timers?: Partial<TimerValues>
  /** Uniform in [0, 1): source of branches and tags. Tests seed it. */
  readonly random?: () => number
  /** The layer sends 100 on its own when the user has not answered an INVITE by then. Default 200 (RFC 3261 17.2.1); 0: at once. */
  readonly tryingAfterMs?: number
  /** On a CANCEL that matches, the layer also answers the INVITE with 487 (default true). 200 to the CANCEL always goes out. */
  readonly answerCancelled?: boolean
  /** An INVITE that has had a provisional response is cancelled after so long without another one (timer C). Default 300 s. */
  readonly proceedingMs?: number
  /** An INVITE that the user never answers gets 480 after so long; default 600 s. Other requests are forgotten after 64*T1. */
  readonly unansweredMs?: number
}

/** What the layer hands up. */
export interface TransactionUser {
  /** A new request, neither ACK nor CANCEL. Must be answered, now or later. */
  request(transaction: ServerTransaction): void
  /** An ACK that belongs to no 2xx of this layer which still waits for it. */
  strayAck?(ack: SipRequest, source: Endpoint): void
  /** A response that belongs to no transaction: late 2xx of an INVITE above all. */
  strayResponse?(response: SipResponse, source: Endpoint): void
}

/** Numbers of what is open; all zero some time after the last message (at most 64*T1). */
export interface TransactionCounts {
  readonly client: number
  readonly server: number
  /** 2xx that wait for their ACK. */
  readonly unacknowledged: number
}

/**
 * Runs the four state machines of RFC 3261 17 over a transport, with timers. Matches what comes in to its transaction, answers by itself
 * what no user should see (repetitions, CANCEL, unreadable requests), and hands the rest to `user`. Sets itself as `transport.user`.
 */
export class TransactionLayer implements TransportUser {
  readonly transport: Transport
  readonly timers: TimerValues
  readonly clock: SipClock
  user: TransactionUser | undefined
  readonly #options: TransactionLayerOptions
  readonly #random: () => number
  readonly #client = new Map<string, InviteClientTransaction | NonInviteClientTransaction>()
  readonly #server = new Map<string, InviteServerTransaction | NonInviteServerTransaction>()
  readonly #unacknowledged: UnacknowledgedAnswers<ServerTransaction>
  #closed = false

  constructor(options: TransactionLayerOptions) {
    this.#options = options
    this.transport = options.transport
    this.timers = { ...DEFAULT_TIMERS, ...options.timers }
    this.clock = options.clock ?? machineClock
    this.#random = options.random ?? Math.random
    this.#unacknowledged = new UnacknowledgedAnswers(this.clock, this.timers)
    this.transport.user = this
  }

  get counts(): TransactionCounts {
    return { client: this.#client.size, server: this.#server.size, unacknowledged: this.#unacknowledged.size }
  }

  newTag(): string {
    return this.#randomText(10)
  }
  newBranch(): string {
    return `${BRANCH_COOKIE}${this.#randomText(16)}`
  }
  newCallId(): string {
    return this.#randomText(24)
  }
  /** A whole number in [0, limit), from the injected source. */
  randomBelow(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
  #randomText(length: number): string {
    let text = ''
    while (text.length < length) text += Math.floor(this.#random() * 36 ** 8).toString(36)
    return text.slice(0, length)
  }

  /** Starts a client transaction: puts the top Via on `request` (which must have none for itself yet) and sends it. */
  send(request: SipRequest, destination: Endpoint, events: ClientEvents): ClientTransaction {
    return this.#sendWithBranch(request, destination, events, this.newBranch())
  }

  #sendWithBranch(request: SipRequest, destination: Endpoint, events: ClientEvents, branch: string): ClientTransaction {
    request.headers.prepend('Via', this.#viaText(destination, branch))
    const key = clientKey(branch, request.method)
    const surroundings = this.#clientSurroundings(key, destination)
    const transaction =
      request.method === 'INVITE'
        ? new InviteClientTransaction(request, destination, events, {
            ...surroundings,
            proceedingMs: this.#options.proceedingMs ?? 300_000,
            sendCancel: (invite, to, headers) => {
              this.#sendCancel(cancelFor(invite, headers), to, branch)
            },
          })
        : new NonInviteClientTransaction(request, destination, events, surroundings)
    if (this.#closed) return transaction
    this.#client.set(key, transaction)
    transaction.start()
    return transaction
  }

  #sendCancel(cancel: SipRequest, to: Endpoint, branch: string): void {
    const key = clientKey(branch, 'CANCEL')
    // What becomes of the CANCEL itself changes nothing: the INVITE's own final answer, or its absence, tells.
    const transaction = new NonInviteClientTransaction(cancel, to, { final: () => undefined, failed: () => undefined }, this.#clientSurroundings(key, to))
    this.#client.set(key, transaction)
    transaction.start()
  }

  #clientSurroundings(key: string, destination: Endpoint): ClientSurroundings {
    return {
      clock: this.clock,
      context: this.#context(destination),
      send: (bytes, to, failed) => {
        this.transport.send(bytes, to, failed)
      },
      withVia: (ack, to) => {
        ack.headers.prepend('Via', this.#viaText(to, this.newBranch()))
        return ack
      },
      remove: () => this.#client.delete(key),
    }
  }

  #context(peer: Endpoint): MachineContext {
    return { timers: this.timers, reliable: peer.protocol === 'tcp' }
  }

  #viaText(to: Endpoint, branch: string): string {
    const { host, port } = this.transport.advertised(to)
    const params = new Map([
      ['rport', null],
      ['branch', branch],
    ])
    return printVia({ transport: to.protocol.toUpperCase(), host, port, params })
  }

  /** Sends outside any transaction: the ACK to a 2xx whose transaction has gone, a stateless answer. A request gets a Via. */
  sendStateless(message: SipRequest | SipResponse, destination: Endpoint): void {
    if (message.kind === 'request') message.headers.prepend('Via', this.#viaText(destination, this.newBranch()))
    this.transport.send(printMessage(message), destination)
  }

  received({ message, source, local }: ReceivedMessage): void {
    if (this.#closed) return
    if (message.kind === 'response') this.#receiveResponse(message, source)
    else if (message.method === 'ACK') this.#receiveAck(message, source)
    else if (message.method === 'CANCEL') this.#receiveCancel(message, source)
    else this.#receiveRequest(message, source, local)
  }

  /** Answers what no parser accepts, as far as there is an address to answer to; RFC 4475 names the statuses. */
  malformed(problem: ParseProblem, source: Endpoint): void {
    const { request } = problem
    if (this.#closed || request === undefined || request.method === 'ACK') return
    let destination = source
    try {
      destination = responseDestination(request.via, source)
    } catch {
      // The Via itself cannot be read: the packet's source is all there is.
    }
    const reason = problem.status === 400 ? `Bad Request - ${problem.where}: ${problem.what}` : undefined
    this.sendStateless(responseTo(request, problem.status, { toTag: this.newTag(), ...(reason === undefined ? {} : { reason }) }), destination)
  }

  #receiveResponse(response: SipResponse, source: Endpoint): void {
    const transaction = this.#client.get(clientKeyOf(response))
    if (transaction === undefined) this.user?.strayResponse?.(response, source)
    else transaction.receive(response)
  }

  #receiveAck(ack: SipRequest, source: Endpoint): void {
    const answered = this.#unacknowledged.acknowledge(ackKey(ack))
    if (answered !== undefined) {
      answered.events.acknowledged?.(ack, source)
      return
    }
    const transaction = this.#server.get(serverKey(ack))
    if (transaction instanceof InviteServerTransaction) transaction.acknowledged()
    else this.user?.strayAck?.(ack, source)
  }

  #receiveCancel(cancel: SipRequest, source: Endpoint): void {
    const destination = responseDestination(cancel.via, source)
    const invite = this.#server.get(serverKey(cancel, 'INVITE'))
    if (invite === undefined) {
      // RFC 3261 9.2: "If the UAS did not find a matching transaction for the CANCEL [...] it SHOULD respond [...] 481."
      this.sendStateless(responseTo(cancel, 481, { toTag: this.newTag() }), destination)
      return
    }
    // A repeated CANCEL gets the same 200 again; no transaction need be kept for it.
    this.sendStateless(responseTo(cancel, 200, { toTag: invite.localTag }), destination)
    if (invite.answered !== undefined) return
    if (this.#options.answerCancelled !== false) invite.respond(responseTo(invite.request, 487, { toTag: invite.localTag }))
    invite.events.cancelled?.(cancel)
  }

  #receiveRequest(request: SipRequest, source: Endpoint, local: Endpoint): void {
    const key = serverKey(request)
    const known = this.#server.get(key)
    if (known !== undefined) {
      known.repeated()
      return
    }
    const make = request.method === 'INVITE' ? InviteServerTransaction : NonInviteServerTransaction
    const surroundings: ServerSurroundings = {
      clock: this.clock,
      context: this.#context(source),
      destination: responseDestination(request.via, source),
      unansweredMs: request.method === 'INVITE' ? (this.#options.unansweredMs ?? 600_000) : 64 * this.timers.t1,
      tryingAfterMs: this.#options.tryingAfterMs ?? 200,
      send: (bytes, to, failed) => {
        this.transport.send(bytes, to, failed)
      },
      passUp: () => {
        if (this.user === undefined) transaction.respond(responseTo(request, 503, { toTag: transaction.localTag }))
        else this.user.request(transaction)
      },
      repeatUntilAck: (response, repeat) => {
        this.#unacknowledged.add(ackKey(response), transaction, repeat, () => transaction.events.unacknowledged?.())
      },
      stopRepeating: (response) => {
        this.#unacknowledged.acknowledge(ackKey(response))
      },
      remove: () => this.#server.delete(key),
    }
    const transaction: InviteServerTransaction | NonInviteServerTransaction = new make(request, source, local, request.toTag ?? this.newTag(), surroundings)
    this.#server.set(key, transaction)
    transaction.start()
  }

  /** Drops every transaction and timer without a message. The transport is its opener's to close. */
  close(): void {
    this.#closed = true
    for (const transaction of [...this.#client.values(), ...this.#server.values()]) transaction.drop()
    this.#client.clear()
    this.#server.clear()
    this.#unacknowledged.stopAll()
  }
}
