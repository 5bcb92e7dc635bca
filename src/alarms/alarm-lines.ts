import type { AlarmName, Severity } from './alarm-list.js'
import type { ActiveAlarm } from './alarm-board.js'

/** An alarm raised again and again in the same words is logged again after this long, ms. */
const againAfterMs = 60_000

export interface AlarmLine {
  readonly alarm: AlarmName
  readonly severity: Severity
  readonly detail: string
  /** How often it had been raised by then. */
  readonly times: number
}

/**
 * Logs alarms: each when it is raised, when its words change, when it is over, and once a minute while it is raised again and again
 * (a thousand refused callers are not a thousand lines). A listener of the board.
 */
export function alarmLines(write: (up: boolean, line: AlarmLine) => void): (alarm: ActiveAlarm, up: boolean) => void {
  const written = new Map<AlarmName, { readonly detail: string; readonly at: number }>()
  return ({ alarm, severity, detail, times, lastAt }, up) => {
    const before = written.get(alarm)
    if (up && before?.detail === detail && lastAt - before.at < againAfterMs) return
    if (up) written.set(alarm, { detail, at: lastAt })
    else written.delete(alarm)
    write(up, { alarm, severity, detail, times })
  }
}
