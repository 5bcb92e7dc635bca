import type Srf from 'drachtio-srf'
import { asError } from '../../common/errors.js'
import { cutCallId } from '../clean-text.js'
import type { CallerId, DialOptions, DialResult } from '../port.js'
import type { Channel } from './channel.js'
import { failed, refusalOf } from './dial-outcome.js'
import { isLocal, isStale, minSecondsOf, retryAfterOf, toTagOf } from './dial-responses.js'
import { isBrowser, isOverIPv6, type Route } from './dial-routes.js'
import { dialogIdOf, writeRinging } from './handle.js'
import { LaterParty } from './later-party.js'
import { legByIce } from './leg-by-ice.js'
import { DrachtioLeg, nothingInCommon } from './leg.js'
import { allow, descriptionOf, PartyDialog } from './party-dialog.js'
import { offerTo } from './party-media.js'
import { answerToParty, describeByIce, isFoundByIce, offerToParty, Origin, readPartyAnswer, readPartyOffer, securedBy } from './sdp.js'
import type { ComingChannel, ServerPair } from './server-pair.js'
import { refreshedBy } from './session-timer.js'
import type { Trunk } from './settings.js'
import { silentMs, TrunkSilence } from './trunk-silence.js'

/** drachtio-server echoes a request that it has sent within a millisecond or two. */
const sentMs = 3_000

/** The result of one INVITE. */
export interface Attempt {
  readonly result: DialResult
  readonly rang: boolean
  /** The credentials were right, and too late (RFC 2617 section 3.2.1). */
  readonly stale?: boolean
  /** The session interval that a 422 requires, seconds. */
  readonly minSeconds?: number
  readonly retryAfterSeconds?: number
  /** Why there was no offer of SRTP. */
  readonly notEncrypted?: string
  /** The media server was lost while it rang. */
  readonly mediaLost?: true
}

/** The far end cannot be talked to. */
class Refused extends Error {}

/** What an INVITE is made from. */
export interface Prepared {
  readonly channel: Channel
  readonly origins: { readonly media: Origin; readonly party: Origin }
  /** Our offer, where it is encrypted: the channel is for this party alone. */
  readonly encrypted: string | undefined
}

/**
 * Modes: `sending` (drachtio has not echoed the INVITE yet), `ringing` (it is out), `settled` (the caller of `dial` has the result).
 * Ring time-out, cancellation, loss of a server, a refusal and an answer each settle it; only the first counts. What comes afterwards
 * is cleaned up: an INVITE whose echo comes late is cancelled then, a 200 that crosses the CANCEL is acknowledged and ended.
 */
export class Invitation {
  readonly #pair: ServerPair
  readonly #route: Route
  readonly #options: DialOptions
  readonly #channel: Channel
  readonly #origins: Prepared['origins']
  readonly #encrypted: string | undefined
  readonly #leg: DrachtioLeg
  #settle: (attempt: Attempt) => void = () => undefined
  #settled = false
  #sentAt = performance.now()
  #request: Srf.Request | undefined
  #taken = false
  #rang = false
  /** Answers that came in provisional responses, by the tag of the fork that gave them. */
  readonly #earlyAnswers = new Map<string, string>()
  #timer: NodeJS.Timeout | undefined
  readonly #silence: TrunkSilence
  /** The CANCEL has left, or was refused because there was nothing to cancel, for the request that was out then. */
  #cancelled = false
  #forgetLoss: () => void = () => undefined
  readonly #onAbort = () => this.#giveUp({ kind: 'cancelled' })

  constructor(pair: ServerPair, route: Route, options: DialOptions, { channel, origins, encrypted }: Prepared) {
    this.#pair = pair
    this.#route = route
    this.#options = options
    this.#channel = channel
    this.#origins = origins
    this.#encrypted = encrypted
    // Made now, so that keys and a loss of the channel are noticed from the first moment.
    this.#leg = new DrachtioLeg(pair, channel, origins)
    this.#silence = new TrunkSilence((answered) => this.#ask(answered))
  }

