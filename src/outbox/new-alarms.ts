import type { ActiveAlarm, AlarmBoard } from '../alarms/alarm-board.js'
import type { AlarmName } from '../alarms/alarm-list.js'

/**
 * Tells of alarms that come up: of each once while it is up, and again when it reaches another line or organisation, which is news to those who look after that. Those of low urgency stand on the page alone.
 * @returns ends it
 */
export function onNewAlarms(alarms: Pick<AlarmBoard, 'subscribe'>, tell: (alarm: ActiveAlarm) => void): () => void {
  /** Of how many lines and organisations each has been told. */
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
