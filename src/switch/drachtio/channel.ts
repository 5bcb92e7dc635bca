import { isIP } from 'node:net'
import type Mrf from 'drachtio-fsmrf'
import type Srf from 'drachtio-srf'
import { ChannelSocket } from './channel-socket.js'
import { withDeadline } from './deadline.js'
import type { MediaLink } from './media-link.js'
import type { Place } from './own-ports.js'
import { placeOf } from './sdp.js'
import type { DialogIdentity } from './standing-dialog.js'

const reinviteMs = 4_000
const byeMs = 2_000
/** FreeSWITCH's BYE may come without a cause; the event socket reports it a little later. */
const causeMs = 100

/**
 * FreeSWITCH changes over to the party's codec with the first packets after the description. Detectors and recordings that begin
 * before that work at the sampling rate of the codec before.
 */
const codecMs = 250

/** Why a channel is gone without our asking: FreeSWITCH's hang-up cause, or how the connection ended. */
export interface ChannelLoss {
  readonly cause: string
}

/** A key, as drachtio-fsmrf passes on FreeSWITCH's event. */
export interface KeyEvent {
  readonly dtmf: string
  /** `RTP`, `INBAND_AUDIO`, ... */
  readonly source?: string | null
  /** In 1/8000 s. */
  readonly duration?: string | null
  /** RTP timestamp of the press, where the media server tells presses apart by it (the embedded switch does). */
  readonly timestamp?: string | null
}

/** FreeSWITCH knows `uuid_media_reneg`, the embedded switch does not: it keeps the key of its first offer. */
const unknownCommand = /^-ERR .*Command not found!/

/** What has been received from a party. */
export interface Arrived {
  /** RTP packets. FreeSWITCH before 1.11 counts those that it drops because they come from elsewhere, too. */
  readonly packets: number
  /** A number that changes with the reports (RTCP) of the party. */
  readonly reports: number
  /** Where the media server found a sender elsewhere than the party was described to be (the embedded switch: in any case). */
  readonly found: Place | undefined
}

/** FreeSWITCH answered something else than 200 to a new description. */
export class ReinviteRefused extends Error {
  override readonly name = 'ReinviteRefused'

  constructor(readonly status: number) {
    super(`FreeSWITCH answered ${status} to the description of a party`)
  }
}

const ownerVariable = 'ringround_engine'

/** One channel of FreeSWITCH: its SIP dialog with us, and its event-socket connection to us. The code that takes one releases it. */
export class Channel extends ChannelSocket {
  /** FreeSWITCH's description from before there was a party. */
  readonly offer: string
  #place: Place | undefined
  readonly createdAt = performance.now()
  /** Whether a party has been described to it; then it is not offered to another one. */
  used = false
  onKey: (key: KeyEvent) => void = () => undefined
  onLost: (loss: ChannelLoss) => void = () => undefined
  readonly #dialog: Srf.Dialog
  readonly #link: MediaLink
  readonly #signallingUp: () => boolean
  /** Called when FreeSWITCH makes an offer of its own. */
  #onOffer: (offer: string) => void = () => undefined
  #describedAt: number | undefined
  #describing: Promise<void> | undefined
  #first: { readonly described: string; readonly answer: string } | undefined
  #looking = false
  #loss: ChannelLoss | undefined
  #released: Promise<void> | undefined

