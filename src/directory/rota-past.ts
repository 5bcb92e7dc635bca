import { dateOf, type DayNumber } from './calendar.js'
import type { Rota } from './model.js'
import { entryKey, sessionPlansOn } from './rota.js'

/**
 * The past days of a week whose plan would change.
 * @param today in the line's time zone; today itself is not over
 * @returns their dates, in order
 */
export function changedPast(before: Rota, after: Rota, monday: DayNumber, today: DayNumber): readonly string[] {
  return Array.from({ length: 7 }, (_, index) => monday + index)
    .filter((day) => day < today && planOf(before, day) !== planOf(after, day))
    .map(dateOf)
}

function planOf(rota: Rota, day: DayNumber): string {
  return JSON.stringify(
    sessionPlansOn(rota, day).map(({ name, span, entries, closed }) => [name, closed, span.from, span.to, entries.map(entryKey)]),
  )
}
