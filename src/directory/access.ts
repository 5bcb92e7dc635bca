import { openingAt, type Opening } from './hours.js'
import type { Directory, Line, OrganisationId } from './model.js'

/** One line as an organisation may choose it. */
export interface LineChoice {
  readonly line: Line
  readonly opening: Opening
}

/** Whether the organisation may call the line: everyone may, or the organisation or its area is named. One unknown to the directory may call nothing. */
export function mayUse(directory: Directory, line: Line, organisationId: OrganisationId): boolean {
  const organisation = directory.organisations.get(organisationId)
  if (organisation === undefined) return false
  const { everyone, organisations, areas } = line.access
  return everyone || organisations.includes(organisationId) || areas.includes(organisation.area)
}

/** The lines that the organisation may use, patients' lines apart: open ones first, each group in the directory's order, each with its state at the instant. */
export function lineChoices(directory: Directory, organisationId: OrganisationId, atMs: number): readonly LineChoice[] {
  const open: LineChoice[] = []
  const closed: LineChoice[] = []
  for (const line of directory.lines.values()) {
    // Patients' lines have numbers of their own; no menu of clinicians offers them.
    if (line.kind !== 'advice' || !mayUse(directory, line, organisationId)) continue
    const opening = openingAt(line, atMs)
    ;(opening.open ? open : closed).push({ line, opening })
  }
  return [...open, ...closed]
}
