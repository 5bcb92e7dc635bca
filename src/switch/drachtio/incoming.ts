import type Srf from 'drachtio-srf'
import { cleanName } from '../clean-text.js'
import { readAddresses, readPartyUri } from '../party-address.js'
import type { AnswerOptions, AnswerResult, IncomingCall } from '../port.js'
import { isWithheldHost, isWithheldWord } from '../withheld.js'
import type { Channel } from './channel.js'
import { asError } from '../../common/errors.js'
import { withDeadline } from './deadline.js'
import { dialogIdOf, tagOf, writeHandle } from './handle.js'
import { LaterParty } from './later-party.js'
import { legByIce } from './leg-by-ice.js'
import { DrachtioLeg } from './leg.js'
import { allow, descriptionOf, PartyDialog } from './party-dialog.js'
import { describeParty, type Told } from './party-media.js'
import {
  announceKeys,
  answerToParty,
  describeByIce,
  isFoundByIce,
  securedBy,
  offerToParty,
  Origin,
  readPartyOffer,
  type PartyAudio,
} from './sdp.js'
import type { ComingChannel, ServerPair } from './server-pair.js'
import { sourceOf } from './source.js'
import { answerSessionTimer } from './session-timer.js'

const answerMs = 4_000
/** How far the CANCEL of a caller may be behind the refusal to answer that it causes. */
const crossingMs = 100
/** Extensions that a caller may require: reliable provisional responses (we send none), session timers. */
const extensions = new Set(['100rel', 'timer'])

/** An incoming call. Constructed in the handler of the INVITE itself, before anything else can happen. */
export class DrachtioIncomingCall implements IncomingCall {
  readonly id: string
  readonly callerNumber: string
  readonly callerDisplayName: string
  readonly dialledNumber: string
  readonly source: IncomingCall['source']
  readonly signal: AbortSignal
  readonly #pair: ServerPair
  readonly #request: Srf.Request
  readonly #response: Srf.Response
  readonly #cancelled = new AbortController()
  readonly #stopWatching: () => void
  /** Origins of our descriptions for the caller. */
  readonly #origin = new Origin()
  /** Its description, once it has been read. */
  #read: { readonly offer: PartyAudio | undefined } | undefined
  #when: Promise<unknown> | undefined
  #answering: Promise<AnswerResult> | undefined

