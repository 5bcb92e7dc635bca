import { Channel } from './channel.js'
import { placeName } from './handle.js'
import type { DrachtioLeg } from './leg.js'
import { MediaLink } from './media-link.js'
import type { TakenFrom } from './media-source.js'
import { addressesHere, isOurPlace, placesIn } from './own-ports.js'
import type { PartyDialog } from './party-dialog.js'
import type { Describer } from './party-media.js'
import type { CodecName } from '../../embedded/protocols/sdp/codecs.js'
import type { DrachtioSwitchSettings, Notice, ServerSet, WordHearing } from './settings.js'
import { Signalling } from './signalling.js'
import { WarmChannels } from './warm-channels.js'

/** Owed BYEs that are remembered at most; beyond that the oldest parties are left to their own time-outs. */
const debtsAtMost = 1_000

/**
 * One drachtio server and the FreeSWITCH behind it: the connections, the channels kept ready, the legs that live there.
 * drachtio-srf always uses the first server it was connected to, so every pair has an Srf and an Mrf of its own.
 */
export class ServerPair {
  readonly signalling: Signalling
  readonly media: MediaLink
  readonly warm: WarmChannels
  readonly legs = new Set<DrachtioLeg>()
  readonly codecs: readonly CodecName[]
  readonly inbandDigits: boolean
  readonly words: WordHearing | undefined
  /** 0: parties may be silent for ever. */
  readonly mediaTimeoutMs: number
  readonly notice: (notice: Notice) => void
  readonly changed: () => void
  readonly #owedByes = new Set<PartyDialog>()
  readonly #taken: TakenFrom

  constructor(set: ServerSet, settings: DrachtioSwitchSettings, changed: () => void, notice: (notice: Notice) => void) {
    this.codecs = settings.codecs ?? ['PCMA', 'PCMU']
    this.inbandDigits = settings.inbandDigits !== 'never'
    this.words = settings.words
    this.changed = changed
    this.notice = notice
    this.mediaTimeoutMs = (settings.mediaTimeoutSeconds ?? 60) * 1_000
    this.#taken = settings.mediaTakenFrom ?? 'nat'
    const onChange = () => {
      if (this.signalling.up && this.media.up) this.warm.open()
      if (this.signalling.up) this.#payByes()
      changed()
    }
    this.signalling = new Signalling(set.drachtio, onChange, notice, settings.certainty)
    this.media = new MediaLink(set, this.signalling, onChange, notice, settings.certainty)
    const { least, most } = settings.warmEndpoints ?? { least: 2, most: 20 }
    this.warm = new WarmChannels(this.media, this.signalling, channelVariables(this.mediaTimeoutMs), { least, most }, notice, changed)
  }

  /** As what a leg that lives here names it, for whichever engine goes on with it: of the drachtio-server and of the FreeSWITCH. */
  get names(): readonly [signalling: string, media: string] {
    return [placeName(this.signalling.name), placeName(this.media.name)]
  }

  /** @param names as a leg has them; one of before says the address alone */
  goesBy(names: readonly [signalling: string, media: string]): boolean {
    const { signalling, media } = this
    return (names[0] === this.names[0] && names[1] === this.names[1]) || (names[0] === signalling.name && names[1] === media.name)
  }

  /** Calls can be taken: both servers are connected, and FreeSWITCH makes channels. */
  get ready(): boolean {
    return this.signalling.up && this.mediaUp
  }

  get mediaUp(): boolean {
    return this.media.up && this.warm.working
  }

  /** In words for an operator. */
  get mediaDetail(): string {
    return this.media.up && this.warm.trouble !== undefined ? this.media.describe(this.warm.trouble) : this.media.detail
  }

  connect(): void {
    this.signalling.connect()
    this.media.connect()
  }

  /** A channel for one party. @throws Error in words for the record */
  takeChannel(): Promise<Channel> {
    return this.warm.take()
  }

  /** Who describes itself, where its signalling comes from that address. */
  describer(signalling: string | undefined): Describer {
    return { signalling, taken: this.#taken, isHere: (address) => addressesHere().has(address), isOurs: (address, port) => isOurPlace({ address, port }, this.warm.places(), placesIn(this.signalling.detail), addressesHere()) }
  }

  /** The party could not be told that its call is over; it is told when drachtio is back. */
  owesBye(dialog: PartyDialog): void {
    if (this.#owedByes.size < debtsAtMost) this.#owedByes.add(dialog)
  }

  async close(): Promise<void> {
    await Promise.all([...this.legs].map((leg) => leg.close()))
    await this.warm.close()
    await this.media.close()
    this.signalling.close()
  }

  #payByes(): void {
    const socket = this.signalling.socket
    if (socket === undefined) return
    const owed = [...this.#owedByes]
    this.#owedByes.clear()
    // A drachtio-server that was started again does not know these dialogs, and says so.
    for (const dialog of owed) dialog.byeOver(socket).catch(() => undefined)
  }
}

/** A call whose engine has died is ended by FreeSWITCH after so long without voice; whoever is silent before that is asked by us (`SilenceWatch`). */
const leftoverMs = 4 * 3_600_000

/** What every channel is told before it has a party. */
function channelVariables(mediaTimeoutMs: number): Record<string, string> {
  const timeoutMs = mediaTimeoutMs === 0 ? 0 : Math.max(leftoverMs, 2 * mediaTimeoutMs)
  return {
    // Left: what this party says; right: what it hears.
    RECORD_STEREO: 'true',
    // FreeSWITCH throws away recordings of less than three seconds otherwise.
    RECORD_MIN_SEC: '0',
    // As every prompt, whatever the codec of the party.
    record_sample_rate: '8000',
    // What has been said is in the file at any moment, should the process die.
    enable_file_write_buffering: 'false',
    // A party whose peer hangs up stays, and can be played to.
    hangup_after_bridge: 'false',
    park_after_bridge: 'true',
    // Likewise when the peer hangs up while the bridge is being made.
    uuid_bridge_park_on_cancel: 'true',
    // Keys do not stop prompts: the engine decides.
    playback_terminators: 'none',
    // A party that holds the call hears nothing, and its peer no music.
    hold_music: 'silence',
    // Voice packets without a pause, so that nothing in between takes the call for dead.
    send_silence_when_idle: '-1',
    // Voice is taken from where the party says that it is, and from nowhere else (`Channel.learnFrom`).
    disable_rtp_auto_adjust: 'true',
    // FreeSWITCH cannot tell a party that is muted or holds the call from one that has gone: it would end both. What its profile
    // says of that (rtp-timeout-sec, media_timeout) is overruled.
    media_timeout: `${timeoutMs}`,
    media_hold_timeout: `${timeoutMs}`,
    // The description of a channel without a party switches these off; they take precedence.
    media_timeout_audio: `${timeoutMs}`,
    media_hold_timeout_audio: `${timeoutMs}`,
    // FreeSWITCH before 1.10 knows no others.
    rtp_timeout_sec: `${timeoutMs / 1_000}`,
    rtp_hold_timeout_sec: `${timeoutMs / 1_000}`,
  }
}
