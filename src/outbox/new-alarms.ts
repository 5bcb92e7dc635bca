import type { ActiveAlarm, AlarmBoard } from '../alarms/alarm-board.js'
import type { AlarmName } from '../alarms/alarm-list.js'

/**
 * Reports new alarms: each once while it is up, and again when it reaches another line or organisation, which is news to the people who look after that. Alarms of low urgency are only on the page.
 * @returns stops it
 */
export function onNewAlarms(alarms: Pick<AlarmBoard, 'subscribe'>, tell: (alarm: ActiveAlarm) => void): () => void {
  /** How many lines and organisations each was reported for. */
  const told = new Map<AlarmName, number>()
  return alarms.subscribe((one, up) => {
    const { alarm, severity, times, about = [] } = one
    const whose = about.length
    const isNew = times === 1 || whose > (told.get(alarm) ?? whose)
    if (up) told.set(alarm, whose)
    else told.delete(alarm)
    if (up && isNew && severity !== 'minor') tell(one)
  })
}
