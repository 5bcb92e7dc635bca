import type { Clinician, Directory } from '../directory/model.js'
import type { Arrangement } from '../facts/arrangement.js'
import { reaches, reachOf, type Belongs, type Identity, type Reach } from './identity.js'

/** What a person may arrange, and which arrangements they see. */

/** As `Reach`; `own`: their own clinician entry. */
export interface ArrangingReach extends Reach {
  readonly own?: string
}

/** What they may arrange for. A person who may arrange at all sees what is arranged for themselves; while they act for one part, as far as it concerns that. */
export function arrangingReach(identity: Identity): ArrangingReach {
  const reach = reachOf(identity, 'arrangements')
  if (identity.kind !== 'person' || identity.person.clinician === undefined || reach.organisations.size + reach.lines.size === 0)
    return reach
  const { clinician: own } = identity.person
  const { acting } = identity.session
  return { ...reach, own, ...(acting === undefined || acting.kind === 'everywhere' ? { clinicians: new Set([own]) } : {}) }
}

/**
 * Whether they see it. A call to a patient is visible to its clinician, and to an organisation if that clinician works for no other: it is unknown which organisation a locum's call is for.
 */
export function seesArrangement(reach: ArrangingReach, arrangement: Arrangement, directory: Directory): boolean {
  if (reaches(reach, ofArrangement(arrangement), directory)) return true
  if (arrangement.kind !== 'patientConnect') return false
  const { organisations = [] } = directory.clinicians.get(arrangement.clinician) ?? {}
  const reached = organisationsIn(reach, directory)
  return arrangement.clinician === reach.own
    ? organisations.some((one) => reached.has(one))
    : organisations.length > 0 && organisations.every((one) => reached.has(one))
}

function ofArrangement(arrangement: Arrangement): Belongs {
  switch (arrangement.kind) {
    case 'callBack':
      return { line: arrangement.line, ...(arrangement.clinician === undefined ? {} : { clinicians: [arrangement.clinician] }) }
    case 'patientConnect':
      return { clinicians: [arrangement.clinician] }
    case 'callBackCode':
      return {
        organisation: arrangement.organisation,
        line: arrangement.line,
        ...('clinician' in arrangement.asked ? { clinicians: [arrangement.asked.clinician] } : {}),
      }
  }
}

/** Whether they may arrange something in the name of the line. */
export function mayArrangeOn(reach: Reach, line: string, directory: Directory): boolean {
  return reaches(reach, { line }, directory)
}

/** Whether they may arrange a call by this clinician: it is them, or a clinician of an organisation, or of the organisation of a line, for which they may arrange. */
export function mayArrangeBy(reach: ArrangingReach, clinician: Clinician, directory: Directory): boolean {
  if (reach.everywhere || reach.clinicians.has(clinician.id)) return true
  const theirs = organisationsIn(reach, directory)
  return clinician.organisations.some((one) => theirs.has(one))
}

/** The organisations that are reached, and those that run lines that are. */
function organisationsIn({ organisations, lines }: Reach, directory: Directory): ReadonlySet<string> {
  return new Set([...organisations, ...[...lines].flatMap((line) => directory.lines.get(line)?.trust ?? [])])
}
