import type { Audio, Key, Switch, Target } from '../../src/switch/port.js'

/** How a rung phone behaves. `never`: it rings until the caller gives up. */
export type Manner = { readonly answersAfterMs: number } | { readonly refusesWith: 404 | 480 | 486 | 603 } | 'never'

/** A person on a telephone, whatever the telephone is made of. */
export interface Person {
  press(key: Key): void
  /** Hangs up; for a caller who is not answered yet: gives up. */
  hangUp(): void
  /** The switch has ended their call (or never let it begin). */
  readonly released: boolean
}

export interface Caller extends Person {
  readonly refusedWith: number | undefined
}

export interface RungPhone {
  readonly target: Target
  /** It rings now. */
  readonly ringing: boolean
  /** Who picked up last. */
  readonly person: Person | undefined
  /** Picks up now. */
  answer(): void
}

/** What an engine that was killed has left behind, by the handles of its legs. */
export interface Left {
  readonly caller: Caller
  readonly callerHandle: string
  /** With whom the caller talks. */
  readonly other: { readonly person: Person; readonly handle: string } | undefined
  /** To which the caller's leg is recorded. */
  readonly recording: string
}

/** A telephone world around one implementation of the port. */
export interface World {
  readonly switch: Switch
  /** A caller rings us. */
  call(options?: { readonly alien?: boolean }): Promise<Caller>
  phone(manner: Manner): Promise<RungPhone>
  /** Another engine than that of `switch` takes a call, records it, and is killed: the caller hears a tone by then, or talks with a callee. `withBothUntold`: both have just answered, and the handles are those from before that. */
  leftBy(engine: 'withCaller' | 'withTalk' | 'withBothUntold'): Promise<Left>
  /** A recording of this length that can be played. */
  file(ms: number): Audio
  /** A fresh path for a recording. */
  spool(): string
  /** Lets time pass until the promise settles. Rejects when it does not within `withinMs`. */
  settled<T>(promise: Promise<T>, withinMs?: number): Promise<T>
  elapse(ms: number): Promise<void>
  /** Lets time pass until this holds; rejects when it does not within 5 s. */
  eventually(holds: () => boolean): Promise<void>
  /** Monotonic ms of this world's time. */
  now(): number
  /** What is open, after a moment: legs, channels, plays; an empty list when nothing has leaked. */
  leaks(): Promise<string[]>
  close(): Promise<void>
}
