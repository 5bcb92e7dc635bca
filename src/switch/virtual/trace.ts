import type { CallerId, HangUp, Key } from '../port.js'

/**
 * What really happened in the virtual telephone world, whatever the engine believes: the evidence with which its facts are compared.
 * `at`: monotonic ms of the virtual clock.
 */
export type TraceEntry = { readonly at: number } & (
  | { readonly what: 'dialled'; readonly dial: number; readonly number: string; readonly from: CallerId; readonly ringMs: number }
  /** The far end stopped ringing, or the dialling was given up. */
  | { readonly what: 'dialSettled'; readonly dial: number; readonly number: string; readonly result: string }
  | { readonly what: 'phoneRings' | 'phoneStops'; readonly dial: number; readonly number: string }
  | { readonly what: 'legUp'; readonly leg: string; readonly party: 'caller' | 'called'; readonly number: string }
  | { readonly what: 'legDown'; readonly leg: string; readonly hangUp: HangUp }
  /** The media server of this leg died; the leg has another one. */
  | { readonly what: 'mediaLost' | 'moved'; readonly leg: string }
  /** As soon as the operation is requested, before it can succeed or fail. */
  | { readonly what: 'playAsked'; readonly leg: string }
  | { readonly what: 'pressed'; readonly leg: string; readonly key: Key }
  | { readonly what: 'said'; readonly leg: string; readonly word: string }
  /** Spoke as a voicemail does. */
  | { readonly what: 'talked'; readonly leg: string }
  | { readonly what: 'bridgeAsked' | 'bridged' | 'apart'; readonly bridge: number; readonly legs: readonly [string, string] }
  | { readonly what: 'recordingStarted' | 'recordingStopped'; readonly leg: string; readonly path: string }
  /** The user of the port broke one of its rules. */
  | { readonly what: 'misuse'; readonly detail: string }
)
