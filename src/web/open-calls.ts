import { ownWithin } from '../accounts/reach-of-calls.js'
import type { Identity } from '../accounts/identity.js'
import type { Directory } from '../directory/model.js'
import type { PatientParts } from '../reports/arranged-patients.js'
import { rowsOf } from '../reports/calls-report.js'
import { outcomesOf } from '../reports/report-row.js'
import type { Store } from '../store/store.js'

export interface OpenCallsParts {
  readonly store: Pick<Store, 'calls'>
  readonly arranged: PatientParts['arranged']
}

/** Own calls without an outcome, the newest first, each with the possible outcomes. @param limit how many calls to look at */
export async function openCalls({ store, arranged }: OpenCallsParts, identity: Identity, known: Directory, limit: number) {
  const within = ownWithin(identity, 'outcomes', known)
  if (within.length === 0) return []
  const { calls } = await store.calls({ within, outcome: 'open', limit })
  return (await rowsOf({ arranged }, calls, identity, known)).flatMap((row, index) => {
    const call = calls[index]
    return call && row.isOutcomeOpen ? [{ ...row, href: `/calls/${encodeURIComponent(row.callId)}`, choices: outcomesOf(call, known) }] : []
  })
}
