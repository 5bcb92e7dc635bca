import { randomInt } from 'node:crypto'
import type Srf from 'drachtio-srf'
import { descriptionIn } from '../../embedded/protocols/sdp/body.js'
import { keyInInfo } from '../../embedded/protocols/sip/key-in-info.js'
import type { Key } from '../port.js'
import { asError } from '../../common/errors.js'
import { atMost, DeadlinePassed, withDeadline } from './deadline.js'
import { asKey } from './keys.js'
import { answerSessionTimer, refreshedBy, timerOfOffer, type Refreshing, type SessionTimerAnswer } from './session-timer.js'
import type { Presence } from './silence-watch.js'
import type { DialogIdentity } from './standing-dialog.js'

const byeMs = 2_000
/** A party that does not answer our offer for this long is gone: four transmissions over UDP. */
const offerMs = 8_000
/** How long to wait for an ACK: a lost one comes with the next copy of our 200, after T1 and twice that (RFC 3261 section 13.3.1.4). */
const ackMs = 2_000
/** How often an offer is made again to a party that cannot take it just now. */
const offersAtMost = 5
/** A party that asks for a longer wait than this is not waited for. */
const longestWaitMs = 4_000

/** A party's answer to our offer within the call. `refused`: its session stays as it was (RFC 3261 section 14.1). `gone`: it does not answer, or does not know the call. */
export type OfferAnswer =
  | { readonly kind: 'answered'; readonly sdp: string; readonly source: string | undefined }
  | { readonly kind: 'refused' | 'gone'; readonly why: string }

/** The offer of a party that was asked for one. It waits for the answer, which can be given once. */
export interface PartyOffer {
  readonly kind: 'offered'
  readonly sdp: string
  answer(sdp: string): void
  isAnswered(): boolean
  /** There is no answer: the party is sent its own offer, as the ACK cannot be left out, and must then be hung up. */
  letGo(): void
}

type Acknowledge = (options: Srf.AckOptions) => void

/** A 200 to a re-INVITE. */
interface Accepted {
  readonly response: Srf.Response
  readonly sdp: string
  /** For one that offers: the answer. */
  readonly acknowledge: Acknowledge
}

/** Events of, and questions about, the SIP dialog with a party. */
export interface PartyEvents {
  /** BYE of the party, or (`silent`) drachtio-server ended the dialog because the party no longer answered. */
  gone(detail: string, silent: boolean): void
  key(key: Key): void
  /**
   * The party makes a new offer: hold, resume, another address.
   * @param source IP address from which that came
   * @returns our answer; undefined: nothing in common (488)
   */
  describe(sdp: string, source: string): Promise<string | undefined>
  /** The party's answer to the offer that our 200 made. */
  answered(sdp: string, source: string): Promise<void>
  /** Our last description for the party. */
  described(): string
}

/** What a party may send within a call. */
export const allow = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE'

/** The SIP dialog with a party: every request within it gets its answer here. */
export class PartyDialog {
  readonly #dialog: Srf.Dialog
  readonly #events: PartyEvents
  #changing = false
  /** An offer of ours is out. */
  #offering = false
  #awaitingAnswer = false
  /** Settles with the ACK of our 200. */
  #acknowledged: Promise<unknown> = Promise.resolve()
  #over = false
  /** Who refreshes the session. */
  #refreshing: Refreshing | undefined

