import { dateOf, dayNumber, type DayNumber } from './calendar.js'
import type { Rota, RotaChange, RotaEntry } from './model.js'
import { entryKey, sessionPlansOn, sessionsOn, type DatedSession } from './rota.js'

/** One session of a week, as a rota page shows it. */
export interface PlannedSession extends DatedSession {
  /** People of this line's rota who are off in this session, by the pattern or by a change. */
  readonly off: readonly RotaEntry[]
}

/**
 * The people on and off, session by session, in a past or future week.
 * @param monday first day of the week; the sessions are those that begin on its seven days
 */
export function weekPlan(rota: Rota, zoneId: string, monday: DayNumber): readonly PlannedSession[] {
  const everybody = peopleOf(rota, monday)
  return Array.from({ length: 7 }, (_, index) => sessionsOn(rota, zoneId, monday + index))
    .flat()
    .map((session) => ({ ...session, off: whoIsOff(everybody, session.entries) }))
}

/** Everybody in the weekly pattern and in that week's changes. */
export function peopleOf(rota: Rota, monday: DayNumber): readonly RotaEntry[] {
  const people = new Map<string, RotaEntry>()
  const add = (entry: RotaEntry) => people.set(entryKey(entry), people.get(entryKey(entry)) ?? entry)
  for (const session of rota.pattern) session.entries.forEach(add)
  for (const change of rota.changes) {
    const day = dayNumber(change.date)
    if (day === undefined || day < monday || day > monday + 6) continue
    if (change.kind === 'add') add(change.entry)
    else if (change.kind === 'replace') change.entries.forEach(add)
  }
  return [...people.values()]
}

export function whoIsOff(everybody: readonly RotaEntry[], on: readonly RotaEntry[]): readonly RotaEntry[] {
  const keys = new Set(on.map(entryKey))
  return everybody.filter((entry) => !keys.has(entryKey(entry)))
}

/**
 * The rota with one week planned exactly as another: the target week's changes are dropped, and the source week's differences from the
 * pattern become changes for the target's dates. Copying a week onto itself does not change the plan.
 */
export function copyWeek(rota: Rota, fromMonday: DayNumber, toMonday: DayNumber): Rota {
  const others = rota.changes.filter((change) => {
    const day = dayNumber(change.date)
    return day === undefined || day < toMonday || day > toMonday + 6
  })
  const copied: RotaChange[] = []
  const unchanged: Rota = { ...rota, changes: [] }
  for (let index = 0; index < 7; index++) {
    const date = dateOf(toMonday + index)
    const pattern = new Set(sessionPlansOn(unchanged, toMonday + index).map((plan) => plan.name))
    for (const { name, span, entries, closed, changed } of sessionPlansOn(rota, fromMonday + index)) {
      if (!changed) continue
      if (!closed) copied.push({ date, session: name, kind: 'replace', entries, span })
      // A session of the source date alone that was closed again there is nothing on the target date.
      else if (pattern.has(name)) copied.push({ date, session: name, kind: 'close' })
    }
  }
  return { ...rota, changes: [...others, ...copied] }
}
