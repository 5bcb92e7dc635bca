import { machineClock, type SipClock } from './clock.js'
import { isStream, type Endpoint } from './endpoint.js'
import type { SipRequest, SipResponse } from './message.js'
import type { ParseProblem } from './parse.js'
import { printMessage } from './print.js'
import { responseDestination, responseTo, type AnsweredPort } from './responses.js'
import { randomBelow, randomHex } from './secure-random.js'
import type { Strangers } from './strangers.js'
import { AsymmetricPeers } from './transactions/asymmetric-peers.js'
import { cancelFor } from './transactions/client-requests.js'
import {
  InviteClientTransaction,
  NonInviteClientTransaction,
  type ClientEvents,
  type ClientSurroundings,
  type ClientTransaction,
} from './transactions/client-transaction.js'
import { MergedRequests } from './transactions/merged-requests.js'
import {
  InviteServerTransaction,
  NonInviteServerTransaction,
  type ServerSurroundings,
  type ServerTransaction,
} from './transactions/server-transaction.js'
import { StatelessTags } from './transactions/stateless-tag.js'
import { DEFAULT_TIMERS, type MachineContext, type TimerValues } from './transactions/timer-values.js'
import { ackKey, cancels, clientKey, clientKeyOf, serverKey } from './transactions/transaction-key.js'
import { UnacknowledgedAnswers } from './transactions/unacknowledged-answers.js'
import type { TransactionCounts, TransactionLayerOptions, TransactionUser } from './transaction-user.js'
import type { ReceivedMessage, Transport, TransportUser } from './transport.js'
import { BRANCH_COOKIE, printVia } from './via.js'

export type { ClientEvents, ClientFailure, ClientTransaction } from './transactions/client-transaction.js'
export type { ServerEvents, ServerTransaction } from './transactions/server-transaction.js'
export type { TimerValues } from './transactions/timer-values.js'
export type { TransactionCounts, TransactionLayerOptions, TransactionUser } from './transaction-user.js'
export { responseDestination, responseTo } from './responses.js'

