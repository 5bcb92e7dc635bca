import { access } from 'node:fs/promises'
import type { Audio, HangUp, Heard, Leg, LegEnding, ListenOptions, Played, Recording, RecordResult } from '../port.js'
import { ChannelGone, type Channel, type ChannelLoss } from './channel.js'
import { asError, atMost } from './deadline.js'
import { asKey, asKeySource, Keys, type Press } from './keys.js'
import type { PartyDialog, PartyEvents } from './party-dialog.js'
import { writeHandle } from './handle.js'
import { Player } from './player.js'
import { describeParty, type Describer, type Told } from './party-media.js'
import { PartySearch } from './party-search.js'
import { answerToParty, isSecured, readPartyAnswer, readPartyOffer, type Origin, type PartyAudio } from './sdp.js'
import type { ServerPair } from './server-pair.js'
import { SilenceWatch } from './silence-watch.js'
import { ToneListening } from './tone-listening.js'
import { VoiceFollower } from './voice-follower.js'

/** Everything that ending a leg may take, whatever the servers do. */
const releaseMs = 5_000
/** What is said of a party whose description we cannot work with. */
export const nothingInCommon = 'the answer has no codec in common with us'
/** What is played waits so long for a party that has to be found first; after that it may go unheard. */
const unheardMs = 2_000
/** Keys of somebody who has been turned away are on their way to us so long. */
const underWayMs = 500
/** FreeSWITCH closes the file of a channel that is gone. */
const fileClosedMs = 200
/** A recording that has begun has its file within this time. */
const fileThereMs = 500

/** One party, answered: its SIP dialog, its channel, and what is done with them. */
export class DrachtioLeg implements Leg, PartyEvents {
  readonly id: string
  readonly hungUp: Promise<HangUp>
  readonly player: Player
  /** Told of the end before `hungUp` settles its followers: bridges. */
  readonly atEnd = new Set<(hangUp: HangUp) => void>()
  readonly channel: Channel
  readonly pair: ServerPair
  /** The channel with which it was bridged when it was taken over. */
  bridgedWith: string | undefined
  readonly #keys = new Keys()
  readonly #tones: ToneListening
  readonly #origins: { readonly media: Origin; readonly party: Origin }
  readonly #recordings = new Set<Recording>()
  #dialog: PartyDialog | undefined
  #settle: (hangUp: HangUp) => void = () => undefined
  #ended: HangUp | undefined
  #released: Promise<void> = Promise.resolve()
  #described = ''
  #stopWatching: () => void = () => undefined
  #search: PartySearch | undefined
  /** Where the party was found, as long as it does not say something else. */
  #known: Describer['known']
  /** Keys that came while it was not certain whose they were. */
  #doubtful: Press[] | undefined
  #distrustUntil = 0
  #silence: SilenceWatch | undefined
  #voice: VoiceFollower | undefined
  /** What the party and we say to each other is encrypted, and stays so. */
  secured = false

