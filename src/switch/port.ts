/**
 * The port between the call flows and the telephone world.
 *
 * `calls/` knows nothing of SIP, SDP, the event socket or drachtio; it knows this file. It has two implementations:
 * `switch/drachtio` (production and the embedded switch alike) and `switch/virtual` (in memory, in virtual time). One contract test
 * suite runs against both.
 *
 * Rules that every implementation keeps:
 * - What a flow must handle (busy, no answer, hung up, cancelled, media failed) is a value of a closed union. A rejection is a
 *   fault in the program, never a thing that happens on the telephone.
 * - Every operation settles: when its signal aborts, when the party hangs up, or at its own deadline, whichever is first.
 * - `close()` and `stop()` may be called twice, at any moment, and settle within a bound; they never reject.
 * - When an operation was cancelled, what it had opened (leg, channel, timer) is released by the implementation itself.
 */

/**
 * Where to ring. `number` is E.164 (`+441865922021`) and goes through a trunk; `uri` is dialled as it stands; `device` is a telephone that
 * registers here, wherever it is at that moment; `browser` are all browsers in which that clinician has signed in and takes calls.
 */
export type Target =
  DialledTarget | { readonly kind: 'device'; readonly user: string } | { readonly kind: 'browser'; readonly clinician: string }

/**
 * What an adapter dials: a registered telephone has been looked up before. `via`: SIP URI of the next hop, where that is not what the request
 * URI says (the address that a registered telephone's packets came from).
 */
export type DialledTarget =
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'uri'; readonly uri: string; readonly via?: string; readonly srtp?: SrtpWish }

/** Whether audio is offered encrypted (SRTP, keys by RFC 4568). `optional`: offered, and in the clear to a telephone that answers 488, or where the media server does not encrypt; `required`: encrypted or not at all. */
export type SrtpWish = 'off' | 'optional' | 'required'

/** What the called party sees. Always the single outbound number; nothing else about the caller may be sent out. */
export interface CallerId {
  /** E.164, or the bare digits that the trunk expects. */
  readonly number: string
  readonly displayName?: string
}

/** One piece of audio. Files are WAV (8 kHz, 16 bit, mono), absolute paths which the media server can read. */
export type Audio =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'silence'; readonly ms: number }
  /** `ringback`: UK ringing tone (400+450 Hz, 0.4 s on 0.2 off 0.4 on 2 off), endless. `busy`: UK engaged tone, endless. `beep`: 0.4 s. */
  | { readonly kind: 'tone'; readonly tone: 'ringback' | 'busy' | 'beep' }

/**
 * Why a leg is over. Closed: `endings.ts` names for each who ended it and whose fault it is.
 * `hangup` the party hung up; `released` we closed it; `mediaTimeout` no RTP came for the configured time;
 * `mediaLost` the media server (or its event socket) went away, and the party could not be moved to another one; `signallingLost` the SIP side went away; `transport` the far
 * end answered with an error or not at all to a request inside the call.
 */
export type LegEnding = 'hangup' | 'released' | 'mediaTimeout' | 'mediaLost' | 'signallingLost' | 'transport'

export interface HangUp {
  readonly ending: LegEnding
  /** Wall-clock, ms since the epoch. */
  readonly at: number
  /** For the record and the log: SIP Reason header, status, error text. */
  readonly detail?: string
}

/** How a `play` ended. `ms`: how long audio was played. */
export type Played =
  | { readonly kind: 'finished'; readonly ms: number }
  | { readonly kind: 'cancelled'; readonly ms: number }
  | { readonly kind: 'hungUp' }
  | { readonly kind: 'failed'; readonly why: string }

/** The three forms in which a key press arrives: RFC 4733 event, in-band tones, SIP INFO. `unknown`: the switch did not say. */
export type KeySource = 'rfc4733' | 'inband' | 'info' | 'unknown'

export type Key = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '*' | '#' | 'A' | 'B' | 'C' | 'D'

