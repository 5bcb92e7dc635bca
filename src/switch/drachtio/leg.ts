import type { Audio, HangUp, Heard, Leg, LegEnding, ListenOptions, Moved, Played, Recording, RecordResult } from '../port.js'
import { asError } from '../../common/errors.js'
import type { Channel, ChannelLoss } from './channel.js'
import { aborted, atMost } from './deadline.js'
import { asKey, asKeySource, Keys, type Press } from './keys.js'
import { findPlace, MoveCount } from './moving.js'
import type { PartyDialog, PartyEvents } from './party-dialog.js'
import { writeHandle, type Secured } from './handle.js'
import { LegRecordings } from './leg-recordings.js'
import { Player } from './player.js'
import { describeParty, type Describer, type Told } from './party-media.js'
import { PartySearch } from './party-search.js'
import { answerToParty, Origin, readPartyAnswer, readPartyOffer, securedBy, type PartyAudio } from './sdp.js'
import type { ServerPair } from './server-pair.js'
import { SilenceWatch } from './silence-watch.js'
import { ToneListening } from './tone-listening.js'
import { VoiceFollower } from './voice-follower.js'

/** The longest that ending a leg may take, whatever the servers do. */
const releaseMs = 5_000
/** The reason given for a party whose description we cannot use. */
export const nothingInCommon = 'the answer has no codec in common with us'
/** A play waits this long for a party that has to be found first; after that it may go unheard. */
const unheardMs = 2_000
/** Keys of a stranger who has been turned away may still reach us for this long. */
const underWayMs = 500

/** One answered party: its SIP dialog, its channel, and the operations on them. */
export class DrachtioLeg implements Leg, PartyEvents {
  readonly id: string
  readonly hungUp: Promise<HangUp>
  readonly player: Player
  /** Called at the end, before `hungUp` settles its followers: bridges. */
  readonly atEnd = new Set<(hangUp: HangUp) => void>()
  /** Called when the channel is lost, or about to be given up, and another one is looked for: bridges. */
  readonly atMove = new Set<() => void>()
  afterMove: readonly Audio[] = []
  /** The channel with which it was bridged when it was taken over. */
  bridgedWith: string | undefined
  #pair: ServerPair
  #channel: Channel
  readonly #keys = new Keys()
  #tones: ToneListening
  #origins: { readonly media: Origin; readonly party: Origin }
  readonly #recordings = new LegRecordings(this)
  #dialog: PartyDialog | undefined
  /** Called when the channel is lost before the party is there: no telephone can be rung with it. */
  onLostEarly: (cause: string) => void = () => undefined
  #settle: (hangUp: HangUp) => void = () => undefined
  #ended: HangUp | undefined
  #released: Promise<void> = Promise.resolve()
  #described = ''
  #stopWatching: () => void = () => undefined
  #search: PartySearch | undefined
  /** Where the party was found, until it describes itself otherwise. */
  #known: Describer['known']
  /** Keys that came while their sender was not certain. */
  #doubtful: Press[] | undefined
  #distrustUntil = 0
  #silence: SilenceWatch | undefined
  #voice: VoiceFollower | undefined
  /** The audio between the party and us is encrypted, and stays so. */
  secured: Secured | undefined
  /** We chose where the party is: a trunk. */
  #trusted = false
  #moving: Promise<boolean> | undefined
  /** Its channel must not end with this engine. */
  #outlives = false
  readonly #moves = new MoveCount()
  readonly #movedListeners = new Set<(moved: Moved) => void>()

