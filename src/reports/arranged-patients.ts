import type { Arrangement } from '../facts/arrangement.js'
import type { CallRecord } from '../facts/call-record.js'
import type { CallSummary } from '../store/call-filter.js'

/** Calls that carry an arrangement about a patient. */
const aboutPatients: ReadonlySet<string> = new Set(['patientConnect', 'pifuCallBack'])

export interface PatientParts {
  readonly arranged: { find(id: string): Promise<Arrangement | undefined> }
}

/** The record of a call, with the arrangement's NHS number if none was left for the call. */
export async function withPatient({ arranged }: PatientParts, record: CallRecord): Promise<CallRecord> {
  if (record.nhsNumber !== undefined || record.arrangement === undefined) return record
  const found = await arranged.find(record.arrangement)
  const nhsNumber = found && 'nhsNumber' in found ? found.nhsNumber : undefined
  return nhsNumber === undefined ? record : { ...record, nhsNumber }
}

/** The same for a list's calls: those about a patient whose number the reader may see. */
export async function withPatients(
  { arranged }: PatientParts,
  calls: readonly CallSummary[],
  sees: (call: CallSummary) => boolean,
): Promise<readonly CallSummary[]> {
  return Promise.all(
    calls.map(async (call) => {
      if (call.nhsNumber !== null || call.arrangement === null || !aboutPatients.has(call.kind) || !sees(call)) return call
      const found = await arranged.find(call.arrangement)
      return found && 'nhsNumber' in found ? { ...call, nhsNumber: found.nhsNumber ?? null } : call
    }),
  )
}