/** What the party of a leg pressed or said. */
export type Heard =
  /** One of the keys asked for. */
  | { readonly kind: 'key'; readonly key: Key; readonly source: KeySource; readonly at: number }
  /** Another key than those asked for. */
  | { readonly kind: 'otherKey'; readonly key: Key; readonly source: KeySource; readonly at: number }
  /** One of the words asked for, said alone. `confidence` 0..1. */
  | { readonly kind: 'word'; readonly word: string; readonly confidence: number; readonly at: number }
  /** Words were asked for, and none will come on this leg: only keys. */
  | { readonly kind: 'noWords'; readonly why: NoWords }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'hungUp' }

/**
 * Why no word is taken from a leg. Its party speaks as voicemail greetings do: `talking` too much before words count, `stretch` for longer than a word takes,
 * `beep` a tone, `goesOn` it talked on after a word was reported. `lost`: its voice is no longer followed.
 */
export type NoWords = 'talking' | 'stretch' | 'beep' | 'goesOn' | 'lost'

export interface ListenOptions {
  readonly keys: readonly Key[]
  /** Only those that begin while this listens, on a leg that is followed (`followVoice`). */
  readonly words?: readonly string[]
  readonly signal: AbortSignal
}

/** A recording that is running. The file is a WAV spool file, readable at any moment up to what has been written. */
export interface Recording {
  readonly path: string
  /** Wall-clock ms at which the switch confirmed that it records. */
  readonly startedAt: number
  /** Stops and closes the file. May be called twice; settles also when the leg has gone (which closes the file). */
  stop(): Promise<void>
}

export type RecordResult =
  | { readonly kind: 'recording'; readonly recording: Recording }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'hungUp' }

/**
 * The media server of a leg died, and the party was moved to another one. What was playing is played again, after `Leg.afterMove`; a party that was hearing nothing hears that alone, and one that
 * was bridged hears nothing until it is bridged again or played to (`BridgeEnd`). The leg still listens for keys, no longer for words (`NoWords`). A recording of the leg has ended with its media server.
 */
export interface Moved {
  /** For how long the party has heard nothing: from the last sign of the media server that died to the moment when it can be played to again. */
  readonly silentMs: number
}

/** One party on the telephone, answered, with media. */
export interface Leg {
  /** Unique for the life of the system; also the name under which the switch's log knows it. */
  readonly id: string
  /**
   * By this `Switch.adopt` of another engine finds the leg again, should this engine die: for the record; opaque. At most 1,000
   * characters; empty: it cannot be found again. It changes when the leg moves.
   */
  readonly handle: string
  /** Settles exactly once, for whatever reason the leg ends. Never rejects. */
  readonly hungUp: Promise<HangUp>
  /** Set as soon as the leg is over. */
  readonly ended: HangUp | undefined
  /**
   * Says that the handle is kept: should this engine die, the media server's side of the leg waits for another engine, and does not end with this one. Before that only the party can be found
   * (`IncomingCall.handle`, `Sent.handle`), and is moved to another media server. Harmless more than once.
   */
  outlive(): void
  /** What this party hears first when it has been moved to another media server. Default: nothing. */
  afterMove: readonly Audio[]
  /** Tells `listener` whenever the leg has been moved to another media server. @returns stops it */
  onMoved(listener: (moved: Moved) => void): () => void
  /**
   * Plays the pieces one after the other without a gap. One play at a time: a new one replaces what is playing (that one
   * then settles as `cancelled`). Does not consume keys.
   */
  play(audio: readonly Audio[], options?: { readonly signal?: AbortSignal; readonly loop?: boolean }): Promise<Played>
  /**
   * The next key or word. Keys are queued from the moment the leg is answered (type-ahead), so a key pressed before this
   * method is called counts; `dropKeys()` empties the queue. One listener at a time. While the leg is bridged, keys sent as in-band tones
   * need not be detected.
   */
  listenFor(options: ListenOptions): Promise<Heard>
  /** Forgets the keys that were pressed and not yet listened for. */
  dropKeys(): void
  /**
   * Follows what the party says from now on, so that `listenFor` can report words, and tell a person from a voicemail greeting. Call it as soon as the leg is
   * answered. @returns ends it; it also ends with the leg
   */
  followVoice(): () => void
  /**
   * Records this leg in stereo: left what this party says, right what it hears from its bridged peer. Silence stays in place, so that
   * both channels keep time. @param path absolute, in the spool folder, ending in `.wav`
   */
  record(path: string, options: { readonly signal: AbortSignal }): Promise<RecordResult>
  /** A recording of this leg that has been running since before the leg was adopted. @param path of the file that the dead engine began */
  recordingOn(path: string): Recording
  /** Ends the leg: BYE towards the party, channel released. Settles within a bound; never rejects. */
  close(): Promise<void>
}

