import type { Step } from '../facts/arrangement-steps.js'
import type { Arrangement } from '../facts/arrangement.js'
import { callRecord } from '../facts/call-record.js'
import type { CallEvent, EventLog } from '../facts/events.js'
import type { Store } from '../store/store.js'
import { stateOf } from './arrangement.js'
import type { Diary } from './diary.js'
import { requestId, type PatientRequests } from './patient-requests.js'

/**
 * Follows the running calls, and applies their facts to the arrangements.
 * @param onMissed called when one could not be followed: the next start has to find it in the facts
 * @returns stops it
 */
export function followCalls(
  diary: Diary,
  requests: PatientRequests,
  facts: Pick<Store, 'events'>,
  log: Pick<EventLog, 'subscribe'>,
  onMissed: () => void,
): () => void {
  return log.subscribe((event) => {
    requests.follow(event)
    follow(diary, event)
    // An old call: its arrangement was settled and is out of memory.
    if (isLateOutcome(event) && diary.ofCall(event.callId) === undefined)
      void lateOutcome(diary, event.callId, facts, event.outcome).catch(onMissed)
  })
}

/** Only a running call's arrangement is known; staff leave outcomes at any time after it. */
function isLateOutcome(event: CallEvent): event is Extract<CallEvent, { type: 'outcome.left' }> {
  return event.type === 'outcome.left' && event.by === 'staff'
}

/**
 * An outcome that staff left for a call, with or without an arrangement, however old.
 * @param latest the newest; earlier ones are in the facts
 */
async function lateOutcome(diary: Diary, callId: string, facts: Pick<Store, 'events'>, latest?: string): Promise<void> {
  const record = callRecord(await facts.events(callId))
  const id = diary.ofCall(callId) ?? record?.arrangement
  const outcome = latest ?? record?.outcome?.outcome
  if (id === undefined || outcome === undefined) return
  await diary.inTurn(id, async () => {
    const one = (await diary.recall(id))?.tries.find((candidate) => candidate.callId === callId)
    if (one && one.outcome !== outcome) await diary.note(id, { type: 'outcome', callId, outcome })
  })
}

function follow(diary: Diary, event: CallEvent): void {
  switch (event.type) {
    case 'call.placed':
    case 'arrangement.taken':
      diary.expect(event.callId, event.arrangement)
      void begin(diary, event)
      return
    case 'talk.started':
      happen(diary, event, { type: 'talked', callId: event.callId })
      return
    case 'outcome.left':
      happen(diary, event, { type: 'outcome', callId: event.callId, outcome: event.outcome })
      return
    case 'call.ended':
      happen(diary, event, (arrangement) => ({
        type: 'ended',
        callId: event.callId,
        talked: arrangement.tries.some(({ callId, talked }) => callId === event.callId && talked),
      }))
      return
    default:
  }
}

function happen(diary: Diary, { callId }: CallEvent, step: Step | ((arrangement: Arrangement) => Step)): void {
  const id = diary.ofCall(callId)
  if (id === undefined) return
  void diary.inTurn(id, async () => {
    const arrangement = diary.get(id)
    if (arrangement?.tries.some((one) => one.callId === callId)) await diary.note(id, typeof step === 'function' ? step(arrangement) : step)
  })
}

/** A call carries an arrangement. Known already if granted by its PIN or started through the API. */
async function begin(diary: Diary, event: Extract<CallEvent, { type: 'call.placed' | 'arrangement.taken' }>): Promise<void> {
  const { callId, arrangement: id } = event
  await diary.inTurn(id, async () => {
    const arrangement = diary.get(id)
    if (!arrangement || arrangement.tries.some((one) => one.callId === callId)) return
    await diary.note(id, { type: 'begun', callId, ...(event.type === 'call.placed' ? { clinician: event.clinician } : {}) })
  })
}

/** By then a call begun by another engine has a fact on disk. */
export const begunWithinMs = 60_000

export interface ToReconcile {
  /** Wall-clock ms; an earlier start has read everything before it. */
  readonly since: number
  readonly now: number
  /** Other engines may run, and have calls. */
  readonly others: boolean
}

/**
 * After a start, and after another engine is gone: writes what the facts on disk say and the ledger does not, because an engine stopped between the two. Before this
 * engine takes any call.
 */
export async function reconcile(
  diary: Diary,
  requests: PatientRequests,
  facts: Pick<Store, 'events' | 'arrivals' | 'factsOf' | 'outcomesByStaff'>,
  { since, now, others }: ToReconcile,
): Promise<void> {
  for await (const told of facts.factsOf(['callBack.requested', 'call.placed', 'arrangement.taken'], since)) {
    const missing = await diary.missing(told.filter(({ type }) => type === 'callBack.requested').map(({ callId }) => requestId(callId)))
    const asked = told
      .filter((event) => event.type === 'callBack.requested' && missing.has(requestId(event.callId)))
      .map(({ callId }) => callId)
    const arrivals = new Map((await facts.arrivals(asked)).map((event) => [event.callId, event]))
    for (const event of told) {
      if (event.type === 'callBack.requested' && missing.has(requestId(event.callId)))
        await requests.keep(event, arrivalIn(arrivals.get(event.callId)))
      if (event.type === 'call.placed' || event.type === 'arrangement.taken') await begin(diary, event)
    }
  }
  // Settled ones too, even long ago: a withdrawn outcome reopens them.
  for await (const callId of facts.outcomesByStaff(since)) await lateOutcome(diary, callId, facts)
  for (const arrangement of [...diary.values()]) {
    // An outcome may also have come to one that has run out since.
    const state = stateOf(arrangement, now)
    if (state === 'done' || state === 'cancelled') continue
    // Outcomes from before the call's end come before it; staff's later ones were found above.
    for (const { callId, at, ended } of arrangement.tries)
      if (!ended && !(others && at > now - begunWithinMs)) await catchUp(diary, arrangement.id, callId, facts)
  }
}

/** The result of one ended call. */
async function catchUp(diary: Diary, id: string, callId: string, facts: Pick<Store, 'events'>): Promise<void> {
  const record = callRecord(await facts.events(callId))
  await diary.inTurn(id, async () => {
    const one = diary.get(id)?.tries.find((candidate) => candidate.callId === callId)
    if (!one) return
    // Without a single fact on disk nobody was rung.
    if (!one.ended && (record === undefined || record.ending !== undefined))
      await diary.note(id, { type: 'ended', callId, talked: record?.talkStartedAt !== undefined })
    const outcome = record?.outcome?.outcome
    if (outcome !== undefined && outcome !== one.outcome) await diary.note(id, { type: 'outcome', callId, outcome })
  })
}

function arrivalIn(event: CallEvent | undefined): Extract<CallEvent, { type: 'call.arrived' }> | undefined {
  return event?.type === 'call.arrived' ? event : undefined
}
