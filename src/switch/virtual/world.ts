import type { Clock } from '../../clock/clock.js'
import type { Audio } from '../port.js'
import type { TraceEntry } from './trace.js'

/** Operations that can be slow, or fail on request. */
export type Operation = 'answer' | 'dial' | 'play' | 'record' | 'bridge'

/** `fails`: the operation gives its failure value, after `afterMs`. `breaks`: it succeeds, and breaks `afterMs` later (a bridge, a play). */
export interface Fault {
  readonly kind: 'fails' | 'breaks'
  readonly afterMs: number
}

/** Asked once for every operation. @param nth from 1, counted for each kind of operation */
export type FaultPlan = (operation: Operation, nth: number) => Fault | undefined

export interface WorldOptions {
  readonly clock: Clock
  /** How long the switch takes for an operation, ms. Default 0. */
  readonly latencyMs?: (operation: Operation) => number
  /** From us to a phone or back, ms. Default 0. */
  readonly oneWayMs?: number
  readonly faults?: FaultPlan
  /** Of one piece of audio, ms; `Infinity`: endless. Default: 1.5 s a file. */
  readonly durationMs?: (audio: Audio) => number
  /** Whether there is a recogniser. Default true. */
  readonly hearsWords?: boolean
  /** Records what happened for the checks. Default true. */
  readonly traced?: boolean
}

/** What every part of the virtual switch shares: time, latency, faults, the trace, and the count of what is open. */
export class World {
  readonly clock: Clock
  readonly oneWayMs: number
  readonly trace: TraceEntry[] = []
  readonly #options: WorldOptions
  readonly #asked: Record<Operation, number> = { answer: 0, dial: 0, play: 0, record: 0, bridge: 0 }
  readonly #open = { legs: 0, dials: 0, plays: 0, listeners: 0, recordings: 0, bridges: 0, signalListeners: 0 }
  #serial = 0

  constructor(options: WorldOptions) {
    this.#options = options
    this.clock = options.clock
    this.oneWayMs = options.oneWayMs ?? 0
  }

  get hearsWords(): boolean {
    return this.#options.hearsWords ?? true
  }

  latencyMs(operation: Operation): number {
    return this.#options.latencyMs?.(operation) ?? 0
  }

  fault(operation: Operation): Fault | undefined {
    return this.#options.faults?.(operation, ++this.#asked[operation])
  }

  durationMs(audio: Audio): number {
    if (audio.kind === 'silence') return audio.ms
    return this.#options.durationMs?.(audio) ?? (audio.kind === 'file' ? 1_500 : audio.tone === 'beep' ? 400 : Infinity)
  }

  tell(entry: TraceEntry extends infer Each ? (Each extends TraceEntry ? Omit<Each, 'at'> : never) : never): void {
    if (this.#options.traced !== false) this.trace.push({ at: this.clock.monotonic(), ...entry })
  }

  serial(): number {
    return ++this.#serial
  }

  /** Counts a thing as open. @returns counts it as closed; calling it twice is harmless */
  opened(kind: keyof typeof this.open): () => void {
    this.#open[kind]++
    let closed = false
    return () => {
      if (closed) return
      closed = true
      this.#open[kind]--
    }
  }

  /** What is open at this moment, by kind. All zero: nothing has leaked. */
  get open(): {
    readonly legs: number
    readonly dials: number
    readonly plays: number
    readonly listeners: number
    readonly recordings: number
    readonly bridges: number
    readonly signalListeners: number
  } {
    return { ...this.#open }
  }

  /**
   * Calls `action` once when the signal aborts, or at once when it has.
   * @returns takes the listener off
   */
  onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
    if (signal === undefined) return () => undefined
    if (signal.aborted) {
      action()
      return () => undefined
    }
    const closed = this.opened('signalListeners')
    const listener = (): void => {
      closed()
      action()
    }
    signal.addEventListener('abort', listener, { once: true })
    return () => {
      closed()
      signal.removeEventListener('abort', listener)
    }
  }
}

/** A promise with its key outside. */
export class Settlement<T> {
  readonly promise: Promise<T>
  #resolve: (value: T) => void = () => undefined
  #settled = false

  constructor() {
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get settled(): boolean {
    return this.#settled
  }

  /** @returns false when it was settled before; the first value stands */
  settle(value: T): boolean {
    if (this.#settled) return false
    this.#settled = true
    this.#resolve(value)
    return true
  }
}