/**
 * Why a bridge ended. `moved`: the media server of one or both legs died; both are on the line, at another one, have not heard each other for this long, and can be bridged again. `faulted`: the media server could
 * not hold the bridge.
 */
export type BridgeEnd =
  | { readonly kind: 'hungUp'; readonly first: Leg; readonly hangUp: HangUp }
  | { readonly kind: 'unbridged' }
  | { readonly kind: 'moved'; readonly apartMs: number }
  | { readonly kind: 'faulted'; readonly why: string }

/** Two legs that hear each other. When one leg ends, the other stays up and can be played to. */
export interface Bridge {
  /** Settles exactly once. */
  readonly ended: Promise<BridgeEnd>
  /** Takes the two apart; both stay up. May be called twice. */
  unbridge(): Promise<void>
}

export type BridgeResult =
  | { readonly kind: 'bridged'; readonly bridge: Bridge; readonly at: number }
  | { readonly kind: 'hungUp'; readonly leg: Leg }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly why: string }

/**
 * The result of taking over a leg of a dead engine. `moved`: its media server had died as well; it has another one, and is no longer bridged or recorded. `gone`: its party has hung up meanwhile, or the media server has lost it; what was left of it is
 * released. `failed`: its state is unknown.
 */
export type AdoptResult =
  { readonly kind: 'adopted'; readonly leg: Leg; readonly moved?: true } | { readonly kind: 'gone' | 'failed'; readonly why: string }

/** What the facts say about an outgoing leg that is taken over, for limits. */
export interface DialledBefore {
  /** The account to which it is charged. */
  readonly account: string
  /** Wall-clock ms. */
  readonly answeredAt: number
}

/** Whether a leg lives on servers of this switch. `away`: it does, and they are not connected now. `unknown`: this switch does not know it. */
export type Reach = 'there' | 'away' | 'unknown'

/** On whose side an outgoing call failed. `indeterminate`: cannot be told. */
export type DialFault = 'ours' | 'trunk' | 'farEnd' | 'indeterminate'

/**
 * The result of ringing a target. `status` is the final SIP status where one came.
 * - `busy` 486, 600; `declined` 603, 480 with a rejection, 433, 607; `unavailable` 480, 408 from the far end: try later
 * - `noAnswer` our ring time-out; a 200 that crosses our CANCEL is acknowledged and released by the implementation
 * - `badNumber` 404, 410, 484, 604: nobody has this number
 * - `failed` everything else: 5xx, transport, no common codec, media; `fault` says on whose side
 */
export type DialResult =
  | { readonly kind: 'answered'; readonly leg: Leg; readonly at: number; readonly rangMs: number }
  | { readonly kind: 'busy' | 'declined' | 'unavailable' | 'badNumber'; readonly status: number; readonly reason: string }
  | { readonly kind: 'noAnswer'; readonly rangMs: number }
  | { readonly kind: 'failed'; readonly fault: DialFault; readonly status?: number; readonly reason: string }
  | { readonly kind: 'cancelled' }

