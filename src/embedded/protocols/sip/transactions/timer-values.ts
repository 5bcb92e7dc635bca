/** RFC 3261 17.1.1.1 and table 4, in milliseconds. */
export interface TimerValues {
  /** Estimate of the round-trip time. */
  readonly t1: number
  /** Longest interval between repetitions of a non-INVITE request and of an INVITE response. */
  readonly t2: number
  /** How long a message may live in the network. */
  readonly t4: number
}

export const DEFAULT_TIMERS: TimerValues = { t1: 500, t2: 4000, t4: 5000 }

/** What a state machine must know of its surroundings. */
export interface MachineContext {
  readonly timers: TimerValues
  /** Over TCP nothing is repeated, and no transaction waits for stray repetitions. */
  readonly reliable: boolean
  /** Nothing is lost, repeated or forked on the way to this peer: no transaction waits for strays after a 2xx to INVITE either (RFC 6026 timers L and M are zero). */
  readonly lossless?: boolean
  /**
   * The request came from a stranger: its refusal goes out once, and again only in answer to a repetition. The address may be forged, and must not be
   * sent ten packets for one.
   */
  readonly unproven?: boolean
}

/** One step of a machine: the state after it, and the actions to take, in order. */
export interface Step<State, Action> {
  readonly state: State
  readonly actions: readonly Action[]
}

export interface StartTimer<Name extends string> {
  readonly do: 'startTimer'
  readonly timer: Name
  readonly ms: number
}

export interface StopTimer<Name extends string> {
  readonly do: 'stopTimer'
  readonly timer: Name
}

export function startTimer<Name extends string>(timer: Name, ms: number): StartTimer<Name> {
  return { do: 'startTimer', timer, ms }
}

export function stopTimer<Name extends string>(timer: Name): StopTimer<Name> {
  return { do: 'stopTimer', timer }
}
