import type { CallEvent, EventLog } from '../calls/events.js'

/** Where a call is. `ringing`: somebody is being rung; `whisper`: somebody answered and has not accepted yet. */
export type LiveStage = 'arrived' | 'answered' | 'menu' | 'hunting' | 'ringing' | 'whisper' | 'connecting' | 'talking' | 'outcome' | 'ending'

/** One call now, for operations pages. Holds no number of a specialist. */
export interface LiveCall {
  readonly callId: string
  readonly stage: LiveStage
  readonly arrivedAt: number
  readonly callerNumber: string
  readonly organisation?: string
  readonly organisationName?: string
  readonly line?: string
  readonly lineName?: string
  /** Start of the hunt; the caller waits from here until `talkingSince`. */
  readonly waitingSince?: number
  readonly talkingSince?: number
  /** Who is being rung or spoken to. */
  readonly ringing?: { readonly label: string; readonly pool: 'local' | 'ncn'; readonly since: number }
  readonly talkingTo?: string
  /** Ringings so far, this one included. */
  readonly attempts: number
  readonly recording: boolean
}

export interface LiveNames {
  organisation(id: string): string | undefined
  line(id: string): string | undefined
}

export interface LiveBoard {
  /** Longest first. */
  calls(): readonly LiveCall[]
  /** Told of every change: a call that is new or changed, or one that is over. @returns stops it */
  subscribe(listener: (change: { readonly kind: 'call'; readonly call: LiveCall } | { readonly kind: 'over'; readonly callId: string; readonly event: CallEvent }) => void): () => void
  close(): void
}

export function createLiveBoard(_log: Pick<EventLog, 'subscribe'>, _names: LiveNames): LiveBoard {
  throw new Error('not yet')
}
