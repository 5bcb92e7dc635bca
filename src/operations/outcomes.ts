import type { Directory, OutcomeChoice } from '../directory/model.js'
import { callBackOutcomes, outcomesFor, patientConnectOutcomes } from '../directory/outcomes.js'
import type { Actor } from '../facts/actor.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { Store } from '../store/store.js'
import { asked, bad, done, refused, type Result } from './result.js'

export interface OutcomeParts {
  readonly store: Pick<Store, 'events' | 'log'>
  readonly directory: () => Directory
}

/** What can be done with the outcome of a call. */
export function outcomeOperations({ store, directory }: OutcomeParts) {
  return {
    /** Leaves or changes it, at any time later. Earlier ones stay in the facts. On disk when it resolves. */
    async leave(actor: Actor, { call, outcome }: { readonly call: string; readonly outcome: string }): Promise<Result<{ readonly callId: string; readonly outcome: OutcomeChoice }, 'badInput' | 'callNotFound' | 'storeUnavailable'>> {
      const events = await asked(store.events(call))
      if (events.kind === 'refused') return events
      const record = callRecord(events.value)
      if (!record) return refused('callNotFound', `There is no call ${call}.`)
      const choices = outcomesOfCall(record, directory())
      const chosen = choices.find(({ id }) => id === outcome)
      if (!chosen) {
        const right = choices.length === 0 ? 'This call has no line, and so none can be left for it' : `It has to be one of ${choices.map(({ id }) => id).join(', ')}`
        return bad(`outcome is "${outcome}". ${right}.`, 'outcome')
      }
      const already = record.outcome?.outcome === chosen.id && record.outcome.by === 'staff'
      // On disk before anybody is told so; a fact that is kept in memory until the disk is back does not count.
      if (!already && !(await store.log.append(record.callId, { type: 'outcome.left', outcome: chosen.id, by: 'staff' }, actor))) {
        return refused('storeUnavailable', 'The outcome is not on disk yet: the store cannot write at the moment. It is kept in memory and written as soon as that is possible.')
      }
      return done({ callId: record.callId, outcome: chosen })
    },
  }
}

export type OutcomeOperations = ReturnType<typeof outcomeOperations>

/** What those on the call could have been offered: the same lists, by the same rules, in the directory as it is now. */
export function outcomesOfCall({ kind, line: lineId, organisation, arrangement }: Pick<CallRecord, 'kind' | 'line' | 'organisation' | 'arrangement'>, directory: Directory): readonly OutcomeChoice[] {
  if (kind === 'patientConnect') return patientConnectOutcomes
  const line = lineId === undefined ? undefined : directory.lines.get(lineId)
  if (kind === 'pifuCallBack' && arrangement !== undefined) return callBackOutcomes(directory, line)
  return line ? outcomesFor(directory, line, organisation) : []
}
