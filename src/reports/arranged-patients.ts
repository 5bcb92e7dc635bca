import type { Arrangement } from '../facts/arrangement.js'
import { callRecord, type CallRecord } from '../facts/call-record.js'
import type { CallSummary } from '../store/call-filter.js'
import type { Store } from '../store/store.js'

/** Calls that carry an arrangement about a patient. */
const aboutPatients: ReadonlySet<string> = new Set(['patientConnect', 'pifuCallBack'])

export interface PatientParts {
  readonly store: Pick<Store, 'events'>
  readonly arranged: { find(id: string): Promise<Arrangement | undefined> }
}

/** The record of a call, with the arrangement's NHS number if none was left for the call. */
export async function withPatient({ arranged }: Pick<PatientParts, 'arranged'>, record: CallRecord): Promise<CallRecord> {
  if (record.nhsNumber !== undefined || record.arrangement === undefined) return record
  const found = await arranged.find(record.arrangement)
  const nhsNumber = found && 'nhsNumber' in found ? found.nhsNumber : undefined
  return nhsNumber === undefined ? record : { ...record, nhsNumber }
}

/** The same for a list's calls: those about a patient whose number the reader may see. */
export async function withPatients(
  parts: PatientParts,
  calls: readonly CallSummary[],
  sees: (call: CallSummary) => boolean,
): Promise<readonly CallSummary[]> {
  return Promise.all(
    calls.map(async (call) => {
      if (call.nhsNumber !== null || !aboutPatients.has(call.kind) || !sees(call)) return call
      const record = callRecord(await parts.store.events(call.callId))
      return record ? { ...call, nhsNumber: (await withPatient(parts, record)).nhsNumber ?? null } : call
    }),
  )
}
