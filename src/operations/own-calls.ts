import { ownTelephones, type OwnCall } from '../calls/own-call.js'
import { mayUse } from '../directory/access.js'
import { isOpen } from '../directory/hours.js'
import type { ClinicianId, Directory, LineId } from '../directory/model.js'
import type { Once } from './once.js'

/** A press that is older than this is not carried out: nobody is rung for what they have given up, ms. */
export const pressedWithinMs = 15_000

/** Begins the call (`Desk.ring`). */
export type Ring = (
  own: OwnCall,
) => { readonly kind: 'placed'; readonly callId: string } | { readonly kind: 'refused'; readonly why: 'closingDown' | 'cannotKeep' }

/**
 * What came of one press. `before`: the same press came already, and was seen to. `late`: it was on its way for too long. `noLine`: there is none, or none of their organisations may use it. `noTelephone`: the directory has
 * no number of theirs that can be rung. `unavailable`: nothing can be kept at the moment, or the engine is closing down.
 */
export type Pressed =
  | { readonly kind: 'ringing' }
  | { readonly kind: 'before' }
  | { readonly kind: 'refused'; readonly why: 'late' | 'noLine' | 'closed' | 'noTelephone' | 'malformed' | 'unavailable' }

export interface Press {
  readonly clinician: ClinicianId
  readonly line: LineId
  /** The same for every try of one press. */
  readonly once: string
  /** When it was pressed, by the server's clock; undefined: by a browser without scripts, which sends nothing later. */
  readonly at?: number | undefined
}

export interface OwnCallParts {
  readonly directory: () => Directory
  readonly once: Pick<Once, 'first'>
  readonly ring: Ring
  /** Wall-clock ms. */
  readonly now: () => number
}

/** A clinician rings a line with one press: the engine rings them on their own numbers, those of the directory and no others, and then the line. */
export async function pressLine({ directory, once, ring, now }: OwnCallParts, who: string, press: Press): Promise<Pressed> {
  const known = directory()
  const clinician = known.clinicians.get(press.clinician)
  const line = known.lines.get(press.line)
  const organisation =
    line &&
    clinician?.organisations.map((id) => known.organisations.get(id)).find((one) => one !== undefined && mayUse(known, line, one.id))
  if (!clinician || !line || !organisation || line.kind !== 'advice') return { kind: 'refused', why: 'noLine' }
  if (ownTelephones(clinician).length === 0) return { kind: 'refused', why: 'noTelephone' }
  if (!isOpen(line, now())) return { kind: 'refused', why: 'closed' }
  if (press.at !== undefined && !(Math.abs(now() - press.at) <= pressedWithinMs)) return { kind: 'refused', why: 'late' }
  const first = await once.first(who, press.once)
  if (first.kind === 'refused') return { kind: 'refused', why: first.code === 'badInput' ? 'malformed' : 'unavailable' }
  if (!first.value) return { kind: 'before' }
  const placed = ring({ clinician, line, organisation })
  return placed.kind === 'placed' ? { kind: 'ringing' } : { kind: 'refused', why: 'unavailable' }
}
