import { engine, staff, type Actor } from './actor.js'
import type { Arrangement, CallBack, CallBackCode, PatientConnect } from './arrangement.js'

type Details<T extends Arrangement> = Omit<T, 'id' | 'tries' | 'closed' | 'changedAt'>

/** An arrangement as it was made. */
export type Made = Details<CallBack> | Details<PatientConnect> | Details<CallBackCode>

/** What may be changed of a call-back. `null` removes it. */
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
  /** The patient asked for the same in a further call. */
  | { readonly type: 'askedAgain'; readonly call: string; readonly at: number }
  /** Under the id that a request of this call would have had: it was noted on another arrangement. */
  | { readonly type: 'repeats'; readonly of: string }
  /** A call carries it. For a code this is the one use. */
  | { readonly type: 'begun'; readonly callId: string; readonly clinician?: string }
  /** The call had ended before it heard that it carries this: it does not. */
  | { readonly type: 'withdrawn'; readonly callId: string }
  /** Known while the call runs; `ended` says it for good. Not in the ledger. */
  | { readonly type: 'talked'; readonly callId: string }
  | { readonly type: 'outcome'; readonly callId: string; readonly outcome: string }
  | { readonly type: 'ended'; readonly callId: string; readonly talked: boolean }
  /** With the changes made at the same time. */
  | { readonly type: 'closed'; readonly how: 'done' | 'cancelled'; readonly change?: CallBackChange }

/** Who did it. For steps that follow from the facts of a call it is the engine: those facts name the actor. */
export function actorOf(step: Step): Actor {
  switch (step.type) {
    case 'made':
      return step.made.madeBy.kind === 'patient' ? { kind: 'caller' } : staff
    case 'changed':
    case 'closed':
      return staff
    case 'askedAgain':
    case 'repeats':
      return { kind: 'caller' }
    case 'begun':
    case 'withdrawn':
    case 'talked':
    case 'outcome':
    case 'ended':
      return engine
  }
}
