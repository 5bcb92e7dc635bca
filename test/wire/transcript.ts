import { readFileSync } from 'node:fs'

/** What FreeSWITCH said over an event socket. `shape` numbers a list of header names in `Transcript.shapes`. */
export type EslMessage =
  | { readonly kind: 'event'; readonly shape: number; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'connect'; readonly shape: number; readonly values: Readonly<Record<string, string>> }
  | { readonly kind: 'reply'; readonly head: Readonly<Record<string, string>> }
  | { readonly kind: 'api'; readonly body?: string; readonly dump?: number }
  | { readonly kind: 'disconnect'; readonly headers: readonly string[] }

/**
 * One message of a recorded session, in time order. `on` is a connection (`DRACHTIO`, `ESL-IN`, `ESL-OUT#1`, ...) or a test phone (`phone:6300`).
 * `app`/`esl`: the application sent it; `server`/`fs`: it got it; `phone`: the phone sent it; `sip`: the phone got it.
 */
export interface Step {
  readonly ms: number
  readonly on: string
  readonly do: 'open' | 'opened' | 'close' | 'closes' | 'app' | 'server' | 'esl' | 'fs' | 'phone' | 'sip'
  readonly text?: string
  readonly message?: EslMessage
}

/** A session recorded between the two unmodified packages and the real servers. Addresses are those of the recording. */
export interface Transcript {
  readonly recorded: string
  readonly shapes: readonly (readonly string[])[]
  readonly steps: readonly Step[]
}

export function readTranscript(name: string): Transcript {
  return JSON.parse(readFileSync(new URL(`transcripts/${name}.json`, import.meta.url), 'utf8')) as Transcript
}