  /**
   * Must be constructed in the very callback that brings the dialog: a BYE may be in the same TCP segment.
   * @param refreshing the side that refreshes the session, as the 200 says
   */
  constructor(dialog: Srf.Dialog, events: PartyEvents, refreshing?: Refreshing) {
    this.#dialog = dialog
    this.#events = events
    this.#refreshing = refreshing && { refresher: refreshing.refresher, seconds: refreshing.seconds }
    const others = dialog.handle.bind(dialog)
    dialog.handle = (request, response) => {
      switch (request.method) {
        case 'INVITE':
          return this.#onDescription(request, response)
        case 'UPDATE':
          return descriptionOf(request) !== undefined ? this.#onDescription(request, response) : this.#onRefresh(request, response)
        case 'INFO':
          return this.#onInfo(request, response)
        case 'OPTIONS':
          return response.send(200, { headers: { Allow: allow, Accept: 'application/sdp' } })
        case 'REFER':
          // No party is transferred out of a recorded call to a number of its own choice.
          return response.send(603)
        default:
          return others(request, response)
      }
    }
    dialog.on('destroy', (bye: Srf.Request, reason?: string) => {
      if (this.#over) return
      this.#over = true
      const silent = bye.source === 'application'
      events.gone(silent ? (reason ?? 'no answer within the dialog') : (bye.get('Reason') ?? 'BYE'), silent)
    })
    dialog.on('ack', (ack: Srf.Request) => {
      if (!this.#awaitingAnswer) return
      this.#awaitingAnswer = false
      const answer = descriptionOf(ack)
      if (answer !== undefined) void events.answered(answer, ack.source_address).catch(() => undefined)
    })
  }

  /**
   * Our 200 has left: until its ACK has come we offer nothing (RFC 3261 section 14.1).
   * @param withAnswer it brings the answer to the offer that our 200 made
   */
  expectAck(withAnswer: boolean): void {
    this.#awaitingAnswer = withAnswer
    this.#acknowledged = atMost(ackMs, new Promise((resolve) => this.#dialog.once('ack', resolve)))
  }

  /**
   * Asks the party whether the call is still there. OPTIONS changes nothing, and every telephone answers it (RFC 3261 section 11.2); 408, 481 and
   * nothing at all mean that the dialog is over (section 12.2.1.2).
   */
  async presence(withinMs: number): Promise<Presence> {
    if (this.#over) return 'gone'
    const contact = this.#dialog.local.contact
    try {
      const { status } = await withDeadline<Srf.Response>('OPTIONS within the dialog', withinMs, (resolve, reject) =>
        this.#dialog.request(
          { method: 'OPTIONS', headers: { ...(contact === undefined ? {} : { Contact: contact }), Accept: 'application/sdp' } },
          (error, response) => {
            if (error) reject(error)
            else if (response && response.status >= 200) resolve(response)
          },
        ),
      )
      // 503 comes from drachtio-server for a party that cannot be reached, and from a party that is overloaded.
      return status === 408 || status === 481 ? 'gone' : status === 503 ? 'unsure' : 'there'
    } catch (error) {
      return error instanceof DeadlinePassed ? 'gone' : 'unsure'
    }
  }

  /** What another engine needs to continue this dialog, should this one die. */
  get identity(): DialogIdentity & Partial<Refreshing> {
    return { id: this.#dialog.id, contact: this.#dialog.local.contact ?? '', ...this.#refreshing }
  }

  /** Describes ourselves again to the party, by re-INVITE: we are somewhere else from now on. Settles within a bound; never rejects. */
  async offer(sdp: string): Promise<OfferAnswer> {
    const answer = await this.#ask(sdp)
    return 'response' in answer ? { kind: 'answered', sdp: answer.sdp, source: answer.response.source_address } : answer
  }

  /** Asks the party to describe itself again, by a re-INVITE without an offer of ours. Settles and never rejects, as `offer`. */
  async askForOffer(): Promise<PartyOffer | Exclude<OfferAnswer, { readonly kind: 'answered' }>> {
    const answer = await this.#ask()
    if (!('response' in answer)) return answer
    const { sdp, acknowledge } = answer
    let isAnswered = false
    const say = (body: string): void => {
      if (isAnswered) return
      isAnswered = true
      acknowledge({ body, headers: { 'Content-Type': 'application/sdp' } })
    }
    return { kind: 'offered', sdp, answer: say, isAnswered: () => isAnswered, letGo: () => say(sdp) }
  }

  async #ask(sdp?: string): Promise<Accepted | Exclude<OfferAnswer, { readonly kind: 'answered' }>> {
    await this.#acknowledged
    for (let tries = 1; ; tries++) {
      if (this.#over) return { kind: 'gone', why: 'the party has hung up' }
      const [response, acknowledge] = this.#changing ? [] : await this.#reinvite(sdp)
      if (response instanceof Error) return { kind: response instanceof DeadlinePassed ? 'gone' : 'refused', why: response.message }
      const status = response?.status ?? 491
      if (response && status < 300) {
        this.#refreshing = refreshedBy(response)
        const answer = descriptionOf(response)
        if (answer === undefined) acknowledge?.({})
        return answer === undefined
          ? { kind: 'refused', why: 'its 200 describes nothing' }
          : { response, sdp: answer, acknowledge: acknowledge ?? (() => undefined) }
      }
      if (status === 408 || status === 481) return { kind: 'gone', why: `${status} to a re-INVITE` }
      const waitMs =
        status === 491
          ? glareMs(this.#dialog.type === 'uac')
          : status === 500 || status === 503
            ? Number(response?.get('Retry-After') ?? NaN) * 1_000
            : NaN
      if (!(waitMs <= longestWaitMs) || tries === offersAtMost) return { kind: 'refused', why: `${status} to a re-INVITE` }
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  async #reinvite(sdp: string | undefined): Promise<readonly [Srf.Response | Error, Acknowledge?]> {
    this.#offering = true
    const contact = this.#dialog.local.contact
    const headers = {
      ...(contact === undefined ? {} : { Contact: contact }),
      Allow: allow,
      Supported: 'timer',
      ...(sdp === undefined ? {} : { 'Content-Type': 'application/sdp' }),
      ...timerOfOffer(this.#refreshing),
    }
    try {
      const what = sdp === undefined ? { noAck: true } : { body: sdp }
      return await withDeadline<readonly [Srf.Response, Acknowledge?]>('re-INVITE to the party', offerMs, (resolve, reject) =>
        this.#dialog.request({ method: 'INVITE', ...what, headers }, (error, response, acknowledge) => {
          if (error) reject(error)
          else if (response && response.status >= 200) resolve([response, acknowledge])
        }),
      )
    } catch (error) {
      return [asError(error)]
    } finally {
      this.#offering = false
    }
  }

  /** BYE. Settles within a bound; rejects when it could not be sent or was not answered. No more events of the party follow. */
  async bye(): Promise<void> {
    if (this.#over) return
    this.#over = true
    await withDeadline<undefined>('BYE', byeMs, (resolve, reject) =>
      this.#dialog.destroy({}, (error) => (error ? reject(error) : resolve(undefined))),
    )
  }

  /** BYE over another connection to drachtio-server than the one on which the dialog began, which is gone. */
  async byeOver(socket: Srf.Request['socket']): Promise<void> {
    this.#dialog.req.socket = socket
    await withDeadline<undefined>('BYE', byeMs, (resolve, reject) =>
      this.#dialog.destroy({}, (error) => (error ? reject(error) : resolve(undefined))),
    )
  }

  #onDescription(request: Srf.Request, response: Srf.Response): void {
    // RFC 3261 section 14.2: offers from both sides at once, and one before the last is done.
    if (this.#offering) return response.send(491)
    if (this.#changing) return response.send(500, { headers: { 'Retry-After': '1' } })
    const timer = answerSessionTimer(request, this.#refreshing?.refresher)
    if (timer.kind === 'tooShort') return response.send(422, { headers: timer.headers })
    const offer = descriptionOf(request)
    if (offer === undefined) {
      // RFC 3261 section 14.2: a re-INVITE without an offer gets one in the 200; the ACK brings the answer.
      this.#awaitingAnswer = true
      return this.#accept(response, timer, this.#events.described())
    }
    this.#changing = true
    this.#events.describe(offer, request.source_address).then(
      (answer) => {
        this.#changing = false
        if (answer === undefined) response.send(488)
        else this.#accept(response, timer, answer)
      },
      () => {
        this.#changing = false
        // The party keeps what it had (RFC 3261 section 14.2).
        response.send(500, { headers: { 'Retry-After': '2' } })
      },
    )
  }

  /** UPDATE without a description: a refresh of the session (RFC 4028 section 7.4). */
  #onRefresh(request: Srf.Request, response: Srf.Response): void {
    const timer = answerSessionTimer(request, this.#refreshing?.refresher)
    if (timer.kind === 'tooShort') response.send(422, { headers: timer.headers })
    else response.send(200, { headers: this.#headers(timer) })
  }

  #accept(response: Srf.Response, timer: SessionTimerAnswer, sdp: string): void {
    response.send(200, { body: sdp, headers: { ...this.#headers(timer), 'Content-Type': 'application/sdp' } })
  }

  #onInfo(request: Srf.Request, response: Srf.Response): void {
    const key = asKey(keyInInfo(request.get('Content-Type'), request.body)?.key ?? '')
    response.send(200)
    if (key !== undefined) this.#events.key(key)
  }

  #headers(timer: SessionTimerAnswer): Record<string, string> {
    const contact = this.#dialog.local.contact
    this.#refreshing = timer.kind === 'timed' ? { refresher: timer.refresher, seconds: timer.seconds } : undefined
    return { ...(contact === undefined ? {} : { Contact: contact }), Allow: allow, ...(timer.kind === 'timed' ? timer.headers : {}) }
  }
}

/** How long to wait when both sides have sent an offer at once (RFC 3261 section 14.1). @param ours we chose the Call-ID */
function glareMs(ours: boolean): number {
  return ours ? randomInt(2_100, 4_000) : randomInt(0, 2_000)
}

/** The session description in a message's body. */
export function descriptionOf(message: Srf.SipMessage): string | undefined {
  return descriptionIn(message.get('Content-Type'), message.body)
}
