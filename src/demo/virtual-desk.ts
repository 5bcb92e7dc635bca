import { Desk } from '../calls/desk.js'
import { flowDefaults } from '../calls/flow-settings.js'
import { VirtualClock } from '../clock/virtual-clock.js'
import type { Directory } from '../directory/model.js'
import { newCallId } from '../facts/call-id.js'
import type { CallEvent } from '../facts/events.js'
import { VirtualSwitch } from '../switch/virtual/virtual-switch.js'
import { TargetHistory } from '../watch-list/target-history.js'
import { MemoryLog } from './memory-log.js'
import { VirtualRecordings } from './virtual-recordings.js'
import { spokenMs, VirtualSpeech } from './virtual-speech.js'

export interface VirtualDesk {
  readonly clock: VirtualClock
  readonly telephone: VirtualSwitch
  readonly log: MemoryLog
  readonly desk: Desk
  /** Id of the call that arrived last. */
  readonly latestCall: () => string
}

/** The engine's desk in a virtual telephone world that begins at this instant (wall-clock ms). */
export function virtualDesk(directory: Directory, startAt: number): VirtualDesk {
  let latest = ''
  const clock = new VirtualClock(startAt)
  const telephone = new VirtualSwitch({ clock, durationMs: spokenMs, traced: false })
  const log = new MemoryLog(clock)
  const past = new TargetHistory()
  log.subscribe((event) => past.apply(event))
  const desk = new Desk({
    switch: telephone,
    directory: () => directory,
    speech: new VirtualSpeech(),
    log,
    recordings: new VirtualRecordings(),
    past,
    clock,
    settings: { ...flowDefaults, outbound: { number: '+441632960000', displayName: 'Advice line' } },
    newCallId: () => (latest = newCallId(clock.now())),
  })
  return { clock, telephone, log, desk, latestCall: () => latest }
}

/** The facts without unplayable recordings. Each that would have been made becomes a fact that says why it is missing. */
export function heardNothing(events: readonly CallEvent[]): readonly CallEvent[] {
  return events.flatMap((event): CallEvent[] => {
    if (event.type === 'recording.stopped') return []
    if (event.type !== 'recording.started') return [event]
    const { recordingId: _id, spoolPath: _path, ...rest } = event
    return [{ ...rest, type: 'recording.failed', stage: 'start', why: 'this call was invented for the demo, and nobody spoke' }]
  })
}
