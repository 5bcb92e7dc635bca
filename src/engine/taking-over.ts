import type { Logger } from 'pino'
import { handlesLeft } from '../calls/left-legs.js'
import type { Desk } from '../calls/desk.js'
import type { Clock } from '../clock/clock.js'
import { callRecord } from '../facts/call-record.js'
import type { Presence } from '../fleet/presence.js'
import type { Recordings } from '../recordings/recordings.js'
import type { LeftCall, LeftCalls } from '../store/left-calls.js'
import type { Switch } from '../switch/port.js'

/** Servers that are not there are waited for this long: their parties may still be talking. */
const patienceMs = 30_000
/** A call on servers that no engine but its own has (an embedded switch) is left to that one for this long: it may be started again. */
const strangersMs = 5 * 60_000
const lookAgainMs = 1_000
/** Not every call left over is announced: an engine that stops in the middle of taking over is not announced twice. */
const lookEveryMs = 20_000
/** Calls that are claimed at once: few, so that of several engines each takes some. */
const atOnce = 5

export interface TakingOverOptions {
  readonly left: Pick<LeftCalls, 'open' | 'claim' | 'close'>
  readonly desk: Pick<Desk, 'takeOver' | 'draining'>
  readonly telephone: Pick<Switch, 'reach'>
  readonly recordings: Pick<Recordings, 'takeUp' | 'recover'>
  readonly presence: Pick<Presence, 'self' | 'onGone' | 'lost' | 'whenCertain'>
  /** Other engines may leave calls at any time. */
  readonly others: boolean
  readonly clock: Clock
  readonly log: Pick<Logger, 'warn' | 'error'>
}

/** What to do with a call that has no engine. `wait`: it may still become possible to continue it, here or elsewhere. */
type Verdict = 'goOn' | 'close' | 'wait'

/**
 * Continues the calls of engines that are gone, its own last run among them, if a party is still on the line; closes the others as interrupted. Each call is claimed
 * first: of several engines that see it, one gets it. One look after the other.
 */
export class TakingOver {
  readonly #options: TakingOverOptions
  /** Since when a call has been seen without an engine, monotonic ms. */
  readonly #seenAt = new Map<string, number>()
  readonly #forgetGone: () => void
  #looking: Promise<void> | undefined
  /** How often a look was requested: more often than done, where an engine has gone during one. */
  #asked = 0
  #cancel: (() => void) | undefined
  #closed = false

  constructor(options: TakingOverOptions) {
    this.#options = options
    this.#forgetGone = options.presence.onGone(() => void this.look())
  }

  /** Resolves when every call that can continue now does so, here or elsewhere. Never rejects. */
  look(): Promise<void> {
    this.#asked++
    if (this.#looking) return this.#looking
    this.#cancel?.()
    this.#looking = this.#lookUntilDone()
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'calls of an engine that is gone could not be continued; it is tried again')
        return true
      })
      .then((soon) => {
        this.#looking = undefined
        if (this.#closed || !(soon || this.#options.others)) return
        this.#cancel = this.#options.clock.after(soon ? lookAgainMs : lookEveryMs, () => void this.look())
      })
    return this.#looking
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#forgetGone()
    this.#cancel?.()
    await this.#looking
  }

  /** @returns whether a call waits that may become possible to continue in a moment */
  async #lookUntilDone(): Promise<boolean> {
    const { presence, desk, left, clock } = this.#options
    for (;;) {
      const asked = this.#asked
      // An engine that closes down leaves them to the others; one that may have lost its own calls takes none.
      if (this.#closed || desk.draining || presence.lost || !(await presence.whenCertain())) return false
      const open = await left.open()
      const known = new Set(open.map(({ callId }) => callId))
      for (const callId of this.#seenAt.keys()) if (!known.has(callId)) this.#seenAt.delete(callId)
      for (const callId of known) if (!this.#seenAt.has(callId)) this.#seenAt.set(callId, clock.monotonic())
      const due = open.filter((call) => this.#verdict(call) !== 'wait')
      await this.#take(due)
      if (due.length === 0 && this.#asked === asked) return open.length > 0
    }
  }

  #verdict({ callId, node, events }: LeftCall): Verdict {
    const { telephone, presence, clock } = this.#options
    const handles = handlesLeft(events)
    if (handles.length === 0) return 'close'
    const reached = new Set(handles.map((handle) => telephone.reach(handle)))
    const waitedMs = clock.monotonic() - (this.#seenAt.get(callId) ?? clock.monotonic())
    if (reached.has('there')) return 'goOn'
    if (reached.has('away')) return waitedMs >= patienceMs ? 'close' : 'wait'
    // On servers that the engine of this name no longer has.
    if (node === presence.self.name) return 'close'
    return waitedMs >= strangersMs ? 'close' : 'wait'
  }

  /** Claims a few at a time; those claimed continue meanwhile. */
  async #take(due: readonly LeftCall[]): Promise<void> {
    const goingOn: Promise<void>[] = []
    try {
      for (let start = 0; start < due.length; start += atOnce)
        goingOn.push(this.#goOnWith(await this.#options.left.claim(due.slice(start, start + atOnce))))
    } finally {
      await Promise.all(goingOn)
    }
  }

  async #goOnWith(claimed: readonly LeftCall[]): Promise<void> {
    const { desk, log } = this.#options
    const results = await Promise.all(claimed.map(async (call) => ({ call, ...(await this.#goOn(call, desk)) })))
    const goneOn = results.filter(({ kind }) => kind === 'takenOver')
    if (goneOn.length > 0)
      log.warn(
        { calls: goneOn.map(({ call }) => call.callId), from: [...new Set(goneOn.map(({ call }) => call.node))] },
        'calls of an engine that is gone go on here',
      )
    const lost = results.filter(({ kind }) => kind === 'left')
    for (const { call, ...result } of lost)
      log.warn(
        { call: call.callId, from: call.node, why: result.kind === 'left' ? result.why : '' },
        'a call of an engine that is gone cannot be continued',
      )
    // It is closing down: others continue them when it is gone.
    if (!desk.draining) await this.#close(lost.map(({ call }) => call))
  }

  async #goOn(call: LeftCall, desk: TakingOverOptions['desk']): Promise<Awaited<ReturnType<Desk['takeOver']>>> {
    if (this.#verdict(call) === 'close') return { kind: 'left', why: 'none of its legs is within reach' }
    return desk.takeOver(call.events).catch((error: unknown) => ({ kind: 'left', why: String(error) }))
  }

  async #close(lost: readonly LeftCall[]): Promise<void> {
    if (lost.length === 0) return
    const { left, recordings } = this.#options
    await left.close(lost)
    for (const { callId, events } of lost) {
      for (const { recordingId, spoolPath: path, startedAt, state } of callRecord(events)?.recordings ?? []) {
        if (state === 'running' || state === 'stopped') await recordings.takeUp({ recordingId, callId, path, startedAt })
      }
    }
    // Recordings of which no engine had time to write a fact.
    await recordings.recover((callId) => this.#seenAt.has(callId) && !lost.some((call) => call.callId === callId))
  }
}
