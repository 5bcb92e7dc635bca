import type { Channel } from './channel.js'
import { DeadlinePassed } from './deadline.js'
import { placeName } from './handle.js'
import type { DrachtioLeg } from './leg.js'
import { MediaLink } from './media-link.js'
import type { TakenFrom } from './media-source.js'
import { addressesHere, isOurPlace, placesIn } from './own-ports.js'
import { NOT_ACCEPTABLE, type Describer } from './party-media.js'
import type { CodecName } from '../../embedded/protocols/sdp/codecs.js'
import { askForKey, encryptedOffer, type Origin } from './sdp.js'
import type { DrachtioSwitchSettings, Notice, ServerSet, WordHearing } from './settings.js'
import type { Signalling } from './signalling.js'
import { WarmChannels, type ChannelToCome } from './warm-channels.js'

/**
 * One drachtio server and one of its FreeSWITCHes: the channels kept ready, the legs that live there. drachtio-srf always uses the first server it was connected to, so every
 * drachtio-server has an Srf of its own, and every pair an Mrf.
 */
export class ServerPair {
  readonly signalling: Signalling
  readonly media: MediaLink
  readonly warm: WarmChannels
  readonly legs = new Set<DrachtioLeg>()
  readonly codecs: readonly CodecName[]
  /** Codecs to accept: `OPUS` among them accompanies the one that is chosen. */
  readonly codecsTaken: readonly CodecName[]
  readonly inbandDigits: boolean
  readonly words: WordHearing | undefined
  readonly incarnation: string | undefined
  /** 0: parties may be silent for ever. */
  readonly mediaTimeoutMs: number
  readonly notice: (notice: Notice) => void
  readonly changed: () => void
  /** Calls begin here while it is up; at a spare one only when no other is. */
  readonly spare: boolean
  /** All pairs of this drachtio-server, this one among them. */
  siblings: readonly ServerPair[] = [this]
  readonly #taken: TakenFrom

  constructor(
    signalling: Signalling,
    set: ServerSet,
    settings: DrachtioSwitchSettings,
    changed: () => void,
    notice: (notice: Notice) => void,
    spare: boolean,
  ) {
    this.signalling = signalling
    this.spare = spare
    this.codecs = settings.codecs ?? ['PCMA', 'PCMU']
    this.codecsTaken = set.opus === true ? [...this.codecs, 'OPUS'] : this.codecs
    this.inbandDigits = settings.inbandDigits !== 'never'
    this.words = settings.words
    this.incarnation = settings.incarnation
    this.changed = changed
    this.notice = notice
    this.mediaTimeoutMs = (settings.mediaTimeoutSeconds ?? 60) * 1_000
    this.#taken = settings.mediaTakenFrom ?? 'nat'
    this.media = new MediaLink(set, this.signalling, () => this.connectionChanged(), notice, settings.certainty)
    this.media.onSilent = () => {
      // It may only be slow, and its talks go on: they are cut off only if there is another place for them.
      if (!this.siblings.some((pair) => pair !== this && pair.ready)) return
      for (const leg of this.legs) void this.#lookAt(leg.channel)
    }
    const { least, most } = settings.warmEndpoints ?? { least: 2, most: 20 }
    this.warm = new WarmChannels(
      this.media,
      this.signalling,
      channelVariables(this.mediaTimeoutMs),
      { least: spare ? Math.min(1, least) : least, most },
      notice,
      changed,
    )
  }

  /** One of the two connections has been made or lost. */
  connectionChanged(): void {
    if (this.signalling.up && this.media.up) this.warm.open()
    this.changed()
  }

  /** The pair of this drachtio-server where a call begins now: the least busy of those that are up. */
  get best(): ServerPair {
    const [best] = this.siblings
      .filter((pair) => pair.ready)
      .sort((one, other) => Number(one.spare) - Number(other.spare) || one.legs.size - other.legs.size)
    return best ?? this
  }

  /** Where to move a party whose channel here is lost; to this very media server where there is no other, and it answers. */
  async another(): Promise<ServerPair | undefined> {
    const [other] = this.siblings
      .filter((pair) => pair !== this && pair.ready)
      .sort((one, two) => Number(one.spare) - Number(two.spare) || one.media.name.localeCompare(two.media.name))
    if (other) return other
    return this.ready && (await this.media.answers()) ? this : undefined
  }

