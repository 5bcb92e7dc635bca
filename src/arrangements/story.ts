import type { LedgerEntry } from '../store/ledger.js'
import type { Arrangement, CallBack, CallBackCode, PatientConnect, Try } from './arrangement.js'

type Details<T extends Arrangement> = Omit<T, 'id' | 'tries' | 'closed' | 'changedAt'>

/** An arrangement as it was made. */
export type Made = Details<CallBack> | Details<PatientConnect> | Details<CallBackCode>

/** What may be changed of a call-back. `null` takes away. */
export interface CallBackChange {
  readonly patientNumber?: string
  readonly nhsNumber?: string | null
  readonly clinician?: string | null
  readonly dueAt?: number
  readonly note?: string | null
}

/** One thing that happened to an arrangement. The ledger keeps each as an entry of its type. */
export type Step =
  | { readonly type: 'made'; readonly made: Made }
  | { readonly type: 'changed'; readonly change: CallBackChange }
  /** The patient asked for the same in one more call. */
  | { readonly type: 'askedAgain'; readonly call: string; readonly at: number }
  /** Under the id that a request of this call would have had: it was noted on another one. */
  | { readonly type: 'repeats'; readonly of: string }
  /** A call carries it. For a code this is the one use. */
  | { readonly type: 'begun'; readonly callId: string; readonly clinician?: string }
  /** Nobody waited any more for the answer that this call carries it: it does not. */
  | { readonly type: 'withdrawn'; readonly callId: string }
  /** Known while the call runs; `ended` says it for good. Not in the ledger. */
  | { readonly type: 'talked'; readonly callId: string }
  | { readonly type: 'outcome'; readonly callId: string; readonly outcome: string }
  | { readonly type: 'ended'; readonly callId: string; readonly talked: boolean }
  /** With what was changed in the same breath. */
  | { readonly type: 'closed'; readonly how: 'done' | 'cancelled'; readonly change?: CallBackChange }

const stepTypes: ReadonlySet<string> = new Set<Step['type']>(['made', 'changed', 'askedAgain', 'repeats', 'begun', 'withdrawn', 'talked', 'outcome', 'ended', 'closed'])

/** @returns undefined for an entry of another kind, or of a later version of the engine */
export function stepOf(entry: LedgerEntry): Step | undefined {
  if (!stepTypes.has(entry.type) || typeof entry.data !== 'object' || entry.data === null) return undefined
  // `dataOf` wrote it from a typed step, and the ledger refuses any change.
  return { type: entry.type, ...entry.data } as Step
}

/** A step as the ledger keeps it. */
export function dataOf(step: Step): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(step).filter(([name]) => name !== 'type'))
}

/** The arrangement after one more step; undefined where there is none that the step could happen to. Pure. */
export function withStep(id: string, before: Arrangement | undefined, step: Step, at: number): Arrangement | undefined {
  if (step.type === 'made') return before ?? { ...step.made, id, tries: [], changedAt: at }
  if (!before) return undefined
  const changed: Arrangement = { ...before, changedAt: at }
  switch (step.type) {
    case 'changed':
      return changed.kind === 'callBack' ? withChange(changed, step.change) : changed
    case 'askedAgain':
      return changed.kind === 'callBack' ? { ...changed, repeats: [...(changed.repeats ?? []), { call: step.call, at: step.at }] } : changed
    case 'repeats':
      return before
    case 'begun': {
      if (before.tries.some(({ callId }) => callId === step.callId)) return before
      const begun: Try = { callId: step.callId, at, talked: false, ended: false, ...(step.clinician === undefined ? {} : { clinician: step.clinician }) }
      return { ...changed, tries: [...before.tries, begun] }
    }
    case 'withdrawn':
      return { ...changed, tries: before.tries.filter(({ callId }) => callId !== step.callId) }
    case 'talked':
      return withTry(changed, step.callId, () => ({ talked: true }))
    case 'outcome':
      return withTry(changed, step.callId, () => ({ outcome: step.outcome }))
    case 'ended':
      return withTry(changed, step.callId, ({ talked }) => ({ ended: true, talked: talked || step.talked }))
    case 'closed':
      return { ...(step.change && changed.kind === 'callBack' ? withChange(changed, step.change) : changed), closed: step.how }
  }
}

function withTry(arrangement: Arrangement, callId: string, change: (one: Try) => Partial<Try>): Arrangement {
  return { ...arrangement, tries: arrangement.tries.map((one) => (one.callId === callId ? { ...one, ...change(one) } : one)) }
}

function withChange(before: CallBack, { patientNumber, nhsNumber, clinician, dueAt, note }: CallBackChange): CallBack {
  const { nhsNumber: oldNhsNumber, clinician: oldClinician, note: oldNote, ...rest } = before
  return {
    ...rest,
    ...(patientNumber === undefined ? {} : { patientNumber }),
    ...(dueAt === undefined ? {} : { dueAt }),
    ...kept('nhsNumber', nhsNumber, oldNhsNumber),
    ...kept('clinician', clinician, oldClinician),
    ...kept('note', note, oldNote),
  }
}

function kept<K extends string>(name: K, now: string | null | undefined, before: string | undefined): Partial<Record<K, string>> {
  const value = now === undefined ? before : now
  // The computed name widens to any string; it is K and nothing else.
  return value === undefined || value === null ? {} : ({ [name]: value } as Record<K, string>)
}
