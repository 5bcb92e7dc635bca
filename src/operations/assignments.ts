import type { Clinician, Directory } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import { callNamed, say, type LaterFactParts } from './later-fact.js'
import { namedClinician } from './read-input.js'
import { bad, done, type Result } from './result.js'

/** Whose a call was that came from a Dial-In number: the number says which organisation called, and not who. */
export function assignmentOperations(parts: LaterFactParts & { readonly directory: () => Directory }) {
  return {
    /** At any time later. From then on it is among that clinician's own calls. @param clinician null: it is nobody's any more */
    async assign(
      actor: Actor,
      { call, clinician: id }: { readonly call: string; readonly clinician: string | null },
    ): Promise<
      Result<{ readonly callId: string; readonly clinician: Clinician | undefined }, 'badInput' | 'callNotFound' | 'storeUnavailable'>
    > {
      const found = await callNamed(parts, call)
      if (found.kind === 'refused') return found
      const { callId, kind, organisation, assigned } = found.value
      if (kind !== 'dialIn' || organisation === undefined)
        return bad(`Call ${callId} did not come from a Dial-In number; who made it is known, or nobody can say.`, 'call')
      const clinician = id === null ? undefined : namedClinician(parts.directory(), id)
      if (clinician?.kind === 'refused') return clinician
      if (assigned !== clinician?.value.id) {
        const said = await say(
          parts,
          callId,
          { type: 'call.assigned', ...(clinician ? { clinician: clinician.value.id } : {}) },
          actor,
          'The assignment',
        )
        if (said.kind === 'refused') return said
      }
      return done({ callId, clinician: clinician?.value })
    },
  }
}

export type AssignmentOperations = ReturnType<typeof assignmentOperations>