/** Each lingers for 32 s over UDP: some 600 new requests a second, well above what the audio of their calls could bear. */
const MOST_TRANSACTIONS = 20_000
/** RFC 3261 17.2.1. */
const TRYING_AFTER_MS = 200

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
  readonly #seeded: (() => number) | undefined
  readonly #client = new Map<string, InviteClientTransaction | NonInviteClientTransaction>()
  readonly #server = new Map<string, InviteServerTransaction | NonInviteServerTransaction>()
  readonly #unacknowledged: UnacknowledgedAnswers<ServerTransaction>
  readonly #asymmetric = new AsymmetricPeers()
  readonly #merged = new MergedRequests()
  readonly #statelessTags = new StatelessTags()
  readonly #strangers: Strangers | undefined
  #closed = false

  constructor(options: TransactionLayerOptions) {
    this.#options = options
    this.transport = options.transport
    this.timers = { ...DEFAULT_TIMERS, ...options.timers }
    this.clock = options.clock ?? machineClock
    this.#seeded = options.random
    this.#strangers = options.strangers
    this.#unacknowledged = new UnacknowledgedAnswers(this.clock, this.timers)
    this.transport.user = this
  }

  get counts(): TransactionCounts {
    return { client: this.#client.size, server: this.#server.size, unacknowledged: this.#unacknowledged.size }
  }

  /** 80 random bits. */
  newTag(): string {
    return this.#randomText(10)
  }
  /** 128 random bits. */
  newBranch(): string {
    return `${BRANCH_COOKIE}${this.#randomText(16)}`
  }
  /** 128 random bits. */
  newCallId(): string {
    return this.#randomText(16)
  }
  /** A whole number in [0, limit). */
  randomBelow(limit: number): number {
    return this.#seeded === undefined ? randomBelow(limit) : Math.floor(this.#seeded() * limit)
  }
  #randomText(bytes: number): string {
    if (this.#seeded === undefined) return randomHex(bytes)
    let text = ''
    while (text.length < 2 * bytes) text += Math.floor(this.#seeded() * 36 ** 8).toString(36)
    return text.slice(0, 2 * bytes)
  }

  /** Starts a client transaction: puts the top Via on `request` (which must have none for itself yet) and sends it. */
  send(request: SipRequest, destination: Endpoint, events: ClientEvents): ClientTransaction {
    return this.#sendWithBranch(request, destination, events, this.newBranch())
  }

  #sendWithBranch(request: SipRequest, destination: Endpoint, events: ClientEvents, branch: string): ClientTransaction {
    this.#strangers?.accepted(destination.address)
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
    const transaction = new NonInviteClientTransaction(
      cancel,
      to,
      { final: () => undefined, failed: () => undefined },
      this.#clientSurroundings(key, to),
    )
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
      isAsymmetric: (peer) => this.#asymmetric.has(peer),
      withVia: (ack, to) => {
        ack.headers.prepend('Via', this.#viaText(to, this.newBranch()))
        return ack
      },
      remove: () => this.#client.delete(key),
    }
  }

  #context(peer: Endpoint, unproven = false): MachineContext {
    const lossless = this.transport.lossless?.(peer) === true
    return { timers: this.timers, reliable: lossless || isStream(peer.protocol), lossless, unproven }
  }

  #isStranger(source: Endpoint): boolean {
    return this.#strangers?.has(source.address) === true
  }

  /** Strangers are answered where their packets came from: a port of their choice could belong to a victim. */
  #answerPort(source: Endpoint): AnsweredPort {
    return this.#isStranger(source) ? 'source' : 'via'
  }

  /** @returns false for what a stranger sends beyond what strangers may */
  #mayAsk(source: Endpoint): boolean {
    return this.#strangers === undefined || !this.#strangers.has(source.address) || this.#strangers.admits(source.address)
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
    if (this.#closed || request === undefined || request.method === 'ACK' || !this.#mayAsk(source)) return
    let destination = source
    try {
      destination = responseDestination(request.via, source, this.#answerPort(source))
    } catch {
      // The Via itself cannot be read: the packet's source is all there is.
    }
    const reason = problem.status === 400 ? `Bad Request - ${problem.where}: ${problem.what}` : undefined
    this.#answerStateless(request, problem.status, destination, reason)
  }

  #answerStateless(request: SipRequest, status: number, destination: Endpoint, reason?: string): void {
    this.sendStateless(
      responseTo(request, status, { toTag: this.#statelessTags.of(request), ...(reason === undefined ? {} : { reason }) }),
      destination,
    )
  }

  #receiveResponse(response: SipResponse, source: Endpoint): void {
    // What belongs to no transaction, or does not come from where its request went, is dropped (RFC 3261 18.1.2 hands it up; no layer above needs it).
    const transaction = this.#client.get(clientKeyOf(response))
    if (transaction?.gate.accepts(response, source) === true) transaction.receive(response)
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
    const invite = this.#server.get(serverKey(cancel, 'INVITE'))
    if (invite === undefined || !cancels(cancel, source, invite)) {
      // RFC 3261 9.2: "If the UAS did not find a matching transaction for the CANCEL [...] it SHOULD respond [...] 481."
      if (this.#mayAsk(source)) this.#answerStateless(cancel, 481, responseDestination(cancel.via, source, this.#answerPort(source)))
      return
    }
    // A repeated CANCEL gets the same 200 again; no transaction need be kept for it.
    this.sendStateless(
      responseTo(cancel, 200, { toTag: invite.localTag }),
      responseDestination(cancel.via, source, this.#answerPort(source)),
    )
    if (invite.answered !== undefined) return
    if (this.#options.answerCancelled !== false) invite.respond(responseTo(invite.request, 487, { toTag: invite.localTag }))
    invite.events.cancelled?.(cancel)
  }

  #receiveRequest(request: SipRequest, source: Endpoint, local: Endpoint): void {
    const inDialog = request.toTag !== undefined && this.user?.isInDialog?.(request) === true
    if (!inDialog && !this.#mayAsk(source)) return
    this.#asymmetric.note(request, source)
    const key = serverKey(request)
    const known = this.#server.get(key)
    if (known !== undefined) {
      known.repeated()
      return
    }
    const unproven = !inDialog && this.#isStranger(source)
    if (!inDialog && this.#server.size >= (this.#options.maxTransactions ?? MOST_TRANSACTIONS))
      this.#answerStateless(request, 503, responseDestination(request.via, source, this.#answerPort(source)))
    else if (this.#merged.has(request, key))
      this.#answerStateless(request, 482, responseDestination(request.via, source, this.#answerPort(source)))
    else if (unproven && request.toTag !== undefined && this.user?.isInDialog !== undefined) this.#answerStateless(request, 481, source)
    else this.#begin(request, key, { source, local, unproven })
  }

  #begin(
    request: SipRequest,
    key: string,
    { source, local, unproven }: { readonly source: Endpoint; readonly local: Endpoint; readonly unproven: boolean },
  ): void {
    const isInvite = request.method === 'INVITE'
    const context = this.#context(source, unproven)
    const surroundings: ServerSurroundings = {
      clock: this.clock,
      context,
      destination: responseDestination(request.via, source, unproven ? 'source' : 'via'),
      unansweredMs: isInvite ? (this.#options.unansweredMs ?? 600_000) : 64 * this.timers.t1,
      // What is refused at once needs no 100 before it: a stranger gets one packet for one. And a 100 is there to stop repetitions.
      tryingAfterMs: unproven || context.lossless === true ? TRYING_AFTER_MS : (this.#options.tryingAfterMs ?? TRYING_AFTER_MS),
      send: (bytes, to, failed) => {
        this.transport.send(bytes, to, failed)
      },
      passUp: () => {
        if (this.user === undefined) transaction.respond(responseTo(request, 503, { toTag: transaction.localTag }))
        else this.user.request(transaction)
      },
      answered: (status) => {
        if (!isInvite || status >= 300) this.#merged.remove(request, key)
        if (status < 300 && (isInvite || request.method === 'REGISTER')) this.#strangers?.accepted(source.address)
      },
      repeatUntilAck: (response, repeat) => {
        this.#unacknowledged.add(ackKey(response), transaction, repeat, () => transaction.events.unacknowledged?.())
      },
      stopRepeating: (response) => {
        this.#unacknowledged.acknowledge(ackKey(response))
      },
      remove: () => {
        this.#server.delete(key)
        this.#merged.remove(request, key)
      },
    }
    const make = isInvite ? InviteServerTransaction : NonInviteServerTransaction
    const transaction: InviteServerTransaction | NonInviteServerTransaction = new make(
      request,
      source,
      local,
      request.toTag ?? this.newTag(),
      surroundings,
    )
    this.#server.set(key, transaction)
    this.#merged.add(request, key)
    transaction.start()
  }

  /** Drops every transaction and timer without a message. The transport is its opener's to close. */
  close(): void {
    this.#closed = true
    for (const transaction of [...this.#client.values(), ...this.#server.values()]) transaction.drop()
    this.#client.clear()
    this.#server.clear()
    this.#merged.clear()
    this.#unacknowledged.stopAll()
  }
}