  /**
   * Begins something here; where that fails, again: at another media server if there is one.
   * @param wanted whether there is still a reason to
   * @throws (rejects) the error of the last one
   */
  async orElsewhere<T>(begin: (pair: ServerPair) => Promise<T>, wanted: () => boolean, tries = 1): Promise<T> {
    try {
      return await begin(this)
    } catch (error) {
      const next = tries < beginsAtMost && wanted() ? await this.another() : undefined
      // A silent media server would stay silent the second time, and the caller has waited already.
      if (next === undefined || (next === this && (tries > 1 || error instanceof DeadlinePassed))) throw error
      return next.orElsewhere(begin, wanted, tries + 1)
    }
  }

  /** The media server has been silent for too long. A channel whose own connection is silent too is given up. */
  async #lookAt(channel: Channel): Promise<void> {
    const answer = await Promise.race([
      channel.arrived().catch(() => undefined),
      new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), channelSilentMs)),
    ])
    if (answer === undefined) channel.giveUp('the media server does not answer')
  }

  /** The names by which a leg here finds this pair again, at whichever engine continues it: of the drachtio-server and of the FreeSWITCH. */
  get names(): readonly [signalling: string, media: string] {
    return [placeName(this.signalling.name), placeName(this.media.name)]
  }

  /** @param names as a leg has them; an earlier version's gives the address alone */
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

  /** A channel for one party. @throws Error in words for the record */
  takeChannel(): Promise<Channel> {
    return this.warm.take()
  }

  /**
   * A channel for a party that comes with ICE, or with keys in its description: FreeSWITCH makes that kind only with a channel's first INVITE.
   * @param described the description for the media server
   * @returns undefined where FreeSWITCH cannot do what the party wants. @throws Error in words for the record
   */
  async takeChannelFor(described: string): Promise<ComingChannel | undefined> {
    try {
      return { ...(await this.warm.makeFor(described)), pair: this }
    } catch (error) {
      if (NOT_ACCEPTABLE.has((error as { readonly status?: number }).status ?? 0)) return undefined
      throw error
    }
  }

  /**
   * A channel that encrypts, and our offer to a party with the key that it encrypts with (RFC 4568).
   * @returns undefined when the media server does not encrypt. @throws Error in words for the record
   */
  async takeEncryptedChannel(
    family: 4 | 6,
    origins: { readonly media: Origin; readonly party: Origin },
  ): Promise<{ readonly channel: Channel; readonly offer: string } | undefined> {
    const coming = await this.takeChannelFor(askForKey(family, this.codecs, origins.media))
    const offer = coming && encryptedOffer(coming.answer, this.codecs, origins.party)
    if (coming !== undefined && offer !== undefined) return { channel: await coming.channel, offer }
    coming?.letGo()
    return undefined
  }

  /** The describer of a party whose signalling comes from that address. */
  describer(signalling: string | undefined): Describer {
    return {
      signalling,
      taken: this.#taken,
      isHere: (address) => addressesHere().has(address),
      isOurs: (address, port) => isOurPlace({ address, port }, this.warm.places(), placesIn(this.signalling.detail), addressesHere()),
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.legs].map((leg) => leg.close()))
    await this.warm.close()
    await this.media.close()
  }
}

/** A channel to come, and where. */
export interface ComingChannel extends ChannelToCome {
  readonly pair: ServerPair
}

/** Why a call meant to be encrypted is not. */
export const encryptsNot = 'the media server does not encrypt'

/** How many media servers to try, one after the other. */
const beginsAtMost = 3

/** After the silence of a media server its channels are asked for a last time. */
const channelSilentMs = 1_000

/** A call whose engine has died is ended by FreeSWITCH after this long without voice; a party silent for less is asked by us (`SilenceWatch`). */
const leftoverMs = 4 * 3_600_000

/** Variables of every channel before it has a party. */
function channelVariables(mediaTimeoutMs: number): Record<string, string> {
  const timeoutMs = mediaTimeoutMs === 0 ? 0 : Math.max(leftoverMs, 2 * mediaTimeoutMs)
  return {
    // Left: what this party says; right: what it hears.
    RECORD_STEREO: 'true',
    // Otherwise FreeSWITCH throws away recordings of less than three seconds.
    RECORD_MIN_SEC: '0',
    // As every prompt, whatever the codec of the party.
    record_sample_rate: '8000',
    // The file is complete at any moment, should the process die.
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
    // Audio packets without a pause, so that no device in between takes the call for dead.
    send_silence_when_idle: '-1',
    // Audio is taken from the address in the party's description, and from nowhere else (`Channel.lookAt`).
    disable_rtp_auto_adjust: 'true',
    // FreeSWITCH cannot tell a party that is muted or holds the call from one that has gone: it would end both. So these override
    // its profile (rtp-timeout-sec, media_timeout).
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
