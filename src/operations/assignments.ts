import type { Clinician, Directory } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import { callNamed, say, type LaterFactParts } from './later-fact.js'
import { namedClinician } from './read-input.js'
import { bad, done, type Result } from './result.js'

/** The clinician who made a call from a Dial-In number: the number tells the organisation, not the person. */
export function assignmentOperations(parts: LaterFactParts & { readonly directory: () => Directory }) {
  return {
    /** Possible at any time later. From then on it is one of that clinician's own calls. @param clinician null: removes the assignment */
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
