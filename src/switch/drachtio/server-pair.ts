import { Channel } from './channel.js'
import type { DrachtioLeg } from './leg.js'
import { MediaLink } from './media-link.js'
import type { PartyDialog } from './party-dialog.js'
import type { CodecName } from '../../sdp/codecs.js'
import type { DrachtioSwitchSettings, Notice, ServerSet } from './settings.js'
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
  readonly changed: () => void
  readonly #owedByes = new Set<PartyDialog>()

  constructor(set: ServerSet, settings: DrachtioSwitchSettings, changed: () => void, notice: (notice: Notice) => void) {
    this.codecs = settings.codecs ?? ['PCMA', 'PCMU']
    this.inbandDigits = settings.inbandDigits !== 'never'
    this.changed = changed
    const onChange = () => {
      if (this.signalling.up && this.media.up) this.warm.open()
      if (this.signalling.up) this.#payByes()
      changed()
    }
    this.signalling = new Signalling(set.drachtio, onChange, notice)
    this.media = new MediaLink(set, this.signalling, onChange, notice)
    const { least, most } = settings.warmEndpoints ?? { least: 2, most: 20 }
    this.warm = new WarmChannels(this.media, this.signalling, channelVariables(settings.mediaTimeoutSeconds ?? 60), { least, most }, notice, changed)
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
    // A drachtio-server that was started anew does not know these dialogs, and says so.
    for (const dialog of owed) dialog.byeOver(socket).catch(() => undefined)
  }
}

/** What every channel is told before it has a party. */
function channelVariables(mediaTimeoutSeconds: number): Record<string, string> {
  const timeoutMs = String(mediaTimeoutSeconds * 1_000)
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
    ...(mediaTimeoutSeconds === 0
      ? {}
      : {
          media_timeout: timeoutMs,
          // The description of a channel without a party switches this one off; it takes precedence.
          media_timeout_audio: timeoutMs,
          // FreeSWITCH before 1.10 knows no other.
          rtp_timeout_sec: String(mediaTimeoutSeconds),
        }),
  }
}