/** Where an INVITE went, for finding it in another log. */
export interface Sent {
  /** Value of its Call-ID header; at most 255 characters. */
  readonly sipCallId: string
  /** Name of the trunk that was to carry it; absent where the target is an address or a registered telephone. */
  readonly trunk?: string
  /** By this `Switch.callOff` of another engine ends the ringing, and `Switch.adopt` finds the party that has answered, should this one die. Opaque; at most 1,000 characters. */
  readonly handle?: string
  /** The audio is offered encrypted (SRTP). */
  readonly srtp?: true
  /** Why the audio goes in the clear after all: the answer to an offer of SRTP, or that the media server does not encrypt. */
  readonly plainAfter?: string
}

export interface DialOptions {
  readonly from: CallerId
  /** Ring time-out, ms from the moment the INVITE leaves. Covers ringing only, never what comes after the answer. */
  readonly ringMs: number
  readonly signal: AbortSignal
  /** The account to which the call is charged: a line, a device. For limits; never sent. */
  readonly account?: string
  /** Names of the trunks that may carry a number, as the guard found them; absent: every trunk. */
  readonly trunks?: readonly string[]
  /** The leg with which the answered one will be bridged: the call is placed where that one lives, so that none has to be moved. */
  readonly near?: Leg
  /** An INVITE has left: once for each trunk that is tried (again where one wants a longer session interval). */
  readonly onSent?: (sent: Sent) => void
  /** The far end rings (180 or 183). Called at most once. Early media is never passed on. */
  readonly onRinging?: () => void
}

export type AnswerResult =
  | { readonly kind: 'answered'; readonly leg: Leg }
  | { readonly kind: 'cancelled' }
  /** No common codec (the implementation has sent 488). */
  | { readonly kind: 'noCommonCodec' }
  | { readonly kind: 'failed'; readonly why: string }

export interface AnswerOptions {
  /** The answer leaves when this has settled, resolved or rejected; the media are prepared meanwhile. Default: at once. */
  readonly when?: Promise<unknown>
}

/** An incoming call: no final response has been sent yet. */
export interface IncomingCall {
  /** Value of its Call-ID header, chosen by the caller's side. */
  readonly id: string
  /**
   * Who calls (CLI): from an adapter the user part of From; behind the guard that of the header believed from the caller's network. Empty when
   * withheld or absent.
   */
  readonly callerNumber: string
  /** Cleaned and cut; empty when withheld or absent. */
  readonly callerDisplayName: string
  /**
   * How limits count a caller who withholds their number: by a keyed hash of the number that their network asserts. Set by the guard, never by
   * an adapter; absent where the number is shown, and where no network asserts one.
   */
  readonly callerAccount?: string
  /** User part of the Request-URI, or the number of a tel URI: what was dialled, without escapes, parameters and visual separators. */
  readonly dialledNumber: string
  /** User of the telephone that has proved itself by digest. Set by the guard, never by an adapter. */
  readonly device?: string
  /** Name of the trunk from whose address it came. Set by the guard, never by an adapter. */
  readonly trunk?: string
  /** Its source, as the transport saw it. */
  readonly source: { readonly address: string; readonly port: number; readonly protocol: string }
  /**
   * By this `Switch.adopt` of another engine finds the caller from the answer on, should this engine die before it has kept the handle of the leg; opaque. At most 1,000
   * characters; empty: not at all.
   */
  readonly handle: string
  /** Value of a SIP header, for access rules (digest, P-Asserted-Identity). Undefined when absent. */
  header(name: string): string | undefined
  /** Aborts when the caller gives up (CANCEL, or the transport is lost) before the answer. */
  readonly signal: AbortSignal
  /** Answers with media. `cancelled` and `failed` leave nothing open. */
  answer(options?: AnswerOptions): Promise<AnswerResult>
  /** Refuses with a SIP status (4xx to 6xx). Harmless after the caller has gone. */
  reject(status: number, options?: { readonly reason?: string; readonly headers?: Readonly<Record<string, string>> }): Promise<void>
}

