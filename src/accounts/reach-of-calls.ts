import type { Directory } from '../directory/model.js'
import type { CallRecord } from '../facts/call-record.js'
import type { CallFilter } from '../store/call-filter.js'
import type { Belongs, Reach } from './identity.js'

/** Whose a call is: of whoever asked, of the line that answered, and of the clinicians who accepted it. */
export function ofCall({ organisation, line, attempts }: Pick<CallRecord, 'organisation' | 'line' | 'attempts'>): Belongs {
  return { organisation, line, clinicians: attempts.flatMap(({ clinician, acceptedAt }) => (clinician === undefined || acceptedAt === undefined ? [] : [clinician])) }
}

/** For a list of calls: the parts of it that are reached; undefined: all of it. */
export function within(reach: Reach, { lines }: Pick<Directory, 'lines'>): CallFilter['within'] {
  if (reach.everywhere) return undefined
  const ofOrganisations = [...lines.values()].filter(({ trust }) => reach.organisations.has(trust)).map(({ id }) => id)
  return [
    ...[...reach.organisations].map((organisation) => ({ organisation })),
    ...[...new Set([...reach.lines, ...ofOrganisations])].map((line) => ({ line })),
    ...[...reach.clinicians].map((clinician) => ({ clinician })),
  ]
}
