import { allNotNow } from '../availability/all-not-now.js'
import { notNowReasons, type Availability, type NotNow, type NotNowReason } from '../availability/not-now.js'
import { isOpen } from '../directory/hours.js'
import type { ClinicianId, Directory, Line } from '../directory/model.js'
import { huntCandidates } from '../directory/rota.js'
import type { Actor } from '../facts/actor.js'
import { asked, bad, done, refused, type Result } from './result.js'

export interface AvailabilityParts {
  readonly availability: Pick<Availability, 'of' | 'now' | 'notNow' | 'on'>
  readonly directory: () => Directory
  /** Wall-clock ms. */
  readonly now: () => number
}

/** The longest "not now": for longer, change the rota. */
export const notNowMinutes = { least: 5, most: 240, usual: 30 } as const

export interface NotNowView extends NotNow {
  readonly name: string
  /** Lines on which nobody else is on: the clinician is still rung there, after the National Consultant Network if the line has it. */
  readonly alone: readonly { readonly id: string; readonly name: string; readonly hasNetwork: boolean }[]
}

/** "Not now", and "I am on": clinicians who are rung after everybody else for a while. */
export function availabilityOperations({ availability, directory, now }: AvailabilityParts) {
  const viewOf = (said: NotNow): NotNowView => ({
    ...said,
    name: directory().clinicians.get(said.clinician)?.name ?? said.clinician,
    alone: linesOf(directory(), said.clinician, now())
      .filter((line) => allNotNow(huntCandidates(directory(), line, now()), availability))
      .map(({ id, name, ncnPool }) => ({ id, name, hasNetwork: ncnPool !== undefined })),
  })
  const unknown = (clinician: string) => refused('clinicianNotFound', `The directory has no clinician "${clinician}".`, 'clinician')

  return {
    /** Clinicians who take no calls now, the first to be back first. */
    list: (): readonly NotNowView[] => availability.now().map(viewOf),

    of(clinician: ClinicianId): NotNowView | undefined {
      const said = availability.of(clinician)
      return said && viewOf(said)
    },

    async notNow(
      actor: Actor,
      { clinician, minutes, why }: { readonly clinician: ClinicianId; readonly minutes: number; readonly why: string },
    ): Promise<Result<NotNowView, 'badInput' | 'clinicianNotFound' | 'storeUnavailable'>> {
      if (!directory().clinicians.has(clinician)) return unknown(clinician)
      if (!Number.isInteger(minutes) || minutes < notNowMinutes.least || minutes > notNowMinutes.most)
        return bad(`minutes is ${minutes}; it has to be a whole number from ${notNowMinutes.least} to ${notNowMinutes.most}.`, 'minutes')
      if (!Object.hasOwn(notNowReasons, why))
        return bad(`why is "${why}"; it has to be one of ${Object.keys(notNowReasons).join(', ')}.`, 'why')
      const said = await asked(availability.notNow(clinician, now() + minutes * 60_000, why as NotNowReason, actor))
      return said.kind === 'refused' ? said : done(viewOf(said.value))
    },

    /** Takes calls again. Harmless if they do already. */
    async on(
      actor: Actor,
      { clinician }: { readonly clinician: ClinicianId },
    ): Promise<Result<{ readonly clinician: ClinicianId }, 'clinicianNotFound' | 'storeUnavailable'>> {
      if (!directory().clinicians.has(clinician)) return unknown(clinician)
      const said = await asked(availability.on(clinician, actor))
      return said.kind === 'refused' ? said : done({ clinician })
    },
  }
}

export type AvailabilityOperations = ReturnType<typeof availabilityOperations>

/** Open lines that the clinician is on now. */
function linesOf(directory: Directory, clinician: ClinicianId, at: number): readonly Line[] {
  return [...directory.lines.values()].filter(
    (line) => isOpen(line, at) && huntCandidates(directory, line, at).some((one) => one.clinician === clinician),
  )
}
