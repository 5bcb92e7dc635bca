import type { Identity } from '../accounts/identity.js'
import type { Directory } from '../directory/model.js'
import type { CallFilter, CallSummary } from '../store/call-filter.js'
import type { Store } from '../store/store.js'
import { withPatients, type PatientParts } from './arranged-patients.js'
import { listsPatient, ofSummary, seesPatient } from '../accounts/reach-of-calls.js'
import { reportRow, type ReportRow } from './report-row.js'

/** Calls in memory at a time during an export: short reads that hold up nothing else. */
const exportedAtOnce = 100

export interface ReportParts {
  readonly store: Pick<Store, 'calls' | 'events'>
  readonly arranged: PatientParts['arranged']
  readonly directory: () => Directory
}

/** Calls of the list as rows, each as far as the reader may see it. */
export async function rowsOf(
  parts: PatientParts,
  calls: readonly CallSummary[],
  identity: Identity,
  directory: Directory,
): Promise<readonly ReportRow[]> {
  const known = await withPatients(parts, calls, (call) => listsPatient(identity, ofSummary(call), directory))
  return known.map((call) =>
    reportRow(call, directory, {
      nhsNumber: listsPatient(identity, ofSummary(call), directory),
      recording: seesPatient(identity, ofSummary(call), directory),
    }),
  )
}

/** Every row of the list, page by page: a page is read once the one before is taken. */
export async function* allRows(parts: ReportParts, identity: Identity, filter: CallFilter): AsyncGenerator<readonly ReportRow[]> {
  const { store, directory } = parts
  let { cursor } = filter
  do {
    const page = await store.calls({ ...filter, limit: exportedAtOnce, ...(cursor === undefined ? {} : { cursor }) })
    yield await rowsOf(parts, page.calls, identity, directory())
    cursor = page.nextCursor
  } while (cursor !== undefined)
}