/** A REGISTER, as received. The engine is the registrar; the switch only passes it up. */
export interface Registration {
  readonly addressOfRecord: string
  readonly contacts: readonly { readonly uri: string; readonly expiresSeconds: number }[]
  readonly source: { readonly address: string; readonly port: number; readonly protocol: string }
  header(name: string): string | undefined
  respond(status: number, options?: { readonly reason?: string; readonly headers?: Readonly<Record<string, string>> }): Promise<void>
}

/** `ready`: calls can be taken. Otherwise what is missing, in words for an operator. */
/** The state of one of several servers. */
export interface ServerHealth {
  readonly kind: 'drachtio' | 'freeswitch'
  /** `host:port` */
  readonly name: string
  readonly up: boolean
  /** In words for an operator. */
  readonly detail: string
}

export interface SwitchHealth {
  readonly ready: boolean
  readonly signalling: { readonly up: boolean; readonly detail: string }
  readonly media: { readonly up: boolean; readonly detail: string }
  /** Legs that this engine holds open now. */
  readonly legs: number
  /** Each of the servers, where the switch uses several. */
  readonly servers?: readonly ServerHealth[]
}

export interface Switch {
  /** One handler; called once per incoming call. A handler that rejects or returns without answering makes the switch send 500. */
  onIncoming(handler: (call: IncomingCall) => Promise<void>): void
  onRegister(handler: (registration: Registration) => Promise<void>): void
  dial(target: Target, options: DialOptions): Promise<DialResult>
  /**
   * Bridges two legs. What either is playing goes on until the moment of the bridge (neither hears silence while it is
   * set up) and then settles as `cancelled`. After `failed`, `cancelled` or `hungUp` the two are not bridged, and each can be played to again.
   */
  bridge(a: Leg, b: Leg, options: { readonly signal: AbortSignal }): Promise<BridgeResult>
  /**
   * Takes over a leg of a dead engine: from now on it is this switch's own. It hears nothing, unless it is bridged: then the talk goes on.
   * @param handle `Leg.handle`, as that engine kept it; `IncomingCall.handle` or `Sent.handle`, where it kept no more: then the leg, if there is one, is `moved`
   * @param dialled of a leg to a telephone number
   * @param isOurs asked about a caller found by `IncomingCall.handle`, before anything is sent to them: false where the same INVITE has come to another engine meanwhile, which owns the dialog
   */
  adopt(handle: string, dialled?: DialledBefore, isOurs?: () => Promise<boolean>): Promise<AdoptResult>
  /** Ends a ringing that a dead engine began. Settles within a bound; never rejects. @param handle `Sent.handle` */
  callOff(handle: string): Promise<void>
  /** @param handle as for `adopt`. No server is asked: as far as is known at this moment */
  reach(handle: string): Reach
  /** Takes over the bridge of two adopted legs. `failed`: they are not bridged, and may be. */
  rejoin(a: Leg, b: Leg): BridgeResult
  health(): SwitchHealth
  /** Whether one more leg can be listened to for words. */
  hearsWords(): boolean
  /** Calls `listener` whenever `health()` changes. @returns stops listening */
  onHealth(listener: (health: SwitchHealth) => void): () => void
  /** New calls and registrations go to other engines from now on; those already on their way to this one still come. Settles within a bound, when no more can come; never rejects. */
  leaveNewCalls(): Promise<void>
  /** Refuses new calls with 503, closes every leg, then the connections. */
  close(): Promise<void>
}

/** A switch without registered telephones: what an adapter implements. */
export interface PlainSwitch extends Omit<Switch, 'dial'> {
  dial(target: DialledTarget, options: DialOptions): Promise<DialResult>
}
