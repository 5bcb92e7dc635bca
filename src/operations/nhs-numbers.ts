import type { Actor } from '../facts/actor.js'
import { callNamed, say, type LaterFactParts } from './later-fact.js'
import { nhsNumber as readNhsNumber } from './read-input.js'
import { done, type Result } from './result.js'

/** The patient of a call. Earlier numbers stay in the facts. */
export function nhsNumberOperations(parts: LaterFactParts) {
  return {
    /** Sets or changes it at any later time. @param nhsNumber null: removes it @returns the ten digits */
    async leave(
      actor: Actor,
      { call, nhsNumber }: { readonly call: string; readonly nhsNumber: string | null },
    ): Promise<
      Result<{ readonly callId: string; readonly nhsNumber: string | undefined }, 'badInput' | 'callNotFound' | 'storeUnavailable'>
    > {
      const found = await callNamed(parts, call)
      if (found.kind === 'refused') return found
      const digits = nhsNumber === null ? undefined : readNhsNumber(nhsNumber)
      if (digits?.kind === 'refused') return digits
      const { callId } = found.value
      if (found.value.nhsNumber !== digits?.value) {
        const said = await say(
          parts,
          callId,
          { type: 'nhsNumber.left', ...(digits ? { nhsNumber: digits.value } : {}) },
          actor,
          'The NHS number',
        )
        if (said.kind === 'refused') return said
      }
      return done({ callId, nhsNumber: digits?.value })
    },
  }
}

export type NhsNumberOperations = ReturnType<typeof nhsNumberOperations>
