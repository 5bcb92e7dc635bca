import { Desk } from '../calls/desk.js'
import { flowDefaults } from '../calls/flow-settings.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import { emptyDirectory } from '../directory/empty-directory.js'
import type { Directory } from '../directory/model.js'
import type { TimeZone } from '../directory/time-zone.js'
import { unknownOrigin } from '../facts/actor.js'
import type { CallEvent, CallFact, EventLog } from '../facts/events.js'
import type { Speech } from '../prompts/speech.js'
import type { RecordingSink } from '../recordings/recording-sink.js'
import { LocalReservations, type Reservation } from '../shared/reservations.js'
import type { Audio } from '../switch/port.js'
import type { Temperament } from '../switch/virtual/temperament.js'
import { VirtualSwitch } from '../switch/virtual/virtual-switch.js'
import { TargetHistory } from '../watch-list/target-history.js'
import type { Behaviour } from './behaviour.js'
import type { Engagement } from './elsewhere.js'
import type { CallResult } from './figures.js'
import type { Incidence } from './incidence.js'
import { faultOf, rungBefore, type PastOfTargets } from './past-of-targets.js'
import { keyOf, randomStream, type RandomStream } from './random.js'
import { hourAt, type HuntedCall } from './recorded.js'
import { replayedNumber } from './scenario.js'

export interface ReplayInput {
  /** In order of the hunts' beginnings. */
  readonly calls: readonly HuntedCall[]
  /** For each call a directory with the people to ring on the rota. */
  readonly directories: readonly Directory[]
  readonly behaviour: Behaviour
  /** The line's, for the hour of the day. */
  readonly zone: TimeZone
  /** How long callers stay in a hunt, for those whose patience is not fully known. */
  readonly patience: Incidence<'hangsUp'>
  /** Talk times, ms: for calls without one, because nobody accepted. */
  readonly talks: readonly number[]
  readonly engagements: readonly Engagement[]
  readonly past: PastOfTargets
}

/** The length of a conversation if none is on record. */
const usualTalkMs = 4 * 60_000
/** The most time after the last arrival; beyond it a call never ends. */
const maxAfterLastMs = 24 * 60 * 60_000

/**
 * Replays the calls once: the engine's own desk and hunt, in a virtual telephone world and virtual time. Every call arrives when
 * it did, its caller has the patience known of them, and each specialist rung behaves as drawn from `behaviour`. The same seed and
 * run give the same results, and two replays that ring different people draw the same chances wherever they ring the same ones.
 * @returns the result of each call, in the order of the input
 * @throws Error when the program itself fails in a replayed call
 */
export function replay(input: ReplayInput, seed: number, run: number): Promise<readonly CallResult[]> {
  return new Replay(input, seed, run).go()
}

interface Running {
  readonly index: number
  readonly call: HuntedCall
  readonly candidates: Set<string>
  readonly rung: Map<string, number>
  huntAt: number
  waitMs: number | undefined
  acceptedBy: string | undefined
  connected: boolean
  ended: boolean
}

class Replay implements EventLog {
  readonly #input: ReplayInput
  readonly #keys: readonly [number, number]
  readonly #clock: VirtualClock
  readonly #startAt: number
  readonly #telephone: VirtualSwitch
  readonly #reservations = new LocalReservations()
  readonly #history = new TargetHistory()
  readonly #running = new Map<string, Running>()
  readonly #results: CallResult[] = []
  readonly #faults: unknown[] = []
  #arriving: { readonly callId: string; readonly directory: Directory } | undefined
  #ended = 0
  #seq = 0

  constructor(input: ReplayInput, seed: number, run: number) {
    this.#input = input
    this.#keys = [seed, run]
    this.#startAt = Math.min(input.calls[0]?.huntAt ?? 0, input.engagements[0]?.from ?? Number.POSITIVE_INFINITY)
    this.#clock = new VirtualClock(this.#startAt)
    this.#telephone = new VirtualSwitch({ clock: this.#clock, traced: false, durationMs })
  }

  async go(): Promise<readonly CallResult[]> {
    const { calls, engagements } = this.#input
    const desk = new Desk({
      switch: this.#telephone,
      directory: () => this.#arriving?.directory ?? emptyDirectory,
      speech,
      log: this,
      recordings: noRecordings,
      reservations: this.#reservations,
      past: rungBefore(this.#input.past, this.#history, () => this.#clock.now()),
      clock: this.#clock,
      settings: { ...flowDefaults, outbound: { number: '0' } },
      newCallId: () => this.#arriving?.callId ?? 'nobody',
      onFault: (_callId, fault) => this.#faults.push(fault),
    })
    desk.open()
    this.#inTurn(
      engagements,
      ({ from }) => from,
      (engagement) => this.#engage(engagement),
    )
    this.#inTurn(
      calls,
      ({ huntAt }) => huntAt,
      (call, index) => this.#arrive(call, index),
    )
    const limitMs = (calls.at(-1)?.huntAt ?? this.#startAt) - this.#startAt + maxAfterLastMs
    const over = await this.#clock.runUntil(() => this.#ended === calls.length || this.#faults.length > 0, limitMs)
    const [fault] = this.#faults
    if (fault !== undefined) throw new Error('a replayed call ended by a fault in the program', { cause: fault })
    if (!over) throw new Error(`${calls.length - this.#ended} replayed calls did not come to an end`)
    return this.#results
  }

