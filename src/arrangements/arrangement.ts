import type { ArrangedCall } from '../calls/arrangements.js'
import type { ClinicianId, Directory } from '../directory/model.js'
import { patientUnavailable } from '../directory/outcomes.js'
import type { Arrangement, Kept } from '../facts/arrangement.js'

/**
 * `open` waits to be carried out. `inProgress`: a call carries it. `done`, `cancelled` and `expired` are settled; a settled one
 * reopens only when the outcome that settled it is withdrawn.
 */
export type ArrangementState = 'open' | 'inProgress' | 'done' | 'cancelled' | 'expired'
export const arrangementStates: readonly ArrangementState[] = ['open', 'inProgress', 'done', 'cancelled', 'expired']

/** Its state at an instant (wall-clock ms). Derived from what happened, never stored. */
export function stateOf(arrangement: Arrangement, now: number): ArrangementState {
  if (arrangement.closed !== undefined) return arrangement.closed
  const last = arrangement.tries.at(-1)
  if (last && !last.ended) return 'inProgress'
  switch (arrangement.kind) {
    case 'callBack':
      return settledByOutcome(arrangement) ? 'done' : 'open'
    case 'patientConnect':
      if (settledByOutcome(arrangement)) return 'done'
      // They have spoken; only the outcome is missing, and that does not run out.
      return now >= arrangement.expiresAt && !spokenTo(arrangement) ? 'expired' : 'open'
    case 'callBackCode':
      if (last) return 'done'
      return now >= arrangement.expiresAt ? 'expired' : 'open'
  }
}

export function isSettled(state: ArrangementState): boolean {
  return state === 'done' || state === 'cancelled' || state === 'expired'
}

/** Whether its PIN or code is valid at the instant. */
export function keysAreGood(arrangement: Arrangement, now: number): boolean {
  if (arrangement.kind === 'callBack' || now >= arrangement.expiresAt || stateOf(arrangement, now) !== 'open') return false
  return arrangement.kind === 'callBackCode' || !spokenTo(arrangement)
}

/** When it is due or runs out, wall-clock ms: the order of lists. */
export function dueAt(arrangement: Arrangement): number {
  return arrangement.kind === 'callBack' ? arrangement.dueAt : arrangement.expiresAt
}

/**
 * What the flows need to know of it.
 * @param clinician who makes the call, if not the clinician whom the arrangement names
 * @returns undefined if the directory has nobody, or no number, to call
 */
export function arrangedCall(
  arrangement: Arrangement,
  directory: Directory,
  clinician = clinicianOf(arrangement),
): ArrangedCall | undefined {
  const { id, kind } = arrangement
  const who = clinician === undefined ? {} : { clinician }
  switch (kind) {
    case 'callBack':
      return { id, kind, targets: [{ kind: 'number', number: arrangement.patientNumber }], line: arrangement.line, ...who }
    case 'patientConnect':
      return { id, kind, targets: [{ kind: 'number', number: arrangement.patientNumber }], ...who }
    case 'callBackCode': {
      const { asked, line, organisation } = arrangement
      const targets = 'target' in asked ? [asked.target] : (directory.clinicians.get(asked.clinician)?.numbers ?? [])
      if (targets.length === 0) return undefined
      return { id, kind, targets, ...(line === undefined ? {} : { line }), ...(organisation === undefined ? {} : { organisation }) }
    }
  }
}

/** The clinician who makes the call. */
export function clinicianOf(arrangement: Arrangement): ClinicianId | undefined {
  return arrangement.kind === 'callBackCode' ? undefined : arrangement.clinician
}

function settledByOutcome({ tries }: Kept): boolean {
  return tries.some(({ outcome }) => outcome !== undefined && outcome !== patientUnavailable.id)
}

/** The conversation took place, unless an outcome says otherwise. */
function spokenTo({ tries }: Kept): boolean {
  return tries.some(({ talked, outcome }) => talked && outcome !== patientUnavailable.id)
}