  /**
   * @param endpoint as drachtio-fsmrf made it, with its dialog and its connection
   * @param described the party with which it was made; absent: there is none yet
   */
  constructor(
    endpoint: Mrf.Endpoint,
    dialog: Srf.Dialog,
    connection: Mrf.Connection,
    link: MediaLink,
    signallingUp: () => boolean,
    described?: string,
  ) {
    super(endpoint, connection)
    if (described !== undefined) this.#first = { described, answer: dialog.remote.sdp ?? '' }
    this.offer = endpoint.local.sdp
    this.#place = placeOf(this.offer)
    this.#dialog = dialog
    this.#link = link
    this.#signallingUp = signallingUp
    endpoint.on('dtmf', (key: KeyEvent) => this.onKey(key))
    // FreeSWITCH hung up, or its connection ended.
    endpoint.on('destroy', (why?: { reason?: string }) => this.#lose(why?.reason ?? 'event socket lost'))
    dialog.on('destroy', (bye: Srf.Request) => {
      const cause = /text="([^"]+)"/.exec(bye.get('Reason') ?? '')?.[1]
      if (cause !== undefined) this.#lose(cause)
      else setTimeout(() => this.#lose('FreeSWITCH hung up'), causeMs)
    })
    answerReinvites(dialog, (offer) => this.#onOffer(offer))
  }

  /** Why it is gone without our asking. */
  get loss(): ChannelLoss | undefined {
    return this.#loss
  }

  /** It has a party already, described by a dead engine. */
  takenOver(): void {
    this.used = true
    this.#describedAt = 0
  }

  /**
   * Whether it goes on with its dialplan when its event socket closes: `park` follows `socket`. One that has left `socket`, for a bridge or a transfer, stays by itself, and FreeSWITCH 1.11.1
   * resets one set to resume: out of its bridge, never to do anything again. So this does not use the command `resume`, which cannot be taken back.
   */
  resumes(wanted: boolean): void {
    this.api('uuid_setvar', `socket_resume ${wanted}`).catch(() => undefined)
  }

  /** Writes the new owner on the channel itself: an engine that had it, and can reach nothing but its servers, finds it there. */
  async claim(incarnation: string): Promise<void> {
    await this.api('uuid_setvar', `${ownerVariable} ${incarnation}`)
  }

  /** The engine that took it over last; undefined: none did. Rejects where FreeSWITCH does not say. */
  async owner(): Promise<string | undefined> {
    const owner = await this.api('uuid_getvar', ownerVariable)
    return /^[\da-f]+$/.test(owner) ? owner : undefined
  }

  /** Its SIP dialog with us. */
  get dialog(): DialogIdentity {
    return { id: this.#dialog.id, contact: this.#dialog.local.contact ?? '' }
  }

  /** Where FreeSWITCH has its RTP port. */
  get place(): Place | undefined {
    return this.#place
  }

  /**
   * Tells FreeSWITCH where the party is, by re-INVITE. Not `endpoint.modify`: that asks for all channel variables afterwards (two
   * more round trips), and after a refusal its queue never moves again.
   * @returns FreeSWITCH's answer; rejects with `ReinviteRefused` or `DeadlinePassed`
   */
  describe(sdp: string): Promise<string> {
    if (this.#first?.described === sdp) return this.#begin(this.#first)
    this.used = true
    return this.#afterOthers(() => this.#describe(sdp))
  }

  /**
   * As `describe`, of a party that has answered an offer with FreeSWITCH's key in it. For an offer with another key than before FreeSWITCH makes a new key of its own, and
   * the party would hear noise; for an answer it does not. So FreeSWITCH is made to offer, and this is the answer.
   * @returns FreeSWITCH's own description
   */
  describeAnswered(sdp: string): Promise<string> {
    this.used = true
    return this.#afterOthers(async () => {
      const before = this.#dialog.local.sdp
      this.#dialog.local.sdp = sdp
      const offered = this.asked<string>('FreeSWITCH: its offer', reinviteMs, (resolve) => (this.#onOffer = resolve))
      offered.catch(() => undefined)
      const said = await this.api('uuid_media_reneg')
      if (unknownCommand.test(said)) {
        this.#dialog.local.sdp = before
        return this.#describe(sdp)
      }
      if (!said.startsWith('+OK')) throw new Error(`FreeSWITCH: uuid_media_reneg: ${said}`)
      const offer = await offered
      this.#describedAt ??= performance.now()
      this.#place = placeOf(offer) ?? this.#place
      return offer
    })
  }

  /** One after the other: a second one in between would be refused (RFC 3261 section 14.2). */
  #afterOthers(describe: () => Promise<string>): Promise<string> {
    const described = this.#describing ? this.#describing.then(describe) : describe()
    const settled = described
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (this.#describing === settled) this.#describing = undefined
      })
    this.#describing = settled
    return described
  }

  /**
   * Says where the party may be found, from the next description on: at any port of these hosts; none: exactly where it is described to be,
   * which is how a channel begins (`channelVariables`). FreeSWITCH takes any source that sends three packets, and has to be watched
   * (`PartySearch`); the embedded switch keeps to these hosts.
   */
  async lookAt(hosts: readonly string[]): Promise<void> {
    if (hosts.length === 0 && !this.#looking) return
    const variables =
      hosts.length === 0
        ? 'disable_rtp_auto_adjust=true'
        : `disable_rtp_auto_adjust=false;rtp_auto_adjust_threshold=3;rtp_learn_from=${hosts.join(',')};remote_audio_ip=;remote_audio_port=`
    await this.order('uuid_setvar_multi', variables)
    this.#looking = hosts.length > 0
  }

  /** What has been received from the party so far. Rejects when FreeSWITCH does not say. */
  async arrived(): Promise<Arrived> {
    await this.api('uuid_set_media_stats')
    const [packets, reports, address, port] = await Promise.all(
      ['rtp_audio_in_packet_count', 'rtp_audio_rtcp_packet_count', 'remote_audio_ip', 'remote_audio_port'].map((name) =>
        this.api('uuid_getvar', name),
      ),
    )
    const found = isIP(address ?? '') !== 0 && Number(port) > 0
    return {
      packets: Number(packets) || 0,
      reports: Number(reports) || 0,
      found: found ? { address: address ?? '', port: Number(port) } : undefined,
    }
  }

  /** It was made with this description. */
  #begin({ described, answer }: { readonly described: string; readonly answer: string }): Promise<string> {
    this.#first = undefined
    this.used = true
    this.#dialog.local.sdp = described
    this.#describedAt ??= performance.now()
    return Promise.resolve(answer)
  }

  async #describe(sdp: string): Promise<string> {
    const answer = await this.asked<Srf.Response>('FreeSWITCH: re-INVITE', reinviteMs, (resolve, reject) =>
      this.#dialog.request(
        {
          method: 'INVITE',
          body: sdp,
          headers: {
            'Content-Type': 'application/sdp',
            ...(this.#dialog.local.contact === undefined ? {} : { Contact: this.#dialog.local.contact }),
          },
        },
        (error, response) => {
          if (error) reject(error)
          else if (response && response.status >= 200) resolve(response)
        },
      ),
    )
    if (answer.status !== 200 || answer.body === undefined) throw new ReinviteRefused(answer.status)
    this.#dialog.local.sdp = sdp
    this.#describedAt ??= performance.now()
    // It may have moved to the party's address family.
    this.#place = placeOf(answer.body) ?? this.#place
    return answer.body
  }