  /** One timer at a time: a year's calls are not all scheduled at once. */
  #inTurn<T>(list: readonly T[], at: (item: T) => number, act: (item: T, index: number) => void, index = 0): void {
    const item = list[index]
    if (item === undefined) return
    this.#clock.after(at(item) - this.#clock.now(), () => {
      act(item, index)
      this.#inTurn(list, at, act, index + 1)
    })
  }

  #arrive(call: HuntedCall, index: number): void {
    const running: Running = {
      index,
      call,
      candidates: new Set(),
      rung: new Map(),
      huntAt: this.#clock.now(),
      waitMs: undefined,
      acceptedBy: undefined,
      connected: false,
      ended: false,
    }
    this.#running.set(call.callId, running)
    this.#arriving = { callId: call.callId, directory: this.#input.directories[index] ?? emptyDirectory }
    const caller = this.#telephone.arrive({ callerNumber: '', dialledNumber: replayedNumber })
    this.#arriving = undefined
    const promptTimeoutMs = this.#promptTimeoutMs(running)
    if (promptTimeoutMs === undefined) return
    const giveUp = this.#clock.after(promptTimeoutMs, () => {
      if (!running.connected) caller.hangUp()
    })
    void caller.over.then(giveUp)
  }

  /** @returns undefined: they stay for any hunt */
  #promptTimeoutMs({ call, index }: Running): number | undefined {
    const { atMs, cause } = call.patience
    return cause === undefined ? this.#input.patience.drawAfter(atMs, this.#random({ index }, 0, 1)())?.atMs : atMs
  }

  #engage({ to, keys }: Engagement): void {
    void this.#reservations.reserve(keys, 'another line').then((result) => {
      // Already rung by a replayed call: the other line would not have got them.
      if (result.kind === 'reserved') this.#clock.after(to - this.#clock.now(), () => release(result.reservation))
    })
  }

  // The event log: keeps only each call's result.

  append(callId: string, fact: CallFact): Promise<CallEvent> {
    const event: CallEvent = { ...unknownOrigin, callId, seq: ++this.#seq, at: this.#clock.now(), ...fact }
    const running = this.#running.get(callId)
    if (running !== undefined) this.#note(running, event)
    return Promise.resolve(event)
  }

  subscribe(): () => void {
    return () => undefined
  }

  #note(running: Running, event: CallEvent): void {
    switch (event.type) {
      case 'line.chosen':
        running.huntAt = event.at
        return
      case 'attempt.started':
        running.candidates.add(event.candidate)
        this.#history.apply(event)
        this.#behave(running, event.target)
        return
      case 'attempt.answered':
        this.#history.apply(event)
        return
      case 'attempt.accepted':
        running.waitMs = event.proof.heardAt - running.huntAt
        running.acceptedBy = event.attempt
        return
      case 'attempt.ended':
        this.#ringingEnded(running, event)
        return
      case 'call.ended':
        if (running.ended) return
        running.ended = true
        this.#ended++
        this.#results[running.index] = { waitMs: running.connected ? running.waitMs : undefined, refs: running.candidates.size }
        this.#running.delete(running.call.callId)
        return
      default:
    }
  }

  #ringingEnded(running: Running, event: Extract<CallEvent, { type: 'attempt.ended' }>): void {
    const fault = faultOf(event)
    this.#history.apply(fault === undefined ? event : { ...event, fault })
    if (event.result === 'accepted' && running.acceptedBy === event.attempt) running.connected = true
  }

  /** Decides, as the INVITE leaves, what the telephone's owner does. */
  #behave(running: Running, target: string): void {
    const nth = (running.rung.get(target) ?? 0) + 1
    running.rung.set(target, nth)
    const random = this.#random(running, keyOf(target), nth)
    const hour = hourAt(this.#input.zone, this.#clock.now())
    const { ringing, answer } = this.#input.behaviour.draw(target, hour, random)
    const temperament: Temperament = ((): Temperament => {
      if (ringing === undefined) return { kind: 'neverAnswers' }
      if (ringing.cause !== 'answered') return { kind: 'refuses', afterMs: ringing.atMs, how: ringing.cause }
      if (answer === undefined) return { kind: 'answers', afterMs: ringing.atMs, then: [] }
      if (answer.cause === 'hungUp') return { kind: 'answers', afterMs: ringing.atMs, then: [{ atMs: answer.atMs, does: 'hangUp' }] }
      return {
        kind: 'answers',
        afterMs: ringing.atMs,
        then: [
          { atMs: answer.atMs, does: 'press', key: '1' },
          { atMs: answer.atMs + this.#talkMs(running), does: 'hangUp' },
        ],
      }
    })()
    this.#telephone.phone(target, () => temperament)
  }

  #talkMs({ call, index }: Running): number {
    const { talks } = this.#input
    const drawn = talks[Math.floor(this.#random({ index }, 0, 0)() * talks.length)]
    return Math.max(1, call.talkMs ?? drawn ?? usualTalkMs)
  }

  #random({ index }: Pick<Running, 'index'>, target: number, nth: number): RandomStream {
    return randomStream(...this.#keys, index, target, nth)
  }
}

function release(reservation: Reservation): void {
  reservation.release()
}

/** A whisper lasts until acceptance or its end, and all other speech takes no time: it does not change a call's result. */
const endless: Audio = { kind: 'tone', tone: 'ringback' }
const nothing: Audio = { kind: 'silence', ms: 0 }
const speech: Speech = {
  say: (parts) => Promise.resolve([parts.some((part) => part.kind === 'sentence' && part.id.startsWith('whisper')) ? endless : nothing]),
  warm: () => Promise.resolve(),
}

function durationMs(audio: Audio): number {
  return audio.kind === 'tone' && audio.tone === 'ringback' ? Number.POSITIVE_INFINITY : 0
}

const noRecordings: RecordingSink = {
  allocate: (callId) => Promise.resolve({ kind: 'spool', recordingId: callId, path: '/replayed.wav' }),
  left: () => Promise.resolve(undefined),
  resume: () => Promise.resolve(true),
  finish: () => undefined,
}
