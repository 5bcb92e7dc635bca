import { ownTelephones, type OwnCall } from '../calls/own-call.js'
import { mayUse } from '../directory/access.js'
import { isOpen } from '../directory/hours.js'
import type { ClinicianId, Directory, LineId } from '../directory/model.js'
import type { Actor } from '../facts/actor.js'
import type { Once } from './once.js'
import { bad, done, refused, type Result } from './result.js'

/** An older press is not carried out, ms: nobody is rung for a call they have given up. */
export const pressedWithinMs = 15_000

/** Begins the call (`Desk.ring`). `actor`: who asked for it. */
export type Ring = (
  own: OwnCall,
  actor: Actor,
) => { readonly kind: 'placed'; readonly callId: string } | { readonly kind: 'refused'; readonly why: 'closingDown' | 'cannotKeep' }

/** The result of one press. `callId`: the call; null: a repeat of a press already handled. */
export interface Rung {
  readonly callId: string | null
}

/**
 * `lineNotFound`: no such line, or none of their organisations may use it. `noTelephone`: the directory has no number for them that can be rung. `tooLate`: the press took too long to arrive.
 */
export type NotRung =
  'badInput' | 'clinicianNotFound' | 'lineNotFound' | 'lineClosed' | 'noTelephone' | 'tooLate' | 'closingDown' | 'storeUnavailable'

export interface Press {
  readonly clinician: ClinicianId
  readonly line: LineId
  /** The same for every try of one press. */
  readonly once: string
  /** When it was pressed, wall-clock ms by the server's clock; undefined: a browser without scripts, which never sends late. */
  readonly pressedAt?: number | undefined
}

export interface OwnCallParts {
  readonly directory: () => Directory
  readonly once: Pick<Once, 'first'>
  readonly ring: Ring
  /** Wall-clock ms. */
  readonly now: () => number
}

/** Calls that clinicians start with one press. */
export function ownCallOperations({ directory, once, ring, now }: OwnCallParts) {
  return {
    /**
     * The engine rings the clinician, only on their numbers in the directory, and then the line.
     * @param who owns the key `once`: a person or a program
     */
    async start(actor: Actor, who: string, press: Press): Promise<Result<Rung, NotRung>> {
      const known = directory()
      const clinician = known.clinicians.get(press.clinician)
      if (!clinician) return refused('clinicianNotFound', `The directory has no clinician "${press.clinician}".`, 'clinician')
      const line = known.lines.get(press.line)
      const organisation =
        line &&
        clinician.organisations.map((id) => known.organisations.get(id)).find((one) => one !== undefined && mayUse(known, line, one.id))
      if (!line || !organisation || line.kind !== 'advice')
        return refused('lineNotFound', `There is no advice line "${press.line}" that ${clinician.name} may ring.`, 'line')
      if (ownTelephones(clinician).length === 0)
        return refused('noTelephone', `The directory has no number on which ${clinician.name} can be rung.`, 'clinician')
      if (!isOpen(line, now())) return refused('lineClosed', `${line.name} is closed now.`, 'line')
      if (press.pressedAt !== undefined && !Number.isFinite(press.pressedAt)) return bad('pressedAt is no instant.', 'pressedAt')
      if (press.pressedAt !== undefined && Math.abs(now() - press.pressedAt) > pressedWithinMs)
        return refused('tooLate', `That was asked for more than ${pressedWithinMs / 1000} seconds ago, and nobody was rung.`, 'pressedAt')
      const first = await once.first(who, press.once)
      if (first.kind === 'refused') return first
      if (!first.value) return done({ callId: null })
      const placed = ring({ clinician, line, organisation }, actor)
      if (placed.kind === 'placed') return done({ callId: placed.callId })
      return placed.why === 'closingDown'
        ? refused('closingDown', 'The engine is closing down and starts no new calls.')
        : refused('storeUnavailable', 'The call cannot be kept at the moment, and nobody was rung.')
    },
  }
}

export type OwnCallOperations = ReturnType<typeof ownCallOperations>
