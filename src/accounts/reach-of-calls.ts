import type { Directory } from '../directory/model.js'
import type { CallRecord } from '../facts/call-record.js'
import type { CallFilter, CallPart, CallSummary } from '../store/call-filter.js'
import { reachOf, reaches, withoutApprovals, type Belongs, type Identity, type Reach } from './identity.js'

/** The owners of a call: the organisation that asked, the line that answered, the clinicians who accepted it, and the one who made it, by their telephone's authentication or as staff assigned it. */
export function ofCall({
  organisation,
  line,
  attempts,
  assigned,
}: Pick<CallRecord, 'organisation' | 'line' | 'attempts' | 'assigned'>): Belongs {
  const accepted = attempts.flatMap(({ clinician, acceptedAt }) => (clinician === undefined || acceptedAt === undefined ? [] : [clinician]))
  return { organisation, line, clinicians: [...accepted, ...(assigned === undefined ? [] : [assigned])] }
}

/** The same of a call of the list. */
export function ofSummary({
  organisation,
  line,
  clinician,
  assigned,
}: Pick<CallSummary, 'organisation' | 'line' | 'clinician' | 'assigned'>): Belongs {
  return { organisation: organisation ?? undefined, line: line ?? undefined, clinicians: [clinician, assigned].flatMap((one) => one ?? []) }
}

/** Whether a person may see patient data of a call: its NHS number, its recording. */
export function seesPatient(identity: Identity, call: Belongs, directory: Directory): boolean {
  return reaches(reachOf(identity, 'recordings'), call, directory)
}

/** Whether they see it in a list as well, which asks for no reason per call: people who see it only by approval do not. The demo has nobody to protect. */
export function listsPatient(identity: Identity, call: Belongs, directory: Directory): boolean {
  return seesPatient(
    identity.kind === 'person' && identity.session.method !== 'demo' ? withoutApprovals(identity) : identity,
    call,
    directory,
  )
}

/** For a list of calls: the parts within reach; undefined: all of it. */
export function withinReach(identity: Identity, permission: 'calls' | 'recordings', directory: Directory): CallFilter['within'] {
  const reach = reachOf(identity, permission)
  if (reach.everywhere) return undefined
  return [...partsOf(reach, directory), ...ownWithin(identity, permission, directory)]
}

/** Their own calls, which they accepted or which staff assigned to them; while they act for an organisation or a line, those that concern it. */
export function ownWithin(identity: Identity, permission: 'calls' | 'recordings' | 'outcomes', directory: Directory): readonly CallPart[] {
  const own = [...reachOf(identity, permission).clinicians].flatMap((clinician): readonly CallPart[] => [
    { clinician },
    { assigned: clinician },
  ])
  const acting = identity.kind === 'person' ? identity.session.acting : undefined
  if (acting === undefined || acting.kind === 'everywhere') return own
  const narrowed = partsOf(
    {
      organisations: new Set(acting.kind === 'organisation' ? [acting.id] : []),
      lines: new Set(acting.kind === 'line' ? [acting.id] : []),
    },
    directory,
  )
  return own.flatMap((part) => narrowed.map((narrow) => ({ ...part, ...narrow })))
}

function partsOf({ organisations, lines }: Pick<Reach, 'organisations' | 'lines'>, directory: Directory): readonly CallPart[] {
  const ofOrganisations = [...directory.lines.values()].filter(({ trust }) => organisations.has(trust)).map(({ id }) => id)
  return [
    ...[...organisations].map((organisation) => ({ organisation })),
    ...[...new Set([...lines, ...ofOrganisations])].map((line) => ({ line })),
  ]
}
