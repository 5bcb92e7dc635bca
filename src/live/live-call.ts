import type { AttemptId, AttemptPool, CallEvent, CallKind } from '../facts/events.js'

/** Where a call is. `ringing`: a telephone rings; `whisper`: it was answered and not accepted yet; `connecting`: accepted, not yet bridged. */
export type LiveStage =
  'arrived' | 'answered' | 'menu' | 'hunting' | 'ringing' | 'whisper' | 'connecting' | 'talking' | 'outcome' | 'ending'

/** One call now, for operations pages. Holds no number of a specialist. `...Since`, `...At`: wall-clock ms, instants. */
export interface LiveCall extends LiveDurations {
  readonly callId: string
  readonly kind: CallKind
  readonly stage: LiveStage
  readonly stageSince: number
  readonly arrivedAt: number
  readonly callerNumber: string
  readonly dialledNumber: string
  /** User of the telephone that calls, where it is one of ours. */
  readonly device?: string
  readonly organisation?: string
  readonly organisationName?: string
  readonly line?: string
  readonly lineName?: string
  /** Start of the hunt; the caller waits from here until `talkingSince`. */
  readonly waitingSince?: number
  readonly talkingSince?: number
  /** The specialist whose telephone rings, or who hears the whisper. */
  readonly ringing?: { readonly label: string; readonly pool: AttemptPool; readonly since: number; readonly answered: boolean }
  /** The party that accepted, or, where none had to, that answered. */
  readonly talkingTo?: string
  /** Number of candidates, of the rota and, once the hunt has come there, of the NCN. */
  readonly toRing?: number
  /** Attempts so far, the current one included, with their results. `clinician`: their id in the directory, where it is not a plain phone. */
  readonly attempts: readonly {
    readonly label: string
    readonly clinician?: string
    readonly pool: AttemptPool
    readonly result?: string
  }[]
  readonly recording: boolean
  /** Name of the engine that carries it, where that is another one. */
  readonly engine?: string
}

/** How long things have lasted at the moment of telling, in whole ms of the monotonic clock: setting the clock makes no caller wait longer. */
export interface LiveDurations {
  /** Since it arrived. */
  readonly lastedMs: number
  readonly stageMs: number
  /** From the choice of the line to acceptance, or so far. */
  readonly waitedMs?: number
  /** From acceptance (where nobody had to accept: from the connection) to the end of the talk, or so far. */
  readonly talkedMs?: number
}

/** Moments of the call in ms after its first fact. */
interface Marks {
  readonly stage: number
  readonly waitFrom?: number | undefined
  readonly waitTo?: number | undefined
  readonly accepted?: { readonly attempt: AttemptId; readonly afterMs: number } | undefined
  readonly talkFrom?: number | undefined
  readonly talkTo?: number | undefined
  /** Number of candidates, by pool. */
  readonly candidates?: Readonly<Partial<Record<AttemptPool, number>>> | undefined
}

/** What the board keeps of a call: what it shows, its attempts by id, and when, on the call's own clock, things began. */
export interface TrackedCall {
  readonly call: Omit<LiveCall, keyof LiveDurations>
  readonly attemptIds: readonly AttemptId[]
  readonly marks: Marks
}

/** The call as it is shown. @param nowMs ms after its first fact */
export function shown({ call, marks }: TrackedCall, nowMs: number): LiveCall {
  const { stage, waitFrom, waitTo, talkFrom, talkTo } = marks
  const span = (from: number, to = nowMs) => Math.max(0, Math.round(to - from))
  return {
    ...call,
    lastedMs: span(0),
    stageMs: span(stage),
    ...(waitFrom === undefined ? {} : { waitedMs: span(waitFrom, waitTo) }),
    ...(talkFrom === undefined ? {} : { talkedMs: span(talkFrom, talkTo) }),
  }
}

export interface LiveNames {
  organisation(id: string): string | undefined
  line(id: string): string | undefined
}

