import { knownTimeZone } from '../../directory/time-zone.js'
import { serviceTimeZone } from '../../figures/roll-up.js'
import type { LiveStage } from '../../live/live-call.js'

export const nothingYet = '–'

export const stageWords: Readonly<Record<LiveStage, string>> = {
  arrived: 'Arriving',
  answered: 'Welcomed',
  menu: 'In the menu',
  hunting: 'Between two ringings',
  ringing: 'Ringing',
  whisper: 'Asked to accept',
  connecting: 'Connecting',
  talking: 'Talking',
  outcome: 'Asked for the outcome',
  ending: 'Ending',
}

/** `1:15`, `1:01:15`. */
export function clockOf(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1_000))
  const [hours, minutes, seconds] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  const two = (number: number) => String(number).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const

/** A time of the next days by the clock of the line: `17:00`; on another day `Tue 09:00`; beyond a week its date. */
export function timeOf(at: number, now: number, zoneId: string): string {
  const zone = knownTimeZone(zoneId)
  // Of an instant within a minute, that minute.
  const { day, minute } = zone.wallClockAt(Math.floor(at / 60_000) * 60_000)
  const today = zone.dayAt(now)
  const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  if (day === today) return time
  if (day - today < 7) return `${weekdays[(((day + 3) % 7) + 7) % 7] ?? ''} ${time}`
  return `${new Date(day * 86_400_000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })} ${time}`
}

const seconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium', timeZone: serviceTimeZone })

/** `14:03:22` by the clock of the service. */
export function clockTime(at: number): string {
  return seconds.format(at)
}

/** Until when a clinician takes no calls; empty: they take them. */
export function notNowWords(until: number | undefined, timeZone: string): string {
  return until === undefined ? '' : `not now until ${timeOf(until, until, timeZone)}`
}
