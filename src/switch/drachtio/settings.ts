import type { CodecName } from '../../embedded/protocols/sdp/codecs.js'
import type { NoWords, SrtpWish } from '../port.js'
import type { Certainty } from './hold-back.js'
import type { TakenFrom } from './media-source.js'

/**
 * Settings of the adapter: servers, trunks, time-outs.
 * Plain data; every field without a `?` must be given, the others have the defaults named beside them.
 */

/** A TCP address and its secret. */
export interface ServerAccess {
  readonly host: string
  readonly port: number
  readonly secret: string
}

/** A FreeSWITCH: its event socket. */
export interface FreeswitchAccess extends ServerAccess {
  /** SIP profile on which endpoints are made. Default `drachtio_mrf`. */
  readonly profile?: string
}

/**
 * One drachtio server with its FreeSWITCHes. Several sets work side by side: an incoming call keeps to the drachtio-server on which it came in, an outgoing call goes to the set of the leg
 * that it is for, else to the one with the fewest legs. A call whose FreeSWITCH dies continues at another one of its set.
 */
export interface ServerSet {
  /** drachtio-server's application port. */
  readonly drachtio: ServerAccess
  readonly freeswitch: FreeswitchAccess
  /** Further FreeSWITCHes. `spare`: calls begin there only when none of the others is up. Default: none. */
  readonly others?: readonly (FreeswitchAccess & { readonly spare: boolean })[]
  /** Our address, as FreeSWITCH can reach it, for its outbound event sockets. Default `127.0.0.1`. */
  readonly listenAddress?: string
  /** Its FreeSWITCHes take Opus from browsers beside PCMA and PCMU, and accept either in a call: the embedded switch does. A real one would choose one of them by its own order. Default false. */
  readonly opus?: boolean
}

/** Where calls to telephone numbers go. */
export interface Trunk {
  readonly name: string
  /** `host`, `host:port`, with `;transport=tcp` where wanted. */
  readonly address: string
  /** Digest credentials, where the trunk asks for them. */
  readonly user?: string
  readonly password?: string
  /** Default `off`. */
  readonly srtp?: SrtpWish
}

export interface DrachtioSwitchSettings {
  /** At least one. */
  readonly servers: readonly ServerSet[]
  /** Tried in this order: the next one when a trunk cannot be reached or answers 5xx before a telephone rang. */
  readonly trunks: readonly Trunk[]
  /** Called when a trunk begins to fail, with why, and with undefined when it has carried a call again. */
  readonly onTrunk?: (name: string, failing: string | undefined) => void
  /** Codecs taken and offered, by preference. Default PCMA, PCMU. */
  readonly codecs?: readonly CodecName[]
  /** A party from whom no RTP comes for this long is asked (OPTIONS), and hung up with `mediaTimeout` when it does not answer; 0: never. Default 60. */
  readonly mediaTimeoutSeconds?: number
  /** The addresses from which a party's audio is taken. Default `nat`. */
  readonly mediaTakenFrom?: TakenFrom
  /** Endpoints kept ready for the next outgoing call, per set: at least and at most. Default 2 and 20. */
  readonly warmEndpoints?: { readonly least: number; readonly most: number }
  /** Detects DTMF in the audio of a leg. Default `always`; `never` where the trunk is known to send RFC 4733. */
  readonly inbandDigits?: 'always' | 'never'
  /** Nothing is sent to the servers while this engine may have lost its calls to another. Default: it never has. */
  readonly certainty?: Certainty
  /** Of this run of the engine (`EngineRun.incarnation`): written on every channel that it takes over. Absent: it takes over none that another engine may still believe to be its own. */
  readonly incarnation?: string
  /** The recogniser of words. Absent: no word is heard. */
  readonly words?: WordHearing
  /** Called with what an operator should know (one line each), beside `health()`. */
  readonly onNotice?: (notice: Notice) => void
}

/** The recogniser. It follows a recording of the leg, which the media server writes and this process never reads. */
export interface WordHearing {
  /** Whether one more leg can be listened to. */
  readonly ready: boolean
  /** Path for the recording of a leg; it is deleted afterwards. Absolute, without blanks, ends in `.wav`. */
  pathFor(legId: string): string
  /** Listens to the recording at `path`; closed at first. Undefined: it cannot. */
  follow(
    path: string,
    listener: { word(word: string, score: number): void; noWords(why: NoWords): void },
  ): { open(): void; shut(): void; stop(): void } | undefined
}

/** One line for the log. */
export interface Notice {
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}
