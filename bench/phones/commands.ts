/** Requests to the phones, which run in a separate process, and their answers. Times are ms of that process's own clock. */

/** What a specialist's phone does when it is rung: `accept` answers at once and presses 1; `busy` refuses with 486; `noAnswer` rings until CANCEL. */
export type Habit = 'accept' | 'busy' | 'noAnswer'

/** The callers are browsers, which signal over a WebSocket each, and authenticate as the same telephone. */
export interface BrowserCallers {
  readonly url: string
  readonly user: string
  readonly password: string
  /** They speak Opus. */
  readonly opus: boolean
}

export type Command =
  /** Opens the phones' SIP ports: the directory has to name the specialists' one before the engine starts. */
  | { readonly kind: 'bind' }
  /** Opens `count` lanes: a caller each, and one phone for each habit, which stand on the rota of the lane's line in this order. */
  | {
      readonly kind: 'open'
      readonly lanes: readonly { readonly number: string; readonly habits: readonly Habit[] }[]
      readonly engine: { readonly address: string; readonly port: number }
      readonly browsers?: BrowserCallers
    }
  /** One call on a lane, from INVITE to the last BYE. With `abandon`, the caller hangs up as soon as a phone rings. */
  | { readonly kind: 'call'; readonly lane: number; readonly talkMs: number; readonly abandon?: boolean }
  /** A call on each of these lanes, `perSecond` of them a second, up until `hangUp`. */
  | { readonly kind: 'hold'; readonly lanes: readonly number[]; readonly perSecond: number }
  /** Every caller that is up hangs up now, or that of one lane. */
  | { readonly kind: 'hangUp'; readonly lane?: number }
  /** Restarts counting packets. */
  | { readonly kind: 'listen' }
  /** What was counted since. */
  | { readonly kind: 'heard' }
  | { readonly kind: 'close' }

/** The moments of one call. `undefined`: did not happen. */
export interface CallTimes {
  readonly lane: number
  readonly failed?: string
  readonly inviteAt: number
  readonly okAt?: number
  /** The call was refused: when, and with which status. */
  readonly refused?: { readonly at: number; readonly status: number }
  /** The caller hears something for the first time, be it a tone. */
  readonly callerHeardAt?: number
  /** By phone of the lane. */
  readonly ringing: readonly {
    readonly inviteAt: number
    readonly cancelAt?: number
    readonly refusedAt?: number
    readonly answerAt?: number
    /** First audio packet after the answer. */
    readonly firstPacketAt?: number
    /** The first sample that can be heard is played: arrival of its packet, and its place therein. */
    readonly whisperAt?: number
    /** The last of the three RFC 4733 end packets left. */
    readonly keyAt?: number
    readonly hearsCallerAt?: number
    /** The call is over for this phone: the engine hung up, or the phone itself after `questionAt`. */
    readonly overAt?: number
    /** After the caller's BYE: the engine begins to ask for the outcome. */
    readonly questionAt?: number
  }[]
  readonly hearsSpecialistAt?: number
  /** Of a browser: keys are agreed, so its voice leaves, and something has been heard. */
  readonly voiceBothWaysAt?: number
  readonly callerByeAt?: number
}

/** What all phones heard of each other since `listen`. Delays in ms, from one phone through the switch to the other. */
export interface Heard {
  readonly seconds: number
  readonly sent: number
  readonly received: number
  /** Packets lost before the last one received. */
  readonly lost: number
  readonly delay: Delays
  /** Delays of each second, to see whether they grow. */
  readonly bySecond: readonly Delays[]
  /** How late the phones' own clock of 20 ms was, p99: what they add to the delays themselves. */
  readonly ownLatenessMs: number
}

export interface Delays {
  readonly median: number
  readonly p99: number
  readonly most: number
}

export type Reply =
  | { readonly kind: 'bound'; readonly specialistsPort: number }
  | { readonly kind: 'times'; readonly times: CallTimes }
  | { readonly kind: 'holding'; readonly times: readonly CallTimes[] }
  | { readonly kind: 'hungUp'; readonly at: number }
  | { readonly kind: 'heard'; readonly heard: Heard }
  | { readonly kind: 'done' }
