import { Desk, type DeskOptions } from '../../../src/calls/desk.js'
import { flowDefaults, type FlowSettings } from '../../../src/calls/flow-settings.js'
import type { Clock } from '../../../src/clock/clock.js'
import { VirtualClock } from '../../../src/clock/virtual-clock.js'
import { MemoryLog } from '../../../src/demo/memory-log.js'
import { VirtualRecordings } from '../../../src/demo/virtual-recordings.js'
import { spokenMs, VirtualSpeech } from '../../../src/demo/virtual-speech.js'
import { callRecord, type CallRecord } from '../../../src/facts/call-record.js'
import type { EventLog } from '../../../src/facts/events.js'
import type { Speech } from '../../../src/prompts/speech.js'
import type { RecordingSink } from '../../../src/recordings/recording-sink.js'
import { LocalReservations, type Reservations } from '../../../src/shared/reservations.js'
import type { Switch } from '../../../src/switch/port.js'
import { VirtualSwitch } from '../../../src/switch/virtual/virtual-switch.js'
import type { WorldOptions } from '../../../src/switch/virtual/world.js'
import { smallDirectory, type SmallDirectory } from './small-directory.js'

/** Monday 3 June 2024, 10:00 in London. */
export const mondayMorning = Date.UTC(2024, 5, 3, 9, 0, 0)

export const outbound = { number: '+441632960000', displayName: 'Advice line' }

/** Wrappers between the flows and their surroundings: faults, for testing the tests. */
export interface Tampering {
  readonly switch?: (honest: VirtualSwitch, world: CallWorld) => Switch
  readonly log?: (honest: MemoryLog, world: CallWorld) => EventLog
  readonly reservations?: (honest: LocalReservations, world: CallWorld) => Reservations
  readonly speech?: (honest: VirtualSpeech, world: CallWorld) => Speech
  readonly clock?: (honest: VirtualClock) => Clock
  readonly recordings?: (honest: VirtualRecordings, world: CallWorld) => RecordingSink
}

export interface CallWorldOptions extends Omit<WorldOptions, 'clock'> {
  readonly directory: SmallDirectory
  readonly startAt?: number
  readonly settings?: Partial<FlowSettings>
  readonly logDelayMs?: () => number
  readonly arrangements?: DeskOptions['arrangements']
  readonly owners?: DeskOptions['owners']
  readonly otherTalks?: DeskOptions['otherTalks']
  readonly mayDial?: DeskOptions['mayDial']
  readonly notNow?: DeskOptions['notNow']
  readonly cannotKeep?: DeskOptions['cannotKeep']
  readonly setUp?: DeskOptions['setUp']
  readonly tampering?: Tampering
}

/** The engine in a virtual telephone world, in virtual time: all real but the wire, the disk and the clock. */
export class CallWorld {
  readonly clock: VirtualClock
  readonly telephone: VirtualSwitch
  readonly log: MemoryLog
  readonly speech = new VirtualSpeech()
  readonly recordings = new VirtualRecordings()
  readonly reservations = new LocalReservations()
  readonly desk: Desk
  readonly faults: unknown[] = []
  directory

  constructor(options: CallWorldOptions) {
    const {
      directory,
      startAt,
      settings,
      logDelayMs,
      arrangements,
      owners,
      otherTalks,
      mayDial,
      notNow,
      cannotKeep,
      setUp,
      tampering,
      ...world
    } = options
    this.clock = new VirtualClock(startAt ?? mondayMorning)
    this.telephone = new VirtualSwitch({ durationMs: spokenMs, ...world, clock: this.clock })
    this.log = new MemoryLog(this.clock, logDelayMs)
    this.directory = smallDirectory(directory)
    let calls = 0
    this.desk = new Desk({
      switch: tampering?.switch?.(this.telephone, this) ?? this.telephone,
      directory: () => this.directory,
      speech: tampering?.speech?.(this.speech, this) ?? this.speech,
      log: tampering?.log?.(this.log, this) ?? this.log,
      recordings: tampering?.recordings?.(this.recordings, this) ?? this.recordings,
      reservations: tampering?.reservations?.(this.reservations, this) ?? this.reservations,
      clock: tampering?.clock?.(this.clock) ?? this.clock,
      ...(arrangements ? { arrangements } : {}),
      ...(owners ? { owners } : {}),
      ...(otherTalks ? { otherTalks } : {}),
      ...(mayDial ? { mayDial } : {}),
      ...(notNow ? { notNow } : {}),
      ...(cannotKeep ? { cannotKeep } : {}),
      ...(setUp ? { setUp } : {}),
      settings: { ...flowDefaults, outbound, ...settings },
      onFault: (_callId, fault) => this.faults.push(fault),
      newCallId: () => `call${++calls}`,
    })
    this.desk.open()
  }

  /** Records of every call so far, in the order of arrival. */
  records(): readonly CallRecord[] {
    const ids = [...new Set(this.log.told.map((event) => event.callId))]
    return ids.map((id) => callRecord(this.log.of(id))).filter((record) => record !== undefined)
  }

  /** Open resources, in words; undefined when there are none, as must be after the last call. */
  leftovers(): string | undefined {
    const open = Object.entries({
      ...this.telephone.world.open,
      timers: this.clock.pending,
      liveCalls: this.desk.liveCalls,
      reservations: this.reservations.size,
      waitingForReservations: this.reservations.waiting,
    }).filter(([, count]) => count !== 0)
    return open.length === 0 ? undefined : open.map(([kind, count]) => `${count} ${kind}`).join(', ')
  }
}