  send(): Promise<Attempt> {
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#options.signal.addEventListener('abort', this.#onAbort, { once: true })
      this.#timer = setTimeout(() => this.#giveUp(failed('ours', 'drachtio did not send the INVITE')), sentMs)
      this.#forgetLoss = this.#pair.signalling.onLost(() => this.#giveUp(failed('ours', this.#pair.signalling.detail)))
      // The media server went while the phone was ringing: the callee could not be heard.
      this.#leg.onLostEarly = (cause) => this.#giveUp(failed('ours', `the media server hung up: ${cause}`), { mediaLost: true })
      if (isBrowser(this.#route)) this.#inviteToOffer()
      else if (this.#encrypted !== undefined) this.#invite(this.#encrypted)
      else if (isOverIPv6(this.#route))
        offerTo(this.#channel, 6, this.#pair.codecs, this.#origins).then((offer) => this.#invite(offer), this.#onUnsent)
      else this.#invite()
    })
  }

  #invite(made?: string): void {
    if (this.#settled) return
    try {
      const offer = made ?? offerToParty(this.#channel.offer, this.#pair.codecs, this.#origins.party)
      this.#pair.signalling.srf.createUAC(
        this.#route.uri,
        {
          localSdp: offer,
          headers: headersFor(this.#options.from, this.#route.domain, this.#route.minSeconds),
          ...credentials(this.#route.trunk),
          ...(this.#route.via === undefined ? {} : { proxy: this.#route.via }),
        },
        { cbRequest: (error, request) => this.#onSent(error, request), cbProvisional: (response) => this.#onProvisional(response) },
        (error, dialog) => (dialog ? this.#onAnswered(dialog, offer) : this.#onRefused(error)),
      )
    } catch (error) {
      this.#onUnsent(error)
    }
  }

  /**
   * A browser describes itself, and we answer in the ACK (RFC 3261 13.2.1): neither our media server nor FreeSWITCH makes offers of ICE and DTLS, and
   * both answer them.
   */
  #inviteToOffer(): void {
    try {
      this.#pair.signalling.srf.createUAC(
        this.#route.uri,
        {
          noAck: true,
          headers: headersFor(this.#options.from, this.#route.domain, this.#route.minSeconds),
          ...(this.#route.via === undefined ? {} : { proxy: this.#route.via }),
        },
        { cbRequest: (error, request) => this.#onSent(error, request), cbProvisional: (response) => this.#onProvisional(response) },
        (error, offered) => (offered ? void this.#onOffered(offered) : this.#onRefused(error)),
      )
    } catch (error) {
      this.#onUnsent(error)
    }
  }

  /** The browser has answered, and offers. */
  async #onOffered(offered: Srf.LateOffer): Promise<void> {
    const rangMs = Math.round(performance.now() - this.#sentAt)
    const at = Date.now()
    this.#request = undefined
    this.#stopWaiting()
    this.#pair.warm.giveBack(this.#channel)
    let coming: ComingChannel | undefined
    let party: PartyDialog | undefined
    try {
      const offer = readPartyOffer(offered.sdp, this.#pair.codecsTaken)
      const description = offer && isFoundByIce(offer) ? describeByIce(offer, this.#origins.media) : undefined
      coming =
        description === undefined
          ? undefined
          : await this.#pair.orElsewhere(
              (pair) => pair.takeChannelFor(description),
              () => !this.#settled,
            )
      const answer = offer && coming && answerToParty(offer, coming.answer, this.#origins.party)
      if (description === undefined || coming === undefined || answer === undefined) throw new Refused(nothingInCommon)
      // A time-out no longer counts; a cancellation may have come.
      if (this.#options.signal.aborted) throw new Refused('nobody waits for it any more')
      const later = new LaterParty(answer, coming.letGo)
      const dialog = await offered.ack(answer)
      party = new PartyDialog(dialog, later, refreshedBy(dialog.res))
      const leg = await legByIce({ coming, description, described: answer, origins: this.#origins, party, later })
      coming = undefined
      if (this.#settled) void leg.close()
      else this.#finish({ kind: 'answered', leg, at, rangMs })
    } catch (error) {
      this.#finish(error instanceof Refused ? failed('farEnd', error.message) : failed('ours', asError(error).message))
      void (party ? party.bye() : offered.destroy()).catch(() => undefined)
    } finally {
      // A channel that was not handed over is released.
      coming?.letGo()
    }
  }

  /** drachtio-srf's assertion that it has no connection; or a media server that offers nothing we speak. */
  readonly #onUnsent = (error: unknown): void => {
    this.#giveUp(failed('ours', this.#pair.signalling.up ? asError(error).message : this.#pair.signalling.detail))
  }

  #onSent(error: Error | null, request: Srf.Request | undefined): void {
    if (!request) return this.#giveUp(failed('ours', error?.message ?? 'drachtio did not send the INVITE'))
    this.#request = request
    this.#tellSent(request)
    request.on('authenticate', (again: Srf.Request) => this.#onChallenged(again))
    this.#sentAt = performance.now()
    if (this.#settled) return this.#cancelRequest()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(
      () => this.#giveUp(this.#silence.silent ? silentTrunk : { kind: 'noAnswer', rangMs: Math.round(performance.now() - this.#sentAt) }),
      this.#options.ringMs,
    )
    if (!this.#route.trunk) return
    this.#silence.start(Math.min(silentMs, this.#options.ringMs / 2), () => {
      // Without another trunk giving up gains nothing.
      if (this.#route.another) this.#giveUp(silentTrunk)
    })
  }

  #tellSent(request: Srf.Request): void {
    const { trunk, srtp, plainAfter } = this.#route
    const secured = isBrowser(this.#route) ? 'dtls' : this.#encrypted === undefined ? undefined : 'keys'
    const handle = writeRinging({
      server: this.#pair.names[0],
      transaction: request.stackTxnId ?? '',
      uri: request.uri,
      answered: {
        servers: this.#pair.names,
        party: { id: dialogIdOf(request), contact: '' },
        origins: [this.#origins.party.id, ''],
        ...(secured === undefined ? {} : { secured }),
      },
    })
    this.#options.onSent?.({
      sipCallId: cutCallId(request.get('Call-ID') ?? ''),
      ...(trunk === undefined ? {} : { trunk: trunk.name }),
      ...(srtp === 'off' ? {} : { srtp: true }),
      ...(plainAfter === undefined ? {} : { plainAfter }),
      ...(handle === '' ? {} : { handle }),
    })
  }

  #ask(answered: () => void): void {
    try {
      this.#pair.signalling.srf.request(`sip:${this.#route.trunk?.address ?? ''}`, { method: 'OPTIONS' }, (_error, request) => {
        request?.on('response', (response: Srf.Response) => {
          if (!isLocal(response)) answered()
        })
      })
    } catch {
      // The connection to drachtio is gone: this call notices by itself.
    }
  }

  /** The trunk challenges; drachtio-srf has sent the INVITE again, with credentials, as a transaction of its own. */
  #onChallenged(again: Srf.Request): void {
    this.#silence.heard()
    this.#request = again
    this.#tellSent(again)
    // Our CANCEL and the challenge have crossed: it was for the INVITE before. One that drachtio-srf holds back leaves for the new one.
    if (this.#settled && this.#cancelled) this.#cancelRequest()
  }

  #onProvisional(response: Srf.Response): void {
    this.#silence.heard()
    const early = descriptionOf(response)
    if (early !== undefined && this.#earlyAnswers.size < mostForks) this.#earlyAnswers.set(toTagOf(response), early)
    if (response.status <= 100 || this.#settled) return
    // 181 and 182 ring no telephone yet, but the far end has taken the call in hand.
    this.#taken = true
    if (this.#rang || (response.status !== 180 && response.status !== 183)) return
    this.#rang = true
    this.#options.onRinging?.()
  }

  #onRefused(error: unknown): void {
    const { status, reason, res } = error as Partial<Srf.SipError>
    if (status === undefined) return this.#giveUp(failed('ours', asError(error).message))
    if (!this.#settled) {
      const local = res !== undefined && isLocal(res)
      const result = refusalOf({
        status,
        reason: (reason ?? '').slice(0, longestReason),
        local,
        reasonHeader: res?.get('Reason'),
        viaTrunk: this.#route.trunk !== undefined,
        rang: this.#taken,
      })
      this.#close(result, res && { stale: isStale(res), ...minSecondsOf(res), ...retryAfterOf(res) })
    }
    this.#discard()
  }

  #onAnswered(dialog: Srf.Dialog, offer: string): void {
    // Listen before anything else: a BYE may be in the same TCP segment as the 200.
    const party = new PartyDialog(dialog, this.#leg, refreshedBy(dialog.res))
    // A 200 may leave out what its 183 has said (RFC 3261 13.2.1; and many that were not reliable do).
    const answer = descriptionOf(dialog.res) ?? this.#earlyAnswers.get(toTagOf(dialog.res))
    const audio = answer === undefined ? undefined : readPartyAnswer(answer, offer, this.#pair.codecs)
    if (this.#settled || audio === undefined) {
      this.#close(failed('farEnd', answer === undefined ? 'the answer describes no audio' : nothingInCommon))
      void party.bye().catch(() => undefined)
      return this.#channelDone()
    }
    const rangMs = Math.round(performance.now() - this.#sentAt)
    const at = Date.now()
    const leg = this.#leg
    this.#request = undefined
    this.#stopWaiting()
    leg.secured = securedBy(audio)
    // The party is there: it is not rung again, but goes to another media server.
    leg.onLostEarly = () => undefined
    void leg.takeAnswer(audio, dialog.res.source_address, this.#route.trunk !== undefined).then(async (taken) => {
      leg.begin(party, offer)
      await leg.settled()
      if (!taken) this.#finish(failed('farEnd', nothingInCommon))
      if (this.#settled) void leg.close()
      else if (leg.ended?.ending === 'mediaLost') this.#finish(failed('ours', leg.ended.detail ?? 'the media server is lost'))
      else this.#finish({ kind: 'answered', leg, at, rangMs })
    })
  }

  /** Settles before the far end has answered. */
  #giveUp(result: DialResult, more?: Pick<Attempt, 'mediaLost'>): void {
    if (this.#settled) return
    this.#close(result, more)
    this.#cancelRequest()
    // Its audio may still come to this port: no other party gets it.
    this.#channelDone()
  }

  #cancelRequest(): void {
    try {
      this.#request?.cancel(() => {
        this.#cancelled = true
      })
    } catch {
      // The connection to drachtio is gone, and with it the INVITE.
    }
  }

  #close(result: DialResult, more?: Omit<Attempt, 'result' | 'rang'>): void {
    this.#stopWaiting()
    this.#finish(result, more)
  }

  #finish(result: DialResult, more?: Omit<Attempt, 'result' | 'rang'>): void {
    if (this.#settled) return
    this.#settled = true
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#forgetLoss()
    this.#settle({ result, rang: this.#taken, ...more })
  }

  /** The ring time-out no longer counts; a cancellation still does. */
  #stopWaiting(): void {
    clearTimeout(this.#timer)
    this.#silence.stop()
  }

  /** After a refusal: no audio has come to the channel, unless early. */
  #discard(): void {
    if (this.#encrypted !== undefined || this.#earlyAnswers.size > 0 || this.#channel.gone) this.#channelDone()
    else this.#pair.warm.giveBack(this.#channel)
  }

  #channelDone(): void {
    void this.#channel.release()
  }
}

const silentTrunk: DialResult = { kind: 'failed', fault: 'trunk', reason: 'the trunk does not answer' }
/** The far end chooses the reason phrase, which goes into records and alarms. */
const longestReason = 120
/** More branches of one call than this are not told apart. */
const mostForks = 20

/** The single outbound number and nothing else: the whisper says who calls, not SIP. */
function headersFor(from: CallerId, domain: string, minSeconds: number | undefined): Record<string, string> {
  const timer: Record<string, string> =
    minSeconds === undefined ? {} : { 'Session-Expires': String(minSeconds), 'Min-SE': String(minSeconds) }
  const name = from.displayName === undefined ? '' : `"${from.displayName.replace(/["\\\r\n]/g, '')}" `
  const address = `${name}<sip:${from.number}@${domain}>`
  return { From: address, 'P-Asserted-Identity': address, 'Content-Type': 'application/sdp', Allow: allow, Supported: 'timer', ...timer }
}

function credentials(trunk: Trunk | undefined): { auth?: Srf.Credentials } {
  return trunk?.user === undefined ? {} : { auth: { username: trunk.user, password: trunk.password ?? '' } }
}
