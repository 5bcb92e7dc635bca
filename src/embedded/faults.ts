/**
 * Faults on request. Tests order them through `EmbeddedSwitch.fault()` or, for the child process, by an IPC message `{ fault: Fault }`;
 * the wire protocols know nothing of them.
 */

/** The message stream on which a fault acts: SIP of either role, the application protocol, or the event sockets. */
export type FaultStream = 'sip' | 'media-sip' | 'app' | 'event-socket-in' | 'event-socket-out'

export type Fault =
  /**
   * The n-th message (1 = the next) that the switch sends on this stream and that contains `matching` is not sent. Counted
   * from the order; `times` messages from there on (default 1).
   */
  | { readonly kind: 'drop'; readonly stream: FaultStream; readonly nth: number; readonly times?: number; readonly matching?: string }
  /** As `drop`, but it is sent `ms` later, and overtaken by what follows. */
  | {
      readonly kind: 'delay'
      readonly stream: FaultStream
      readonly nth: number
      readonly ms: number
      readonly times?: number
      readonly matching?: string
    }
  /** Closes connections at once: the event sockets or the applications. */
  | { readonly kind: 'disconnect'; readonly stream: 'app' | 'event-socket-in' | 'event-socket-out' }
  /** The FreeSWITCH role never sends a BYE from now on. */
  | { readonly kind: 'neverBye' }
  /** Loses this share (0..1) of the audio packets that the switch sends and receives. */
  | { readonly kind: 'losePackets'; readonly share: number }
  /** No new channel can be made: the FreeSWITCH role answers 503 to the next INVITEs. */
  | { readonly kind: 'refuseChannels' }
  /** The drachtio role knows no dialog any more: every request that an application sends inside one is refused, as just after a BYE. */
  | { readonly kind: 'forgetDialogs' }
  /** Withdraws every fault. */
  | { readonly kind: 'none' }

/** IPC messages to the child process. */
export type ControlMessage = { readonly fault: Fault } | { readonly load: true }

/** IPC message from the child process: the answer to `load`. */
export interface LoadReply {
  readonly load: import('./settings.js').EmbeddedSwitchLoad
}

/** IPC message from the child process, whenever something has run out or is available again: all that has run out now. */
export interface ShortageReport {
  readonly shortages: readonly import('./shortages.js').Shortage[]
}

interface Armed {
  readonly fault: Extract<Fault, { kind: 'drop' | 'delay' }>
  seen: number
  used: number
}

/** What to do with one outgoing message. */
export type Verdict = { readonly kind: 'send' } | { readonly kind: 'drop' } | { readonly kind: 'delay'; readonly ms: number }

const SEND: Verdict = { kind: 'send' }

/** The faults that are in force. Without any, asking costs one comparison. */
export class Faults {
  readonly #armed: Armed[] = []
  neverBye = false
  refuseChannels = false
  forgetDialogs = false
  packetLoss = 0

  /** True when some message fault is armed: only then is a message worth rendering for the question. */
  get watching(): boolean {
    return this.#armed.length > 0
  }

  /** Puts a fault in force. `disconnect` is not kept: the owner of the connections carries it out. */
  arm(fault: Fault): void {
    switch (fault.kind) {
      case 'drop':
      case 'delay':
        this.#armed.push({ fault, seen: 0, used: 0 })
        return
      case 'neverBye':
        this.neverBye = true
        return
      case 'losePackets':
        this.packetLoss = Math.min(1, Math.max(0, fault.share))
        return
      case 'refuseChannels':
        this.refuseChannels = true
        return
      case 'forgetDialogs':
        this.forgetDialogs = true
        return
      case 'none':
        this.#armed.length = 0
        this.neverBye = false
        this.refuseChannels = false
        this.forgetDialogs = false
        this.packetLoss = 0
        return
      case 'disconnect':
        return
    }
  }

  /** @param text the message as it would be sent, for `matching` */
  judge(stream: FaultStream, text: string): Verdict {
    if (this.#armed.length === 0) return SEND
    for (const armed of this.#armed) {
      const { fault } = armed
      if (fault.stream !== stream) continue
      if (fault.matching !== undefined && !text.includes(fault.matching)) continue
      armed.seen++
      if (armed.seen < fault.nth || armed.used >= (fault.times ?? 1)) continue
      armed.used++
      return fault.kind === 'drop' ? { kind: 'drop' } : { kind: 'delay', ms: fault.ms }
    }
    return SEND
  }

  /** Sends through `write`, unless a fault says otherwise. */
  pass(stream: FaultStream, text: string, write: () => void): void {
    if (this.#armed.length === 0) {
      write()
      return
    }
    const verdict = this.judge(stream, text)
    if (verdict.kind === 'send') write()
    else if (verdict.kind === 'delay') setTimeout(write, verdict.ms).unref()
  }
}