  /** Resolves when FreeSWITCH works with the party's codec. */
  async codecSettled(): Promise<void> {
    const left = (this.#describedAt ?? performance.now()) + codecMs - performance.now()
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left))
  }

  /** Its media server no longer answers: the channel is as good as gone, though no connection has ended. */
  giveUp(cause: string): void {
    this.#lose(cause)
  }

  /** Hangs it up: by BYE, and by the event socket where that fails. May be called twice; settles within a bound; never rejects. */
  release(): Promise<void> {
    return (this.#released ??= this.#release())
  }

  async #release(): Promise<void> {
    const wasLost = this.#loss !== undefined
    this.abandon()
    this.onKey = () => undefined
    this.onLost = () => undefined
    if (wasLost && !this.#dialog.connected) return
    try {
      if (!this.#signallingUp()) throw new Error('no way to send a BYE')
      await withDeadline<undefined>('FreeSWITCH: BYE', byeMs, (resolve, reject) =>
        this.#dialog.destroy({}, (error) => (error ? reject(error) : resolve(undefined))),
      )
    } catch {
      // The dialog is gone (FreeSWITCH's BYE crossed ours), or drachtio is: then the event socket does it, and a channel that is gone is gone.
      await this.#link.kill(this.id)
    }
  }

  #lose(cause: string): void {
    if (this.gone) return
    this.#loss = { cause }
    this.abandon()
    this.onLost(this.#loss)
  }
}

/**
 * FreeSWITCH sends a re-INVITE of its own when two channels are bridged, and hangs up when the answer carries no description.
 * drachtio-srf would answer with the description that began the dialog, which was empty; and it throws on one without SDP.
 */
function answerReinvites(dialog: Srf.Dialog, offered: (offer: string) => void): void {
  const others = dialog.handle.bind(dialog)
  dialog.handle = (request, response) => {
    if (request.method !== 'INVITE') return others(request, response)
    const sdp = dialog.local.sdp
    if (sdp === undefined) return response.send(488)
    response.send(200, {
      body: sdp,
      headers: { 'Content-Type': 'application/sdp', ...(dialog.local.contact === undefined ? {} : { Contact: dialog.local.contact }) },
    })
    if (request.body !== undefined) offered(request.body)
  }
}