  constructor(pair: ServerPair, request: Srf.Request, response: Srf.Response) {
    this.#pair = pair
    this.#request = request
    this.#response = response
    this.signal = this.#cancelled.signal
    // First thing: a CANCEL may be in the same TCP segment.
    request.on('cancel', () => this.#cancelled.abort())
    this.#stopWatching = pair.signalling.onLost(() => this.#cancelled.abort())
    const from = readAddresses(request.get('From') ?? '')[0]
    const { user, host } = readPartyUri(from?.uri ?? '')
    const withheld = isWithheldWord(user) || isWithheldHost(host)
    this.id = request.get('Call-ID') ?? ''
    this.callerNumber = withheld ? '' : user
    this.callerDisplayName = withheld ? '' : cleanName(from?.name ?? '')
    this.dialledNumber = readPartyUri(request.uri).user
    this.source = sourceOf(request)
  }

  /** No final response has been sent, and the caller is still there. */
  get open(): boolean {
    return !this.signal.aborted && !this.#response.finalResponseSent
  }

  /** Whether the Request-URI is one that can be read: `sip:`, `sips:`, `tel:`; anything else gets 416 (RFC 3261 section 8.2.2.1). */
  get schemeServed(): boolean {
    return /^(?:sips?|tel):/i.test(this.#request.uri)
  }

  /** Required extensions that we do not have: refused with 420 (RFC 3261 section 8.2.2.3). */
  get unsupported(): readonly string[] {
    const required = (this.#request.get('Require') ?? '').split(',').map((option) => option.trim())
    return required.filter((option) => option !== '' && !extensions.has(option.toLowerCase()))
  }

  /** Headers of the 422 for a session interval that is too short (RFC 4028 section 9); undefined where it is not. */
  get shortInterval(): Readonly<Record<string, string>> | undefined {
    const timer = answerSessionTimer(this.#request)
    return timer.kind === 'tooShort' ? timer.headers : undefined
  }

  /**
   * Whether it is a copy of another call over another path (RFC 3261 section 8.2.2.2), to refuse with 482. drachtio-server passes on both; it
   * identifies dialogs by Call-ID and the caller's tag, and drachtio-srf unanswered calls by Call-ID alone, so the first could no longer be ended.
   */
  isCopyOf(other: DrachtioIncomingCall): boolean {
    return other.id === this.id && (other.open || (other.answering && other.#callerTag === this.#callerTag))
  }

  get #callerTag(): string | undefined {
    return tagOf(this.#request.get('From') ?? '')
  }

  get answering(): boolean {
    return this.#answering !== undefined
  }

  header(name: string): string | undefined {
    return this.#request.get(name)
  }

  /** The dialog that our 200 makes is known by its INVITE: any engine finds it by that, and can take the caller to a channel. */
  get handle(): string {
    const offer = this.#offer
    const secured = offer && securedBy(offer)
    const timer = answerSessionTimer(this.#request)
    return writeHandle({
      servers: this.#pair.names,
      party: {
        id: dialogIdOf(this.#request),
        contact: '',
        ...(timer.kind === 'timed' ? { refresher: timer.refresher, seconds: timer.seconds } : {}),
      },
      origins: [this.#origin.id, ''],
      ...(secured === undefined ? {} : { secured }),
    })
  }

  get #offer(): PartyAudio | undefined {
    const sdp = descriptionOf(this.#request)
    this.#read ??= { offer: sdp === undefined ? undefined : readPartyOffer(sdp, this.#pair.codecsTaken) }
    return this.#read.offer
  }

  answer({ when }: AnswerOptions = {}): Promise<AnswerResult> {
    this.#when ??= when
    return (this.#answering ??= this.#answer().finally(this.#stopWatching))
  }

  reject(status: number, options: { readonly reason?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<void> {
    this.#refuse(status, options.reason, options.headers)
    return Promise.resolve()
  }

  #refuse(status: number, reason?: string, headers: Readonly<Record<string, string>> = {}): void {
    this.#stopWatching()
    if (!this.open) return
    try {
      if (reason === undefined) this.#response.send(status, { headers })
      else this.#response.send(status, reason, { headers })
    } catch {
      // drachtio has just gone: it has told the caller, or the caller's own timer will.
      this.#cancelled.abort()
    }
  }

  async #answer(): Promise<AnswerResult> {
    if (!this.open) return { kind: 'cancelled' }
    const offer = this.#offer
    if (offer === undefined && descriptionOf(this.#request) !== undefined) return this.#nothingInCommon()
    if (!this.#request.has('Contact')) {
      this.#refuse(400, 'Missing Contact')
      return { kind: 'failed', why: 'the INVITE has no Contact' }
    }
    if (offer && isFoundByIce(offer)) return this.#answerByIce(offer)
    let prepared: Prepared | undefined
    try {
      prepared = await this.#prepare(offer)
    } catch (error) {
      return this.#fail(asError(error))
    }
    if (prepared === undefined) return this.#nothingInCommon()
    try {
      const leg = await this.#answerWith(prepared, offer)
      if (leg !== undefined) return { kind: 'answered', leg }
      void prepared.channel.release()
      return { kind: 'cancelled' }
    } catch (error) {
      void prepared.channel.release()
      return this.#fail(asError(error))
    }
  }

  /** A browser: it gets its answer before the channel is there, for the channel waits for its handshake. */
  async #answerByIce(offer: PartyAudio): Promise<AnswerResult> {
    const origins = { media: new Origin(), party: this.#origin }
    const description = describeByIce(offer, origins.media)
    let coming: ComingChannel | undefined
    let party: PartyDialog | undefined
    try {
      coming = await this.#pair.best.orElsewhere(
        (pair) => pair.takeChannelFor(description),
        () => this.open,
      )
      const described = coming && answerToParty(offer, coming.answer, origins.party)
      if (coming === undefined || described === undefined) return this.#nothingInCommon()
      const later = new LaterParty(described, coming.letGo)
      party = await this.#accept(
        described,
        (dialog, timer) => {
          const answered = new PartyDialog(dialog, later, timer)
          answered.expectAck(false)
          return answered
        },
        (late) => void late.bye().catch(() => undefined),
      )
      if (party === undefined) return { kind: 'cancelled' }
      const leg = await legByIce({ coming, description, described, origins, party, later })
      coming = undefined
      return { kind: 'answered', leg }
    } catch (error) {
      void party?.bye().catch(() => undefined)
      return party === undefined ? this.#fail(asError(error)) : { kind: 'failed', why: asError(error).message }
    } finally {
      // A channel that was not handed over is released.
      coming?.letGo()
    }
  }

  #nothingInCommon(): AnswerResult {
    this.#refuse(488)
    return { kind: 'noCommonCodec' }
  }

  /**
   * A channel that knows the caller's description. One that had been waiting may have gone by now, and its media server with it.
   * @returns undefined when the media server cannot do what the caller offers
   */
  #prepare(offer: PartyAudio | undefined): Promise<Prepared | undefined> {
    return this.#pair.best.orElsewhere(
      (pair) => this.#prepareAt(pair, offer),
      () => this.open,
    )
  }

  async #prepareAt(pair: ServerPair, offer: PartyAudio | undefined): Promise<Prepared | undefined> {
    const origins = { media: new Origin(), party: this.#origin }
    const channel = await this.#channelFor(pair, offer, origins)
    if (channel === undefined) return undefined
    try {
      const prepared =
        offer === undefined
          ? { described: offerToParty(channel.offer, this.#pair.codecs, origins.party) }
          : await this.#answerTo(pair, offer, channel, origins)
      if (prepared !== undefined) return { pair, channel, origins, ...prepared }
      void channel.release()
      return undefined
    } catch (error) {
      void channel.release()
      throw error
    }
  }

  /** A party that encrypts with keys of the description needs a channel made for that. @returns undefined where the media server cannot */
  async #channelFor(pair: ServerPair, offer: PartyAudio | undefined, origins: Prepared['origins']): Promise<Channel | undefined> {
    if (offer === undefined || securedBy(offer) !== 'keys') return pair.takeChannel()
    const coming = await pair.takeChannelFor(announceKeys(offer, origins.media))
    return coming?.channel
  }

  async #answerTo(
    pair: ServerPair,
    offer: PartyAudio,
    channel: Channel,
    origins: Prepared['origins'],
  ): Promise<Pick<Prepared, 'described' | 'told'> | undefined> {
    const told = await describeParty(channel, offer, origins.media, pair.describer(this.source.address))
    const described = told && answerToParty(offer, told.answer, origins.party)
    return described === undefined ? undefined : { described, told }
  }

  #fail(error: Error): AnswerResult {
    if (this.signal.aborted) return { kind: 'cancelled' }
    this.#refuse(503, undefined, { 'Retry-After': '5' })
    return { kind: 'failed', why: error.message }
  }

  /** @returns undefined when the caller has gone meanwhile */
  async #answerWith(
    { pair, channel, origins, described, told }: Prepared,
    offer: PartyAudio | undefined,
  ): Promise<DrachtioLeg | undefined> {
    if (this.signal.aborted || this.#response.finalResponseSent) return undefined
    const leg = new DrachtioLeg(pair, channel, origins)
    leg.secured = offer && securedBy(offer)
    if (told) leg.told(told)
    return this.#accept(
      described,
      (dialog, timer) => {
        const party = new PartyDialog(dialog, leg, timer)
        party.expectAck(offer === undefined)
        leg.begin(party, described)
        return leg
      },
      (late) => void late.close(),
    )
  }

  /** The 200, as soon as it may leave. @param live must take the dialog at once. @returns undefined when the caller has gone meanwhile */
  async #accept<T>(
    described: string,
    live: (dialog: Srf.Dialog, timer: ConstructorParameters<typeof PartyDialog>[2]) => T,
    release: (late: T) => void,
  ): Promise<T | undefined> {
    await this.#when
    if (this.signal.aborted || this.#response.finalResponseSent) return undefined
    const timer = answerSessionTimer(this.#request)
    const headers = {
      'Content-Type': 'application/sdp',
      Allow: allow,
      Supported: 'timer',
      ...(timer.kind === 'timed' ? timer.headers : {}),
    }
    return withDeadline<T | undefined>(
      'the 200 to the caller',
      answerMs,
      (resolve, reject) => {
        this.signal.addEventListener('abort', () => resolve(undefined), { once: true })
        // The callback form: behind a promise the BYE that follows at once would find no listener.
        this.#pair.signalling.srf.createUAS(this.#request, this.#response, { localSdp: described, headers }, (error, dialog) => {
          if (dialog) resolve(live(dialog, timer.kind === 'timed' ? timer : undefined))
          // The end of the INVITE may be reported before the CANCEL that caused it.
          else setTimeout(() => (this.signal.aborted ? resolve(undefined) : reject(error)), crossingMs)
        })
      },
      (late) => {
        if (late !== undefined) release(late)
      },
    )
  }
}

/** The parts of the answer to a caller. */
interface Prepared {
  readonly pair: ServerPair
  readonly channel: Channel
  readonly origins: { readonly media: Origin; readonly party: Origin }
  /** Our description for the caller. */
  readonly described: string
  /** What the media server has been told of the caller; undefined where its answer has not come yet. */
  readonly told?: Told | undefined
}
