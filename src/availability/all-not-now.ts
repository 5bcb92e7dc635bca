import type { Alarms } from '../alarms/alarms.js'
import type { Clock } from '../clock/clock.js'
import { isOpen } from '../directory/hours.js'
import type { Directory, HuntCandidate, Line, LineId } from '../directory/model.js'
import { huntCandidates } from '../directory/rota.js'
import type { Availability } from './not-now.js'

const minuteMs = 60_000

/** Whether everyone who is on has said "not now": they are still rung, after the National Consultant Network where the line has it. */
export function allNotNow(candidates: readonly Pick<HuntCandidate, 'clinician'>[], availability: Pick<Availability, 'of'>): boolean {
  return candidates.length > 0 && candidates.every(({ clinician }) => clinician !== undefined && availability.of(clinician) !== undefined)
}

/** Lines open at the instant whose only people on have said "not now". */
export function linesAllNotNow(directory: Directory, availability: Pick<Availability, 'of' | 'now'>, at: number): readonly Line[] {
  if (availability.now().length === 0) return []
  return [...directory.lines.values()].filter((line) => isOpen(line, at) && allNotNow(huntCandidates(directory, line, at), availability))
}

/** Keeps an alarm up for each such line. Rotas change on the minute. @returns stops it */
export function watchLinesAllNotNow({
  availability,
  directory,
  alarms,
  clock,
}: {
  readonly availability: Availability
  readonly directory: () => Directory
  readonly alarms: Alarms
  readonly clock: Clock
}): () => void {
  let up = new Set<LineId>()
  let cancel = (): void => undefined
  const look = () => {
    const lines = linesAllNotNow(directory(), availability, clock.now())
    for (const { id, name } of lines)
      alarms.raise(
        `line.allNotNow: ${id}`,
        `everyone who is on ${name} has said "not now"; they are still rung, after the National Consultant Network where the line has it`,
        [{ line: id }],
      )
    const now = new Set(lines.map(({ id }) => id))
    for (const id of up) if (!now.has(id)) alarms.clear(`line.allNotNow: ${id}`)
    up = now
  }
  const regularly = () => {
    look()
    cancel = clock.after(minuteMs - (clock.now() % minuteMs), regularly)
  }
  const stop = availability.onChange(look)
  regularly()
  return () => {
    stop()
    cancel()
  }
}
