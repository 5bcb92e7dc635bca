import type { ClinicianId, Directory, Organisation, OrganisationId } from './model.js'

/** Whose telephone a registered one is: a clinician's own, or one of a practice or ward. */
export type DeviceOwner =
  { readonly kind: 'clinician'; readonly id: ClinicianId } | { readonly kind: 'organisation'; readonly id: OrganisationId }

/** The organisations on whose behalf the owner may call, a clinician's in the order in which they have them. Empty when the directory does not know the owner. */
export function organisationsOf(directory: Directory, owner: DeviceOwner): readonly Organisation[] {
  const ids = owner.kind === 'organisation' ? [owner.id] : (directory.clinicians.get(owner.id)?.organisations ?? [])
  return ids.map((id) => directory.organisations.get(id)).filter((organisation) => organisation !== undefined)
}
