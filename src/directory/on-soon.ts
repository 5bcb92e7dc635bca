import { nextOn } from './next-on.js'
import { huntCandidates } from './rota.js'
import type { ClinicianId, Directory, Line } from './model.js'

/** How many rota changes are looked through; a quarter of an hour has one or two. */
const maxChanges = 8

/** When a clinician who is off comes on a line, within this time, ms since the epoch; undefined: not within it, or already on. */
export function onSoon(directory: Directory, line: Line, clinician: ClinicianId, now: number, withinMs: number): number | undefined {
  const isOn = (candidates: readonly { readonly clinician?: ClinicianId }[]) => candidates.some((one) => one.clinician === clinician)
  if (isOn(huntCandidates(directory, line, now))) return undefined
  let at = now
  for (let step = 0; step < maxChanges; step++) {
    const next = nextOn(directory, line, at)
    if (!next || next.at > now + withinMs) return undefined
    if (isOn(next.candidates)) return next.at
    at = next.at
  }
  return undefined
}
