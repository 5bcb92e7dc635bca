import { bankHolidays } from './bank-holidays.js'
import type { Directory, Nation } from './model.js'
import { knownTimeZone } from './time-zone.js'

/**
 * Computes ahead of calls what every look-up of these months needs: the clock changes of the directory's time zones and the bank holidays of
 * its nations, for this year and the next. The first costs tens of milliseconds, each further year two to seven.
 */
export function warmDirectory(directory: Directory, atMs: number): void {
  const zones = new Set<string>()
  const nations = new Set<Nation>()
  for (const line of directory.lines.values()) {
    zones.add(line.timeZone)
    if (line.hours.bankHolidays !== undefined) nations.add(line.hours.bankHolidays.nation)
  }
  const year = new Date(atMs).getUTCFullYear()
  for (const some of [year, year + 1]) {
    for (const zone of zones) knownTimeZone(zone).offsetAt(Date.UTC(some, 6, 1))
    for (const nation of nations) bankHolidays(nation, some)
  }
}