/** The call after one more event; undefined when it is over. Pure. */
export function follow(before: TrackedCall | undefined, event: CallEvent, names: LiveNames): TrackedCall | undefined {
  if (event.type === 'call.ended') return undefined
  if (!before) return event.type === 'call.arrived' || event.type === 'call.placed' ? arrived(event, names) : undefined
  const { call } = before
  const now = afterMsOf(call, event)
  const at = (stage: LiveStage, more: Partial<LiveCall> = {}, marks: Partial<Marks> = {}): TrackedCall => {
    const same = stage === call.stage
    return {
      ...before,
      call: { ...call, ...more, stage, stageSince: same ? call.stageSince : event.at },
      marks: { ...before.marks, ...marks, stage: same ? before.marks.stage : now },
    }
  }
  const still = (more: Partial<LiveCall>): TrackedCall => ({ ...before, call: { ...call, ...more } })
  switch (event.type) {
    case 'call.arrived':
    case 'call.placed':
    case 'call.takenOver':
    case 'leg.moved':
    case 'talk.resumed':
    case 'code.refused':
    case 'callBack.requested':
    case 'menu.keyed':
    case 'candidate.passedOver':
    case 'whisper.wrongKey':
    case 'whisper.word':
    case 'whisper.keyOnly':
    case 'recording.ready':
    case 'recording.deleted':
    case 'outcome.left':
    case 'call.assigned':
    case 'nhsNumber.left':
    case 'leg.returned':
    case 'leg.ended':
    case 'alarm.raised':
      return before
    case 'call.answered':
      return at('answered')
    case 'menu.offered':
      return at('menu')
    case 'arrangement.taken':
      return offTheLine(before, event.kind)
    case 'organisation.chosen':
      return offTheLine(before, 'bypass')
    case 'line.refused':
      return at('ending', named(event.line, names))
    case 'line.chosen':
      return at('hunting', { ...named(event.line, names), waitingSince: event.at }, { waitFrom: now })
    case 'hunt.started': {
      const candidates = { ...before.marks.candidates, [event.pool]: event.candidates }
      return at(
        'hunting',
        { waitingSince: call.waitingSince ?? event.at, toRing: Object.values(candidates).reduce((sum, some) => sum + some, 0) },
        { waitFrom: before.marks.waitFrom ?? now, candidates },
      )
    }
    case 'attempt.started': {
      const { label, pool, clinician } = event
      const next = at('ringing', {
        ringing: { label, pool, since: event.at, answered: false },
        attempts: [...call.attempts, { label, pool, ...(clinician === undefined ? {} : { clinician }) }],
      })
      return { ...next, attemptIds: [...before.attemptIds, event.attempt] }
    }
    case 'attempt.sent':
    case 'attempt.ringing':
      return before
    case 'attempt.answered':
      return at(
        call.ringing?.pool === 'direct' ? 'connecting' : 'whisper',
        call.ringing ? { ringing: { ...call.ringing, answered: true } } : {},
      )
    case 'whisper.started':
      return at('whisper')
    case 'attempt.accepted':
      return at(
        'connecting',
        { talkingTo: labelOf(before, event.attempt), attempts: resulted(before, event.attempt, 'accepted') },
        { waitTo: now, accepted: { attempt: event.attempt, afterMs: now } },
      )
    case 'attempt.ended': {
      const attempts = resulted(before, event.attempt, event.result)
      // After acceptance the attempt's end changes nothing that is shown. Otherwise the caller waits on, also where an acceptance led to no talk.
      if (event.result === 'accepted' || event.result === 'connected') return still({ attempts })
      const undone = before.marks.accepted?.attempt === event.attempt
      const ringing = call.stage === 'ringing' || call.stage === 'whisper' || call.stage === 'connecting'
      return at(
        ringing ? 'hunting' : call.stage,
        { attempts, ringing: undefined, ...(undone ? { talkingTo: undefined } : {}) },
        undone ? { accepted: undefined, waitTo: undefined } : {},
      )
    }
    case 'hunt.ended':
      return event.result === 'accepted' || event.result === 'connected' ? before : at('ending', {}, { waitTo: before.marks.waitTo ?? now })
    case 'talk.started': {
      const { accepted } = before.marks
      const talkFrom = accepted?.attempt === event.attempt ? accepted.afterMs : now
      return at(
        'talking',
        { ringing: undefined, talkingSince: event.at, talkingTo: call.talkingTo ?? labelOf(before, event.attempt) },
        { talkFrom, waitTo: before.marks.waitTo ?? now },
      )
    }
    case 'talk.ended':
      return at('ending', {}, { talkTo: now })
    case 'recording.started':
      return still({ recording: true })
    case 'recording.stopped':
    case 'recording.failed':
      return still({ recording: false })
    case 'outcome.asked':
      return at('outcome')
  }
}

function arrived(event: Extract<CallEvent, { type: 'call.arrived' | 'call.placed' }>, names: LiveNames): TrackedCall {
  const { callerNumber, dialledNumber, organisation, device } =
    event.type === 'call.arrived' ? event : { callerNumber: '', dialledNumber: '', organisation: undefined, device: undefined }
  const organisationName = organisation === undefined ? undefined : names.organisation(organisation)
  return {
    call: {
      callId: event.callId,
      kind: event.kind,
      stage: 'arrived',
      stageSince: event.at,
      arrivedAt: event.at,
      callerNumber,
      dialledNumber,
      ...(device === undefined ? {} : { device }),
      ...(organisation === undefined ? {} : { organisation }),
      ...(organisationName === undefined ? {} : { organisationName }),
      attempts: [],
      recording: false,
    },
    attemptIds: [],
    marks: { stage: event.elapsedMs ?? 0 },
  }
}

/** Ms after the call's first fact; by the wall clock where a fact has nothing else. */
function afterMsOf({ arrivedAt }: Pick<LiveCall, 'arrivedAt'>, { at, elapsedMs }: CallEvent): number {
  return elapsedMs ?? Math.max(0, at - arrivedAt)
}

/** The caller left the line that was being rung for them, if any. */
function offTheLine(before: TrackedCall, kind: CallKind): TrackedCall {
  const { line, lineName, waitingSince, toRing, ...call } = before.call
  return { ...before, call: { ...call, kind }, marks: { ...before.marks, waitFrom: undefined, waitTo: undefined, candidates: undefined } }
}

function named(line: string, names: LiveNames): Partial<LiveCall> {
  const lineName = names.line(line)
  return { line, ...(lineName === undefined ? {} : { lineName }) }
}

function labelOf(tracked: TrackedCall, attempt: AttemptId): string {
  return tracked.call.attempts[tracked.attemptIds.indexOf(attempt)]?.label ?? ''
}

function resulted(tracked: TrackedCall, attempt: AttemptId, result: string): LiveCall['attempts'] {
  const index = tracked.attemptIds.indexOf(attempt)
  return tracked.call.attempts.map((one, position) => (position === index ? { ...one, result } : one))
}