  constructor(pair: ServerPair, channel: Channel, origins: { readonly media: Origin; readonly party: Origin }) {
    this.pair = pair
    this.channel = channel
    this.id = channel.id
    this.#origins = origins
    this.player = new Player(channel)
    this.#tones = new ToneListening(channel)
    this.hungUp = new Promise((resolve) => (this.#settle = resolve))
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

  /**
   * The dialog is there: from now on the leg lives.
   * @param bridgedWith id of the channel that it talks with already, of one that is taken over
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
  }

  /** What the media server has been told of the party. Where it has still to be found, nobody else is believed meanwhile. */
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
        if (strangers++ === 0) this.pair.notice({ level: 'warn', text: `leg ${this.id}: ${address} sent voice packets, and is not the party` })
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
    return writeHandle({ servers: this.pair.names, party: this.#dialog.identity, media: this.channel.dialog, channel: this.id, origins: [this.#origins.party.id, this.#origins.media.id] })
  }

  async play(audio: readonly Audio[], options: { readonly signal?: AbortSignal; readonly loop?: boolean } = {}): Promise<Played> {
    if (this.#search?.over === false) await Promise.race([this.#search.ended, aborted(options.signal, unheardMs)])
    return this.player.play(audio, options)
  }

  listenFor(options: ListenOptions): Promise<Heard> {
    return this.#keys.listen(options)
  }

  /** Whether keys as tones in the voice are listened for. */
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

  async record(path: string, options: { readonly signal: AbortSignal }): Promise<RecordResult> {
    const cancelled = (): boolean => options.signal.aborted
    if (this.#ended) return { kind: 'hungUp' }
    if (cancelled()) return { kind: 'failed', why: 'cancelled' }
    try {
      await this.channel.codecSettled()
      await this.#beginRecording(path)
    } catch (error) {
      if (error instanceof ChannelGone || this.channel.gone) return { kind: 'hungUp' }
      return { kind: 'failed', why: `cannot record to ${path}: ${asError(error).message}` }
    }
    const recording = this.recordingOn(path)
    // The leg ended, or the caller of this method gave up, while FreeSWITCH opened the file.
    if (cancelled() || this.channel.gone) {
      await recording.stop()
      return this.channel.gone ? { kind: 'hungUp' } : { kind: 'failed', why: 'cancelled' }
    }
    return { kind: 'recording', recording }
  }

  /**
   * By `uuid_record`: the application `record_session` holds up the channel for the 20 ms that FreeSWITCH takes to begin, and with it a bridge that is
   * being made. A path that the command would take for two goes to the application.
   * @throws (rejects) where nothing can be written
   */
  async #beginRecording(path: string): Promise<void> {
    if (/[\s'"\\]/.test(path)) await this.channel.run('record_session', path)
    else {
      const answer = await this.channel.api('uuid_record', `start ${path}`)
      if (!answer.startsWith('+OK')) throw new Error(answer)
    }
    // The embedded switch opens it a moment later, and neither says so when it cannot.
    const until = performance.now() + fileThereMs
    while (!(await exists(path))) {
      if (performance.now() > until) throw new Error('there is no file')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  recordingOn(path: string): Recording {
    let stopping: Promise<void> | undefined
    const recording: Recording = { path, startedAt: Date.now(), stop: () => (stopping ??= this.#stopRecording(recording)) }
    this.#recordings.add(recording)
    return recording
  }

  close(): Promise<void> {
    this.#end('released')
    return this.#released
  }

  // What the party does (PartyEvents)

  key(key: Parameters<PartyEvents['key']>[0]): void {
    this.#keys.press({ key, source: 'info', at: Date.now() }, performance.now())
  }

  described(): string {
    return this.#described
  }

  async describe(sdp: string, source: string): Promise<string | undefined> {
    const party = readPartyOffer(sdp, this.pair.codecs, this.secured ? 'secured' : 'either')
    if (party === undefined) return undefined
    const told = await describeParty(this.channel, party, this.#origins.media, { ...this.pair.describer(source), known: this.#known })
    if (told === undefined) return undefined
    this.told(told)
    const answer = answerToParty(party, told.answer, this.#origins.party)
    if (answer === undefined) return undefined
    this.#described = answer
    this.secured ||= isSecured(party)
    return answer
  }

  async answered(sdp: string, source: string): Promise<void> {
    const party = readPartyAnswer(sdp, this.#described, this.pair.codecs)
    // It has been told 200 already: a party that cannot be heard is let go (RFC 3261 section 13.2.2.4).
    if (party === undefined || !(await this.takeAnswer(party, source))) this.#end('hangup', nothingInCommon)
  }

  /**
   * The party's answer to an offer that we made.
   * @param trusted we chose to ring it there: a trunk
   * @returns false when the media server cannot do what the party wants
   */
  async takeAnswer(party: PartyAudio, source: string | undefined, trusted = false): Promise<boolean> {
    const told = await describeParty(this.channel, party, this.#origins.media, { ...this.pair.describer(source), trusted, known: this.#known })
    if (told !== undefined) this.told(told)
    return told !== undefined
  }

  gone(detail: string, silent: boolean): void {
    this.#end(silent ? 'transport' : 'hangup', detail)
  }

  #onChannelLost(loss: ChannelLoss): void {
    this.#end(loss.cause === 'MEDIA_TIMEOUT' ? 'mediaTimeout' : 'mediaLost', loss.cause)
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
    const channel = this.#stopRecordings().then(() => this.channel.release())
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
      // Nobody must be left in silence because our connection to drachtio broke: the BYE follows when it is back.
      if (!this.pair.signalling.up) this.pair.owesBye(dialog)
    }
  }

  /** Before the channel goes, so that the file is complete when `stop()` says so. */
  async #stopRecordings(): Promise<void> {
    await Promise.allSettled([...this.#recordings].map((recording) => recording.stop()))
  }

  async #stopRecording(recording: Recording): Promise<void> {
    this.#recordings.delete(recording)
    try {
      await this.channel.run('stop_record_session', recording.path)
    } catch {
      await new Promise((resolve) => setTimeout(resolve, fileClosedMs))
    }
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Settles when the signal aborts, or after a while. */
function aborted(signal: AbortSignal | undefined, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    if (signal?.aborted) done()
    else signal?.addEventListener('abort', done, { once: true })
  })
}
