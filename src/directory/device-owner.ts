import type { ClinicianId, Directory, Organisation, OrganisationId } from './model.js'

/** The owner of a registered telephone: a clinician, or a practice or ward. */
export type DeviceOwner =
  { readonly kind: 'clinician'; readonly id: ClinicianId } | { readonly kind: 'organisation'; readonly id: OrganisationId }

/** The organisations on whose behalf the owner may call, a clinician's in directory order. Empty if the owner is not in the directory. */
export function organisationsOf(directory: Directory, owner: DeviceOwner): readonly Organisation[] {
  const ids = owner.kind === 'organisation' ? [owner.id] : (directory.clinicians.get(owner.id)?.organisations ?? [])
  return ids.map((id) => directory.organisations.get(id)).filter((organisation) => organisation !== undefined)
}