  /** @param id of a leg that began with another channel */
  constructor(pair: ServerPair, channel: Channel, origins: { readonly media: Origin; readonly party: Origin }, id = channel.id) {
    this.#pair = pair
    this.#channel = channel
    this.id = id
    this.#origins = origins
    this.player = new Player(channel)
    this.#tones = new ToneListening(channel)
    this.hungUp = new Promise((resolve) => (this.#settle = resolve))
    this.#listenTo(channel)
  }

  #listenTo(channel: Channel): void {
    channel.onKey = ({ dtmf, source, duration, timestamp }) => {
      const key = asKey(dtmf)
      if (key === undefined || performance.now() < this.#distrustUntil) return
      const press: Press = { key, source: asKeySource(source), at: Date.now() }
      if (timestamp == null && this.#keys.isRepetition(press, Number(duration ?? 0) / 8, performance.now())) return
      if (this.#doubtful) this.#doubtful.push(press)
      else this.#keys.press(press, performance.now())
    }
    channel.onLost = (loss) => this.#onChannelLost(loss)
  }

  get channel(): Channel {
    return this.#channel
  }

  outlive(): void {
    this.#outlives = true
    this.#channelOutlives()
  }

  /** A bridged channel stays by itself. */
  #channelOutlives(): void {
    if (this.#outlives && this.atMove.size === 0) this.#channel.resumes(true)
  }

  get pair(): ServerPair {
    return this.#pair
  }

  /** The leg has no channel now, and is looking for another. */
  get moving(): boolean {
    return this.#moving !== undefined
  }

  /** Resolves when it has a channel, or has ended. */
  async settled(): Promise<void> {
    await this.#moving
  }

  /**
   * The dialog is there: from now on the leg lives.
   * @param bridgedWith id of the channel with which a leg that is taken over talks already
   */
  begin(dialog: PartyDialog, described: string, bridgedWith?: string): void {
    this.#dialog = dialog
    this.#described = described
    this.#stopWatching = this.pair.signalling.onLost(() => this.#end('signallingLost', this.pair.signalling.detail))
    this.pair.legs.add(this)
    // A party that hung up, or a channel that was lost, before the dialog was handed over.
    if (this.#ended) return this.#release()
    this.bridgedWith = bridgedWith
    if (bridgedWith === undefined) this.hearTones(true)
    this.#silence = new SilenceWatch(
      this.pair.mediaTimeoutMs,
      () => this.channel.arrived(),
      (withinMs) => dialog.presence(withinMs),
      () => this.#end('mediaTimeout', 'no voice, and no answer to OPTIONS'),
    )
    if (this.channel.loss) this.#onChannelLost(this.channel.loss)
  }

  /** What the media server has been told of the party. If that is yet to be found, no other source is believed meanwhile. */
  told({ quest }: Told): void {
    this.#search?.stop()
    this.#search = undefined
    if (quest === undefined) return this.#believeKeys()
    this.#doubtful ??= []
    if (this.#ended) return
    let strangers = 0
    this.#search = new PartySearch(() => this.channel.arrived(), quest, {
      found: (place) => {
        this.#known = { key: quest.key, place }
        this.#believeKeys()
      },
      supposed: () => {
        this.#doubtful = undefined
      },
      stranger: (address) => {
        this.#doubtful = []
        this.#distrustUntil = performance.now() + underWayMs
        if (strangers++ === 0)
          this.pair.notice({ level: 'warn', text: `leg ${this.id}: ${address} sent voice packets, and is not the party` })
      },
    })
  }

  #believeKeys(): void {
    const doubtful = this.#doubtful ?? []
    this.#doubtful = undefined
    for (const press of doubtful) this.#keys.press(press, performance.now())
  }

  get ended(): HangUp | undefined {
    return this.#ended
  }

  get handle(): string {
    if (!this.#dialog) return ''
    const { names } = this.pair
    const { dialog, id } = this.channel
    return writeHandle({
      servers: names,
      party: this.#dialog.identity,
      media: dialog,
      channel: id,
      origins: [this.#origins.party.id, this.#origins.media.id],
      ...(id === this.id ? {} : { leg: this.id }),
      ...(this.secured === undefined ? {} : { secured: this.secured }),
    })
  }

  async play(audio: readonly Audio[], options: { readonly signal?: AbortSignal; readonly loop?: boolean } = {}): Promise<Played> {
    if (this.#search?.over === false) await Promise.race([this.#search.ended, aborted(options.signal, unheardMs)])
    return this.player.play(audio, options)
  }

  listenFor(options: ListenOptions): Promise<Heard> {
    return this.#keys.listen(options)
  }

  /** Whether to listen for in-band DTMF. */
  hearTones(wanted: boolean): void {
    if (this.pair.inbandDigits) this.#tones.set(wanted)
  }

  followVoice(): () => void {
    const { words } = this.pair
    if (words && !this.#ended) this.#voice ??= new VoiceFollower(this.channel, this.#keys, words)
    return () => this.#voice?.stop()
  }

  dropKeys(): void {
    this.#keys.drop()
  }

  record(path: string, options: { readonly signal: AbortSignal }): Promise<RecordResult> {
    return this.#recordings.record(path, options)
  }

  recordingOn(path: string): Recording {
    return this.#recordings.on(path)
  }

  close(): Promise<void> {
    this.#end('released')
    return this.#released
  }

  key(key: Parameters<PartyEvents['key']>[0]): void {
    this.#keys.press({ key, source: 'info', at: Date.now() }, performance.now())
  }

  described(): string {
    return this.#described
  }

  async describe(sdp: string, source: string): Promise<string | undefined> {
    const party = readPartyOffer(sdp, this.pair.codecsTaken, this.secured ? 'secured' : 'either')
    if (party === undefined) return undefined
    const told = await describeParty(this.channel, party, this.#origins.media, { ...this.pair.describer(source), known: this.#known })
    if (told === undefined) return undefined
    this.told(told)
    const answer = answerToParty(party, told.answer, this.#origins.party)
    if (answer === undefined) return undefined
    this.#described = answer
    this.secured ??= securedBy(party)
    return answer
  }

  async answered(sdp: string, source: string): Promise<void> {
    const party = readPartyAnswer(sdp, this.#described, this.pair.codecs)
    // It has sent its 200 already: a party that cannot be heard is hung up (RFC 3261 section 13.2.2.4).
    if (party === undefined || !(await this.takeAnswer(party, source))) this.#end('hangup', nothingInCommon)
  }

  /**
   * The party's answer to an offer that we made. If the media server no longer takes it, the party, which is still there, is moved to another one.
   * @param trusted we chose to ring it there: a trunk
   * @returns false when the media server cannot do what the party wants
   */
  async takeAnswer(party: PartyAudio, source: string | undefined, trusted = false): Promise<boolean> {
    this.#trusted = trusted
    const channel = this.#channel
    const by = { ...this.pair.describer(source), trusted, known: this.#known }
    const told = await describeParty(channel, party, this.#origins.media, by).catch((error: unknown) => asError(error))
    if (told instanceof Error) channel.giveUp(told.message)
    else if (told !== undefined) this.told(told)
    return told !== undefined
  }

  gone(detail: string, silent: boolean): void {
    this.#end(silent ? 'transport' : 'hangup', detail)
  }

  #onChannelLost({ cause }: ChannelLoss): void {
    if (cause === 'MEDIA_TIMEOUT') this.#end('mediaTimeout', cause)
    else if (!this.#dialog) this.onLostEarly(cause)
    else if (!this.#moves.again()) this.#end('mediaLost', cause)
    else void this.#move(cause)
  }

  onMoved(listener: (moved: Moved) => void): () => void {
    this.#movedListeners.add(listener)
    return () => this.#movedListeners.delete(listener)
  }

  /** Moves the party to a channel of that media server. @returns false where that failed: the party stays where it is */
  async moveTo(pair: ServerPair): Promise<boolean> {
    await this.settled()
    if (this.#ended || this.pair === pair) return this.pair === pair
    return this.#move(undefined, pair)
  }

  /** @param cause why the channel is lost; undefined: it is there */
  #move(cause: string | undefined, to?: ServerPair): Promise<boolean> {
    return (this.#moving ??= this.#moveOn(cause, to).finally(() => {
      this.#moving = undefined
    }))
  }

  async #moveOn(cause: string | undefined, to?: ServerPair): Promise<boolean> {
    const dialog = this.#dialog
    if (!dialog) return false
    const [before, from] = [this.#channel, this.#pair]
    const lostAt = cause === undefined ? Date.now() : Math.min(Date.now(), from.media.lastHeardAt)
    const bridged = this.atMove.size > 0
    this.player.suspend()
    this.#voice?.stop()
    for (const tell of [...this.atMove]) tell()
    if (cause !== undefined) {
      from.notice({ level: 'warn', text: `leg ${this.id}: the media server has lost it (${cause}); looking for another one` })
      this.#search?.stop()
      void before.release()
    }
    const origins = { media: new Origin(), party: this.#origins.party }
    const placing = () => ({
      party: dialog,
      origins,
      described: this.#described,
      secured: this.secured,
      by: (source: string | undefined) => ({ ...this.pair.describer(source), trusted: this.#trusted, known: this.#known }),
    })
    const found = await findPlace(from, to, placing, () => this.#hasEnded())
    if (found.kind !== 'placed' || this.#hasEnded()) {
      if (found.kind === 'placed') void found.channel.release()
      else if (cause !== undefined) this.#end(found.kind === 'gone' ? 'transport' : 'mediaLost', `${cause}; ${found.why}`)
      else if (!this.#hasEnded()) this.player.goOn(before, [])
      return false
    }
    this.#origins = origins
    this.#described = found.described
    this.#attach(found.pair, found.channel)
    this.told(found.told)
    if (cause === undefined) void this.#recordings.stop(before).then(() => before.release())
    this.player.goOn(found.channel, bridged || cause === undefined ? [] : this.afterMove)
    const moved: Moved = { silentMs: Math.max(0, Date.now() - lostAt) }
    for (const tell of [...this.#movedListeners]) tell(moved)
    return true
  }

  #attach(pair: ServerPair, channel: Channel): void {
    this.#pair.legs.delete(this)
    this.#pair = pair
    pair.legs.add(this)
    this.#channel = channel
    this.#channelOutlives()
    this.bridgedWith = undefined
    this.#listenTo(channel)
    this.#tones = new ToneListening(channel)
    this.hearTones(true)
    pair.changed()
  }

  #hasEnded(): boolean {
    return this.#ended !== undefined
  }

  #end(ending: LegEnding, detail?: string): void {
    if (this.#ended) return
    const hangUp: HangUp = { ending, at: Date.now(), ...(detail === undefined ? {} : { detail }) }
    this.#ended = hangUp
    this.#stopWatching()
    this.#search?.stop()
    this.#silence?.stop()
    this.#voice?.stop()
    this.#settle(hangUp)
    this.player.end()
    this.#keys.end()
    for (const tell of [...this.atEnd]) tell(hangUp)
    if (this.#dialog) this.#release()
  }

  #release(): void {
    const bye = this.#bye()
    const channel = this.#recordings.stop(this.channel).then(() => this.channel.release())
    this.#released = atMost(releaseMs, Promise.allSettled([bye, channel])).then(() => {
      this.pair.legs.delete(this)
      this.pair.changed()
    })
  }

  async #bye(): Promise<void> {
    const dialog = this.#dialog
    if (!dialog) return
    try {
      if (!this.pair.signalling.up) throw new Error('no way to send a BYE')
      await dialog.bye()
    } catch {
      // The party must not be left in silence because our connection to drachtio broke: the BYE follows when it is back.
      if (!this.pair.signalling.up) this.pair.signalling.owesBye(dialog)
    }
  }
}
