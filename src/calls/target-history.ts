import type { AttemptResult, CallEvent } from './events.js'

/** What became of one ringing of a telephone. */
export interface Ringing {
  readonly callId: string
  readonly at: number
  readonly result: AttemptResult
  readonly status?: number
  readonly reason?: string
}

/** What is known of one telephone, read off the facts. */
export interface TargetFigures {
  /** Number or `sip:` address, as it was dialled. For the rota's keeper, never for a caller. */
  readonly target: string
  /** Whose telephone it was last rung as. */
  readonly candidate: string
  readonly label: string
  readonly rung: number
  readonly answered: number
  readonly byResult: Readonly<Partial<Record<AttemptResult, number>>>
  /** Ringings that came to nothing, by SIP status, or by whose fault it was where there is none: `badNumber 404`, `failed trunk`. */
  readonly byReason: Readonly<Record<string, number>>
  readonly lastRungAt: number
  readonly lastAcceptedAt: number | undefined
  /** The ringings that failed since anybody was last reached there, oldest first; at most as many as are kept. */
  readonly failures: readonly Ringing[]
  /** On the watch list: it failed so many times in a row that it is rung after the good ones, until it is a success or cleared by hand. */
  readonly watchedSince: number | undefined
}

export interface WatchRule {
  /** So many failures in a row put a telephone on the list. */
  readonly failuresInARow: number
}

export const defaultWatchRule: WatchRule = { failuresInARow: 3 }

/** Evidence that is kept of one telephone. */
const keptFailures = 10

type Sign = 'reached' | 'failed' | 'neutral'

/**
 * What a ringing says of the telephone itself. Nobody has the number, it cannot be reached, or it is always a voicemail: failed. A
 * person was there: reached. Everything else says nothing: they were busy, out of earshot, or we had rung off.
 */
export function signOf(result: AttemptResult, fault: 'ours' | 'trunk' | 'farEnd' | 'indeterminate' | undefined): Sign {
  switch (result) {
    case 'accepted':
    case 'connected':
    case 'declined':
      return 'reached'
    case 'badNumber':
    case 'notAccepted':
      return 'failed'
    case 'failed':
      // Our own or a trunk's fault is no evidence against a telephone.
      return fault === 'farEnd' ? 'failed' : 'neutral'
    case 'busy':
    case 'unavailable':
    case 'noAnswer':
    case 'answeredThenHungUp':
    case 'cancelled':
      return 'neutral'
  }
}

interface Entry {
  target: string
  candidate: string
  label: string
  rung: number
  answered: number
  byResult: Partial<Record<AttemptResult, number>>
  byReason: Record<string, number>
  lastRungAt: number
  lastAcceptedAt: number | undefined
  failures: Ringing[]
  watchedSince: number | undefined
}

/** Told when a telephone is put on the watch list or comes off it. */
export type WatchListener = (figures: TargetFigures, change: 'watched' | 'cleared') => void

/**
 * Reads off the facts how each telephone fares: who was rung when, what came of it, and which numbers are bad. Feed it the events of the
 * past in their order, then those of the running engine.
 */
export class TargetHistory {
  readonly #rule: WatchRule
  readonly #targets = new Map<string, Entry>()
  readonly #candidates = new Map<string, number>()
  /** Attempts that run: which telephone each rings. */
  readonly #running = new Map<string, string>()
  readonly #listeners = new Set<WatchListener>()

  constructor(rule: WatchRule = defaultWatchRule) {
    this.#rule = rule
  }

  /** @returns stops it */
  onWatch(listener: WatchListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  apply(event: CallEvent): void {
    switch (event.type) {
      case 'attempt.started': {
        // A patient's or a practice's telephone stands on no rota.
        if (event.pool === 'direct') return
        const entry = this.#entry(event.target, event.candidate, event.label)
        entry.rung += 1
        entry.lastRungAt = event.at
        this.#candidates.set(event.candidate, event.at)
        this.#running.set(event.attempt, event.target)
        return
      }
      case 'attempt.answered': {
        const entry = this.#targets.get(this.#running.get(event.attempt) ?? '')
        if (entry) entry.answered += 1
        return
      }
      case 'attempt.ended': {
        const entry = this.#targets.get(this.#running.get(event.attempt) ?? '')
        this.#running.delete(event.attempt)
        if (entry) this.#ended(entry, event)
        return
      }
      default:
    }
  }

  /** Every telephone that was ever rung, the watched ones first, then by name. */
  figures(): readonly TargetFigures[] {
    return [...this.#targets.values()].sort((a, b) => Number(b.watchedSince !== undefined) - Number(a.watchedSince !== undefined) || a.label.localeCompare(b.label))
  }

  figuresOf(target: string): TargetFigures | undefined {
    return this.#targets.get(target)
  }

  isWatched(target: string): boolean {
    return this.#targets.get(target)?.watchedSince !== undefined
  }

  /** Wall-clock ms at which this candidate was last rung. */
  lastRungAt(candidate: string): number | undefined {
    return this.#candidates.get(candidate)
  }

  /**
   * Takes a telephone off the watch list by hand.
   * @param at wall-clock ms of that; what failed later stays as evidence. Default: all of it is forgotten
   * @returns false when it was not on it
   */
  clear(target: string, at = Infinity): boolean {
    const entry = this.#targets.get(target)
    if (entry?.watchedSince === undefined) return false
    const later = entry.failures.filter((failure) => failure.at > at)
    this.#clear(entry)
    entry.failures = later
    this.#judge(entry)
    return true
  }

  #ended(entry: Entry, event: Extract<CallEvent, { type: 'attempt.ended' }>): void {
    entry.byResult[event.result] = (entry.byResult[event.result] ?? 0) + 1
    if (event.result === 'accepted') entry.lastAcceptedAt = event.at
    const reason = event.status ?? event.fault
    if (reason !== undefined) entry.byReason[`${event.result} ${reason}`] = (entry.byReason[`${event.result} ${reason}`] ?? 0) + 1
    const sign = signOf(event.result, event.fault)
    if (sign === 'reached') this.#clear(entry)
    if (sign !== 'failed') return
    entry.failures.push({
      callId: event.callId,
      at: event.at,
      result: event.result,
      ...(event.status === undefined ? {} : { status: event.status }),
      ...(event.reason === undefined ? {} : { reason: event.reason }),
    })
    if (entry.failures.length > keptFailures) entry.failures.shift()
    this.#judge(entry)
  }

  #judge(entry: Entry): void {
    const last = entry.failures.at(-1)
    if (entry.watchedSince !== undefined || last === undefined || entry.failures.length < this.#rule.failuresInARow) return
    entry.watchedSince = last.at
    this.#tell(entry, 'watched')
  }

  #clear(entry: Entry): void {
    const watched = entry.watchedSince !== undefined
    entry.failures = []
    entry.watchedSince = undefined
    if (watched) this.#tell(entry, 'cleared')
  }

  #tell(entry: Entry, change: 'watched' | 'cleared'): void {
    for (const listener of this.#listeners) listener(entry, change)
  }

  #entry(target: string, candidate: string, label: string): Entry {
    let entry = this.#targets.get(target)
    if (entry === undefined) {
      entry = { target, candidate, label, rung: 0, answered: 0, byResult: {}, byReason: {}, lastRungAt: 0, lastAcceptedAt: undefined, failures: [], watchedSince: undefined }
      this.#targets.set(target, entry)
    }
    entry.candidate = candidate
    entry.label = label
    return entry
  }
}
