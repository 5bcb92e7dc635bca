import { reaches, type Reach } from '../accounts/identity.js'
import type { ClinicianId, Directory } from '../directory/model.js'
import { cliniciansOf } from '../directory/rota.js'

/** Whether an identity reaches a clinician: its own entry, or one on the rota of a line that it reaches. */
export function reachesClinician(reach: Reach, clinician: ClinicianId, directory: Directory): boolean {
  if (reach.everywhere || reach.clinicians.has(clinician)) return true
  if (reach.organisations.size + reach.lines.size === 0) return false
  return [...directory.rotas.values()].some(
    (rota) => reaches(reach, { line: rota.line }, directory) && cliniciansOf(rota).includes(clinician),
  )
}
