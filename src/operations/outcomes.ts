import type { Directory, OutcomeChoice } from '../directory/model.js'
import { callBackOutcomes, outcomesFor, patientConnectOutcomes } from '../directory/outcomes.js'
import type { Actor } from '../facts/actor.js'
import type { CallRecord } from '../facts/call-record.js'
import { callNamed, say, type LaterFactParts } from './later-fact.js'
import { bad, done, type Result } from './result.js'

export interface OutcomeParts extends LaterFactParts {
  readonly directory: () => Directory
}

/** What can be done with the outcome of a call. */
export function outcomeOperations(parts: OutcomeParts) {
  return {
    /** Leaves or changes it at any later time. Earlier ones stay in the facts. On disk when it resolves. */
    async leave(
      actor: Actor,
      { call, outcome }: { readonly call: string; readonly outcome: string },
    ): Promise<Result<{ readonly callId: string; readonly outcome: OutcomeChoice }, 'badInput' | 'callNotFound' | 'storeUnavailable'>> {
      const found = await callNamed(parts, call)
      if (found.kind === 'refused') return found
      const record = found.value
      const choices = outcomesOfCall(record, parts.directory())
      const chosen = choices.find(({ id }) => id === outcome)
      if (!chosen) {
        const right =
          choices.length === 0
            ? 'This call has no line, and so none can be left for it'
            : `It has to be one of ${choices.map(({ id }) => id).join(', ')}`
        return bad(`outcome is "${outcome}". ${right}.`, 'outcome')
      }
      const already = record.outcome?.outcome === chosen.id && record.outcome.by === 'staff'
      if (!already) {
        const said = await say(parts, record.callId, { type: 'outcome.left', outcome: chosen.id, by: 'staff' }, actor, 'The outcome')
        if (said.kind === 'refused') return said
      }
      return done({ callId: record.callId, outcome: chosen })
    },
  }
}

export type OutcomeOperations = ReturnType<typeof outcomeOperations>

/** The outcomes that the parties could have been offered: the same lists, by the same rules, in the current directory. */
export function outcomesOfCall(
  { kind, line: lineId, organisation, arrangement }: Pick<CallRecord, 'kind' | 'line' | 'organisation' | 'arrangement'>,
  directory: Directory,
): readonly OutcomeChoice[] {
  if (kind === 'patientConnect') return patientConnectOutcomes
  const line = lineId === undefined ? undefined : directory.lines.get(lineId)
  if (kind === 'pifuCallBack' && arrangement !== undefined) return callBackOutcomes(directory, line)
  return line ? outcomesFor(directory, line, organisation) : []
}
